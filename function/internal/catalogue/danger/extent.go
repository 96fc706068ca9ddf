package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// extentOf says in words on which resources and for which requests an administrator's statements allow every action.
func extentOf(statements []policy.StatementRef) (on, where string) {
	conditional, excluding, naming := false, false, false
	for _, ref := range statements {
		s := ref.Statement
		conditional = conditional || len(s.Conditions) > 0
		excluding = excluding || s.NotResource
		naming = naming || !s.NotResource && !slices.ContainsFunc(s.Resources, func(v policy.Value) bool { return strings.Trim(v.Text, "*") == "" })
	}
	on = " on every resource"
	switch {
	case excluding:
		on = " on every resource except those in NotResource"
	case naming:
		on = " on the resources of every service"
	}
	if conditional {
		where = ", for requests that meet the conditions of the " + words.Either(len(statements), "statement", "statements")
	}
	return on, where
}

// restrictionSentence says to what the Deny statements apply that take nothing from an administrator's role as a whole.
func restrictionSentence(denies []policy.StatementRef) string {
	if len(denies) == 0 {
		return "No Deny statement and no permissions boundary restricts it."
	}
	var only []string
	for _, ref := range denies {
		if what := restricted(ref.Statement); !slices.Contains(only, what) {
			only = append(only, what)
		}
	}
	slices.Sort(only)
	return "The " + words.Either(len(denies), "Deny statement of its policies applies", "Deny statements of its policies apply") + " only to " + list(only) + "."
}

// restricted says in words to which requests a Deny statement applies.
func restricted(s *policy.Statement) string {
	var keys []string
	for _, c := range s.Conditions {
		switch key := strings.ToLower(c.Key); {
		case ask.IsRegionKey(key):
			return "requests to some Regions"
		case ask.IsResourceTag(key):
			return "resources with some tags"
		case !slices.Contains(keys, c.Key):
			keys = append(keys, c.Key)
		}
	}
	switch {
	case len(keys) > 0:
		slices.Sort(keys)
		return "requests with some values of " + list(keys)
	case s.NotResource || !slices.ContainsFunc(s.Resources, func(v policy.Value) bool { return v.Text == "*" }):
		return "some resources"
	}
	return "some actions"
}
