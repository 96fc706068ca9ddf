package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestCompareOfRolesMissesNothing draws all that can be attached to a role, before and after, and requests: what is newly
// allowed contradicts a comparison that says that nothing is.
func TestCompareOfRolesMissesNothing(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		old, new := drawRole(t, "old"), drawRole(t, "new")
		c := compare(t, old, new)
		checkDrawn(t, c, old, new)
		counts[[]string{"something new", "nothing new", "undecided"}[c.NothingNew()]]++
		for range 30 {
			req := drawComparedRequest(t)
			if !strings.HasPrefix(req.Principal, "arn:aws:iam::111111111111:") || strings.HasSuffix(req.Principal, ":root") {
				continue
			}
			before, _ := frame(Identity, req, old)
			after, _ := frame(Identity, req, new)
			b, a := Evaluate(req, before).Decision, Evaluate(req, after).Decision
			if a == Allowed && b != Allowed && b != Unknown {
				counts["newly allowed"]++
				if c.NothingNew() == True {
					t.Fatalf("%+v is newly allowed", req)
				}
			}
		}
	})
	t.Log(counts)
	if counts["newly allowed"] == 0 || counts["nothing new"] == 0 || counts["something new"] == 0 {
		t.Error("the cases are too few")
	}
}

// drawRole draws one or two identity policies, and perhaps a boundary, a session policy and SCPs of two levels. Policies
// that limit allow much, so that something is left.
func drawRole(t *rapid.T, name string) Set {
	draw := func(kind Kind, what string) Part {
		text := drawn{kind: kind}.document(t, name+" "+what)
		if kind != Identity {
			text = strings.Replace(text, `"Statement":[`, `"Statement":[{"Effect":"Allow","Action":["s3:*","iam:*"],"Resource":"*"},`, 1)
		}
		d, _ := Parse([]byte(text), kind)
		if d == nil {
			t.Fatalf("cannot parse %s", text)
		}
		return Part{Name: what, Document: d}
	}
	has := func(what string) bool { return rapid.IntRange(0, 2).Draw(t, name+" has "+what) == 0 }
	var set Set
	for range rapid.IntRange(1, 2).Draw(t, name+" policies") {
		set.Identity = append(set.Identity, draw(Identity, "identity"))
	}
	if has("boundary") {
		set.Boundaries = []Part{draw(Boundary, "boundary")}
	}
	if has("session") {
		p := draw(Session, "session")
		set.Session = &p
	}
	if has("scps") {
		set.SCPs = [][]Part{{draw(SCP, "root")}, {draw(SCP, "account"), draw(SCP, "another")}}
	}
	return set
}
