package export

import (
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// policyTexts are the trust policies and boundaries of an export by their text, which many roles share: each is parsed once,
// and compiled once for all roles that have it. They are safe for concurrent use.
type policyTexts struct {
	mutex  sync.Mutex
	byText map[policyText]role.Policy
}

type policyText struct {
	text string
	kind policy.Kind
}

// parsed parses the text of a part.
func (t *policyTexts) parsed(part role.Part, text string, kind policy.Kind) role.Policy {
	key := policyText{text, kind}
	t.mutex.Lock()
	p, seen := t.byText[key]
	t.mutex.Unlock()
	if !seen {
		p = role.NewPolicy(part, text, kind)
		t.mutex.Lock()
		t.byText[key] = p
		t.mutex.Unlock()
	}
	p.Part = part
	return p
}

// boundary is a managed policy in the part of a permissions boundary.
func (a *Account) boundary(arn string) role.Policy {
	p := a.ManagedPolicy(arn, "")
	version := p.Version
	if text, ok := p.Text.Get(); ok {
		p = a.texts.parsed(role.PartBoundary, text, policy.Boundary)
	}
	p.Part, p.ARN, p.Version = role.PartBoundary, arn, version
	return p
}
