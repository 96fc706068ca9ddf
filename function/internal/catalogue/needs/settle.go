package needs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// settled is the answer for one action of a need, whatever its resources are called.
type settled struct {
	ask.Reply
	// call is what it is the answer to, and need is the need, with the resource to name where it is only part of it.
	call ask.Call
	need need
	// today says that the answer is about the names that Lambda uses today.
	today bool
}

func (d desk) settled(action string) settled {
	s := settled{call: d.call(action), need: d.need}
	s.Reply = d.lambda.Ask(s.call)
	switch {
	case len(d.need.instead) > 0:
		d.onParts(action, &s)
	case s.Verdict.Decision == policy.Unknown && strings.Contains(d.need.resource, ask.AnyDay) && !d.lambda.Now.IsZero():
		d.onDays(action, &s)
	}
	return s
}

// onDays answers where the answer may differ between days: what is denied today is denied for certain, and what is allowed from today on
// is allowed.
func (d desk) onDays(action string, s *settled) {
	now, later := d.call(action), d.call(action)
	later.From = ask.DayOf(d.lambda.Now)
	now.Resource = ask.OnDay(now.Resource, later.From)
	if r := d.lambda.Ask(now); r.Verdict.Decision != policy.Allowed {
		s.Reply, s.call, s.today = r, now, true
		return
	}
	s.Reply = d.lambda.Ask(later)
}

// onParts answers where AWS checks the call against several resources: each has to be allowed. Where all are, and not every resource, it is
// not known whether Lambda does with that.
func (d desk) onParts(action string, s *settled) {
	denied := s.Verdict.Decision != policy.Allowed && s.Verdict.Decision != policy.Unknown
	if !d.lambda.NamesResources(action) || denied && !d.lambda.Grants(action) {
		return
	}
	parts := slices.DeleteFunc(slices.Clone(d.need.instead), func(p part) bool { return !p.isOf(action) })
	if len(parts) == 0 {
		return
	}
	var missing []role.Gap
	for _, p := range parts {
		c := d.call(action)
		c.Resource, c.Target, c.New = p.resource, "", p.made
		r := d.lambda.Ask(c)
		switch {
		case r.Verdict.Decision == policy.Allowed:
		case r.Verdict.Decision == policy.Unknown && len(r.DependsOn) == 0 && p.which.What != "":
			missing = addGaps(missing, p.which)
		case r.Verdict.Decision == policy.Unknown:
			missing = addGaps(missing, r.DependsOn...)
		case denied:
			return
		case p.unless.What != "":
			missing = addGaps(missing, p.unless)
		default:
			s.Reply, s.call, s.need.on = r, c, cmp.Or(p.on, p.resource)
			return
		}
	}
	switch {
	case denied:
		missing = []role.Gap{{
			What:      "whether a permission for " + action + " on named resources is enough",
			SettledBy: "AWS does not document on which resources it checks " + action + ". Allow it on every resource (*), or test the function.",
		}}
	case len(missing) == 0:
		return
	}
	s.Reply = ask.Reply{Verdict: policy.Verdict{Decision: policy.Unknown}, DependsOn: missing}
}
