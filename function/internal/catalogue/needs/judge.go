package needs

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// lack is an action that a need requires and the role does not have.
type lack struct {
	need    need
	action  string
	verdict policy.Verdict
	// trap are the statements that would allow it if Lambda sent the function's ARN with the call.
	trap []policy.StatementRef
	// today says that the policies allow it on other days.
	today bool
}

// outcome is what a row finds for one function: all of its versions that use the role.
type outcome struct {
	row      *row
	function string
	versions []role.Function
	lacks    []lack
	missing  []role.Gap
}

// soft reports whether Lambda may do without everything that lacks.
func (o outcome) soft() bool {
	return !slices.ContainsFunc(o.lacks, func(l lack) bool { return !l.need.soft })
}

type memoKey struct{}

// judgement is what all rows find for all functions.
type judgement struct {
	functions int
	// outcomes are those that lack something, or depend on something unknown.
	outcomes []outcome
}

// judged works out every row for every function, once for all checks of this package.
func judged(s *check.Subject) judgement {
	return check.Memo(s, memoKey{}, func() judgement {
		if s.Role.Exists() == role.Absent {
			return judgement{} // Another check reports that the role is missing.
		}
		l := effective.Of(s).AskingLambda(s)
		functions := functionsOf(s)
		out := judgement{functions: len(functions)}
		for _, versions := range functions {
			arn, _ := aws.ParseARN(versions[0].ARN)
			for i := range rows {
				if o := judgeAt(l, &rows[i], arn, versions); len(o.lacks)+len(o.missing) > 0 {
					out.outcomes = append(out.outcomes, o)
				}
			}
		}
		return out
	})
}

type functionsKey struct{}

// functionsOf are the role's users by function. Those of another account or partition cannot use the role at all.
func functionsOf(s *check.Subject) [][]role.Function {
	return check.Memo(s, functionsKey{}, func() [][]role.Function {
		return slices.DeleteFunc(role.ByFunction(s.Role.Users.List), func(versions []role.Function) bool {
			p, err := aws.ParseARN(versions[0].ARN)
			return err != nil || p.Account != s.Role.Ref.Account || p.Partition != s.Role.Ref.Partition
		})
	})
}

// judge finds what a row says of one function.
func judge(l *ask.Lambda, r *row, versions []role.Function) outcome {
	arn, _ := aws.ParseARN(versions[0].ARN)
	return judgeAt(l, r, arn, versions)
}

// judgeAt is judge for a function whose ARN was read.
func judgeAt(l *ask.Lambda, r *row, p aws.ARN, versions []role.Function) outcome {
	o := outcome{row: r, function: versions[0].ARN}
	for i := range versions {
		f := &versions[i]
		a := r.ask(f, p)
		hit := false
		for _, n := range a.needs {
			if _, err := aws.ParseARN(n.resource); err != nil && n.resource != "*" {
				a.miss(notResource(n.resource))
				continue
			}
			d := deskOf(l, f, n)
			lacks, missing := d.judge()
			for _, l := range lacks {
				hit = true
				if !slices.ContainsFunc(o.lacks, l.same) {
					o.lacks = append(o.lacks, l)
				}
			}
			a.missing = append(a.missing, missing...)
		}
		if hit {
			o.versions = append(o.versions, *f)
		}
		o.missing = addGaps(o.missing, a.missing...)
	}
	return o
}

func (l lack) same(o lack) bool { return l.action == o.action && l.need.resource == o.need.resource }

// desk judges one need of one function version.
type desk struct {
	lambda   *ask.Lambda
	function string
	need     need
	// outside says that the function is not in a VPC.
	outside bool
}

func deskOf(l *ask.Lambda, f *role.Function, n need) desk {
	return desk{lambda: l, function: f.ARN, need: n, outside: f.Config.Network.State() == role.Absent}
}

// judge gives what lacks, and what would have to be known.
func (d desk) judge() (lacks []lack, missing []role.Gap) {
	for _, action := range d.need.actions {
		s := d.settled(action)
		r := s.Reply
		switch {
		case r.Verdict.Decision == policy.Allowed && d.need.any:
			return nil, nil
		case r.Verdict.Decision == policy.Allowed:
		case r.Verdict.Decision == policy.Unknown && len(r.DependsOn) == 0 && d.need.which.What != "":
			missing = append(missing, d.need.which)
		case r.Verdict.Decision == policy.Unknown:
			missing = append(missing, r.DependsOn...)
		case d.need.unless.What != "" && (d.need.open || r.Verdict.Decision == policy.ImplicitDeny):
			missing = addGaps(missing, d.need.unless)
		default:
			lacks = append(lacks, lack{need: s.need, action: action, verdict: r.Verdict, trap: d.trap(s), today: s.today})
		}
	}
	if d.need.any && len(missing) > 0 {
		return nil, missing
	}
	if d.need.any && len(lacks) > 1 {
		lacks = lacks[:1]
	}
	return lacks, missing
}

// trap gives the statements that would allow what nothing allows if Lambda sent the function's ARN with the call, which it never does. They do
// not help where a statement denies it.
func (d desk) trap(s settled) []policy.StatementRef {
	if d.need.carries != notCarried || s.Verdict.Decision == policy.ExplicitDeny {
		return nil
	}
	return d.lambda.AllowingSource(s.call)
}

// ask asks for one action. A key's policy, and that of a resource in another account, are not read: a key is taken to leave it
// to its account, as nearly all do, and of the other nothing is known.
func (d desk) ask(action string) ask.Reply { return d.lambda.Ask(d.call(action)) }

func (d desk) call(action string) ask.Call {
	return ask.Call{
		Action: action, Resource: d.need.resource, Runes: d.need.runes, Target: d.need.target(), Function: d.function, Source: d.need.carries,
		Direct: d.need.from == lambdaItself || d.need.from == code && d.outside, Key: d.need.key, Value: d.need.value,
	}
}
