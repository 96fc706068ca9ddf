package catalogue_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/examples"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

var hidden = role.Because("hidden")

// hide makes each fact of a subject unknown, or what a subject has without it.
var hide = map[check.Fact]func(*check.Subject){
	check.Identity: func(s *check.Subject) { s.Role.Identity, s.Role.Similar = role.NotRead[role.Identity](hidden), nil },
	check.Trust:    func(s *check.Subject) { s.Role.Trust = role.NotRead[role.Policy](hidden) },
	check.InlinePolicies: func(s *check.Subject) {
		s.Role.Inline = role.NotRead[[]role.Policy](hidden)
		s.Role.Seen = slices.DeleteFunc(slices.Clone(s.Role.Seen), isInline)
	},
	check.AttachedPolicies: func(s *check.Subject) {
		s.Role.Attached = role.NotRead[[]role.Policy](hidden)
		s.Role.Seen = slices.DeleteFunc(slices.Clone(s.Role.Seen), func(p role.Policy) bool { return !isInline(p) })
	},
	check.Boundary:                func(s *check.Subject) { s.Role.Boundary = role.NotRead[role.Policy](hidden) },
	check.RoleTags:                func(s *check.Subject) { s.Role.Tags = role.NotRead[map[string]string](hidden) },
	check.ServiceControlPolicies:  func(s *check.Subject) { s.Role.SCPs = role.NotRead[[][]policy.Part](hidden) },
	check.ResourceControlPolicies: func(s *check.Subject) { s.Role.RCPs = role.NotRead[[][]policy.Part](hidden) },

	check.Functions: func(s *check.Subject) {
		s.Role.Users = role.Users{Why: hidden.String(), Providers: s.Role.Users.Providers}
	},
	check.Configuration: ofEach(func(f *role.Function) {
		c := role.UnreadConfig(hidden)
		c.Status, c.Tags, c.Sources, c.Destinations = f.Config.Status, f.Config.Tags, f.Config.Sources, f.Config.Destinations
		c.Policies, c.SeenPolicies, c.URLs, c.RuntimeUpdates = f.Config.Policies, f.Config.SeenPolicies, f.Config.URLs, f.Config.RuntimeUpdates
		f.Config, f.Environment, f.KMSKey, f.LastModified = c, role.NotRead[bool](hidden), role.NotRead[string](hidden), role.NotRead[time.Time](hidden)
	}),
	check.EdgeReplication: ofEach(func(f *role.Function) { f.Edge = role.NotRead[bool](hidden) }),
	check.Status:          ofEach(func(f *role.Function) { f.Config.Status = role.NotRead[role.Status](hidden) }),
	check.FunctionTags:    ofEach(func(f *role.Function) { f.Config.Tags = role.NotRead[map[string]string](hidden) }),
	check.EventSources:    ofEach(func(f *role.Function) { f.Config.Sources = role.NotRead[[]role.Source](hidden) }),
	check.Destinations:    ofEach(func(f *role.Function) { f.Config.Destinations = role.NotRead[[]role.Destinations](hidden) }),
	check.ResourcePolicies: ofEach(func(f *role.Function) {
		f.Config.Policies, f.Config.SeenPolicies = role.NotRead[[]role.ResourcePolicy](hidden), nil
	}),
	check.FunctionURLs: ofEach(func(f *role.Function) { f.Config.URLs = role.NotRead[[]role.URL](hidden) }),

	check.CapacityProviders: func(s *check.Subject) { s.Role.Users.Providers = role.NoProviders(hidden) },
	check.RuntimeUpdates:    ofEach(func(f *role.Function) { f.Config.RuntimeUpdates = role.NotRead[role.RuntimeUpdates](hidden) }),

	check.LastObservation: func(s *check.Subject) { s.Before = check.Before{Parts: s.Before.Parts} },
	check.FormerParts:     func(s *check.Subject) { s.Before.Parts = nil },
	check.Refusals:        func(s *check.Subject) { s.Refusals = nil },
	check.Changes:         func(s *check.Subject) { s.Changes = nil },

	check.AccountGraph:         func(s *check.Subject) { s.Reach = nil },
	check.TrustedAccounts:      func(s *check.Subject) { s.Parameters.TrustedAccounts = nil },
	check.Organization:         func(s *check.Subject) { s.Parameters.Organization = "" },
	check.OrganizationAccounts: func(s *check.Subject) { s.Parameters.OrganizationAccounts = nil },
	check.LayerAccounts:        func(s *check.Subject) { s.Parameters.LayerAccounts = nil },
	check.NeverAllowed:         func(s *check.Subject) { s.Parameters.Never = nil },
	check.Managers:             func(s *check.Subject) { s.Parameters.Managers = nil },
}

func isInline(p role.Policy) bool { return p.Part.Kind() == role.Inline }

func ofEach(hide func(*role.Function)) func(*check.Subject) {
	return func(s *check.Subject) {
		s.Role.Users.List = slices.Clone(s.Role.Users.List)
		for i := range s.Role.Users.List {
			hide(&s.Role.Users.List[i])
		}
	}
}

// TestFactsAreAllThatASubjectHas hides all facts of a subject of which everything is known: nothing is known then but the
// role's reference, the functions' names and the time.
func TestFactsAreAllThatASubjectHas(t *testing.T) {
	s := usedRole(usualTrust)
	s.Role.Tags, s.Role.Seen = role.Have(map[string]string{"stage": "live"}), []role.Policy{{Part: "inline:a"}, {Part: "arn:aws:iam::aws:policy/A"}}
	f := (&caseFile{role: roleSection{Partition: "aws", Account: usualAccount}}).function(functionSection{Name: "orders-api", LastModified: &s.Now})
	f.Config.SeenPolicies = []role.ResourcePolicy{{Text: "{}"}}
	s.Role.Users.List = []role.Function{f}
	s.Before = check.Before{Looked: true, LambdaCouldAssume: true, Operator: true, RoleID: "AROAORDERS", RecreatedAt: s.Now, Parts: map[role.Part]role.Maybe[role.Policy]{}}
	s.Reach = &reach.View{}
	s.Refusals, s.Changes, s.Role.Similar = []check.Refusal{{}}, []check.Change{{}}, []string{"arn:aws:iam::aws:role/a"}
	s.Parameters = check.Parameters{
		TrustedAccounts: []string{"a"}, Organization: "o", OrganizationAccounts: []string{"a"}, LayerAccounts: []string{"a"}, Never: []check.Never{{}}, Managers: []string{"a"},
	}
	if missing := knownIn(reflect.ValueOf(*s), false); len(missing) > 0 {
		t.Errorf("the subject lacks %v", missing)
	}
	facts := slices.DeleteFunc(check.AllFacts(), func(f check.Fact) bool { return f == check.Functions }) // It takes all else of them along.
	if left := knownIn(reflect.ValueOf(*without(s, facts...)), true); len(left) > 0 {
		t.Errorf("without all facts there are still %v", left)
	}
	if without(s, check.Functions).Role.Users.List != nil {
		t.Error("without functions there are still some")
	}
}

// knownIn gives the fields of a subject that are known, or those that are not. The names by which a role and its functions
// are called are no facts, and the time is none.
func knownIn(v reflect.Value, known bool) (out []string) {
	names := []string{"Ref", "Now", "Users", "ARN", "Version", "Aliases", "memo"}
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		switch {
		case name == "Role" && field.Kind() == reflect.Pointer:
			out = append(out, knownIn(field.Elem(), known)...)
			out = append(out, knownIn(field.Elem().FieldByName("Users").FieldByName("List").Index(0), known)...)
		case slices.Contains([]string{"Before", "Parameters", "Config"}, name):
			out = append(out, knownIn(field, known)...)
		case slices.Contains(names, name) || name == "Role":
		case strings.HasPrefix(field.Type().Name(), "Maybe["):
			if is := field.MethodByName("State").Call(nil)[0].Interface() != role.Unknown; is == known {
				out = append(out, name)
			}
		case (field.IsZero() || field.Kind() == reflect.Slice && field.Len() == 0) != known:
			out = append(out, name)
		}
	}
	return out
}

// without is a subject without some facts.
func without(s *check.Subject, facts ...check.Fact) *check.Subject {
	out, shot := *s, *s.Role
	out.Role = &shot
	for _, f := range facts {
		hide[f](&out)
	}
	return &out
}

// example is something that a check is judged on: one of its examples, or of its cases.
type example struct {
	name    string
	subject *check.Subject
}

// examplesOf are those of each check, by its ID.
func examplesOf(t *testing.T) map[string][]example {
	t.Helper()
	out := map[string][]example{}
	for _, id := range exampleIDs(t) {
		e, _ := examples.Of(id)
		for kind, text := range map[string]string{"bad": e.Bad, "good": e.Good} {
			out[id] = append(out[id], example{"the " + kind + " example", exampleCase(t, id, kind, text).subject(t)})
		}
	}
	for _, s := range scenarios(t) {
		out[s.id] = append(out[s.id], example{s.name(), s.content.subject(t)})
	}
	return out
}

// saidOf is what a check says of a subject.
func saidOf(c *check.Check, s *check.Subject) string {
	r := check.Run(around(c), s)
	return render(check.Result{
		Diagnostics: slices.DeleteFunc(r.Diagnostics, func(d check.Diagnostic) bool { return d.Check.ID != c.ID }),
		Undecided:   slices.DeleteFunc(r.Undecided, func(u check.Undecided) bool { return u.Check.ID != c.ID }),
	})
}

// TestChecksReadWhatTheySay judges all examples of a check without the facts that it does not say it reads: it says the same.
// Of those that it does say each counts in some example, where the check says something else without it.
func TestChecksReadWhatTheySay(t *testing.T) {
	all := examplesOf(t)
	judged, facts := 0, 0
	for _, c := range catalogue.Checks() {
		others := slices.DeleteFunc(check.AllFacts(), func(f check.Fact) bool { return slices.Contains(c.Reads, f) })
		idle := slices.Clone(c.Reads)
		facts += len(idle)
		for _, e := range all[c.ID] {
			judged++
			want := saidOf(c, without(e.subject))
			if diff := gocmp.Diff(want, saidOf(c, without(e.subject, others...))); diff != "" {
				t.Errorf("%s, %s: it says something else without what it does not read (-with +without):\n%s", c.ID, e.name, diff)
			}
			idle = slices.DeleteFunc(idle, func(f check.Fact) bool { return saidOf(c, without(e.subject, f)) != want })
		}
		for _, f := range idle {
			t.Errorf("%s reads %v, and no example of it shows that", c.ID, f)
		}
	}
	if judged < 800 || facts < 400 {
		t.Fatalf("%d examples were judged, and %d facts", judged, facts)
	}
	t.Logf("%d examples, %d facts", judged, facts)
}
