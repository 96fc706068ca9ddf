package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// targets are resources of a type that a step could be taken on.
func (j *judge) targets(on target, action string, t actions.ResourceType, region string) []ask.Resource {
	return j.Targets(action, t, region, func(arn string) bool { return j.isTarget(on, arn) })
}

// targetsOf are resources of a type that several steps could be taken on: what policies name for any of them.
func (j *judge) targetsOf(steps []step, t actions.ResourceType, region string) []ask.Resource {
	var out []ask.Resource
	for _, s := range steps {
		for _, r := range j.targets(s.on, s.action, t, region) {
			if !slices.ContainsFunc(out, func(o ask.Resource) bool { return o.ARN == r.ARN }) {
				out = append(out, r)
			}
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
	case ownDocument:
		parsed, _ := aws.ParseARN(arn)
		return parsed.Account != ""
	case otherFunction:
		for _, f := range r.Users.List {
			if arn == f.ARN || strings.HasPrefix(arn, f.ARN+":") {
				return false
			}
		}
	}
	return true
}

// overlaps are resources of a type that patterns cover which the steps require together.
func (j *judge) overlaps(steps []step, t actions.ResourceType, region string) []ask.Resource {
	var names []string
	for _, s := range steps {
		names = append(names, s.action)
	}
	return slices.DeleteFunc(j.Overlaps(region, names...), func(r ask.Resource) bool {
		return !ask.IsOfType(r.ARN, t) || !j.isTarget(steps[0].on, r.ARN)
	})
}
