package export

import (
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// policyTexts are the policies of an export by their text: each is parsed once, and compiled once for all roles that have it.
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
func (t *policyTexts) boundary(a *Account, arn string) role.Policy {
	p := a.ManagedPolicy(arn, "")
	version := p.Version
	if text, ok := p.Text.Get(); ok {
		p = t.parsed(role.PartBoundary, text, policy.Boundary)
	}
	p.Part, p.ARN, p.Version = role.PartBoundary, arn, version
	return p
}
