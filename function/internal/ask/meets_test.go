package ask_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// mayMeet says it of the one statement of a session.
func mayMeet(t *testing.T, s *ask.Session) bool {
	t.Helper()
	d := s.Set.Identity[0].Document
	if d == nil || len(d.Statements) != 1 {
		t.Fatalf("the session has %+v", s.Set.Identity)
	}
	return s.MayMeet(d, 0)
}

func TestMayMeet(t *testing.T) {
	tags := map[string]string{"team": "pay"}
	for condition, want := range map[string]bool{
		``: true,
		`"StringEquals":{"aws:RequestedRegion":"eu-*"}`:                                                   false,
		`"StringLike":{"aws:RequestedRegion":"eu-*"}`:                                                     true,
		`"StringEquals":{"aws:RequestedRegion":"us-east-1"}`:                                              true,
		`"StringEquals":{"ec2:Region":"eu-west-1"}`:                                                       true,
		`"StringEquals":{"aws:RequestedRegion":["nowhere-1","eu-west-1"]}`:                                true,
		`"StringEquals":{"aws:RequestedRegion":"eu-west-1"},"StringNotLike":{"aws:RequestedRegion":"e*"}`: false,
		`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/o*"}`:                                      false,
		`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/o*"}`:                                         true,
		`"DateLessThan":{"aws:CurrentTime":"2026-03-02T00:00:00Z"}`:                                       false,
		`"DateLessThan":{"aws:CurrentTime":"2026-03-03T00:00:00Z"}`:                                       true,
		`"Bool":{"aws:SecureTransport":"false"}`:                                                          false,
		// The role may tag itself, a service may call for it, and a resource may be anybody's.
		`"StringEquals":{"aws:PrincipalTag/team":"other"}`:          true,
		`"StringEquals":{"aws:ResourceAccount":"444455556666"}`:     true,
		`"StringEquals":{"aws:RequestTag/team":"other"}`:            true,
		`"StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef"}`: true,
	} {
		if got := mayMeet(t, sessionOf(tags, allow(`"*"`, condition))); got != want {
			t.Errorf("may a request meet {%s}: %v, want %v", condition, got, want)
		}
	}
}

// TestMayMeetExcludesNothingThatIsFound asks sessions with random conditions for actions: where the answer is not no, the statement is not
// excluded by its conditions.
func TestMayMeetExcludesNothingThatIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	conditions := map[string][]string{
		"aws:RequestedRegion": {"us-east-1", "us-*", "eu-*", "eu-west-1", "${aws:RequestedRegion}"}, "ec2:Region": {"us-east-1", "eu-*"},
		"aws:PrincipalArn": {ownRole, "arn:aws:iam::*:role/o*", "arn:aws:iam::*:role/ops"}, "aws:PrincipalAccount": {account, "444455556666"},
		"aws:PrincipalTag/team": {"pay", "other"}, "aws:ResourceTag/team": {"pay"}, "aws:PrincipalType": {"AssumedRole", "User"},
		"aws:SecureTransport": {"true", "false"}, "aws:ViaAWSService": {"true", "false"}, "aws:userid": {"AROAORDERS:*", "AROAOTHER:*"},
		"aws:ResourceAccount": {account, "444455556666"}, "aws:SourceIp": {"10.*"}, "sts:ExternalId": {"a"},
	}
	keys := strings.Fields("aws:RequestedRegion ec2:Region aws:PrincipalArn aws:PrincipalAccount aws:PrincipalTag/team aws:ResourceTag/team aws:PrincipalType " +
		"aws:SecureTransport aws:ViaAWSService aws:userid aws:ResourceAccount aws:SourceIp sts:ExternalId")
	asked := []string{"iam:CreateUser", "s3:DeleteBucket", "ec2:RunInstances", "sqs:DeleteQueue", "sts:AssumeRole", "kms:Decrypt", "iam:TagRole", "dynamodb:DeleteTable"}
	found, excluded := 0, 0
	for range 3000 {
		byOperator := map[string][]string{}
		for range 1 + r.IntN(2) {
			key := pick(keys...)
			operator := pick("StringEquals", "StringLike", "StringNotLike", "StringEqualsIfExists", "Null")
			value := pick(conditions[key]...)
			if operator == "Null" {
				value = pick("true", "false")
			}
			byOperator[operator] = []string{fmt.Sprintf("%q:%q", key, value)}
		}
		var blocks []string
		for operator, keys := range byOperator {
			blocks = append(blocks, fmt.Sprintf("%q:{%s}", operator, strings.Join(keys, ",")))
		}
		statement := allow(`"*"`, strings.Join(blocks, ","))
		s := sessionOf(map[string]string{"team": "pay"}, statement)
		may, some := mayMeet(t, s), false
		for _, name := range asked {
			a, ok := actions.Lookup(name)
			if !ok {
				t.Fatalf("%s is not documented", name)
			}
			if got := s.Anywhere(a, nil); got.Possible() {
				if some = true; !may {
					t.Fatalf("%s allows %s (%v), and is excluded", statement, name, got.Decision)
				}
			}
		}
		if some {
			found++
		} else if !may {
			excluded++
		}
	}
	if found < 300 || excluded < 300 {
		t.Errorf("%d were found, %d excluded", found, excluded)
	}
}

// TestMayMeetOfASpentBudget excludes nothing where the budget does not suffice to look.
func TestMayMeetOfASpentBudget(t *testing.T) {
	s := sessionOf(nil, allow(`"*"`, `"StringEquals":{"aws:RequestedRegion":"eu-*"}`))
	for s.Spend(1_000_000) {
	}
	if !mayMeet(t, s) {
		t.Error("a statement is excluded that was not looked at")
	}
	if _, exceeded := s.Budget.Exceeded(); !exceeded {
		t.Error("the budget does not say so")
	}
}
