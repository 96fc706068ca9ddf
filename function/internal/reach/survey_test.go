package reach_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const other = "444455556666"

// inAccount is a role of another account.
func inAccount(id, name, trust, inline string) *role.Snapshot {
	s := newRole(name, trust, inline, "", nil)
	arn := "arn:aws:iam::" + id + ":role/" + name
	s.Ref.Account, s.Ref.ARN = id, arn
	s.Identity = role.Have(role.Identity{ARN: arn, ID: "AROA" + name, Created: role.Have(now)})
	return s
}

// graphWith is the graph of an account whose role orders may assume a role of another account, of which it has what that surveys.
func graphWith(t *testing.T, resource string, l reach.Listing) (*reach.Graph, *reach.Survey) {
	t.Helper()
	graphs := &danger.Graphs{Parameters: check.Parameters{Organization: organizationID}}
	s := graphs.Survey(l, now)
	home := reach.Listing{Roles: []*role.Snapshot{newRole("orders", document(trusting("Service", "lambda.amazonaws.com")), document(allow("sts:AssumeRole", resource)), "", nil)}}
	home.Others = &reach.Others{Organization: organizationID, Parts: []reach.Part{s.Part}, Known: map[string]bool{other: true}}
	return graphs.Build(home, now), s
}

// A part has a bound. What it does not have is not known, and the reason says so.
func TestAPartThatIsTooLargeSaysSo(t *testing.T) {
	var doors reach.Listing
	for i := range 150 {
		doors.Roles = append(doors.Roles, inAccount(other, fmt.Sprintf("door-%03d", i), document(trusting("AWS", account)), document(allow("logs:PutLogEvents", "*"))))
	}
	g, s := graphWith(t, "arn:aws:iam::"+other+":role/door-149", doors)
	if !s.Part.Cut || len(s.Part.Roles) != 100 {
		t.Fatalf("%d roles, cut %v", len(s.Part.Roles), s.Part.Cut)
	}
	if text := told(g); !strings.Contains(text, "depends on: more than 100 roles of account "+other) {
		t.Error(text)
	}
	var behind reach.Listing
	behind.Roles = append(behind.Roles, inAccount(other, "door", document(trusting("AWS", account)), document(allow("sts:AssumeRole", "arn:aws:iam::"+other+":role/behind-*"))))
	for i := range 150 {
		behind.Roles = append(behind.Roles, inAccount(other, fmt.Sprintf("behind-%03d", i), document(trusting("AWS", other)), document(allow("s3:GetObject", "*"))))
	}
	g, s = graphWith(t, "arn:aws:iam::"+other+":role/door", behind)
	if s.Part.Cut || !slices.Equal(s.Part.Left, []string{"arn:aws:iam::" + other + ":role/door"}) {
		t.Fatalf("cut %v, left %v", s.Part.Cut, s.Part.Left)
	}
	if text := told(g); !strings.Contains(text, "data: orders → sts:AssumeRole door of account "+other) || !strings.Contains(text, "depends on: more than 100 roles of account "+other) {
		t.Error(text)
	}
}

// A part has what leads to more, and nothing of the rest of the account.
func TestAPartHasOnlyWhatLeadsToMore(t *testing.T) {
	l := reach.Listing{Roles: []*role.Snapshot{
		inAccount(other, "door", document(trusting("AWS", account)), document(allow("sts:AssumeRole", "arn:aws:iam::"+other+":role/*"))),
		inAccount(other, "quiet", document(trusting("AWS", other)), document(allow("logs:PutLogEvents", "*"))),
		inAccount(other, "between", document(trusting("AWS", other)), document(allow("sts:AssumeRole", "arn:aws:iam::"+other+":role/admin"))),
		inAccount(other, "admin", document(trusting("AWS", "arn:aws:iam::"+other+":role/between")), document(allow("*", "*"))),
		inAccount(other, "elsewhere", document(trusting("AWS", other)), document(allow("sts:AssumeRole", "arn:aws:iam::777788889999:role/x"))),
		inAccount(other, "unreached", document(trusting("Service", "ec2.amazonaws.com")), document(allow("*", "*"))),
	}}
	_, s := graphWith(t, "arn:aws:iam::"+other+":role/door", l)
	var names []string
	for _, r := range s.Part.Roles {
		names = append(names, r.Ref.Name)
	}
	if slices.Sort(names); !slices.Equal(names, []string{"admin", "between", "door", "elsewhere"}) {
		t.Errorf("the part has %v", names)
	}
	if want := []string{"777788889999"}; !slices.Equal(s.Asks.Accounts, want) || !slices.Equal(s.Onward.Accounts, want) || s.Asks.Any || !slices.Equal(s.Admits.Accounts, []string{account}) {
		t.Errorf("ties %+v", s.Ties)
	}
}

// Only accounts count that are asked about and admit whoever asks, and what leads on from a part, the nearest first.
func TestTheAccountsThatAGraphTakes(t *testing.T) {
	ask := func(ids ...string) reach.Asks { return reach.Asks{Accounts: ids} }
	ties := map[string]reach.Ties{
		"a": {Asks: ask("b", "d", "x")}, "b": {Admits: ask("a"), Asks: ask("e"), Onward: ask("c")}, "c": {Admits: reach.Asks{Any: true}, Onward: reach.Asks{Any: true}},
		"d": {Admits: ask("b")}, "e": {Admits: ask("b")}, "f": {Admits: ask("a", "c")}, "g": {Admits: ask("a")},
	}
	wanted, left := reach.Wanted(ties, "a", 10)
	if !slices.Equal(wanted, []string{"b", "c", "f"}) || len(left) != 0 {
		t.Errorf("wanted %v, left %v", wanted, left)
	}
	if wanted, left = reach.Wanted(ties, "a", 2); !slices.Equal(wanted, []string{"b", "c"}) || !slices.Equal(left, []string{"f"}) {
		t.Errorf("wanted %v, left %v", wanted, left)
	}
}
