package settings

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
)

// renamed are checks of which one had another ID in an earlier release.
var renamed = Catalogue{
	{ID: "RW304", Slug: "wide", Severity: check.High, Formerly: []check.Former{{Check: "RW450"}}},
	{ID: "RW401", Slug: "open", Severity: check.High},
}

func TestSettingsMayNameTheFormerID(t *testing.T) {
	rules, err := FromFile([]byte(`{
		"checks": {"RW3": {"severity": "low"}, "RW450": {"severity": "medium"}},
		"exceptions": [{"checks": ["RW450"], "tag": "accepted", "reason": "r", "until": "2026-12-31"}],
		"tagExceptions": ["RW450"]
	}`), renamed)
	if err != nil {
		t.Fatal(err)
	}
	got := rules.InForce(renamed)
	if diff := cmp.Diff(map[string]inforce.Change{"RW304": {Severity: check.Medium}}, got.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if len(got.Exceptions.List) != 1 || !slices.Equal(got.Exceptions.List[0].Checks, []string{"RW304"}) || !slices.Equal(got.Exceptions.ByTag, []string{"RW304"}) {
		t.Errorf("exceptions %+v", got.Exceptions)
	}
	if ids, err := Select([]string{"rw450"}, renamed); err != nil || !slices.Equal(ids, []string{"RW304"}) {
		t.Errorf("selected %v, %v", ids, err)
	}
}

func TestThePresentIDStandsBeforeTheFormerOne(t *testing.T) {
	rules, err := FromFile([]byte(`{"checks": {"RW304": {"on": true}, "RW450": {"off": true}, "RW4": {"severity": "critical"}}}`), renamed)
	if err != nil {
		t.Fatal(err)
	}
	// The beginning of a former ID names no check by it: RW4 is about RW401 alone.
	want := map[string]inforce.Change{"RW304": {On: true}, "RW401": {Severity: check.Critical}}
	if diff := cmp.Diff(want, rules.InForce(renamed).Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}
