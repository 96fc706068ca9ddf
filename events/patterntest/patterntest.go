// Package patterntest matches events with EventBridge patterns, for tests: as much of EventBridge's matching as the patterns of
// package events use.
package patterntest

import (
	"slices"
	"strings"
	"testing"
)

// Matches tells whether a pattern selects an event, both as decoded JSON. It knows exact values, prefix, exists, anything-but, and lists in an event
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html); any other filter fails the test.
func Matches(t testing.TB, pattern map[string]any, event any) bool {
	t.Helper()
	fields, _ := event.(map[string]any)
	for name, want := range pattern {
		got, there := fields[name]
		switch want := want.(type) {
		case map[string]any:
			if !Matches(t, want, got) {
				return false
			}
		case []any:
			if !matchesAny(t, want, got, there) {
				return false
			}
		default:
			t.Fatalf("%s: a pattern's leaf is a list, not %v", name, want)
		}
	}
	return true
}

func matchesAny(t testing.TB, wants []any, got any, there bool) bool {
	t.Helper()
	// A list in an event matches when one of its elements does.
	if list, ok := got.([]any); ok && len(list) > 0 {
		return slices.ContainsFunc(list, func(one any) bool { return matchesAny(t, wants, one, there) })
	}
	text, isText := got.(string)
	for _, want := range wants {
		filter, isFilter := want.(map[string]any)
		if !isFilter {
			if there && got == want {
				return true
			}
			continue
		}
		if others, ok := filter["anything-but"].([]any); ok && len(filter) == 1 {
			if there && !slices.Contains(others, got) {
				return true
			}
			continue
		}
		prefix, isPrefix := filter["prefix"].(string)
		exists, isExists := filter["exists"].(bool)
		if len(filter) != 1 || isPrefix == isExists {
			t.Fatalf("unknown filter %v", filter)
		}
		if isPrefix && isText && strings.HasPrefix(text, prefix) || isExists && exists == there {
			return true
		}
	}
	return false
}
