package reconcile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const (
	account    = "111122223333"
	lambdaOnly = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	ec2Only    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// orders is a role with a trust policy, and the functions that use it.
func orders(trust role.Maybe[role.Policy], users role.Users) *role.Snapshot {
	ref := role.Ref{Partition: "aws", Account: account, Name: "orders"}
	return &role.Snapshot{Ref: ref, Identity: role.Have(role.Identity{ARN: ref.Key(), ID: "AROAORDERS"}), Trust: trust, Users: users}
}

func trusting(text string) role.Maybe[role.Policy] {
	return role.Have(role.NewPolicy("trust", text, policy.Trust))
}

func TestScope(t *testing.T) {
	all, some := role.Users{Complete: true}, role.Users{Why: "functions: eu-west-1 was not listed"}
	used := role.Users{List: []role.Function{{ARN: "arn:aws:lambda:us-east-1:" + account + ":function:checkout"}}, Why: "w"}
	denied := role.NotRead[role.Policy](role.Denied("iam:GetRole"))
	omitted := role.Have(role.Policy{Part: "trust", Text: role.NotRead[string](role.Because("CloudTrail left it out"))})
	gone := orders(role.None[role.Policy](), some)
	gone.Identity = role.None[role.Identity]()
	garbled := trusting("oops").Or(role.Policy{}).Fault.Error()
	for _, c := range []struct {
		name     string
		snapshot *role.Snapshot
		memory   reconcile.Memory
		want     reconcile.ScopeAnswer
		missing  []string
	}{
		{"Lambda may assume it", orders(trusting(lambdaOnly), some), reconcile.Memory{}, reconcile.InScope, nil},
		{"a function uses it, and its trust policy is unknown", orders(denied, used), reconcile.Memory{}, reconcile.InScope, nil},
		{"a function uses what does not allow Lambda", orders(trusting(ec2Only), used), reconcile.Memory{}, reconcile.InScope, nil},
		{"a refused call named it", orders(trusting(ec2Only), all), reconcile.Memory{Refused: true}, reconcile.InScope, nil},
		{"Lambda could assume it before", orders(trusting(ec2Only), some), reconcile.Memory{LambdaCouldAssume: true}, reconcile.InScope, nil},
		{"nothing uses it and Lambda may not assume it", orders(trusting(ec2Only), all), reconcile.Memory{}, reconcile.OutOfScope, nil},
		{"it has no trust policy", orders(role.None[role.Policy](), all), reconcile.Memory{}, reconcile.OutOfScope, nil},
		{"it was observed and has been deleted", gone, reconcile.Memory{Observed: true}, reconcile.OutOfScope, nil},
		{"it does not exist and was never observed", gone, reconcile.Memory{}, reconcile.ScopeUnknown, []string{some.Why}},
		{"its trust policy was denied", orders(denied, all), reconcile.Memory{}, reconcile.ScopeUnknown, []string{"trust policy: iam:GetRole was denied"}},
		{"its trust policy has no text", orders(omitted, all), reconcile.Memory{}, reconcile.ScopeUnknown, []string{"trust policy: CloudTrail left it out"}},
		{"its trust policy is no JSON object", orders(trusting("oops"), all), reconcile.Memory{}, reconcile.ScopeUnknown, []string{"trust policy: " + garbled}},
		{"not every function is known", orders(trusting(ec2Only), some), reconcile.Memory{}, reconcile.ScopeUnknown, []string{some.Why}},
		{"neither is known", orders(denied, some), reconcile.Memory{}, reconcile.ScopeUnknown, []string{"trust policy: iam:GetRole was denied", some.Why}},
		{"an empty snapshot", &role.Snapshot{}, reconcile.Memory{}, reconcile.ScopeUnknown, []string{"trust policy: not read", ""}},
	} {
		got := reconcile.ScopeOf(c.snapshot, c.memory, now)
		if got.Answer != c.want || !slices.Equal(role.GapTexts(got.Missing), c.missing) {
			t.Errorf("%s: scope %v, missing %q; want %v, %q", c.name, got.Answer, role.GapTexts(got.Missing), c.want, c.missing)
		}
	}
}
