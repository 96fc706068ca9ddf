package danger

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// viewed is a role of an account with other roles, and with a graph.
func viewed(t *testing.T, l reach.Listing, accepted ...reach.Acceptance) *check.Subject {
	t.Helper()
	s := subject()
	s.Role = l.Roles[0]
	if s.Reach = NewGraph(l, s.Now, check.Parameters{}, accepted...).Of(ownRole); s.Reach == nil {
		t.Fatal("the graph does not have the role")
	}
	return s
}

const (
	root   = `{"AWS":"arn:aws:iam::` + account + `:root"}`
	lambda = `{"Service":"lambda.amazonaws.com"}`
)

// roleNamed is the ARN of a role of the account.
func roleNamed(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// A finding about a path to any role is the same one as long as the path leads to the same end, by whatever statement it begins. Each of two
// such findings has the end that its own path leads to, and one that leads nowhere in the account has none.
func TestWhereWidePathsLead(t *testing.T) {
	var l reach.Listing
	withRole(&l, "orders", "", allowing(t, "*", "sts:AssumeRole"), allowing(t, "*", "iam:PassRole"), allowing(t, "*", "lambda:CreateFunction", "lambda:InvokeFunction"),
		allowing(t, "*", "glue:UpdateDevEndpoint"), allowing(t, "arn:aws:iam::"+account+":user/bob", "iam:CreateAccessKey"))
	withRole(&l, "ops", trusting("Allow", root), allowing(t, "*", "*"))
	withRole(&l, "boss", trusting("Allow", lambda), allowing(t, "*", "*"))
	var bob reach.Listing
	withRole(&bob, "bob", "", allowing(t, "*", "*"))
	bob.Roles[0].Ref.ARN = "arn:aws:iam::" + account + ":user/bob"
	l.Users = []reach.Node{{Snapshot: bob.Roles[0], IsUser: true}}
	want := map[string]struct{ first, end string }{
		"assume-role":   {"assume|" + roleNamed("ops"), roleNamed("ops") + "|0"},
		"lambda-create": {"pass|" + roleNamed("boss"), roleNamed("boss") + "|0"},
		"glue-endpoint": {},
	}
	s := viewed(t, l)
	if n := len(s.Reach.Paths); n != 3 {
		t.Fatalf("%d paths", n)
	}
	j := judgeOf(s)
	seen := 0
	for _, group := range j.byCause() {
		d := j.escalationDiagnostic(group)
		w, known := want[d.Key]
		if !known {
			continue
		}
		seen++
		if (d.Path != nil) != (w.first != "") {
			t.Errorf("%s: path %+v", d.Key, d.Path)
			continue
		}
		if d.Path == nil {
			continue
		}
		if d.Path.First != w.first || d.Path.End != w.end || !d.Path.Begins(w.first) {
			t.Errorf("%s begins with %s and ends at %s", d.Key, d.Path.First, d.Path.End)
		}
		for id, o := range want {
			if id != d.Key && d.Path.Begins(o.first) {
				t.Errorf("%s begins as %s does", d.Key, id)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d findings", seen)
	}
}

// The power of a role may be accepted that is no administrator, and can become one. A path to it is as severe as one to an administrator, and
// says that it is accepted.
func TestAPathToWhoCanBecomeAnAdministrator(t *testing.T) {
	var l reach.Listing
	withRole(&l, "orders", "", allowing(t, roleNamed("deploy"), "sts:AssumeRole"))
	withRole(&l, "deploy", trusting("Allow", root), allowing(t, roleNamed("ops"), "sts:AssumeRole"))
	withRole(&l, "ops", trusting("Allow", root), allowing(t, "*", "*"))
	s := viewed(t, l, reach.Acceptance{Role: roleNamed("deploy"), Reason: "it deploys", Until: subject().Now.Add(time.Hour)})
	if len(s.Reach.Paths) != 1 || s.Reach.Paths[0].Standing.Power != reach.Becomes {
		t.Fatalf("paths %+v", s.Reach.Paths)
	}
	j := judgeOf(s)
	d := j.endDiagnostic(j.ending(), &s.Reach.Paths[0])
	if d.Severity != check.Critical || d.Accepted == nil || d.Title != "orders can assume the role deploy (can become an administrator)" {
		t.Errorf("%v: %s, accepted %v", d.Severity, d.Title, d.Accepted)
	}
}

// A function is changed in its own Region: a policy that allows it in another one leads nowhere.
func TestAFunctionIsChangedInItsRegion(t *testing.T) {
	for region, want := range map[string]int{"eu-west-1": 1, "us-east-1": 0} {
		var l reach.Listing
		withRole(&l, "orders", "", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"lambda:UpdateFunctionCode","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"`+region+`"}}}}`)
		withRole(&l, "ops", trusting("Allow", lambda), allowing(t, "*", "*"))
		l.Functions = []reach.Function{{ARN: "arn:aws:lambda:eu-west-1:" + account + ":function:hook", Role: roleNamed("ops"), Tags: role.Have(map[string]string(nil))}}
		if got := len(viewed(t, l).Reach.Paths); got != want {
			t.Errorf("allowed in %s: %d paths", region, got)
		}
	}
}

// How much power a role has depends on what a condition does, where that decides whether it is an administrator.
func TestThePowerThatDependsOnACondition(t *testing.T) {
	policy := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + condition + `}}`
	}
	unknown := judgeOf(subject(policy(`{"StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}}`))).standing()
	if unknown.Power != reach.Unknown || len(unknown.DependsOn) != 1 || unknown.DependsOn[0].What != "the value of aws:SourceVpce" {
		t.Errorf("%v, depends on %v", unknown.Power, unknown.DependsOn)
	}
	never := judgeOf(subject(policy(`{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}`))).standing()
	if never.Power != reach.Ordinary || len(never.DependsOn) != 0 || len(never.Strong) != 0 {
		t.Errorf("%v, depends on %v", never.Power, never.DependsOn)
	}
}
