package policy

import (
	"cmp"
	"strings"
)

// sampled gives one resource in place of a pattern where the answer is the same for all that the pattern stands for: each value of Resource
// of the statements that cover the action covers all of it, or none. It is false where that is not seen at once, where a value has a variable,
// and of actions of which AWS does not leave all to these policies on some resources.
func (p *Prober) sampled(q *Probe, a *probedAction) (resource string, ok bool) {
	if a.resources == nil {
		a.noteResources()
	}
	about := queryAbout(q.Action, "", "")
	if a.hasOpenResources || mayBeProtected(about.service, about.action) || ownPolicyRule(about.service) != nil || !p.evaluations.Spend(a.resourceWeight) {
		return "", false
	}
	asked := compileResource(q.Resource, Identity, false)
	within := q.patterns(&asked)
	if len(within) != 1 {
		return "", false
	}
	for i := range a.resources {
		values := a.resources[i].compiled.resources
		for j := range values {
			if values[j].isOpen() {
				return "", false
			}
			for _, one := range values[j].patterns(values[j].tail, spelling{}) {
				if !one.Covers(within[0]) && !one.IsApart(within[0]) {
					return "", false
				}
			}
		}
	}
	return q.instance(), true
}

// instance is a resource that the pattern stands for.
func (q *Probe) instance() string {
	one := cmp.Or(q.Runes, "x")[:1]
	return strings.NewReplacer("*", one, "?", one).Replace(q.Resource)
}
