package selfcheck_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// The bus and the mapping of a hub are checked like those of one account, and only in a hub.
func TestThePartsOfAHubAreChecked(t *testing.T) {
	enabled, disabled := role.Have(selfcheck.Mapping{ID: "1234", State: "Enabled"}), role.Have(selfcheck.Mapping{ID: "5678", State: "Disabled"})
	bus := role.Have("arn:aws:events:us-east-1:111122223333:event-bus/rolewatch-hub")
	for name, tt := range map[string]struct {
		facts selfcheck.Facts
		want  []string
	}{
		"one account":             {selfcheck.Facts{Mapping: enabled}, []string{"ok mapping"}},
		"whole":                   {selfcheck.Facts{Hub: true, Mapping: enabled, HubBus: bus, RecordsMapping: enabled}, []string{"ok hub-bus", "ok mapping", "ok records-mapping"}},
		"no bus":                  {selfcheck.Facts{Hub: true, Mapping: enabled, HubBus: role.None[string](), RecordsMapping: enabled}, []string{"wrong hub-bus", "ok mapping", "ok records-mapping"}},
		"a mapping is off":        {selfcheck.Facts{Hub: true, Mapping: enabled, HubBus: bus, RecordsMapping: disabled}, []string{"ok hub-bus", "ok mapping", "wrong records-mapping"}},
		"a mapping is gone":       {selfcheck.Facts{Hub: true, Mapping: enabled, HubBus: bus, RecordsMapping: role.None[selfcheck.Mapping]()}, []string{"ok hub-bus", "ok mapping", "wrong records-mapping"}},
		"nothing could be read":   {selfcheck.Facts{Hub: true}, []string{"unknown hub-bus", "unknown mapping", "unknown records-mapping"}},
		"the other is off":        {selfcheck.Facts{Hub: true, Mapping: disabled, HubBus: bus, RecordsMapping: enabled}, []string{"ok hub-bus", "wrong mapping", "ok records-mapping"}},
		"one account has no more": {selfcheck.Facts{HubBus: role.None[string](), Mapping: enabled}, []string{"ok mapping"}},
	} {
		tt.facts.Home = "us-east-1"
		var got []string
		keys := map[string]bool{}
		for _, r := range selfcheck.Judge(&tt.facts) {
			scope := strings.TrimPrefix(r.Scope, "self:")
			if !strings.Contains(scope, "mapping") && scope != "hub-bus" {
				continue
			}
			got = append(got, string(r.Status)+" "+scope)
			if r.Status == selfcheck.Wrong && (r.Fix == "" || r.Trouble.Text == "" || keys[r.Trouble.Key]) {
				t.Errorf("%s: %+v", name, r)
			}
			keys[r.Trouble.Key] = true
		}
		if strings.Join(got, ", ") != strings.Join(tt.want, ", ") {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
