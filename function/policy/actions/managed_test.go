package actions

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestManagedPoliciesUseKnownActions holds the catalogue against AWS's managed policies, which lie beside the repository
// where they are at hand. They name actions that are gone, and some that were never documented, so not all are known.
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
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "managed-policies", "policies.json.gz"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("AWS's managed policies are not at hand: %v", err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var policies map[string]struct{ Statement any }
	if err := json.UnmarshalRead(r, &policies); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range policies {
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
