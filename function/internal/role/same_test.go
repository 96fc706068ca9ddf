package role

import (
	"reflect"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/policy"
)

// TestSameLooksAtEverything holds that a snapshot in which any one field is another is not the same.
func TestSameLooksAtEverything(t *testing.T) {
	const text = `{"Version":"2012-10-17","Statement":[]}`
	one := NewPolicy(InlinePart("a"), text, policy.Identity)
	snapshot := func() *Snapshot {
		return &Snapshot{
			Ref: Ref{Name: "orders"}, Identity: Have(Identity{ID: "AROAORDERS", Created: Have(time.Unix(1, 0))}), Trust: Have(one), Inline: Have([]Policy{one}),
			Attached: Have([]Policy{one}), Seen: []Policy{one}, Boundary: Have(one), Tags: Have(map[string]string{"a": "b"}),
			SCPs: Have([][]policy.Part{{one.AsPart()}}), RCPs: Have([][]policy.Part{{one.AsPart()}}), Users: Users{List: []Function{{ARN: "a", Config: Config{Layers: Have([]string{"b"})}}}},
		}
	}
	if !snapshot().Same(snapshot()) {
		t.Fatal("a snapshot is not like itself")
	}
	again := NewPolicy(InlinePart("a"), text, policy.Identity)
	changes := map[string]func(*Snapshot){
		"Ref":      func(s *Snapshot) { s.Ref.Account = "111122223333" },
		"Identity": func(s *Snapshot) { s.Identity = Have(Identity{ID: "AROAORDERS", Created: Have(time.Unix(2, 0))}) },
		"Trust":    func(s *Snapshot) { s.Trust = Have(again) },
		"Inline":   func(s *Snapshot) { s.Inline = Have([]Policy{again}) },
		"Attached": func(s *Snapshot) { s.Attached = NotRead[[]Policy](Denied("iam:ListAttachedRolePolicies")) },
		"Seen":     func(s *Snapshot) { s.Seen = nil },
		"Boundary": func(s *Snapshot) { s.Boundary = None[Policy]() },
		"Tags":     func(s *Snapshot) { s.Tags = Have(map[string]string{"a": "c"}) },
		"SCPs":     func(s *Snapshot) { s.SCPs = Have([][]policy.Part{{again.AsPart()}}) },
		"RCPs":     func(s *Snapshot) { s.RCPs = Have([][]policy.Part{{one.AsPart()}, {}}) },
		"Similar":  func(s *Snapshot) { s.Similar = []string{"arn:aws:iam::111122223333:role/order"} },
		"Users":    func(s *Snapshot) { s.Users.List[0].Config.Layers = Have([]string{"c"}) },
	}
	fields := reflect.VisibleFields(reflect.TypeFor[Snapshot]())
	for _, f := range fields {
		s := snapshot()
		if change := changes[f.Name]; change == nil {
			t.Errorf("%s: Same does not look at it", f.Name)
		} else if change(s); s.Same(snapshot()) {
			t.Errorf("%s: another one is taken for the same", f.Name)
		}
	}
	if len(fields) == 0 {
		t.Error("no field was looked at")
	}
}

// TestSamePolicy holds that policies with another name, text or document in memory are not the same.
func TestSamePolicy(t *testing.T) {
	one := NewPolicy(InlinePart("a"), "{}", policy.Identity)
	unread := Policy{Part: "a", Text: NotRead[string](Denied("iam:GetPolicyVersion"))}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Policy]()) {
		other := one
		switch f.Name {
		case "Part":
			other.Part = InlinePart("b")
		case "ARN":
			other.ARN = "a"
		case "Version":
			other.Version = "v2"
		case "Text":
			other.Text = Have("{ }")
		case "Document":
			other.Document = nil
		case "content":
			other.content = new(content)
		case "Fault":
			continue // It comes of the content.
		default:
			t.Errorf("%s: Same does not look at it", f.Name)
		}
		if one.Same(other) {
			t.Errorf("%s: another one is taken for the same", f.Name)
		}
	}
	if !one.Same(one) || !unread.Same(unread) || one.Same(unread) {
		t.Error("a policy is not like itself")
	}
}
