package ask

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Anywhere asks for an action on resources that no policy names, in some Region: on one of each type that it always acts on, or
// else on one of some type. The keys are those that the request has to carry.
func (s *Session) Anywhere(a actions.Action, keys map[string]string) Answer {
	name := a.String()
	if !s.Grants(name) {
		return Answer{}
	}
	return s.InRegions(func(region string) Answer { return s.AnywhereIn(a, region, keys) }, name)
}

// AnywhereVia is Anywhere, also for requests that an AWS service makes for the caller.
func (s *Session) AnywhereVia(a actions.Action) Answer {
	name := a.String()
	if !s.Grants(name) {
		return Answer{}
	}
	return s.InRegions(func(region string) Answer {
		return s.anywhere(a, Question{Action: name, Region: region, Unnamed: true, Via: true})
	}, name)
}

// AnywhereIn is Anywhere for one Region.
func (s *Session) AnywhereIn(a actions.Action, region string, keys map[string]string) Answer {
	return s.anywhere(a, Question{Action: a.String(), Region: region, Keys: keys, Unnamed: true})
}

func (s *Session) anywhere(a actions.Action, q Question) Answer {
	if a.OnlyStar() {
		q.Resource = "*"
		return s.Ask(q)
	}
	required, oneOf := TypesOf(a)
	return Together(required, oneOf, func(t actions.ResourceType) Answer { return s.onAny(q, t) })
}

// onAny gives the best answer of the resources of a type that no policy names.
func (s *Session) onAny(q Question, t actions.ResourceType) Answer {
	var best Answer
	resources := s.Unnamed(t, q.Region)
	reaches := s.reachesOf(q.Action, t, q.Region, len(resources))
	q.reached = true
	for i, r := range resources {
		if !s.reaching(&reaches[i], q.Action, r.ARN) {
			continue
		}
		if best = Better(best, s.On(q, r)); best.IsBest() {
			return best
		}
	}
	return best
}

// On asks a question on a resource, and says in the answer what the resource stands for.
func (s *Session) On(q Question, r Resource) Answer {
	q.Resource, q.Unnamed = r.ARN, !r.Named && (r.Type != "" || q.Unnamed)
	a := s.Ask(q)
	for i := range a.Steps {
		if step := &a.Steps[i]; step.Resource == r.ARN || step.Action == q.Action {
			step.Type, step.Pattern, step.Named = r.Type, r.Pattern, r.Named || step.Named
		}
	}
	return a
}

// TypesOf are the resource types that an action has to be allowed on together, or else those of which one is enough.
func TypesOf(a actions.Action) (required, oneOf []actions.ResourceType) {
	if required = a.Required(); len(required) > 0 {
		return required, nil
	}
	return nil, a.ResourceTypes
}

// Together asks for all required types, or else for the best of those of which one is enough.
func Together(required, oneOf []actions.ResourceType, ask func(actions.ResourceType) Answer) Answer {
	var out Answer
	if len(required) == 0 {
		for _, t := range oneOf {
			if out = Better(out, ask(t)); out.IsBest() {
				return out
			}
		}
		return out
	}
	out = Answer{Decision: policy.Allowed}
	for _, t := range required {
		if out = Both(out, ask(t)); !out.Possible() {
			return out
		}
	}
	return out
}

// targetWeight is about how many steps it takes to see whether an ARN is of a type.
const targetWeight = 20

// isIn reports whether a resource can be acted on by a request to a Region: it is there, or in no Region.
func isIn(arn, region string) bool {
	a, err := aws.ParseARN(arn)
	return err != nil || a.Region == "" || a.Region == region
}

// Targets are resources of a type that a step can be taken on: any that no policy names, and an instance of every pattern that
// policies hold, as far as keep takes it.
func (s *Session) Targets(action string, t actions.ResourceType, region string, keep func(arn string) bool) []Resource {
	out := s.Unnamed(t, region)
	for _, r := range s.Instances(action) {
		if !s.Spend(targetWeight) {
			break
		}
		if IsOfType(r.ARN, t) && keep(r.ARN) && isIn(r.ARN, region) {
			out = append(out, r)
		}
	}
	return slices.Clip(out)
}
