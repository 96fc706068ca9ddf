package trust

import (
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// diagnosis is what is wrong between a role and the functions that use it, by check.
type diagnosis struct {
	found     map[string][]check.Diagnostic
	undecided map[string][]check.Undecided
}

// cause is why Lambda cannot, or may not be able to, assume the role for one function.
type cause struct {
	check string
	// diagnostic lacks Functions, which gather adds.
	diagnostic check.Diagnostic
	// missing is set when it cannot be told.
	missing []string
}

type memoKey struct{}

// diagnose makes the diagnosis for every function version that uses the role. Where nobody knows yet who uses it, a role
// that Lambda could assume before is judged for a function that has no name.
func diagnose(s *check.Subject) diagnosis {
	return check.Memo(s, memoKey{}, func() diagnosis {
		d := diagnosis{found: map[string][]check.Diagnostic{}, undecided: map[string][]check.Undecided{}}
		if s.Role.Exists() == role.Unknown && len(s.Role.Users.List) > 0 {
			d.unread("the role itself: "+s.Role.Identity.Why(), roleIDs)
		}
		for _, f := range s.Role.Users.List {
			for _, c := range causes(s, f) {
				d.gather(c, f)
			}
		}
		if len(s.Role.Users.List) == 0 && !s.Role.Users.Complete && s.Before.LambdaCouldAssume {
			d.unnamed(s)
		}
		return d
	})
}

// roleIDs are the checks that stay open while nobody can tell whether there is a role, and which.
var roleIDs = []string{"RW101", "RW110", "RW113", "RW114"}

// unread leaves checks open for every function.
func (d *diagnosis) unread(why string, ids []string) {
	for _, id := range ids {
		d.undecided[id] = []check.Undecided{{Missing: []string{why}}}
	}
}

// unnamed judges the role for functions that are not known. That the role is gone breaks nothing if nothing uses it, so
// that is left open.
func (d *diagnosis) unnamed(s *check.Subject) {
	for _, c := range causes(s, role.Function{Role: s.Role.ARN()}) {
		if c.check == "RW101" {
			c.missing = []string{"which functions use the role: " + s.Role.Users.Why}
		}
		c.diagnostic.Detail = strings.TrimSpace(c.diagnostic.Detail + " Which functions use the role is not known yet.")
		d.gather(c, role.Function{})
	}
}

// perFunction are the checks whose findings are one for each function.
var perFunction = []string{"RW107", "RW110", "RW111", "RW112", "RW113"}

// gather adds a cause for one function. A check that does not judge single functions has one diagnostic, with all of them.
func (d *diagnosis) gather(c cause, f role.Function) {
	single := slices.Contains(perFunction, c.check)
	key := ""
	if single {
		key = f.QualifiedARN()
	}
	if len(c.missing) > 0 {
		u := check.Undecided{Key: key, Missing: c.missing}
		if !slices.ContainsFunc(d.undecided[c.check], func(o check.Undecided) bool { return o.Key == key }) {
			d.undecided[c.check] = append(d.undecided[c.check], u)
		}
		return
	}
	list := d.found[c.check]
	if !single && len(list) > 0 {
		list[0].Functions = append(list[0].Functions, f)
		return
	}
	c.diagnostic.Key = key
	if f.ARN != "" {
		c.diagnostic.Functions = []role.Function{f}
	}
	d.found[c.check] = append(list, c.diagnostic)
}

// trustIDs are the checks that a trust policy which could not be read, or understood, leaves open.
var trustIDs = []string{"RW102", "RW103", "RW104", "RW105", "RW106", "RW107", "RW108", "RW109", "RW115"}

// open leaves those checks open.
func open(missing []string) []cause {
	var out []cause
	for _, id := range trustIDs {
		out = append(out, cause{check: id, missing: missing})
	}
	return out
}

// causes says what is wrong for one function. Of what is wrong with the role itself, and of what is wrong with its trust
// policy, the first stands alone; RW113 and RW116 stand beside a role that works.
func causes(s *check.Subject, f role.Function) []cause {
	if c, ok := roleCause(s, f); ok {
		return []cause{c}
	}
	if why, unknown := unreadTrust(s.Role); unknown {
		missing := []string{"trust policy: " + why}
		out := open(missing)
		if f.Edge.Or(false) {
			out = append(out, cause{check: "RW116", missing: missing})
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
func unreadTrust(r *role.Snapshot) (why string, unknown bool) {
	trust, ok := r.Trust.Get()
	if ok {
		return trust.Text.Why(), trust.Text.State() == role.Unknown
	}
	return r.Trust.Why(), r.Trust.State() == role.Unknown
}

// judgement is one function's question to one trust policy.
type judgement struct {
	s     *check.Subject
	f     role.Function
	trust role.Policy
	// mended counts the fixes that this trust policy, where it is a draft, has already.
	mended int
}

func (j judgement) doc() *policy.Document { return j.trust.Document }

func (j judgement) name() string { return j.s.Role.Ref.Name }

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
		return j.hangs(v)
	}
	return []cause{j.refusedBy()}
}

// evidence is one statement of the trust policy.
func (j judgement) evidence(i int, why string) check.Evidence {
	s := j.doc().Statements[i]
	return check.Evidence{Policy: "trust", Statement: i, Sid: s.Sid, Text: j.doc().Text(s.Span), Why: why}
}

// whole is the trust policy as evidence, where no statement is to blame.
func (j judgement) whole(why string) check.Evidence {
	return check.Evidence{Policy: "trust", Statement: -1, Text: j.trust.Text.Or(""), Why: why}
}

// ask is the question, and the trust policy's answer.
func (j judgement) ask() policy.Verdict {
	return policy.LambdaCanAssume(j.trust.AsPart(), nil, j.s.Role.ARN(), j.f.ARN, j.s.Now)
}

// at is the same question at another time.
func (j judgement) at(t time.Time) judgement {
	later := *j.s
	later.Now = t
	j.s = &later
	return j
}
