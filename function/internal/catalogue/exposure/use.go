package exposure

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// use is what somebody does with a function by an action, the gravest last.
type use int

const (
	otherUse use = iota
	// reads gives the code or the environment, invokes runs the code, and changes puts other code or another policy in place.
	reads
	invokes
	changes
)

// uses are the actions that are not otherUse. ListVersionsByFunction gives each version's configuration, its environment too.
var uses = map[string]use{
	"lambda:GetFunction": reads, "lambda:GetFunctionConfiguration": reads, "lambda:ListVersionsByFunction": reads,
	invokeAction: invokes, "lambda:InvokeAsync": invokes, urlAction: invokes,
	"lambda:UpdateFunctionCode": changes, "lambda:UpdateFunctionConfiguration": changes, "lambda:AddPermission": changes,
	"lambda:PutResourcePolicy": changes,
}

// verbs are the words for uses in a sentence.
var verbs = [...]string{otherUse: "act on", reads: "read", invokes: "invoke", changes: "change"}

// functionTypes are the types of resources that a function's policy is about.
var functionTypes = []string{"function", "function alias", "function version", "durable execution"}

type actionsKey struct{}

// functionActions are all actions on functions that exist, by AWS's list of them, but for the one of URLs, which is asked for with a
// URL.
func functionActions(s *check.Subject) []string {
	return check.Memo(s, actionsKey{}, func() (out []string) {
		all, _ := actions.Service("lambda")
		for _, a := range all {
			if name := a.String(); name != urlAction && name != "lambda:CreateFunction" && slices.ContainsFunc(a.ResourceTypes, func(t actions.ResourceType) bool {
				return slices.Contains(functionTypes, t.Name)
			}) {
				out = append(out, name)
			}
		}
		for name := range uses {
			if name != urlAction && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
		slices.Sort(out)
		return out
	})
}

// onExecutions reports whether an action is on durable executions alone.
func onExecutions(action string) bool {
	a, ok := actions.Lookup(action)
	return ok && len(a.ResourceTypes) > 0 && !slices.ContainsFunc(a.ResourceTypes, func(t actions.ResourceType) bool { return t.Name != "durable execution" })
}

// covered are the actions that Allow statements of the door's policy cover.
func (d door) covered(s *check.Subject) []string {
	doc := d.part.Document
	return slices.DeleteFunc(slices.Clone(functionActions(s)), func(action string) bool {
		return !slices.ContainsFunc(doc.Statements, func(st policy.Statement) bool {
			return st.Effect == policy.Allow && doc.Match(st.Index, policy.Request{Principal: "*", Action: action, Resource: d.resource(action)}).Action != policy.False
		})
	})
}

// gravest is the gravest use of some actions.
func gravest(names []string) (out use) {
	for _, name := range names {
		out = max(out, uses[name])
	}
	return out
}

// mostActions bounds how many actions a detail names.
const mostActions = 6

// actionTexts are the names of actions, the gravest first, once each, and how many more there are.
func actionTexts(names []string) []string {
	slices.SortFunc(names, func(a, b string) int {
		if uses[a] != uses[b] {
			return int(uses[b] - uses[a])
		}
		return strings.Compare(a, b)
	})
	names = slices.Compact(names)
	if len(names) <= mostActions {
		return names
	}
	return append(slices.Clone(names[:mostActions]), moreOf(len(names)-mostActions))
}
