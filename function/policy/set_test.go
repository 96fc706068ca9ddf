package policy

import (
	"context"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

func partOf(t *testing.T, kind Kind) Part {
	t.Helper()
	text := `{"Effect":"Allow","Action":"*","Resource":"*"}`
	switch kind {
	case Trust:
		text = `{"Effect":"Allow","Principal":"*","Action":"*"}`
	case Resource, RCP:
		text = `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`
	}
	return Part{Name: "a " + kind.String(), Document: parseFor(t, text, kind)}
}

// TestSetTakesKinds puts a document of every kind into every place.
func TestSetTakesKinds(t *testing.T) {
	places := []struct {
		name  string
		put   func(*Set, Part)
		takes []Kind
	}{
		{"Identity[0]", func(s *Set, p Part) { s.Identity = []Part{p} }, []Kind{Identity, Boundary}},
		{"Resource", func(s *Set, p Part) { s.Resource = &p }, []Kind{Resource, Trust}},
		{"Boundaries[0]", func(s *Set, p Part) { s.Boundaries = []Part{p} }, []Kind{Boundary, Identity}},
		{"Session", func(s *Set, p Part) { s.Session = &p }, []Kind{Session, Identity}},
		{"Endpoint[1]", func(s *Set, p Part) { s.Endpoint = []Part{{Name: "unread"}, p} }, []Kind{Resource}},
		{"SCPs[1][0]", func(s *Set, p Part) { s.SCPs = [][]Part{{}, {p}} }, []Kind{SCP}},
		{"RCPs[0][0]", func(s *Set, p Part) { s.RCPs = [][]Part{{p}} }, []Kind{RCP}},
	}
	req := Request{Principal: callers["user"], Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	for _, place := range places {
		for kind := range RCP + 1 {
			var set Set
			place.put(&set, partOf(t, kind))
			taken := strings.Contains(" "+join(place.takes)+" ", " "+kind.String()+" ")
			err := set.Validate()
			if (err == nil) != taken {
				t.Errorf("%s as %s: %v", kind, place.name, err)
			}
			if err != nil && (!strings.Contains(err.Error(), place.name) || !strings.Contains(err.Error(), kind.String())) {
				t.Errorf("%s as %s: the error %q does not say so", kind, place.name, err)
			}
			v := Evaluate(req, set)
			if (v.Err == nil) != taken || v.Err != nil && v.Decision != Unknown {
				t.Errorf("%s as %s is evaluated as %s, %v", kind, place.name, v.Decision, v.Err)
			}
			for _, sets := range [][2]Set{{set, {}}, {{}, set}, {set, set}} {
				if _, err := Compare(context.Background(), sets[0], sets[1]); (err == nil) != taken {
					t.Errorf("%s as %s is compared: %v", kind, place.name, err)
				}
			}
		}
	}
}

func join(kinds []Kind) string {
	var words []string
	for _, k := range kinds {
		words = append(words, k.String())
	}
	return strings.Join(words, " ")
}

func TestSetTakesUnread(t *testing.T) {
	for _, name := range combine.Names() {
		if err := (Set{Unread: []string{name}}).Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "SCP", "scps", "identities", "trust"} {
		set := Set{Unread: []string{"scp", name}}
		if err := set.Validate(); err == nil || !strings.Contains(err.Error(), "Unread") {
			t.Errorf("%q as a kind that was not read: %v", name, err)
		}
		v := Evaluate(Request{Principal: callers["user"], Action: "sts:GetCallerIdentity", Resource: "*"}, set)
		if v.Decision != Unknown || v.Err == nil {
			t.Errorf("with %q the answer is %s, %v", name, v.Decision, v.Err)
		}
	}
}

// TestCompareSaysWhichSet holds that the error tells the two sets apart.
func TestCompareSaysWhichSet(t *testing.T) {
	bad, good := Set{Unread: []string{"x"}}, Set{}
	if _, err := Compare(context.Background(), bad, good); err == nil || !strings.HasPrefix(err.Error(), "compare policies: old set: ") {
		t.Errorf("a bad old set: %v", err)
	}
	if _, err := Compare(context.Background(), good, bad); err == nil || !strings.HasPrefix(err.Error(), "compare policies: new set: ") {
		t.Errorf("a bad new set: %v", err)
	}
}
