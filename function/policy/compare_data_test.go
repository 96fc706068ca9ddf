package policy

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// newAccess is a case of AWS's: a policy, and an edit of it that grants new access if PASS is not expected.
type newAccess struct {
	File     string         `json:"file"`
	Title    string         `json:"title"`
	Kind     string         `json:"kind"`
	Existing jsontext.Value `json:"existing"`
	New      jsontext.Value `json:"new"`
	Expected string         `json:"expected"`
}

// TestCompareNewAccess holds Compare against AWS's own cases of policies that grant, or do not grant, new access over a
// reference policy.
func TestCompareNewAccess(t *testing.T) {
	cases := externaldata.List[newAccess](t, "new-access/cases.json")
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
