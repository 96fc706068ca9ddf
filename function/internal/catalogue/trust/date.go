package trust

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// horizon is how far ahead a date condition that will end is reported.
const horizon = 14 * 24 * time.Hour

func (j judgement) expired(i int, failing []policy.Condition) cause {
	return cause{check: trustConditionExpired, diagnostic: check.Diagnostic{
		Title:    "The date condition in the trust policy of " + j.name() + " is not met now",
		Detail:   "The statement that allows Lambda to assume the role applies only at certain times: " + said(failing) + ". The current time is " + j.s.Now.UTC().Format(time.RFC3339) + ".",
		Evidence: []check.Evidence{j.evidence(i, "Its date condition is not met at the current time.")},
		Fix:      j.without(i, failing, "Remove the date condition, or change the date"),
	}}
}

// dated reports whether a statement has a date condition.
func dated(s policy.Statement) bool {
	return slices.ContainsFunc(s.Conditions, func(c policy.Condition) bool { return isDate(c.Key) })
}

// soon is the cause for a trust policy that works now and will not at some time within the horizon, because of a date.
func (j judgement) soon() []cause {
	if !slices.ContainsFunc(j.doc().Statements, dated) {
		return nil
	}
	end, ok := j.end()
	if !ok {
		return nil
	}
	later := j.at(end)
	d := check.Diagnostic{Severity: check.Medium, Title: "The date condition in the trust policy of " + j.name() + " expires within 14 days"}
	until := "Lambda can assume the role until " + end.UTC().Format(time.RFC3339) + ". From then on, "
	if v := later.ask(); v.Decision == policy.ExplicitDeny {
		denied := later.denied(v).diagnostic
		d.Title = "A Deny statement in the trust policy of " + j.name() + " starts to apply within 14 days"
		d.Detail = until + "a Deny statement applies, and an explicit deny overrides any allow."
		for _, ref := range v.Statements {
			d.Evidence = append(d.Evidence, j.evidence(ref.Statement.Index, "From then on, it denies sts:AssumeRole to Lambda."))
		}
		d.Fix = j.forGood(denied.Fix)
		return []cause{{check: trustConditionExpired, diagnostic: d}}
	}
	for i := range j.doc().Statements {
		if ending := j.ending(i, later); len(ending) > 0 {
			d.Detail = until + "the statement that allows Lambda no longer applies, because of its condition " + said(ending) + "."
			d.Evidence = []check.Evidence{j.evidence(i, "Its date condition expires within 14 days.")}
			d.Fix = j.forGood(j.without(i, ending, "Remove the date condition, or change the date"))
			return []cause{{check: trustConditionExpired, diagnostic: d}}
		}
	}
	return nil
}

// end is the first second within the horizon at which Lambda cannot assume the role any more.
func (j judgement) end() (time.Time, bool) {
	return ask.FirstWithout(j.doc(), j.s.Now, j.s.Now.Add(horizon), func(t time.Time) bool { return j.at(t).ask().Decision == policy.Allowed })
}

// ending are the conditions of an Allow statement that are met now and not later.
func (j judgement) ending(i int, later judgement) []policy.Condition {
	m := j.doc().Match(i, j.request())
	if m.Statement.Effect != policy.Allow || m.Applies != policy.True {
		return nil
	}
	var out []policy.Condition
	for k, c := range later.doc().Match(i, later.request()).Conditions {
		if c.Truth == policy.False && m.Conditions[k].Truth == policy.True {
			out = append(out, *c.Condition)
		}
	}
	return out
}

// forGood continues a fix that leaves another date that expires.
func (j judgement) forGood(f check.Fix) check.Fix {
	draft := j.with([]byte(f.Document))
	if draft.fixes >= mostFixes || draft.ask().Decision != policy.Allowed {
		return f
	}
	if rest := draft.soon(); len(rest) > 0 && rest[0].diagnostic.Fix.Document != "" {
		return also(f.Summary, rest[0].diagnostic.Fix)
	}
	return f
}
