package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// The functions of this file say which requests a check is about: where the role may make one of them, the check is not silent.

// aboutAny is about one action on resources that no policy names.
func aboutAny(names ...string) func(*check.Subject, policy.Request) bool {
	return func(s *check.Subject, r policy.Request) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, r.Action) }) && isUnnamed(s, r) && suits(r)
	}
}

// aboutGroup is about the actions of a group on resources that no policy names.
func aboutGroup(g group) func(*check.Subject, policy.Request) bool {
	return func(s *check.Subject, r policy.Request) bool {
		a, ok := actions.Lookup(r.Action)
		return ok && groupOf(a) == g && len(a.Required()) < 2 && isUnnamed(s, r) && suits(r)
	}
}

// aboutSelf is about changes of the role itself, or of its functions.
func aboutSelf(s *check.Subject, r policy.Request) bool {
	for _, c := range selfChanges(s.Role) {
		if slices.Contains(c.resources, r.Resource) && slices.ContainsFunc(c.actions, func(n string) bool { return strings.EqualFold(n, r.Action) }) {
			return len(c.attaches) == 0
		}
	}
	return false
}

// aboutPaths is about the only step of a way.
func aboutPaths(s *check.Subject, r policy.Request) bool {
	j := judgeOf(s)
	for _, p := range paths {
		for _, steps := range p.ways {
			if len(steps) == 1 && len(steps[0].each) == 0 && len(steps[0].types) == 0 && steps[0].attaches == "" && len(steps[0].keys) == 0 && !p.onlyAny &&
				strings.EqualFold(steps[0].action, r.Action) && isOwnAccount(s, r) && suits(r) && j.isAbout(steps[0].on, r.Resource) {
				return true
			}
		}
	}
	return false
}

func (j *judge) isAbout(on target, arn string) bool {
	if on == itself {
		return arn == j.subject.Role.ARN()
	}
	return j.isTarget(on, arn) && (on != otherFunction || j.subject.Role.Users.Complete)
}

// suits reports whether the action acts on the resource.
func suits(r policy.Request) bool {
	a, ok := actions.Lookup(r.Action)
	if !ok || a.OnlyStar() {
		return ok && r.Resource == "*"
	}
	return slices.ContainsFunc(a.ResourceTypes, func(t actions.ResourceType) bool { return ask.IsOfType(r.Resource, t) })
}

func isOwnAccount(s *check.Subject, r policy.Request) bool {
	arn, err := aws.ParseARN(r.Resource)
	return r.Resource == "*" || err == nil && (arn.Account == "" || arn.Account == s.Role.Ref.Account) && arn.Partition == s.Role.Ref.Partition
}

// isUnnamed reports whether a resource of the role's account is named by no policy: only patterns without a name cover it.
func isUnnamed(s *check.Subject, r policy.Request) bool {
	if !isOwnAccount(s, r) {
		return false
	}
	for st := range judgeOf(s).Statements() {
		for _, v := range st.Resources {
			if arn, ok := aws.CompleteARNPattern(v.Text); ok && arn.HasName() && ask.Matches(arn.Resource, resourceOf(r.Resource)) {
				return false
			}
		}
	}
	return true
}

func resourceOf(arn string) string {
	a, _ := aws.ParseARN(arn)
	return a.Resource
}
