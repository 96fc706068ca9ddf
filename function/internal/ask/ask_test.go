package ask_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

const (
	account = "111122223333"
	ownRole = "arn:aws:iam::" + account + ":role/orders"
)

// sessionOf is a session of a role with some tags and one inline policy of statements.
func sessionOf(tags map[string]string, statements ...string) *ask.Session {
	text := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	p := role.NewPolicy(role.InlinePart("p"), text, policy.Identity)
	r := &role.Snapshot{
		Ref:      role.Ref{Partition: "aws", Account: account, Name: "orders", ARN: ownRole},
		Identity: role.Have(role.Identity{ARN: ownRole, ID: "AROAORDERS"}), Tags: role.Have(tags),
		Users: role.Users{Complete: true, List: []role.Function{{ARN: "arn:aws:lambda:us-east-1:" + account + ":function:api"}}},
	}
	return ask.NewSession(&ask.Caller{
		Role: r, Set: policy.Set{Identity: []policy.Part{p.AsPart()}}, Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		Explain: func(v policy.Verdict) (out []role.Gap) {
			for _, key := range v.UnknownKeys {
				out = append(out, role.Gap{What: key})
			}
			return out
		},
		Budget: ask.NewBudget(),
	})
}

func allow(actions, condition string) string {
	return `{"Effect":"Allow","Action":` + actions + `,"Resource":"*","Condition":{` + condition + `}}`
}

func deny(actions, condition string) string {
	return `{"Effect":"Deny","Action":` + actions + `,"Resource":"*","Condition":{` + condition + `}}`
}

const everything = `{"Effect":"Allow","Action":"*","Resource":"*"}`

// TestAsk asks for one action on a role or user that no policy names.
func TestAsk(t *testing.T) {
	const user, other = "arn:aws:iam::" + account + ":user/anybody", "arn:aws:iam::" + account + ":role/another"
	for name, c := range map[string]struct {
		statements       []string
		tags             map[string]string
		action, resource string
		want             policy.Decision
		// needs are the tags that others have to set, steps how many requests it takes.
		needs string
		steps int
	}{
		"a parameter of the request": {
			statements: []string{allow(`"sts:AssumeRole"`, `"NumericLessThan":{"sts:DurationSeconds":"3601"}`)}, action: "sts:AssumeRole", resource: other,
			want: policy.Allowed, steps: 1,
		},
		"no number fits": {
			statements: []string{allow(`"sts:AssumeRole"`, `"NumericLessThan":{"sts:DurationSeconds":"1"},"NumericGreaterThan":{"sts:DurationSeconds":"1"}`)},
			action:     "sts:AssumeRole", resource: other, want: policy.ImplicitDeny,
		},
		"a parameter of another action": {
			statements: []string{allow(`"*"`, `"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}`)}, action: "iam:PutRolePolicy", resource: other,
			want: policy.ImplicitDeny,
		},
		"a key that the list does not know there": {
			statements: []string{allow(`"*"`, `"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}`)}, action: "lambda:UpdateFunctionCode",
			resource: "arn:aws:lambda:us-east-1:" + account + ":function:another", want: policy.Unknown, steps: 1,
		},
		"the untagged resource is the witness": {
			statements: []string{everything, deny(`"iam:*"`, `"StringEquals":{"aws:ResourceTag/protected":"true"}`)}, action: "iam:PutRolePolicy", resource: other,
			want: policy.Allowed, steps: 1,
		},
		"only a tagged resource is": {
			statements: []string{everything, deny(`"iam:*"`, `"StringNotEquals":{"aws:ResourceTag/team":"pay"}`)}, action: "iam:PutRolePolicy", resource: other,
			want: policy.Allowed, needs: "aws:ResourceTag/team=pay", steps: 1,
		},
		"a tag that the caller sets": {
			statements: []string{allow(`"iam:CreateAccessKey"`, `"StringEquals":{"aws:ResourceTag/team":"pay"}`), allow(`"iam:TagUser"`, `"StringEquals":{"aws:RequestTag/team":["pay"]}`)},
			action:     "iam:CreateAccessKey", resource: user, want: policy.Allowed, steps: 2,
		},
		"a tag that the caller may not give that value": {
			statements: []string{allow(`"iam:CreateAccessKey"`, `"StringEquals":{"aws:ResourceTag/team":"pay"}`), allow(`"iam:TagUser"`, `"StringEquals":{"aws:RequestTag/team":["ship"]}`)},
			action:     "iam:CreateAccessKey", resource: user, want: policy.Allowed, needs: "aws:ResourceTag/team=pay", steps: 1,
		},
		"a tag of the role that it sets": {
			statements: []string{allow(`"iam:PutRolePolicy"`, `"StringEquals":{"aws:PrincipalTag/admin":"yes"}`), allow(`"iam:TagRole"`, `"Null":{"aws:TagKeys":"false"}`)},
			action:     "iam:PutRolePolicy", resource: other, want: policy.Allowed, steps: 2,
		},
		"a tag of the role that it removes": {
			statements: []string{everything, deny(`["iam:PutRolePolicy"]`, `"StringEquals":{"aws:PrincipalTag/stage":"live"}`)}, tags: map[string]string{"stage": "live"},
			action: "iam:PutRolePolicy", resource: other, want: policy.Allowed, steps: 2,
		},
		"a tag of the role that it has": {
			statements: []string{allow(`"iam:PutRolePolicy"`, `"StringEquals":{"aws:ResourceTag/stage":"live"}`)}, tags: map[string]string{"stage": "live"},
			action: "iam:PutRolePolicy", resource: ownRole, want: policy.Allowed, steps: 1,
		},
		"a tag that the role itself does not have": {
			statements: []string{allow(`"iam:PutRolePolicy"`, `"StringEquals":{"aws:ResourceTag/stage":"test"}`)}, tags: map[string]string{"stage": "live"},
			action: "iam:PutRolePolicy", resource: ownRole, want: policy.ImplicitDeny,
		},
		"a network that nobody chooses": {
			statements: []string{allow(`"iam:PutRolePolicy"`, `"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`)}, action: "iam:PutRolePolicy", resource: other,
			want: policy.Unknown, steps: 1,
		},
		"a tag, and a network that nobody chooses": {
			statements: []string{allow(`"iam:PutRolePolicy"`, `"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"StringEquals":{"aws:ResourceTag/team":"pay"}`)},
			action:     "iam:PutRolePolicy", resource: other, want: policy.Unknown, steps: 1,
		},
		"an action that makes what it tags": {
			statements: []string{allow(`"ec2:StopInstances"`, `"StringEquals":{"aws:ResourceTag/team":"pay"}`), allow(`"ec2:CreateTags"`, `"StringEquals":{"ec2:CreateAction":"RunInstances"}`)},
			action:     "ec2:StopInstances", resource: "arn:aws:ec2:us-east-1:" + account + ":instance/i-1", want: policy.Allowed, needs: "aws:ResourceTag/team=pay", steps: 1,
		},
	} {
		s := sessionOf(c.tags, c.statements...)
		got := s.Ask(ask.Question{Action: c.action, Resource: c.resource})
		if got.Decision != c.want || needsOf(got) != c.needs || got.Possible() && len(got.Steps) != c.steps {
			t.Errorf("%s: %v, needs %q, %d steps; want %v, %q, %d", name, got.Decision, needsOf(got), len(got.Steps), c.want, c.needs, c.steps)
		}
		if got.Decision == policy.Unknown && len(got.DependsOn) == 0 {
			t.Errorf("%s: it does not say what it depends on", name)
		}
	}
}

func needsOf(a ask.Answer) string {
	var out []string
	for _, c := range a.Needs() {
		out = append(out, c.Key+"="+c.Value)
	}
	return strings.Join(out, " ")
}

// TestInstances names more resources than anybody would try one by one.
func TestInstances(t *testing.T) {
	var names []string
	for i := range 40 {
		names = append(names, strconv.Quote("arn:aws:iam::"+account+":role/r"+strconv.Itoa(i)))
	}
	s := sessionOf(nil, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":[`+strings.Join(names, ",")+`]}`)
	if got := s.Instances("sts:AssumeRole"); len(got) != len(names) || slices.ContainsFunc(got, func(r ask.Resource) bool { return !r.Named || r.Pattern != "" }) {
		t.Errorf("%d of %d named roles are tried", len(got), len(names))
	}
	s = sessionOf(nil, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/app-*"}`)
	got := s.Instances("sts:AssumeRole")
	if len(got) != 1 || !strings.HasPrefix(got[0].ARN, "arn:aws:iam::"+account+":role/app-") || got[0].Pattern != "arn:aws:iam::*:role/app-*" {
		t.Errorf("an instance of a pattern is %+v", got)
	}
}

// TestACutListIsNotKept asks for what policies name without a budget, and again with one.
func TestACutListIsNotKept(t *testing.T) {
	s := sessionOf(nil, `{"Effect":"Allow","Action":"iam:PassRole","Resource":["arn:aws:iam::*:role/a","arn:aws:iam::*:role/b"]}`)
	s.Allowing("iam:PassRole")
	kept := s.Budget.ReserveOfAll(50)
	for s.Spend(1_000_000) {
	}
	if got := s.Instances("iam:PassRole"); len(got) > 0 || s.Budget.Unanswered() == 0 {
		t.Errorf("without a budget: %v, of which nothing says that there may be more", got)
	}
	if kept.Release(); len(s.Instances("iam:PassRole")) != 2 {
		t.Errorf("with one: %v", s.Instances("iam:PassRole"))
	}
}

// TestRegions wants every Region that a policy names, and one that none names.
func TestRegions(t *testing.T) {
	named := []string{"eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "sa-east-1", "ap-south-1"}
	s := sessionOf(nil, allow(`"s3:*"`, `"StringEquals":{"aws:RequestedRegion":["`+strings.Join(named, `","`)+`"]}`))
	got := s.Regions("s3:ListAllMyBuckets")
	if got[0] != "us-east-1" || slices.ContainsFunc(named, func(r string) bool { return !slices.Contains(got, r) }) || len(got) != len(named)+2 {
		t.Errorf("Regions are %q", got)
	}
	if got := s.Regions("sqs:SendMessage"); len(got) != 1 {
		t.Errorf("Regions of an action that no statement tells Regions of are %q", got)
	}
}

// TestUnnamedNameIsOfNoPattern has patterns for the names that are tried first, and for what all of them contain.
func TestUnnamedNameIsOfNoPattern(t *testing.T) {
	s := sessionOf(nil, `{"Effect":"Deny","Action":"*","Resource":["arn:aws:iam::*:role/q*","arn:aws:s3:::*q0"]}`)
	if name := s.Name(); strings.HasPrefix(name, "q") || strings.HasSuffix(name, "q0") {
		t.Errorf("the name %s is of a pattern", name)
	}
	s = sessionOf(nil, `{"Effect":"Deny","Action":"*","Resource":["arn:aws:iam::*:role/*-*","arn:aws:iam::*:user/*o*","arn:aws:s3:::x*"]}`)
	if name := s.Name(); name == "" || strings.ContainsAny(name, "-o") || strings.HasPrefix(name, "x") {
		t.Errorf("the name %s is of a pattern", name)
	}
}

// TestDenyOfSomeNamesLeavesOthers denies what acts on roles whose names contain something, which leaves the other roles.
func TestDenyOfSomeNamesLeavesOthers(t *testing.T) {
	a, ok := actions.Lookup("iam:UpdateAssumeRolePolicy")
	if !ok {
		t.Fatal("there is no such action")
	}
	for _, pattern := range []string{"*-*", "*-role*", "*o*", "*l*", "*watch*"} {
		s := sessionOf(nil, everything, `{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/`+pattern+`"}`)
		if got := s.Anywhere(a, nil); !got.Allowed() || got.Named() {
			t.Errorf("with a Deny on roles %s, %s on any role is %v", pattern, a, got.Decision)
		}
	}
	s := sessionOf(nil, `{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:role/team-*"}`, `{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/team-*-*"}`)
	if !slices.ContainsFunc(s.Instances(a.String()), func(r ask.Resource) bool {
		return s.On(ask.Question{Action: a.String()}, r).Allowed()
	}) {
		t.Error("with a Deny on roles team-*-*, no role of team-* is left")
	}
	if got := sessionOf(nil, everything, `{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/*"}`).Anywhere(a, nil); got.Possible() {
		t.Errorf("with a Deny on all roles, %s on any role is %v", a, got.Decision)
	}
}
