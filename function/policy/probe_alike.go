package policy

import (
	"encoding/binary"
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// AppendLikeness appends what identifies the answer to a question about one resource, but for what its condition keys hold: the statements
// that cover the action, and which of them cover the resource. Two questions that have it in common, and the values of the keys, have one
// answer. It reports false where that is not so: of a question about a pattern, of a statement with a variable in Resource, of what AWS
// exempts from policies, and where the resource's own policy, or an RCP that was not read, bears on the answer. ResourceAccount is as in
// Request.
func (p *Prober) AppendLikeness(b []byte, action, resource, resourceAccount string) ([]byte, bool) {
	a := p.action(action)
	if a == &p.uncovered || a == &p.unasked || p.set.Resource != nil || slices.Contains(p.set.Unread, combine.RCP.String()) || isPattern(resource) {
		return b, false
	}
	if a.resources == nil {
		a.noteResources()
	}
	if a.hasOpenResources || !p.evaluations.Spend(a.resourceWeight) {
		return b, false
	}
	q := queryAbout(action, resource, resourceAccount)
	if q.is(getCallerIdentity) || q.isProtected() || q.needsExplicitAllow() {
		return b, false
	}
	b = append(append(binary.AppendUvarint(b, uint64(a.id)), q.owner()...), 0)
	if len(p.set.RCPs) > 0 {
		b = append(b, byte(trueIf(q.isUnderRCPs())))
	}
	for i := range a.resources {
		one := &a.resources[i]
		b = append(b, byte(q.matchResource(one.document, one.statement, one.compiled)))
	}
	return b, true
}

// noteResources makes the statements that cover the actions ready to be asked for their resources.
func (c *covered) noteResources() {
	c.resources = make([]allowing, len(c.covering))
	for i, ref := range c.covering {
		c.resources[i] = allowing{ref.Document, ref.Statement, ref.Statement.ready(ref.Document)}
		c.resourceWeight += ref.Statement.resourceWeight()
		c.hasOpenResources = c.hasOpenResources || slices.ContainsFunc(c.resources[i].compiled.resources, func(r resourcePattern) bool { return r.variable != nil })
	}
}
