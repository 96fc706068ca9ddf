package ask_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// anAction is one that takes a resource in a Region.
const anAction = "sqs:DeleteQueue"

func TestIsHopeless(t *testing.T) {
	allowIf := func(condition string) []string { return []string{allow(`"*"`, condition)} }
	denyIf := func(condition string) []string { return []string{everything, deny(`"*"`, condition)} }
	for _, c := range []struct {
		statements []string
		want       bool
	}{
		{allowIf(``), false},
		{allowIf(`"StringEquals":{"aws:RequestedRegion":"eu-*"}`), true},
		{allowIf(`"StringLike":{"aws:RequestedRegion":"eu-*"}`), false},
		{allowIf(`"StringEquals":{"ec2:Region":"eu-west-1"}`), true},
		{allowIf(`"StringEquals":{"aws:RequestedRegion":["nowhere-1","eu-west-1"]}`), false},
		{allowIf(`"StringEquals":{"aws:RequestedRegion":"eu-west-1"},"StringNotLike":{"aws:RequestedRegion":"e*"}`), true},
		{allowIf(`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/o*"}`), true},
		{allowIf(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/o*"}`), false},
		{allowIf(`"DateLessThan":{"aws:CurrentTime":"2026-03-02T00:00:00Z"}`), true},
		{allowIf(`"DateLessThan":{"aws:CurrentTime":"2026-03-03T00:00:00Z"}`), false},
		{allowIf(`"Bool":{"aws:SecureTransport":"false"}`), true},
		// The role may tag itself, a service may call for it, and the resource may be anybody's.
		{append(allowIf(`"StringEquals":{"aws:PrincipalTag/team":"other"}`), `{"Effect":"Allow","Action":"iam:TagRole","Resource":"*"}`), false},
		{allowIf(`"StringEquals":{"aws:PrincipalTag/team":"other"}`), true},
		{allowIf(`"Bool":{"aws:ViaAWSService":"true"}`), false},
		{allowIf(`"StringEquals":{"aws:ResourceAccount":"444455556666"}`), false},
		{allowIf(`"StringEquals":{"aws:RequestTag/team":"other"}`), false},
		{append(allowIf(`"Bool":{"aws:SecureTransport":"false"}`), everything), false},
		{denyIf(``), true},
		{denyIf(`"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}`), false},
		{denyIf(`"StringNotEquals":{"aws:RequestedRegion":"eu-*"}`), true},
		{denyIf(`"StringNotEquals":{"aws:PrincipalTag/team":"pay"}`), false},
		{denyIf(`"StringNotEquals":{"aws:PrincipalTag/team":"other"}`), true},
		{denyIf(`"StringNotEquals":{"aws:ResourceTag/team":"other"}`), false},
		{denyIf(`"Bool":{"aws:ViaAWSService":"false"}`), false},
		{[]string{everything, `{"Effect":"Deny","Action":"*","Resource":"arn:aws:sqs:*:*:orders"}`}, false},
		{[]string{everything, `{"Effect":"Deny","Action":"*","NotResource":"*"}`}, false},
		{[]string{everything, `{"Effect":"Deny","Action":"sqs:*","Resource":"*"}`}, true},
		{[]string{everything, `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`}, false},
	} {
		if got := sessionOf(map[string]string{"team": "pay"}, c.statements...).IsHopeless(anAction); got != c.want {
			t.Errorf("no request for %s is allowed by %v: %v, want %v", anAction, c.statements, got, c.want)
		}
	}
	if sessionOf(nil, denyIf(``)...).IsHopeless("sts:GetCallerIdentity") {
		t.Error("a policy denies what none can deny")
	}
	if s := sessionOf(nil, allowIf(`"StringEquals":{"ec2:Region":"eu-west-1"}`)...); !s.IsHopeless(anAction) || s.IsHopeless("ec2:RunInstances") {
		t.Error("a key of EC2 is in a request to Amazon SQS, or in none to EC2")
	}
	s := sessionOf(nil, allowIf(`"Bool":{"aws:SecureTransport":"false"}`)...)
	unread := &ask.Caller{Role: s.Role, Set: policy.Set{Identity: s.Set.Identity, Unread: []string{policy.Identity.String()}}, Now: s.Now, Budget: ask.NewBudget()}
	if ask.NewSession(unread).IsHopeless(anAction) {
		t.Error("a policy that was not read is taken to allow nothing")
	}
}

// TestWhatIsHopelessIsNotFound asks sessions with random conditions for actions: where the answer is not no, it is not hopeless.
func TestWhatIsHopelessIsNotFound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	conditions := map[string][]string{
		"aws:RequestedRegion": {"us-east-1", "us-*", "eu-*", "eu-west-1", "${aws:RequestedRegion}"}, "ec2:Region": {"us-east-1", "eu-*"},
		"aws:PrincipalArn": {ownRole, "arn:aws:iam::*:role/o*", "arn:aws:iam::*:role/ops"}, "aws:PrincipalAccount": {account, "444455556666"},
		"aws:PrincipalTag/team": {"pay", "other"}, "aws:ResourceTag/team": {"pay"}, "aws:PrincipalType": {"AssumedRole", "User"},
		"aws:SecureTransport": {"true", "false"}, "aws:ViaAWSService": {"true", "false"}, "aws:userid": {"AROAORDERS:*", "AROAOTHER:*"},
		"aws:ResourceAccount": {account, "444455556666"}, "aws:SourceIp": {"10.*"}, "sts:ExternalId": {"a"},
	}
	var keys []string
	for key := range conditions {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	drawCondition := func() string {
		byOperator := map[string]string{}
		for range 1 + r.IntN(2) {
			key := pick(keys...)
			operator := pick("StringEquals", "StringLike", "StringNotLike", "StringEqualsIfExists", "Null")
			value := pick(conditions[key]...)
			if operator == "Null" {
				value = pick("true", "false")
			}
			byOperator[operator] = fmt.Sprintf("%q:{%q:%q}", operator, key, value)
		}
		var blocks []string
		for _, block := range byOperator {
			blocks = append(blocks, block)
		}
		return strings.Join(blocks, ",")
	}
	asked := []string{"iam:CreateUser", "s3:DeleteBucket", "ec2:RunInstances", anAction, "sts:AssumeRole", "kms:Decrypt", "iam:TagRole"}
	found, hopeless := 0, 0
	for range 3000 {
		statements := []string{allow(pick(`"*"`, `"s*:*"`, `"iam:*"`), drawCondition())}
		if r.IntN(2) == 0 {
			statements = []string{everything, deny(pick(`"*"`, `["s*:*","ec2:*"]`, `"iam:*"`), drawCondition())}
		}
		s := sessionOf(map[string]string{"team": "pay"}, statements...)
		for _, name := range asked {
			a, ok := actions.Lookup(name)
			if !ok {
				t.Fatalf("%s is not documented", name)
			}
			isHopeless := s.IsHopeless(name)
			got := s.Anywhere(a, nil)
			if via := s.AnywhereVia(a); !got.Possible() {
				got = via
			}
			switch {
			case got.Possible() && isHopeless:
				t.Fatalf("%v allow %s (%v), which is hopeless", statements, name, got.Decision)
			case got.Possible():
				found++
			case isHopeless:
				hopeless++
			}
		}
	}
	if found < 3000 || hopeless < 3000 {
		t.Errorf("%d were found, %d hopeless", found, hopeless)
	}
}

// TestNothingIsHopelessOfASpentBudget takes nothing for hopeless where the budget does not suffice to look.
func TestNothingIsHopelessOfASpentBudget(t *testing.T) {
	s := sessionOf(nil, everything, `{"Effect":"Deny","Action":"*","Resource":"*"}`)
	for s.Spend(1_000_000) {
	}
	if s.IsHopeless(anAction) {
		t.Error("what was not looked at is hopeless")
	}
}
