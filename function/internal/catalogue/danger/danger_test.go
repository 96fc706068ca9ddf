package danger

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const (
	account = "111122223333"
	ownRole = "arn:aws:iam::" + account + ":role/orders"
)

// subject is a role of one function, with inline policies.
func subject(policies ...string) *check.Subject {
	var inline []role.Policy
	for i, text := range policies {
		inline = append(inline, role.NewPolicy(role.InlinePart("p"+strconv.Itoa(i)), text, policy.Identity))
	}
	return &check.Subject{Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Role: &role.Snapshot{
		Ref:      role.Ref{Partition: "aws", Account: account, Name: "orders", ARN: ownRole},
		Identity: role.Have(role.Identity{ARN: ownRole, ID: "AROAORDERS"}),
		Inline:   role.Have(inline), Attached: role.Have([]role.Policy(nil)), Boundary: role.None[role.Policy](),
		Tags: role.Have(map[string]string(nil)), SCPs: role.None[[][]policy.Part](), RCPs: role.None[[][]policy.Part](),
		Users: role.Users{Complete: true, List: []role.Function{{
			ARN: "arn:aws:lambda:us-east-1:" + account + ":function:orders-api", Version: "$LATEST", Role: ownRole,
		}}},
	}}
}

// allowing is a policy that allows actions on a resource.
func allowing(t testing.TB, resource string, actions ...string) string {
	t.Helper()
	list, err := json.Marshal(actions)
	if err != nil {
		t.Fatal(err)
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + string(list) + `,"Resource":"` + resource + `"}]}`
}

func bounded(s *check.Subject, boundary string) *check.Subject {
	s.Role.Boundary = role.Have(role.NewPolicy("boundary", boundary, policy.Boundary))
	return s
}

// managedPolicies are the texts of AWS's managed policies, in the order of their names.
func managedPolicies(t testing.TB) []string {
	t.Helper()
	policies := externaldata.ManagedPolicies(t)
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		texts = append(texts, string(policies[name]))
	}
	return texts
}

// BenchmarkDanger judges roles by all checks of this package: one for each managed policy of AWS, an ordinary one, an
// administrator, and one with as many and as large policies as fit. An operation is one role.
func BenchmarkDanger(b *testing.B) {
	texts := managedPolicies(b)
	var large []string
	for _, text := range texts {
		if len(text) > 4000 && len(text) < 6144 && len(large) < 20 {
			large = append(large, text)
		}
	}
	ordinary := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"},
		{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query"],"Resource":"arn:aws:dynamodb:*:*:table/orders"},
		{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:PutObject"],"Resource":["arn:aws:s3:::orders","arn:aws:s3:::orders/*"]},
		{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/reports"}]}`
	run := func(name string, subjects ...func() *check.Subject) {
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				check.Run(Checks(), subjects[i%len(subjects)]())
			}
		})
	}
	of := func(texts ...string) func() *check.Subject {
		s := subject(texts...)
		return func() *check.Subject { return &check.Subject{Now: s.Now, Role: s.Role} }
	}
	var managed []func() *check.Subject
	for _, text := range texts {
		managed = append(managed, of(text))
	}
	run("ordinary", of(ordinary))
	run("managed", managed...)
	run("administrator", of(allowing(b, "*", "*")))
	run("power-user", of(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}]}`))
	run("large", of(large...))
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"s3:get*", "s3:getobject", true}, {"s3:get*", "s3:putobject", false}, {"*", "s3:getobject", true}, {"s3:?et*", "s3:getobject", true},
		{"s3:*object", "s3:getobject", true}, {"s3:*object", "s3:getobjectacl", false}, {"", "", true}, {"**", "", true}, {"a?", "a", false},
	} {
		if got := ask.Matches(c.pattern, c.text); got != c.want {
			t.Errorf("%q matches %q: got %v", c.pattern, c.text, got)
		}
	}
	// A matcher that tries every way to share the text among the asterisks would not end.
	if ask.Matches(strings.Repeat("*a", 3000)+"b", strings.Repeat("a", 3000)) {
		t.Error("a pattern made to be slow matches")
	}
}
