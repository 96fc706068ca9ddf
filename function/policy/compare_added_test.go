package policy

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAddedIsWhereGrantsComeFrom draws policies without conditions, and edits of them that keep a part: where what was added is
// complete, nothing else grants, and nothing is undecided but for the work that it takes.
func TestAddedIsWhereGrantsComeFrom(t *testing.T) {
	conditions := regexp.MustCompile(`,"Condition":\{"[^"]*":\{[^}]*\}\}`)
	counts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		d := drawn{kind: Identity}
		if rapid.IntRange(0, 3).Draw(t, "denies") > 0 {
			d.effects = []string{"Allow"}
		}
		kept := d.document(t, "kept")
		oldText, newText := d.document(t, "old"), d.document(t, "new")
		if rapid.IntRange(0, 4).Draw(t, "conditions") > 0 {
			kept, oldText, newText = conditions.ReplaceAllString(kept, ""), conditions.ReplaceAllString(oldText, ""), conditions.ReplaceAllString(newText, "")
		}
		set := func(text string) Set {
			one, other := setOf(t, kept, Identity), setOf(t, text, Identity)
			return Set{Identity: slices.Concat(one.Identity, other.Identity)}
		}
		old, new := set(oldText), set(newText)
		t.Logf("kept %s\nold %s\nnew %s", kept, oldText, newText)
		added, complete := Added(old, new)
		if !complete {
			counts["not complete"]++
			return
		}
		c := compare(t, old, new)
		for _, u := range c.Unknown {
			if counts["too much work"]++; !u.Exceeded {
				t.Fatalf("undecided: %+v", u)
			}
		}
		for _, g := range c.Grants {
			counts["granted"]++
			if !slices.ContainsFunc(added, func(ref StatementRef) bool { return ref.Statement == g.Statement.Statement }) {
				t.Fatalf("%s is granted by none of %v", g, added)
			}
		}
		if len(added) == 0 {
			counts["nothing added"]++
		}
	})
	t.Log(counts)
	if counts["not complete"] == 0 || counts["granted"] == 0 {
		t.Error("the cases are too few")
	}
}

// TestAddedIsNotComplete holds what more than Allow statements can bring about, or leave open.
func TestAddedIsNotComplete(t *testing.T) {
	const (
		allow    = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}`
		other    = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`
		deny     = `{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}`
		asks     = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`
		variable = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::a/${aws:username}"}`
		faulty   = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Until":"noon"}`
	)
	doc := func(kind Kind, statements ...string) Part {
		d, _ := Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`), kind)
		return Part{Name: "a", Document: d}
	}
	of := func(statements ...string) Set { return Set{Identity: []Part{doc(Identity, statements...)}} }
	with := func(s Set, change func(*Set)) Set {
		change(&s)
		return s
	}
	boundary := func(statements ...string) func(*Set) {
		return func(s *Set) { s.Boundaries = []Part{doc(Boundary, statements...)} }
	}
	for _, c := range []struct {
		name     string
		old, new Set
		// added is how many statements are, -1 where it is not complete.
		added int
	}{
		{"the same", of(allow), of(allow), 0},
		{"one more", of(allow), of(other, allow), 1},
		{"one less", of(allow, other), of(allow), 0},
		{"one more denies", of(allow), of(allow, deny), 0},
		{"the first", Set{}, of(allow), 1},
		{"within a boundary", with(of(allow), boundary(allow)), with(of(other), boundary(allow)), 1},
		{"a deny is gone", of(allow, deny), of(allow), -1},
		{"another boundary", with(of(allow), boundary(allow)), with(of(allow), boundary(allow, other)), -1},
		{"a condition", of(allow), of(allow, asks), -1},
		{"a condition before", of(asks), of(allow), -1},
		{"a variable", of(allow), of(allow, variable), -1},
		{"a fault", of(allow), of(allow, faulty), -1},
		{"a policy was not read", of(allow), with(of(other), func(s *Set) { s.Identity = append(s.Identity, Part{Name: "b"}) }), -1},
		{"a list was not read", of(allow), with(of(other), func(s *Set) { s.Unread = []string{"identity"} }), -1},
		{"an organization", of(allow), with(of(other), func(s *Set) { s.SCPs = [][]Part{{doc(SCP, other)}} }), -1},
	} {
		added, complete := Added(c.old, c.new)
		if complete != (c.added >= 0) || complete && len(added) != c.added {
			t.Errorf("%s: %d statements, complete %v; want %d", c.name, len(added), complete, c.added)
		}
	}
}
