package danger

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// sensitive gives the actions of a public list, by its sections.
func sensitive(t *testing.T) map[string][]string {
	t.Helper()
	lists, section := map[string][]string{}, ""
	for line := range strings.Lines(string(externaldata.Read(t, "risk/sensitive-actions.yaml"))) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutPrefix(line, "  - "); ok {
			lists[section] = append(lists[section], strings.TrimSpace(name))
		} else if name, ok := strings.CutSuffix(line, ":"); ok && !strings.HasPrefix(line, " ") {
			section = name
		}
	}
	return lists
}

// TestListsHoldWhatIsKnown holds that what a public list calls sensitive is told by some check, or spared for a reason.
func TestListsHoldWhatIsKnown(t *testing.T) {
	lists := sensitive(t)
	known, looked := map[string]bool{}, 0
	for _, name := range lists["CredentialExposure"] {
		looked++
		known[name] = true
		if !actions.GivesCredentials(name) && !sparedCredentials[name] && !toldElsewhere[name] {
			t.Errorf("%s gives credentials, and is not told", name)
		}
	}
	for _, name := range lists["DataAccess"] {
		looked++
		known[name] = true
		a, ok := actions.Lookup(name)
		if !dataActions[name] && (!ok || groupOf(a) == noGroup) {
			t.Errorf("%s reads data, and is not told", name)
		}
	}
	own := 0
	for _, list := range []map[string]bool{dataActions, usualActions, toldElsewhere} {
		for name := range list {
			own++
			if a, ok := actions.Lookup(name); ok && a.String() != name || !ok && !known[name] {
				t.Errorf("AWS has no action %s", name)
			}
			if actions.GivesCredentials(name) && dataActions[name] {
				t.Errorf("%s is in two lists", name)
			}
		}
	}
	if looked == 0 || own == 0 {
		t.Fatalf("looked at %d known and %d own actions", looked, own)
	}
	t.Logf("%d known and %d own actions", looked, own)
}
