package policy

import "testing"

// TestWithoutEffect holds what a policy newly allows against those next to it, which are the same on both sides.
func TestWithoutEffect(t *testing.T) {
	document := func(text string, kind Kind) *Document {
		d, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[`+text+`]}`), kind)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const get, pass = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`, `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`
	const all, noPass = `{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Sid":"No","Effect":"Deny","Action":"iam:PassRole","Resource":"*"}`
	part := func(name, text string, kind Kind) Part { return Part{Name: name, Document: document(text, kind)} }
	for _, tc := range []struct {
		title   string
		next    func(*Set)
		nothing Truth
		idle    int
		want    Decision
	}{
		{"alone", func(*Set) {}, False, 0, 0},
		{"an SCP denies it", func(s *Set) { s.SCPs = [][]Part{{part("scp", all+","+noPass, SCP)}} }, True, 1, ExplicitDeny},
		{"a boundary does not allow it", func(s *Set) { s.Boundaries = []Part{part("boundary", get, Boundary)} }, True, 1, ImplicitDeny},
		{"another policy denies it", func(s *Set) { s.Identity = append(s.Identity, part("other", noPass, Identity)) }, True, 1, ExplicitDeny},
		{"another policy allowed it before", func(s *Set) { s.Identity = append(s.Identity, part("other", pass, Identity)) }, True, 0, 0},
		{"a boundary allows it", func(s *Set) { s.Boundaries = []Part{part("boundary", all, Boundary)} }, False, 0, 0},
	} {
		t.Run(tc.title, func(t *testing.T) {
			old, new := Set{Identity: []Part{part("identity", get, Identity)}}, Set{Identity: []Part{part("identity", get+","+pass, Identity)}}
			tc.next(&old)
			tc.next(&new)
			c := compare(t, old, new)
			idle, err := WithoutEffect(t.Context(), old, new, c)
			if err != nil || c.NothingNew() != tc.nothing || len(idle) != tc.idle {
				t.Fatalf("nothing new: %v, without effect: %v, %v", c.NothingNew(), idle, err)
			}
			for _, g := range idle {
				if g.Action != "iam:PassRole" || g.Verdict.Decision != tc.want {
					t.Errorf("%v: %v", g.Grant, g.Verdict.Decision)
				}
			}
		})
	}
}
