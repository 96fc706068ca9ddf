package universe

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/interpreter"
)

// About is the domain of one action: the patterns that can cover it, on its resources, and the keys that its requests carry. Random
// policies over it decide about the action in most of their parts.
func (d Domain) About(action Action, carries func(action, key string) bool) Domain {
	covers := func(s Statement) bool {
		s.Effect = "Allow"
		i, err := interpreter.New(World{Identity: []Document{{Version: "2012-10-17", Statement: []Statement{s}}}}.Policies())
		if err != nil {
			return false
		}
		return slices.ContainsFunc(action.Resources, func(r Resource) bool {
			allowed, err := i.Allowed(interpreter.Request{
				Principal: d.Principal, Action: action.Name, Resource: r.ARN, ResourceAccount: Account, Keys: map[string][]string{principalTag: {RoleTag}},
			})
			return allowed && err == nil
		})
	}
	keep := func(list []string, statement func(string) Statement) []string {
		return slices.DeleteFunc(slices.Clone(list), func(text string) bool { return !covers(statement(text)) })
	}
	d.ActionPatterns = keep(d.ActionPatterns, func(text string) Statement { return Statement{Action: []string{text}, Resource: []string{"*"}} })
	d.ActionPatterns = append(d.ActionPatterns, action.Name)
	slices.Sort(d.ActionPatterns)
	d.ActionPatterns = slices.Compact(d.ActionPatterns)
	d.ResourcePatterns = keep(d.ResourcePatterns, func(text string) Statement { return Statement{Action: []string{"*"}, Resource: []string{text}} })
	d.Keys = slices.DeleteFunc(slices.Clone(d.Keys), func(k Key) bool { return !carries(action.Name, k.Name) })
	d.Actions = []Action{action}
	return d
}
