package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// take asks whether a way can be taken: all its steps, and those that act on the same thing on one that all may act on.
func (j *judge) take(steps []step) answer {
	out := answer{decision: policy.Allowed}
	if slices.ContainsFunc(steps, func(s step) bool { return !j.couldTake(s) }) {
		return answer{}
	}
	var done []target
	for _, s := range steps {
		var one answer
		switch {
		case len(s.each) > 0:
			one = j.takeEach(s)
		case s.on == anything:
			one = j.takeAnywhere(s)
		case slices.Contains(done, s.on):
			continue
		default:
			done = append(done, s.on)
			one = j.takeTogether(slices.DeleteFunc(slices.Clone(steps), func(o step) bool { return o.on != s.on || len(o.each) > 0 }))
		}
		if out = both(out, one); !possible(out) {
			return out
		}
	}
	return out
}

// couldTake says whether a statement allows the step's actions on something, which is cheap to see.
func (j *judge) couldTake(s step) bool {
	if len(s.each) == 0 {
		return len(j.allowing(s.action)) > 0
	}
	return !slices.ContainsFunc(s.each, func(action string) bool { return len(j.allowing(action)) == 0 })
}

// takeEach asks for all actions that make a pattern as good as whole, on resources that nobody named.
func (j *judge) takeEach(s step) answer {
	out := answer{decision: policy.Allowed}
	for _, action := range s.each {
		a, _ := actions.Lookup(action)
		if out = both(out, j.inRegions(func(at scope) answer { return j.anywhereIn(a, at, nil) })); !possible(out) {
			return out
		}
	}
	return out
}

func (j *judge) inRegions(ask func(scope) answer) answer {
	var best answer
	for _, region := range j.regions {
		if best = better(best, ask(scope{region: region})); best.decision == policy.Allowed && !best.named {
			return best
		}
	}
	return best
}

// takeAnywhere asks for a step on whatever its action takes.
func (j *judge) takeAnywhere(s step) answer {
	a, known := actions.Lookup(s.action)
	if !known || a.OnlyStar() {
		return j.inRegions(func(at scope) answer { return j.askStep(s, "*", at, false) })
	}
	together, oneOf := typesOf(a)
	if len(s.types) > 0 {
		together, oneOf = nil, slices.DeleteFunc(slices.Clone(a.ResourceTypes), func(t actions.ResourceType) bool { return !slices.Contains(s.types, t.Name) })
	}
	return j.inRegions(func(at scope) answer {
		var out answer
		for _, t := range oneOf {
			out = better(out, j.onOne(s, t, at))
		}
		for i, t := range together {
			one := j.onOne(s, t, at)
			if i > 0 {
				one = both(out, one)
			}
			if out = one; !possible(out) {
				return out
			}
		}
		return out
	})
}

// onOne asks for a step on something of a type: on what nobody named, and else on what policies name.
func (j *judge) onOne(s step, t actions.ResourceType, at scope) answer {
	var best answer
	for _, resource := range j.targets(s.on, s.action, t, at) {
		if best = better(best, j.askStep(s, resource.arn, at, resource.named)); best.decision == policy.Allowed {
			return best
		}
	}
	return best
}

type resource struct {
	arn   string
	named bool
}

// targets are resources of a type that a step could be taken on.
func (j *judge) targets(on target, action string, t actions.ResourceType, at scope) []resource {
	var out []resource
	for _, template := range t.ARNs {
		out = append(out, resource{fill(template, j.subject.Role.Ref, at.region), false})
	}
	for _, sample := range j.samples(action) {
		if isOfType(sample, t) && j.isTarget(on, sample) {
			out = append(out, resource{sample, true})
		}
	}
	return out
}

// isTarget leaves out what is worth nothing: the role itself, service-linked roles, and functions that run under it.
func (j *judge) isTarget(on target, arn string) bool {
	r := j.subject.Role
	switch on {
	case passedRole, otherRole:
		parsed, _ := aws.ParseARN(arn)
		return arn != r.ARN() && arn != r.Ref.Key() && !parsed.IsServiceLinkedRole()
	case otherFunction:
		for _, f := range r.Users.List {
			if arn == f.ARN || strings.HasPrefix(arn, f.ARN+":") {
				return false
			}
		}
	}
	return true
}

// takeTogether asks for steps that have to act on one thing.
func (j *judge) takeTogether(steps []step) answer {
	first := steps[0]
	switch first.on {
	case itself:
		return j.inRegions(func(at scope) answer { return j.allOn(steps, resource{arn: j.subject.Role.ARN()}, at) })
	case shellDocument:
		return j.inRegions(func(at scope) answer { return j.onDocument(first, at) })
	}
	a, _ := actions.Lookup(first.action)
	together, oneOf := typesOf(a)
	return j.inRegions(func(at scope) answer {
		var best answer
		for _, t := range slices.Concat(together, oneOf) {
			for _, resource := range j.targets(first.on, first.action, t, at) {
				got := j.allOn(steps, resource, at)
				if resource.named && j.mayBeOwn(first.on) {
					got = j.hanging(got)
				}
				if best = better(best, got); best.decision == policy.Allowed {
					return best
				}
			}
		}
		return best
	})
}

// mayBeOwn says whether a function that a policy names may run under the role, as far as is known.
func (j *judge) mayBeOwn(on target) bool {
	return on == otherFunction && !j.subject.Role.Users.Complete
}

// hanging makes a yes hang on which functions use the role.
func (j *judge) hanging(a answer) answer {
	if a.decision == policy.Allowed {
		a.decision, a.hangs = policy.Unknown, []string{"functions that use the role: " + j.subject.Role.Users.Why}
	}
	return a
}

func (j *judge) allOn(steps []step, on resource, at scope) answer {
	out := answer{decision: policy.Allowed}
	for _, s := range steps {
		if out = both(out, j.askStep(s, on.arn, at, on.named)); !possible(out) {
			return out
		}
	}
	return out
}

// onDocument asks for a document of AWS that runs commands, which is in no account, or for one that nobody named.
func (j *judge) onDocument(s step, at scope) answer {
	prefix := "arn:" + j.subject.Role.Ref.Partition + ":ssm:" + at.region + ":"
	var best answer
	for _, account := range []string{"", j.subject.Role.Ref.Account} {
		for _, name := range []string{improbable, "AWS-RunShellScript", "AWS-RunPowerShellScript", "AWS-RunRemoteScript", "AWS-RunDocument"} {
			best = better(best, j.askStep(s, prefix+account+":document/"+name, at, false))
		}
	}
	return best
}

// askStep puts the question of a step for one resource, and for each service that a role could be passed to.
func (j *judge) askStep(s step, arn string, at scope, named bool) answer {
	best := answer{}
	if len(s.services) == 0 {
		best = j.ask(s.action, arn, at, j.attaching(s.attaches))
	}
	for _, service := range s.services {
		service = aws.ServicePrincipal(service, j.subject.Role.Ref.Partition)
		best = better(best, j.ask(s.action, arn, at, map[string]string{"iam:passedtoservice": service}))
	}
	best.named = named
	for i := range best.asked {
		best.asked[i].named = named
	}
	return best
}
