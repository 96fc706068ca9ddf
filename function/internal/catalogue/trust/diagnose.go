package trust

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// diagnosis is what is wrong between a role and the functions that use it, by the IDs of checks.
type diagnosis map[string][]located

// located is a cause and the function version that it is true of; the zero function stands for all of them.
type located struct {
	cause
	function role.Function
}

// cause is why Lambda cannot, or possibly cannot, assume the role for one function.
type cause struct {
	// check is the ID of the check that reports it.
	check string
	// diagnostic lacks Key and Functions, which gather adds.
	diagnostic check.Diagnostic
	// missing is set when it cannot be decided.
	missing []role.Gap
}

type memoKey struct{}

// diagnose makes the diagnosis for every function version that uses the role. Where it is not known yet which functions use it, a role
// that Lambda could assume before is judged for a function that has no name.
func diagnose(s *check.Subject) diagnosis {
	return check.Memo(s, memoKey{}, func() diagnosis {
		d := diagnosis{}
		if s.Role.Exists() == role.Unknown && len(s.Role.Users.List) > 0 {
			d.add(role.Function{}, undecided([]role.Gap{s.Role.Identity.Gap("the role itself")}, roleMissing, roleARNPath, roleRecreated, roleServiceLinked)...)
		}
		for _, f := range s.Role.Users.List {
			d.add(f, causes(s, f)...)
		}
		for _, c := range operator(s) {
			if len(d[c.check]) == 0 {
				d.add(role.Function{}, c)
			}
		}
		switch {
		case len(s.Role.Users.List)+len(s.Role.Users.Providers.List) > 0:
		case !s.Role.Users.Complete && s.Before.LambdaCouldAssume:
			d.add(role.Function{}, unnamed(s)...)
		case s.Before.Operator:
			d.add(role.Function{}, formerly(s)...)
		}
		return d
	})
}

func (d diagnosis) add(f role.Function, causes ...cause) {
	for _, c := range causes {
		d[c.check] = append(d[c.check], located{c, f})
	}
}

// undecided leaves checks undecided for what is missing.
func undecided(missing []role.Gap, checks ...string) []cause {
	var out []cause
	for _, id := range checks {
		out = append(out, cause{check: id, missing: missing})
	}
	return out
}

// operator judges an operator role for its capacity providers, those that name the role by the same ARN together. AWS does not document
// which source Lambda names when it assumes the role.
func operator(s *check.Subject) (out []cause) {
	if len(s.Role.Users.Providers.List) == 0 {
		return nil
	}
	named := map[string][]string{}
	for _, p := range s.Role.Users.Providers.List {
		named[p.Role] = append(named[p.Role], p.Name())
	}
	for _, arn := range slices.Sorted(maps.Keys(named)) {
		providers := named[arn]
		for _, c := range causes(s, role.Function{Role: arn}) {
			c.diagnostic.Detail = strings.TrimSpace(c.diagnostic.Detail + " The role is the operator role of the capacity " +
				words.Either(len(providers), "provider ", "providers ") + words.List(providers) + ".")
			out = append(out, c)
		}
	}
	return out
}

// formerly leaves undecided what would be wrong with an operator role, where it is not known whether it still is one.
func formerly(s *check.Subject) []cause {
	out := causes(s, role.Function{Role: s.Role.ARN()})
	for i := range out {
		out[i].missing = []role.Gap{s.Role.Users.Providers.Gap()}
	}
	return out
}

// unnamed judges the role for functions that are not known. That the role is gone breaks nothing if nothing uses it, so
// that is left undecided.
func unnamed(s *check.Subject) []cause {
	out := causes(s, role.Function{Role: s.Role.ARN()})
	for i := range out {
		if out[i].check == roleMissing {
			out[i].missing = []role.Gap{role.UnreadGap("which functions use the role: ", s.Role.Users.Why)}
		}
		out[i].diagnostic.Detail = strings.TrimSpace(out[i].diagnostic.Detail + " rolewatch does not know yet which functions use the role.")
	}
	return out
}

// report reports what the diagnosis has for the check.
func report(p *check.Pass) {
	found, undecided := gather(diagnose(p.Subject)[p.Check().ID], p.Check().PerFunction)
	for _, one := range found {
		p.Report(one)
	}
	for _, one := range undecided {
		p.Undecided(one.Key, one.Missing...)
	}
}

// gather makes the diagnostics of one check: one for each function version, or one with all of them.
func gather(causes []located, perFunction bool) (found []check.Diagnostic, undecided []check.Undecided) {
	for _, c := range causes {
		key := ""
		if perFunction {
			key = c.function.QualifiedARN()
		}
		if len(c.missing) > 0 {
			if !slices.ContainsFunc(undecided, func(o check.Undecided) bool { return o.Key == key }) {
				undecided = append(undecided, check.Undecided{Key: key, Missing: c.missing})
			}
			continue
		}
		if !perFunction && len(found) > 0 {
			found[0].Functions = append(found[0].Functions, c.function)
			continue
		}
		d := c.diagnostic
		d.Key = key
		if c.function.ARN != "" {
			d.Functions = []role.Function{c.function}
		}
		found = append(found, d)
	}
	return found, undecided
}

// open leaves undecided what a trust policy that could not be read, or understood, decides.
func open(missing []role.Gap) []cause {
	return undecided(missing, trustLacksLambda, trustPrincipalMisspelt, trustWrongAction, trustDenied, trustConditionUnmeetable,
		trustConditionMismatch, trustConditionExpired, trustConditionUnknown, rcpDeniesLambda)
}

// causes says what is wrong for one function. Of what is wrong with the role itself, and of what is wrong with its trust
// policy, only the first is given; a role that was created again, and Lambda@Edge, are reported in addition.
func causes(s *check.Subject, f role.Function) []cause {
	if c, ok := roleCause(s, f); ok {
		return []cause{c}
	}
	if gap, unknown := unreadTrust(s.Role); unknown {
		missing := []role.Gap{gap}
		out := open(missing)
		if f.Edge.Or(false) {
			out = append(out, cause{check: edgeTrustMissing, missing: missing})
		}
		return append(out, recreated(s, f)...)
	}
	trust, ok := s.Role.Trust.Get()
	if !ok {
		return nil
	}
	j := judgement{s: s, f: f, trust: trust}
	return slices.Concat(j.assume(), recreated(s, f), j.edge())
}

// unreadTrust says why the trust policy is unknown, where it is.
func unreadTrust(r *role.Snapshot) (gap role.Gap, unknown bool) {
	const name = "trust policy"
	trust, ok := r.Trust.Get()
	if ok {
		return trust.Text.Gap(name).InPolicy(role.PartTrust), trust.Text.State() == role.Unknown
	}
	return r.Trust.Gap(name).InPolicy(role.PartTrust), r.Trust.State() == role.Unknown
}

// judgement is one function's question to one trust policy.
type judgement struct {
	s     *check.Subject
	f     role.Function
	trust role.Policy
	// fixes counts the fixes that this trust policy has already, where it is a draft.
	fixes int
}

func (j judgement) doc() *policy.Document { return j.trust.Document }

func (j judgement) name() string { return j.s.Role.Ref.Name }

// cannot is the title of a finding by which Lambda cannot assume the role, with what the trust policy does.
func (j judgement) cannot(what string) string {
	return "Lambda cannot assume " + j.name() + ": its trust policy " + what
}

// assume answers whether Lambda can assume the role for the function, and why not.
func (j judgement) assume() []cause {
	if j.doc() == nil {
		return []cause{j.lacksLambda()}
	}
	v := j.ask()
	switch v.Decision {
	case policy.Allowed:
		return append(j.organization(), j.soon()...)
	case policy.ExplicitDeny:
		return []cause{j.denied(v)}
	case policy.Unknown:
		return j.depends(v)
	}
	return []cause{j.refusedBy()}
}

// evidence is one statement of the trust policy.
func (j judgement) evidence(i int, why string) check.Evidence {
	s := j.doc().Statements[i]
	return check.Evidence{Policy: role.PartTrust.String(), Statement: i, Sid: s.Sid, Text: j.doc().Text(s.Span), Why: why}
}

// whole is the trust policy as evidence, where no statement is to blame.
func (j judgement) whole(why string) check.Evidence {
	return check.Evidence{Policy: role.PartTrust.String(), Statement: -1, Text: j.trust.Text.Or(""), Why: why}
}

// ask is the question, and the trust policy's answer.
func (j judgement) ask() policy.Verdict {
	return policy.LambdaCanAssume(j.trust.AsPart(), nil, j.s.Role.ARN(), j.s.Role.KnownTags(), j.f.ARN, j.s.Now)
}

// at is the same question at another time.
func (j judgement) at(t time.Time) judgement {
	later := *j.s
	later.Now = t
	j.s = &later
	return j
}
