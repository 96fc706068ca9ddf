package catalogue_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestNoOrdinaryRoleIsTooComplex judges roles with each of AWS's managed policies alone, and with 10 to 20 of them, which is as many
// as a role can have: none of them is too complex.
func TestNoOrdinaryRoleIsTooComplex(t *testing.T) {
	texts := externaldata.ManagedPolicies(t)
	names := slices.Sorted(maps.Keys(texts))
	policies := make(map[string]role.Policy, len(names))
	for _, name := range names {
		p := role.NewPolicy(role.ManagedPart("arn:aws:iam::aws:policy/"+name), string(texts[name]), policy.Identity)
		p.ARN = p.Part.String()
		policies[name] = p
	}
	most := map[string]int{}
	judge := func(names []string) {
		var attached []role.Policy
		for _, name := range names {
			attached = append(attached, policies[name])
		}
		s := usedRole(usualTrust, attached...)
		s.Role.Tags = role.Have(map[string]string(nil))
		if result := check.Run(catalogue.Checks(), s); speaks(result, danger.TooComplex, "") {
			t.Errorf("too complex: %q", names)
		}
		for _, share := range effective.BudgetOf(s).Shares() {
			most[share.Name] = max(most[share.Name], 100*share.Used/share.Of)
		}
	}
	for _, name := range names {
		judge([]string{name})
	}
	t.Logf("one policy: %d roles, at most %v %% of the budget", len(names), most)
	r := rand.New(rand.NewPCG(11, 12))
	for range combinations {
		drawn := make([]string, 10+r.IntN(11))
		for i := range drawn {
			drawn[i] = names[r.IntN(len(names))]
		}
		slices.Sort(drawn)
		judge(slices.Compact(drawn))
	}
	// The longest ones are most work.
	long := slices.SortedFunc(slices.Values(names), func(a, b string) int { return len(texts[b]) - len(texts[a]) })
	judge(long[:20])
	t.Logf("up to 20 policies: %d roles, at most %v %% of the budget", combinations+1, most)
	if len(names) < 1000 || most["evaluations"] == 0 {
		t.Fatalf("%d policies took %v %% of the budget", len(names), most)
	}
}

// combinations are how many roles of many policies are drawn.
const combinations = 100

// usualGuards are statements of service control policies as AWS's documentation has them: the perimeters around resources and networks, the
// Regions that are used, and roles and tags that are not to be touched.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
var usualGuards = []string{
	`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}","aws:ResourceAccount":["123456789012"]},
		"BoolIfExists":{"aws:ViaAWSService":"false"}}}`,
	`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]},
		"StringNotEqualsIfExists":{"aws:SourceVpc":["vpc-1","vpc-2"],"aws:PrincipalTag/network-perimeter-exception":"true"},"BoolIfExists":{"aws:ViaAWSService":"false"},
		"ArnNotLikeIfExists":{"aws:PrincipalArn":["arn:aws:iam::*:role/aws:ec2-infrastructure"]}}}`,
	`{"Effect":"Deny","NotAction":["iam:*","organizations:*","route53:*","sts:*","support:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1"]}}}`,
	`{"Effect":"Deny","Action":["iam:AttachRolePolicy","iam:DeleteRole*","iam:PutRole*","iam:UpdateAssumeRolePolicy"],"Resource":"arn:aws:iam::*:role/protected-*",
		"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/platform-*"}}}`,
	`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/protected":"true"},"StringNotEquals":{"aws:PrincipalTag/team":"${aws:ResourceTag/team}"}}}`,
}

// identityPerimeter is the statement of a resource control policy that lets nobody in from outside of the organization.
const identityPerimeter = `{"Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","kms:*","secretsmanager:*","sts:AssumeRole","dynamodb:*","ecr:*","logs:*"],"Resource":"*","Condition":{
	"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-abcdefghij"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`

// TestNoUsualGuardIsTooComplex judges roles of different power under each usual guard, and under all but that of tags together.
func TestNoUsualGuardIsTooComplex(t *testing.T) {
	guards := append(slices.Collect(slices.Chunk(usualGuards, 1)), usualGuards[:4])
	roles, most := 0, map[string]int{}
	for _, allowed := range []string{
		`{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}`, `{"Effect":"Allow","Action":["iam:*","s3:*","ec2:*"],"Resource":"*"}`,
		`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}"}}}`,
	} {
		for _, list := range guards {
			h := hostile{policies: [][]string{{allowed}}, scps: [][]string{{allowAll}, list}}
			s := h.subject()
			all := hostilePolicy("all", []string{`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`}, policy.RCP)
			perimeter := hostilePolicy("perimeter", []string{identityPerimeter}, policy.RCP)
			s.Role.RCPs = role.Have([][]policy.Part{{all.AsPart(), perimeter.AsPart()}})
			if result := check.Run(catalogue.Checks(), s); reports(result, danger.TooComplex) {
				t.Errorf("too complex: %s under %q", allowed, list)
			}
			for _, share := range effective.BudgetOf(s).Shares() {
				most[share.Name] = max(most[share.Name], 100*share.Used/share.Of)
			}
			roles++
		}
	}
	t.Logf("%d roles, at most %v %% of the budget", roles, most)
	if most["evaluations"] == 0 {
		t.Fatalf("%d roles took %v %% of the budget", roles, most)
	}
}
