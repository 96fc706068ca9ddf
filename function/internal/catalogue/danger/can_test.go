package danger

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// withRole adds a role with a trust policy and a policy to a listing.
func withRole(l *reach.Listing, name, trust string, policies ...string) {
	r := *nodeOf(trust, policies...).Snapshot
	r.Ref.Name, r.Ref.ARN = name, "arn:aws:iam::"+account+":role/"+name
	r.Identity = role.Have(role.Identity{ARN: r.Ref.ARN, ID: "AROA" + name})
	r.Users = role.Users{Complete: true}
	l.Roles = append(l.Roles, &r)
}

// Whether a role can call an action is answered with both sides where it assumes a role of the account, and without a resource for some
// resource.
func TestWhatARoleCan(t *testing.T) {
	const bucket, table = "arn:aws:s3:::orders/*", "arn:aws:dynamodb:us-east-1:" + account + ":table/orders"
	ops := "arn:aws:iam::" + account + ":role/ops"
	trusts := trusting("Allow", `{"AWS":"arn:aws:iam::`+account+`:root"}`)
	denyingReads := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"},{"Effect":"Deny","Action":"dynamodb:GetItem","Resource":"*"}]}`
	for _, c := range []struct {
		what, policy, opsTrust, action, resource, on string
		allowed, denied, any                         bool
	}{
		{what: "on what it names", policy: allowing(t, bucket, "s3:GetObject"), action: "s3:GetObject", resource: "arn:aws:s3:::orders/a", on: "arn:aws:s3:::orders/a", allowed: true},
		{what: "on another one", policy: allowing(t, bucket, "s3:GetObject"), action: "s3:GetObject", resource: "arn:aws:s3:::other/a"},
		{what: "on some resource that it names", policy: allowing(t, table, "dynamodb:GetItem"), action: "dynamodb:GetItem", on: table, allowed: true},
		{what: "on any resource", policy: allowing(t, "*", "dynamodb:GetItem"), action: "dynamodb:GetItem", allowed: true},
		{what: "on any resource and on one that it names", policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":["*","` + table + `"]}}`, action: "dynamodb:GetItem", allowed: true, any: true},
		{what: "nowhere", policy: allowing(t, "*", "dynamodb:GetItem"), action: "dynamodb:PutItem"},
		{what: "denied everywhere", policy: denyingReads, action: "dynamodb:GetItem", denied: true},
		{what: "without a type of resource", policy: allowing(t, "*", "sts:GetCallerIdentity"), action: "sts:GetCallerIdentity", allowed: true},
		{what: "that AWS added", policy: allowing(t, "*", "dynamodb:*"), action: "dynamodb:NewAction", allowed: true},
		{what: "assume with both sides", policy: allowing(t, ops, "sts:AssumeRole"), opsTrust: trusts, action: "sts:assumerole", resource: ops, on: ops, allowed: true},
		{what: "assume without its own side", policy: allowing(t, "*", "s3:GetObject"), opsTrust: trusts, action: "sts:AssumeRole", resource: ops},
		{what: "assume without the other side", policy: allowing(t, ops, "sts:AssumeRole"), opsTrust: trusting("Allow", `{"Service":"ec2.amazonaws.com"}`), action: "sts:AssumeRole", resource: ops},
		{what: "assume by the trust policy alone", policy: allowing(t, "*", "s3:GetObject"), opsTrust: trusting("Allow", `{"AWS":"`+ownRole+`"}`), action: "sts:AssumeRole", resource: ops, on: ops, allowed: true},
		{what: "pass whatever the trust policy says", policy: allowing(t, ops, "iam:PassRole"), opsTrust: trusts, action: "iam:PassRole", resource: ops, on: ops, allowed: true},
	} {
		var l reach.Listing
		withRole(&l, "orders", "", c.policy)
		withRole(&l, "ops", c.opsTrust, allowing(t, "*", "*"))
		a := reach.NewAccount(l)
		got := Can(a.Node(0), a, c.action, c.resource, subject().Now, check.Parameters{})
		if got.Allowed() != c.allowed || got.Possible() != c.allowed || (len(got.Denies) > 0) != c.denied {
			t.Errorf("%s: %v, %d statements deny it", c.what, got.Decision, len(got.Denies))
		} else if c.any && got.Steps[0].Resource == table {
			t.Errorf("%s: on %s", c.what, got.Steps[0].Resource)
		} else if c.on != "" && got.Steps[0].Resource != c.on {
			t.Errorf("%s: on %s", c.what, got.Steps[0].Resource)
		}
	}
}

// What a boundary that was not read leaves of an action is not known.
func TestWhatARoleCanIsNotKnown(t *testing.T) {
	n := nodeOf("", allowing(t, "*", "s3:GetObject"))
	n.Boundary = role.NotRead[role.Policy](role.Denied("iam:GetRole"))
	got := Can(n, reach.NewAccount(reach.Listing{Roles: []*role.Snapshot{n.Snapshot}}), "s3:GetObject", "", subject().Now, check.Parameters{})
	if got.Decision != policy.Unknown || len(got.DependsOn) != 1 || got.DependsOn[0].What == "" {
		t.Errorf("%v, depends on %v", got.Decision, got.DependsOn)
	}
}
