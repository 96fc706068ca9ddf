package effective_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

func permissions(conditions string) *effective.Permissions {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":` + conditions + `}]}`
	return effective.OfRole(&role.Snapshot{
		Ref:    role.Ref{Partition: "aws", Account: "111122223333", Name: "orders", ARN: "arn:aws:iam::111122223333:role/orders"},
		Inline: role.Have([]role.Policy{role.NewPolicy("inline:app", text, policy.Identity)}), Attached: role.Have([]role.Policy(nil)),
		Boundary: role.None[role.Policy](), SCPs: role.None[[][]policy.Part](), Tags: role.Have(map[string]string(nil)),
	})
}

// TestReach asks for requests whose keys with "s3:" the caller chooses, and no others.
func TestReach(t *testing.T) {
	for name, c := range map[string]struct {
		conditions string
		want       policy.Decision
	}{
		"a value that is named":            {`{"StringEquals":{"s3:x-amz-acl":"private"}}`, policy.Allowed},
		"a pattern":                        {`{"StringLike":{"s3:x-amz-acl":"bucket-*"}}`, policy.Allowed},
		"any but one":                      {`{"StringNotEquals":{"s3:x-amz-acl":"private"}}`, policy.Allowed},
		"none":                             {`{"Null":{"s3:x-amz-acl":"true"}}`, policy.Allowed},
		"two keys":                         {`{"StringEquals":{"s3:x-amz-acl":"private","s3:x-amz-storage-class":"STANDARD"}}`, policy.Allowed},
		"a value that cannot be":           {`{"StringEquals":{"s3:x-amz-acl":"private"},"StringNotEquals":{"s3:x-amz-acl":"private"}}`, policy.ImplicitDeny},
		"a key that nobody chooses":        {`{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`, policy.Unknown},
		"one that is chosen, one not":      {`{"StringEquals":{"s3:x-amz-acl":"private","aws:SourceVpce":"vpce-1"}}`, policy.Unknown},
		"a key that is known, and differs": {`{"StringEquals":{"s3:x-amz-acl":"private","aws:PrincipalAccount":"444455556666"}}`, policy.ImplicitDeny},
	} {
		p := permissions(c.conditions)
		v, context := p.Reach("s3:PutObject", "arn:aws:s3:::orders/1", p.Context(), func(key string) bool { return strings.HasPrefix(key, "s3:") })
		if v.Decision != c.want {
			t.Errorf("%s: got %v, want %v", name, v.Decision, c.want)
		}
		if again := p.Ask("s3:PutObject", "arn:aws:s3:::orders/1", context); v.Decision == policy.Allowed && again.Decision != policy.Allowed {
			t.Errorf("%s: the context that it gives does not do: %v", name, again.Decision)
		}
	}
}

// TestDelegated asks for a key and a role, which nobody may use without a policy of theirs.
func TestDelegated(t *testing.T) {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Decrypt","sts:AssumeRole"],"Resource":"*"}]}`
	p := effective.OfRole(&role.Snapshot{
		Ref:    role.Ref{Partition: "aws", Account: "111122223333", Name: "orders"},
		Inline: role.Have([]role.Policy{role.NewPolicy("inline:app", text, policy.Identity)}), Attached: role.Have([]role.Policy(nil)),
		Boundary: role.None[role.Policy](), SCPs: role.None[[][]policy.Part](),
	})
	for action, resource := range map[string]string{
		"kms:Decrypt": "arn:aws:kms:us-east-1:111122223333:key/1", "sts:AssumeRole": "arn:aws:iam::111122223333:role/other",
	} {
		if v := p.Ask(action, resource, p.Context()); v.Decision != policy.ImplicitDeny {
			t.Errorf("%s without the resource's policy: %v", action, v.Decision)
		}
		v := p.Delegated().Ask(action, resource, p.Context())
		if granting := effective.Granting(v); v.Decision != policy.Allowed || len(granting) != 1 || granting[0].Policy != "inline:app" {
			t.Errorf("%s: %v by %v", action, v.Decision, granting)
		}
	}
}

func TestSample(t *testing.T) {
	for pattern, want := range map[string]string{
		"role/app-*": "role/app-q7zk3-rolewatch-probe", "a?c": "axc", "*/*": "q7zk3-rolewatch-probe/x", "plain": "plain",
	} {
		if got := effective.Sample(pattern); got != want {
			t.Errorf("sample of %q: got %q, want %q", pattern, got, want)
		}
	}
}
