package reconcile

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Roles and users of one name in two accounts are told apart by the account of the record; a record that names none is of the role's own account.
func TestARecordIsOfTheRoleOfItsAccount(t *testing.T) {
	const own, other = "111122223333", "444455556666"
	const checkout, team = "arn:aws:lambda:us-east-1:" + own + ":function:checkout", "arn:aws:iam::" + own + ":policy/team"
	deploy := func(account string) string { return "arn:aws:iam::" + account + ":role/deploy" }
	for _, c := range []struct {
		change Change
		arns   []string
		want   string
	}{
		{Change{Role: "deploy"}, []string{deploy(other)}, ""},
		{Change{Role: "deploy"}, []string{deploy(other), deploy(own)}, deploy(own)},
		{Change{Role: "deploy", Account: other}, []string{deploy(own), deploy(other)}, deploy(other)},
		{Change{Role: "deploy", Account: other}, []string{deploy(own)}, ""},
		{Change{Function: checkout}, []string{deploy(own), checkout + "-2", checkout}, checkout},
		{Change{Function: checkout}, []string{deploy(own), checkout + ":live"}, ""},
		{Change{Part: role.ManagedPart(team)}, []string{deploy(own), team}, team},
		{Change{Part: role.PartTrust}, []string{deploy(own), team}, ""},
		{Change{Principal: "group/ci"}, []string{"arn:aws:iam::" + own + ":user/ci", "arn:aws:iam::" + own + ":group/team/ci"}, "arn:aws:iam::" + own + ":group/team/ci"},
		{Change{Principal: "user/ci"}, []string{"arn:aws:iam::" + other + ":user/ci"}, ""},
		{Change{Principal: "user/ci", Account: other}, []string{"arn:aws:iam::" + other + ":user/ci"}, "arn:aws:iam::" + other + ":user/ci"},
	} {
		if got := c.change.on(c.arns, own); got != c.want {
			t.Errorf("%+v is on %q, want %q", c.change, got, c.want)
		}
	}
	// A managed policy of another account is not one of the role's.
	managed := "arn:aws:iam::" + other + ":policy/p"
	c := Change{Part: role.ManagedPart(managed), Effect: PartSet, Account: other}.of(role.Ref{Account: own, Name: "orders"})
	if c.Part != "" || c.on([]string{managed}, own) != managed {
		t.Errorf("%+v", c)
	}
}
