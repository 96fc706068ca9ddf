package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// storyRole is an execution role of the team pay, and storyEnd a role that it will be allowed to assume, which reads data.
const storyRole, storyEnd = "owned-story", "story-end"

// makeStory makes the roles of oneFindingFromRouteToEnd.
func (s *stack) makeStory(t *testing.T) {
	t.Helper()
	awstest.MakeRole(t, s.iam, &iam.CreateRoleInput{RoleName: aws.String(storyEnd), AssumeRolePolicyDocument: aws.String(accountTrust)})
	s.inline(t, storyEnd, "data", readsObjects)
	s.makeRole(t, storyRole, goodTrust)
	s.tagTeam(t, storyRole, "pay")
	s.makeFunction(t, storyRole+"-function", storyRole)
}

// told says what a message reports of a finding, with its severity and what somebody decided about it.
func toldOf(kind string, f finding.Finding) string {
	text := kind + " " + f.Severity.String()
	switch h := f.Handled; {
	case h.Holds():
		text += ", " + string(h.As)
	case h != nil:
		text += ", " + string(h.As) + " until " + string(h.Why)
	}
	return text
}

// oneFindingFromRouteToEnd follows one finding through everything that can happen to it: it goes to its owner, is acknowledged, gets worse
// and is reported again, to the default as well because it is critical then, is accepted, is reported again when that ends, and is resolved.
func oneFindingFromRouteToEnd(t *testing.T, s *stack, queues map[string]string) {
	run := s.commandLine(t, buildProgram(t), ofRoot)
	got := map[string][]string{}
	var last finding.Finding
	expect := func(step string, want map[string][]string) {
		t.Helper()
		clear(got)
		awstest.Eventually(t, func() bool {
			for name, url := range queues {
				for kind, f := range s.findingsIn(t, url) {
					if f.Role != roleARN(storyRole) || f.Check != "RW308" {
						t.Errorf("%s: %s received %s %s of %s", step, name, kind, f.Check, f.Role)
					}
					got[name], last = append(got[name], toldOf(kind, f)), f
				}
			}
			return maps.EqualFunc(got, want, slices.Equal[[]string])
		}, func() string { return fmt.Sprintf("%s: received %q, want %q", step, got, want) })
	}

	s.put(t, s.inline(t, storyRole, "deploy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+roleARN(storyEnd)+`"}]}`))
	expect("opened", map[string][]string{"pay": {"opened high"}})
	id := last.ID
	run("ack", id, "--reason", "on it")
	expect("acknowledged", map[string][]string{"pay": {"changed high, acknowledged"}})

	_, err := s.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String(storyEnd), PolicyArn: aws.String(administrator)})
	must(t, err)
	s.put(t, record("AttachRolePolicy", map[string]any{"roleName": storyEnd, "policyArn": administrator}))
	expect("worse", both("changed critical, acknowledged until moreSevere"))
	run("accept", id, "--reason", "SEC-112", "--until", time.Now().UTC().AddDate(0, 0, 30).Format(time.DateOnly))
	expect("accepted", both("changed critical, accepted"))
	s.audited(t, id)

	s.endAct(t, id)
	s.tick(t)
	expect("expired", both("changed critical, accepted until expired"))
	_, err = s.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String(storyRole), PolicyName: aws.String("deploy")})
	awstest.Removed(t, err)
	s.put(t, record("DeleteRolePolicy", map[string]any{"roleName": storyRole, "policyName": "deploy"}))
	expect("resolved", both("resolved critical"))
	if last.ID != id || last.Resolution != finding.Mended || last.Revision != 6 {
		t.Errorf("at the end %+v", last)
	}
	if state := s.stored(t, storyRole); len(state.Findings) != 0 || len(state.Acts) != 1 || state.Acts[0].Why != finding.EndExpired {
		t.Errorf("stored at the end: %+v, %+v", state.Findings, state.Acts)
	}
}

// both is what the route and the default receive where they receive the same.
func both(line string) map[string][]string {
	return map[string][]string{"pay": {line}, "default": {line}}
}

// audited holds what the table has of the calls of the command function, and of the act that holds.
func (s *stack) audited(t *testing.T, id string) {
	t.Helper()
	out, err := s.dynamodb.Query(t.Context(), &dynamodb.QueryInput{
		TableName: aws.String(s.outputs["TableName"]), KeyConditionExpression: aws.String(deploy.PartitionKey + " = :calls"),
		ExpressionAttributeValues: map[string]dbtypes.AttributeValue{":calls": &dbtypes.AttributeValueMemberS{Value: deploy.CallsPrefix + account}},
	})
	must(t, err)
	var calls []string
	for _, i := range out.Items {
		var c finding.Call
		must(t, json.Unmarshal([]byte(i["body"].(*dbtypes.AttributeValueMemberS).Value), &c))
		if _, expires := i[deploy.ExpiresKey].(*dbtypes.AttributeValueMemberN); !expires || c.Refused != "" || !strings.HasSuffix(id, c.Finding) || !strings.HasPrefix(c.By, "arn:aws:") {
			t.Errorf("the audit has %+v", c)
		}
		calls = append(calls, c.Act+" "+c.Reason)
	}
	if want := []string{"acknowledge on it", "accept SEC-112"}; !slices.Equal(calls, want) {
		t.Errorf("the audit has %q, want %q", calls, want)
	}
	if a := s.actsOf(t)[0]; a.Finding != id || a.Kind != finding.Accepted || a.Reason != "SEC-112" {
		t.Errorf("the act %+v", a)
	}
}

// actsOf are the acts about the story's role, of which there is one: a later one takes the place of an earlier one.
func (s *stack) actsOf(t *testing.T) []finding.Act {
	t.Helper()
	acts, err := dynamostore.New(s.dynamodb, s.outputs["TableName"], time.Now).Acts(t.Context(), []string{roleARN(storyRole)})
	must(t, err)
	if len(acts[roleARN(storyRole)]) != 1 {
		t.Fatalf("acts %+v", acts)
	}
	return acts[roleARN(storyRole)]
}

// endAct has the table say that an act was made a month earlier than it was, so that it has ended.
func (s *stack) endAct(t *testing.T, id string) {
	t.Helper()
	a := s.actsOf(t)[0]
	a.At, a.Until = a.At.AddDate(0, 0, -40), a.Until.AddDate(0, 0, -40)
	must(t, dynamostore.New(s.dynamodb, s.outputs["TableName"], time.Now).PutAct(t.Context(), roleARN(storyRole), a, finding.Call{ID: "a month earlier", Account: account, At: a.At, Finding: id}))
}
