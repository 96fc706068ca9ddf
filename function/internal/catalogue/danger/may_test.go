package danger

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// nodeOf is a role with a trust policy, and with inline policies.
func nodeOf(trust string, policies ...string) *reach.Node {
	s := subject(policies...)
	if trust != "" {
		s.Role.Trust = role.Have(role.NewPolicy(role.PartTrust, trust, policy.Trust))
	}
	return &reach.Node{Snapshot: s.Role}
}

// trusting is a trust policy with one statement.
func trusting(effect, principal string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"sts:AssumeRole"}}`
}

// An account in which no role may take a step needs no graph. A role may by what its policies cover, or where its trust policy names one that
// then needs no permission.
func TestWhoMayTakeAStep(t *testing.T) {
	denying := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	but := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}`
	unread := func(arn string) *reach.Node {
		n := nodeOf("")
		n.Attached = role.Have([]role.Policy{{Part: role.ManagedPart(arn), ARN: arn, Text: role.NotRead[string](role.Denied("iam:GetPolicyVersion"))}})
		return n
	}
	for _, c := range []struct {
		what string
		node *reach.Node
		want bool
	}{
		{"reads", nodeOf("", allowing(t, "*", "s3:GetObject")), false},
		{"assumes", nodeOf("", allowing(t, "*", "STS:AssumeRole")), true},
		{"passes", nodeOf("", allowing(t, "*", "logs:PutLogEvents", "iam:PassRole")), true},
		{"every service", nodeOf("", allowing(t, "*", "*")), true},
		{"a pattern of services", nodeOf("", allowing(t, "*", "s?s:Get*")), true},
		{"changes functions", nodeOf("", allowing(t, "*", "lambda:UpdateFunction*")), true},
		{"changes their code", nodeOf("", allowing(t, "*", "lambda:updatefunctioncode")), true},
		{"reads functions", nodeOf("", allowing(t, "*", "lambda:Get*", "lambda:InvokeFunction")), false},
		{"denies", nodeOf("", denying), false},
		{"all but some actions", nodeOf("", but), true},
		{"no policy", nodeOf("", "{"), false},
		{"an administrator's policy that was not read", unread(aws.AWSManagedPolicyARN("aws", administrator).String()), true},
		{"another policy that was not read", unread(aws.AWSManagedPolicyARN("aws", "ReadOnlyAccess").String()), false},
		{"a policy of the account that was not read", unread("arn:aws:iam::" + account + ":policy/" + administrator), false},
		{"trusts a role", nodeOf(trusting("Allow", `{"AWS":"arn:aws:iam::`+account+`:role/ops"}`)), true},
		{"trusts a user of another account", nodeOf(trusting("Allow", `{"AWS":"arn:aws:iam::444455556666:user/ops"}`)), true},
		{"trusts everybody", nodeOf(trusting("Allow", `"*"`)), true},
		{"trusts everybody of AWS", nodeOf(trusting("Allow", `{"AWS":"*"}`)), true},
		{"trusts accounts", nodeOf(trusting("Allow", `{"AWS":["arn:aws:iam::`+account+`:root","444455556666"]}`)), false},
		{"trusts a service", nodeOf(trusting("Allow", `{"Service":"lambda.amazonaws.com"}`)), false},
		{"trusts an identity provider", nodeOf(trusting("Allow", `{"Federated":"arn:aws:iam::`+account+`:saml-provider/corp"}`)), false},
		{"denies a role", nodeOf(trusting("Deny", `{"AWS":"arn:aws:iam::`+account+`:role/ops"}`)), false},
		{"a trust policy that cannot be read", nodeOf("{"), false},
	} {
		if got := (&Graphs{}).MayStep(c.node); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

// The accounts that a role asks about are those of the roles that its policies name for sts:AssumeRole, next to its own account.
func TestTheAccountsThatARoleAsksAbout(t *testing.T) {
	const other = "444455556666"
	text := func(effect, action, resource string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `",` + action + `,` + resource + `}}`
	}
	const assume, reader = `"Action":"sts:AssumeRole"`, `"Resource":"arn:aws:iam::` + other + `:role/reader"`
	unread := func(change func(r *role.Snapshot)) *reach.Node {
		n := nodeOf("")
		change(n.Snapshot)
		return n
	}
	for _, c := range []struct {
		what     string
		node     *reach.Node
		accounts []string
		any      bool
	}{
		{"a role of another account", nodeOf("", text("Allow", assume, reader)), []string{other}, false},
		{"by a pattern", nodeOf("", text("Allow", `"Action":"STS:Assume*"`, reader)), []string{other}, false},
		{"by what is not left out", nodeOf("", text("Allow", `"NotAction":"s3:*"`, reader)), []string{other}, false},
		{"left out", nodeOf("", text("Allow", `"NotAction":"sts:*"`, reader)), nil, false},
		{"another action", nodeOf("", text("Allow", `"Action":"sts:TagSession"`, reader)), nil, false},
		{"denied", nodeOf("", text("Deny", assume, reader)), nil, false},
		{"a role of its own", nodeOf("", allowing(t, "arn:aws:iam::"+account+":role/reader", "sts:AssumeRole")), nil, false},
		{"a queue", nodeOf("", allowing(t, "arn:aws:sqs:us-east-1:"+other+":orders", "sts:*")), nil, false},
		{"any role", nodeOf("", allowing(t, "*", "sts:AssumeRole")), nil, true},
		{"a role of some accounts", nodeOf("", allowing(t, "arn:aws:iam::4444*:role/reader", "sts:AssumeRole")), nil, true},
		{"all resources but one", nodeOf("", text("Allow", assume, `"Not`+reader[1:])), nil, true},
		{"a text that is no policy", nodeOf("", "{"), nil, true},
		{"inline policies that were not read", unread(func(r *role.Snapshot) { r.Inline = role.NotRead[[]role.Policy](role.Because("denied")) }), nil, true},
		{"attached policies that were not read", unread(func(r *role.Snapshot) { r.Attached = role.NotRead[[]role.Policy](role.Because("denied")) }), nil, true},
		{"an administrator", nodeOf("", allowing(t, "*", "*"), text("Allow", assume, reader)), nil, false},
	} {
		if got := (Graph{}).Asks(c.node); !slices.Equal(got.Accounts, c.accounts) || got.Any != c.any {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
}
