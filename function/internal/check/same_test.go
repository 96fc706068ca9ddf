package check

import (
	"reflect"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestSameLooksAtEverything holds that a subject in which anything but the time is another is not the same.
func TestSameLooksAtEverything(t *testing.T) {
	was := role.NewPolicy(role.InlinePart("a"), "{}", policy.Identity)
	subject := func() *Subject {
		return &Subject{
			Role: &role.Snapshot{}, Refusals: []Refusal{{EventID: "e1"}}, Changes: []Change{{EventID: "e2"}},
			Before: Before{Parts: map[role.Part]role.Maybe[role.Policy]{"a": role.Have(was)}},
		}
	}
	changes := map[string]func(*Subject){
		"Role":                     func(s *Subject) { s.Role.Ref.Name = "orders" },
		"Refusals":                 func(s *Subject) { s.Refusals[0].Error = "no" },
		"Reach":                    func(s *Subject) { s.Reach = &reach.View{} },
		"Changes":                  func(s *Subject) { s.Changes = nil },
		"Before.Looked":            func(s *Subject) { s.Before.Looked = true },
		"Before.LambdaCouldAssume": func(s *Subject) { s.Before.LambdaCouldAssume = true },
		"Before.Operator":          func(s *Subject) { s.Before.Operator = true },
		"Before.RoleID":            func(s *Subject) { s.Before.RoleID = "AROAORDERS" },
		"Before.RecreatedAt":       func(s *Subject) { s.Before.RecreatedAt = time.Unix(1, 0) },
		"Before.Parts":             func(s *Subject) { s.Before.Parts["a"] = role.None[role.Policy]() },
	}
	other := map[string]bool{"Now": true, "Before": true, "Parameters": true, "memo": true}
	names := []string{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Subject]()) {
		if !other[f.Name] {
			names = append(names, f.Name)
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Before]()) {
		names = append(names, "Before."+f.Name)
	}
	for _, name := range names {
		s := subject()
		if change := changes[name]; change == nil {
			t.Errorf("%s: Same does not look at it", name)
		} else if change(s); s.Same(subject()) {
			t.Errorf("%s: another one is taken for the same", name)
		}
	}
	later := subject()
	later.Now = time.Unix(1, 0)
	if len(names) != len(changes) || !later.Same(subject()) {
		t.Errorf("%d fields of %d were changed, or a subject is another one later", len(changes), len(names))
	}
}

// TestAsksForTime holds that a policy which may ask for the time is found wherever it stands.
func TestAsksForTime(t *testing.T) {
	const (
		never  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}`
		until  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:cUrrEnTTiMe":"2026-01-01T00:00:00Z"}}}]}`
		hidden = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a/${aws:epoch\u0054ime}"}]}`
	)
	texts := map[string]bool{never: false, until: true, hidden: true}
	for resource, want := range map[string]bool{
		"arn:aws:logs:*:*:log-group:/aws/lambda/a:log-stream:2026/01/*": true, "arn:aws:logs:*:*:log-group:a:log-stream:202*": true,
		`arn:aws:s3:::bucket\/*\/01\/*`: true, "arn:aws:s3:::bucket/${aws:username}2026/*": true, "arn:aws:s3:::bucket/?026/*": true,
		"arn:aws:s3:::bucket1/*": false, "arn:aws:execute-api:*:111122223333:a1b2c3/prod/*": false, "arn:aws:iam::111122223333:role/v2/*": false,
	} {
		texts[`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"`+resource+`"}]}`] = want
	}
	for text, want := range texts {
		p := role.NewPolicy(role.InlinePart("a"), text, policy.Identity)
		list, levels := role.Have([]role.Policy{p}), role.Have([][]policy.Part{{{Name: "unread"}, p.AsPart()}})
		function := role.Function{Config: role.Config{SeenPolicies: []role.ResourcePolicy{{Text: text}}}}
		for name, s := range map[string]*Subject{
			"trust":     {Role: &role.Snapshot{Trust: role.Have(p)}},
			"boundary":  {Role: &role.Snapshot{Boundary: role.Have(p)}},
			"inline":    {Role: &role.Snapshot{Inline: list}},
			"attached":  {Role: &role.Snapshot{Attached: list}},
			"seen":      {Role: &role.Snapshot{Seen: []role.Policy{p}}},
			"SCP":       {Role: &role.Snapshot{SCPs: levels}},
			"RCP":       {Role: &role.Snapshot{RCPs: levels}},
			"former":    {Role: &role.Snapshot{}, Before: Before{Parts: map[role.Part]role.Maybe[role.Policy]{"a": role.Have(p)}}},
			"never":     {Role: &role.Snapshot{}, Parameters: Parameters{Never: []Never{{Document: p.Document}}}},
			"functions": {Role: &role.Snapshot{Users: role.Users{List: []role.Function{function}}}},
		} {
			if s.AsksForTime() != want {
				t.Errorf("%s: %v, want %v for %s", name, !want, want, text)
			}
		}
	}
	anew := &Subject{Role: &role.Snapshot{Identity: role.Have(role.Identity{ID: "AROAORDERS"})}, Before: Before{RoleID: "AROABEFORE"}}
	if !anew.AsksForTime() {
		t.Error("a role that was made anew at an unknown time does not ask for it")
	}
}
