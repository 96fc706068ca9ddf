package policy

import (
	"os"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// TestCompareNewAccess holds Compare against AWS's own cases of policies that grant, or do not grant, new access over a
// reference policy.
func TestCompareNewAccess(t *testing.T) {
	var cases []struct {
		File, Title, Kind, Expected string
		Existing, New               jsontext.Value
	}
	raw, err := os.ReadFile(shared(t, "new-access/cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &cases, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range cases {
		kind := Identity
		if tc.Kind == "resource" {
			kind = Trust
		}
		old, new := mustSet(t, string(tc.Existing), kind), mustSet(t, string(tc.New), kind)
		got := compare(t, old, new)
		checkWitnesses(t, got, old, new)
		want := True
		if tc.Expected == "FAIL" {
			want = False
		}
		if got.NothingNew() != want {
			t.Errorf("%s: %s: nothing new %v, want %v\n%v", tc.File, tc.Title, got.NothingNew(), want, got)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no case was found")
	}
	t.Logf("%d cases", len(cases))
}

// mustSet makes a set of one document.
func mustSet(t testing.TB, text string, kind Kind) Set {
	t.Helper()
	d, err := Parse([]byte(text), kind)
	if d == nil {
		t.Fatal(err)
	}
	if kind == Trust || kind == Resource {
		return Set{Resource: &Part{Name: "resource", Document: d}}
	}
	return Set{Identity: []Part{{Name: "identity", Document: d}}}
}

// checkWitnesses holds every witness against Evaluate.
func checkWitnesses(t testing.TB, c Comparison, old, new Set) {
	t.Helper()
	for _, g := range c.Grants {
		w := g.Witness
		if d := Evaluate(w.Request, w.Under(old)).Decision; d == Allowed || d == Unknown {
			t.Errorf("%v: the old policies answer %v to %+v", g, d, w.Request)
		}
		if d := Evaluate(w.Request, w.Under(new)).Decision; d != Allowed {
			t.Errorf("%v: the new policies answer %v to %+v", g, d, w.Request)
		}
	}
}
