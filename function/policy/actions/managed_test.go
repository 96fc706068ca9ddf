package actions

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// TestManagedPoliciesUseKnownActions holds the catalogue against AWS's managed policies. They name actions that are gone,
// and some that were never documented, so not all are known.
func TestManagedPoliciesUseKnownActions(t *testing.T) {
	literal, wild := map[string]bool{}, map[string]bool{}
	for _, text := range managedActions(t) {
		_, _, isAction := splitPattern(text)
		switch {
		case !isAction:
			t.Errorf("%q is no action pattern", text)
		case strings.ContainsAny(text, "*?"):
			wild[text] = true
		default:
			literal[text] = true
		}
	}
	known, matching := 0, 0
	for text := range literal {
		if _, ok := Lookup(text); ok {
			known++
		}
	}
	for text := range wild {
		Each(text, func(string) bool {
			matching++
			return false
		})
	}
	if len(literal) < 5_000 || len(wild) < 500 {
		t.Fatalf("the policies name %d actions and %d patterns: they were not read", len(literal), len(wild))
	}
	if share := float64(known) / float64(len(literal)); share < 0.95 {
		t.Errorf("%.1f %% of the named actions are known, fewer than 95 %%", 100*share)
	}
	if share := float64(matching) / float64(len(wild)); share < 0.95 {
		t.Errorf("%.1f %% of the patterns match an action, fewer than 95 %%", 100*share)
	}
	t.Logf("%d of %d named actions are known; %d of %d patterns match", known, len(literal), matching, len(wild))
}

// managedActions gives every value of Action and NotAction.
func managedActions(t *testing.T) []string {
	t.Helper()
	var texts []string
	for name, text := range externaldata.ManagedPolicies(t) {
		var p struct{ Statement any }
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, s := range asList(p.Statement) {
			statement, _ := s.(map[string]any)
			for _, element := range []string{"Action", "NotAction"} {
				for _, value := range asList(statement[element]) {
					if text, ok := value.(string); ok {
						texts = append(texts, text)
					}
				}
			}
		}
	}
	return texts
}

// asList takes a value alone for a list of one.
func asList(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}
