package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// take reports whether all steps of a way are allowed. Steps that act on the same resource must be allowed on one resource together.
func (j *judge) take(steps []step) ask.Answer {
	for i := range steps {
		if !j.couldTake(&steps[i]) {
			return ask.Answer{}
		}
	}
	if slices.ContainsFunc(steps, isThrough) && !j.tellsThrough() {
		return ask.Answer{}
	}
	out := ask.Answer{Decision: policy.Allowed}
	var done []target
	for _, s := range steps {
		var one ask.Answer
		switch {
		case len(s.each) > 0:
			one = j.takeEach(s)
		case s.on == anything:
			one = j.takeOnce(s, j.takeAnywhere)
		case s.on == passedRole:
			one = j.takeOnce(s, func(s step) ask.Answer { return j.takeTogether([]step{s}) })
		case slices.Contains(done, s.on):
			continue
		default:
			done = append(done, s.on)
			one = j.takeTogether(slices.DeleteFunc(slices.Clone(steps), func(o step) bool { return o.on != s.on || len(o.each) > 0 }))
		}
		if out = ask.Both(out, one); !out.Possible() {
			return out
		}
	}
	return out
}

// takeOnce takes a step that does not have to act on what others act on. Many ways share such steps, and each is asked about once.
func (j *judge) takeOnce(s step, take func(step) ask.Answer) ask.Answer {
	if s.through || len(s.keys) > 0 || s.attaches != "" {
		return take(s)
	}
	key := strings.Join([]string{s.action, strings.Join(s.types, " "), strings.Join(s.services, " "), strings.Join(s.without, " ")}, ",")
	if s.on == passedRole {
		key += ",passed"
	}
	got, asked := j.taken[key]
	if !asked {
		got = take(s)
		j.taken[key] = got
	}
	return got
}

// mayBeGranted are those of pathActions that a statement may allow on something, as far as it is seen at once.
func (j *judge) mayBeGranted() *actionSet {
	if j.granting == nil {
		j.granting = new(actionSet)
		for at := range pathActions {
			if j.MayGrant(&pathActions[at]) {
				j.granting.add(at)
			}
		}
	}
	return j.granting
}

// couldTake reports whether a statement allows the step's actions on something, which is cheap to see.
func (j *judge) couldTake(s *step) bool {
	return !slices.ContainsFunc(s.granted, func(at int) bool { return !j.isGranted(at) })
}

// isGranted is Grants of one of pathActions, asked once.
func (j *judge) isGranted(at int) bool {
	if !j.mayBeGranted().holds(at) {
		return false
	}
	if j.granted == nil {
		j.granted = make([]answered, len(pathActions))
	}
	if j.granted[at] == notAsked {
		j.granted[at] = no
		if j.Grants(pathActions[at].Name) {
			j.granted[at] = yes
		}
	}
	return j.granted[at] == yes
}

// answered is what is known of a question that is asked once.
type answered uint8

const (
	notAsked answered = iota
	no
	yes
)

// takeEach asks for all actions that make a pattern as good as whole, on resources that no policy names.
func (j *judge) takeEach(s step) ask.Answer {
	out := ask.Answer{Decision: policy.Allowed}
	for _, action := range s.each {
		if out = ask.Both(out, j.anywhere(action, nil)); !out.Possible() {
			return out
		}
	}
	return out
}

// takeAnywhere asks for a step on whatever its action takes.
func (j *judge) takeAnywhere(s step) ask.Answer {
	a, known := actions.Lookup(s.action)
	if !known && s.unlisted != "" {
		return j.InRegions(func(region string) ask.Answer {
			r := j.subject.Role.Ref
			arn := aws.ARN{Partition: r.Partition, Service: "lambda", Region: region, Account: r.Account, Resource: s.unlisted + j.Name()}
			return j.askStep(s, ask.Resource{ARN: arn.String(), Type: strings.TrimRight(s.unlisted, "/:")}, region, nil)
		}, s.action)
	}
	if !known || a.OnlyStar() {
		return j.InRegions(func(region string) ask.Answer { return j.askStep(s, ask.Resource{ARN: "*"}, region, nil) }, s.action)
	}
	required, oneOf := ask.TypesOf(a)
	if len(s.types) > 0 {
		required, oneOf = nil, slices.DeleteFunc(slices.Clone(a.ResourceTypes), func(t actions.ResourceType) bool { return !slices.Contains(s.types, t.Name) })
	}
	return j.InRegions(func(region string) ask.Answer {
		return ask.Together(required, oneOf, func(t actions.ResourceType) ask.Answer { return j.onOne(s, t, region) })
	}, s.action)
}

// onOne asks for a step on something of a type: on what no policy names, and else on what policies name.
func (j *judge) onOne(s step, t actions.ResourceType, region string) ask.Answer {
	var best ask.Answer
	for _, resource := range j.targets(s.on, s.action, t, region) {
		if best = ask.Better(best, j.askStep(s, resource, region, nil)); best.Allowed() && len(best.Needs()) == 0 {
			return best
		}
	}
	if best.Allowed() {
		return best
	}
	return ask.Better(best, j.onOneOf([]step{s}, j.overlaps([]step{s}, t, region), region))
}

// takeTogether asks for steps that have to act on one thing.
func (j *judge) takeTogether(steps []step) ask.Answer {
	first := steps[0]
	var names []string
	for _, s := range steps {
		names = append(names, s.action)
	}
	return j.InRegions(func(region string) ask.Answer {
		switch first.on {
		case itself:
			return j.allOn(steps, ask.Resource{ARN: j.subject.Role.ARN()}, region)
		case shellDocument:
			return j.onDocument(first, region)
		}
		a, _ := actions.Lookup(first.action)
		required, oneOf := ask.TypesOf(a)
		var best ask.Answer
		for _, t := range slices.Concat(required, oneOf) {
			if best = ask.Better(best, j.onOneOf(steps, j.targetsOf(steps, t, region), region)); best.Allowed() && len(best.Needs()) == 0 {
				return best
			}
		}
		if best.Allowed() {
			return best
		}
		for _, t := range slices.Concat(required, oneOf) {
			best = ask.Better(best, j.onOneOf(steps, j.overlaps(steps, t, region), region))
		}
		return best
	}, names...)
}

// onOneOf asks for steps together on each of some resources, until the answer is a yes.
func (j *judge) onOneOf(steps []step, resources []ask.Resource, region string) (best ask.Answer) {
	for _, resource := range resources {
		got := j.allOn(steps, resource, region)
		if resource.Named && j.mayBeOwn(steps[0].on) {
			got = j.dependsOnUsers(got)
		}
		if best = ask.Better(best, got); best.Allowed() && len(best.Needs()) == 0 {
			break
		}
	}
	return best
}

// mayBeOwn reports whether a function that a policy names may run under the role, as far as is known.
func (j *judge) mayBeOwn(on target) bool {
	return on == otherFunction && !j.subject.Role.Users.Complete
}

// dependsOnUsers makes a yes depend on which functions use the role.
func (j *judge) dependsOnUsers(a ask.Answer) ask.Answer {
	if a.Decision == policy.Allowed {
		a.Decision, a.DependsOn = policy.Unknown, []role.Gap{role.UnreadGap("functions that use the role: ", j.subject.Role.Users.Why)}
	}
	return a
}

// allOn asks for all steps on one resource. The tags that one of them needs are those that the others find, whichever needs them
// first.
func (j *judge) allOn(steps []step, on ask.Resource, region string) ask.Answer {
	var best ask.Answer
	for i := range steps {
		first := j.askStep(steps[i], on, region, nil)
		if !first.Possible() || len(steps) == 1 {
			return first
		}
		out := ask.Answer{Decision: policy.Allowed}
		for k, s := range steps {
			one := j.askStep(s, on, region, slices.Concat(first.Needs(), out.Needs()))
			if k == i && one.Allowed() {
				one = first
			}
			if out = ask.Both(out, one); !out.Possible() {
				break
			}
		}
		if needs := out.Needs(); out.Possible() && len(needs) > 0 && slices.ContainsFunc(steps, func(s step) bool { return !j.askStep(s, on, region, needs).Possible() }) {
			continue // A tag that one step needs prevents another step.
		}
		if best = ask.Better(best, out); best.Allowed() {
			return best
		}
	}
	return best
}

// onDocument asks for a document of AWS that runs commands, which is in no account, or for one that no policy names.
func (j *judge) onDocument(s step, region string) ask.Answer {
	prefix := "arn:" + j.subject.Role.Ref.Partition + ":ssm:" + region + ":"
	var best ask.Answer
	for _, name := range []string{"AWS-RunShellScript", "AWS-RunPowerShellScript", "AWS-RunRemoteScript", "AWS-RunDocument"} {
		for _, account := range []string{"", j.subject.Role.Ref.Account} {
			best = ask.Better(best, j.askStep(s, ask.Resource{ARN: prefix + account + ":document/" + name}, region, nil))
		}
	}
	return ask.Better(best, j.askStep(s, ask.Resource{ARN: prefix + j.subject.Role.Ref.Account + ":document/" + j.Name(), Type: "document"}, region, nil))
}

// askStep asks for a step on one resource, with each set of keys that its request may carry.
func (j *judge) askStep(s step, on ask.Resource, region string, tags []ask.Condition) ask.Answer {
	q := ask.Question{Action: s.action, Region: region, Tags: tags, Without: s.without}
	var best ask.Answer
	for _, keys := range j.requestKeys(s) {
		if q.Keys = keys; best.Allowed() && len(best.Needs()) == 0 {
			break
		}
		best = ask.Better(best, j.On(q, on))
	}
	return best
}
