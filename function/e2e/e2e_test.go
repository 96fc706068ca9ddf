package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/redrive"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// TestEndToEnd deploys the stack once and plays scenarios on it, each with roles of its own.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	s := deployed(t, awstest.Env("TEST_AUTHORIZE_INVOCATIONS", "1"))
	all := s.listen(t)

	s.makeRole(t, "old", badTrust)
	s.makeFunction(t, "old-function", "old")
	for _, name := range []string{"orders", "admin", "twice", "fan-1", "fan-2", "fan-3", "needs", "danger", "open", "replaced", "whole", "shared", "redriven", "unrecorded", "acted"} {
		s.makeRole(t, name, goodTrust)
		s.makeFunction(t, name+"-function", name)
	}
	s.makeReach(t)
	s.makeUser(t, decides)
	s.makeUser(t, mayNot)
	wide := s.makeWide(t)
	s.tick(t)
	s.quiet(t)
	if m := all.wait(t, "old", "opened RW103"); m.Opened[0].Origin != finding.Existing || m.Opened[0].Cause != nil {
		t.Errorf("the sweep told %+v", m.Opened[0])
	}

	team := s.attachTeam(t)

	t.Run("scenarios", func(t *testing.T) {
		t.Run("a trust is broken and mended", func(t *testing.T) { t.Parallel(); trustBrokenAndMended(t, s, all) })
		t.Run("an administrator policy is attached", func(t *testing.T) { t.Parallel(); administratorAttached(t, s, all) })
		t.Run("a managed policy fans out", func(t *testing.T) { t.Parallel(); managedPolicyFansOut(t, s, all, team) })
		t.Run("a refused CreateFunction", func(t *testing.T) { t.Parallel(); refusedCreateFunction(t, s, all) })
		t.Run("a refused function in a VPC", func(t *testing.T) { t.Parallel(); refusedFunctionInVPC(t, s, all) })
		t.Run("a refused event source mapping", func(t *testing.T) { t.Parallel(); refusedMapping(t, s, all) })
		t.Run("duplicates in the wrong order", func(t *testing.T) { t.Parallel(); duplicatesInTheWrongOrder(t, s, all) })
		t.Run("a dead-letter queue is configured", func(t *testing.T) { t.Parallel(); deadLetterConfigured(t, s, all) })
		t.Run("a role that another one may assume becomes an administrator", func(t *testing.T) { t.Parallel(); reachedRoleBecomesAdministrator(t, s, all) })
		t.Run("an edit opens a way up", func(t *testing.T) { t.Parallel(); escalationOpened(t, s, all) })
		t.Run("a function is made public", func(t *testing.T) { t.Parallel(); functionMadePublic(t, s, all) })
		t.Run("a resource policy is replaced", func(t *testing.T) { t.Parallel(); resourcePolicyReplaced(t, s, all) })
		t.Run("two calls disagree about a resource policy", func(t *testing.T) { t.Parallel(); resourcePoliciesDiffer(t, s, all) })
		t.Run("a role is shared", func(t *testing.T) { t.Parallel(); roleShared(t, s, all) })
		t.Run("dead letters", func(t *testing.T) {
			t.Parallel() // One after the other: whoever receives letters hides them from the others for a while.
			t.Run("one is redriven", func(t *testing.T) { deadLetterRedriven(t, s, all) })
			t.Run("a poison record becomes one", func(t *testing.T) { poison(t, s) })
		})
		t.Run("a finding is acknowledged and accepted", func(t *testing.T) { t.Parallel(); findingActedOn(t, s, all) })
	})
	s.quiet(t)
	// Its own role may call cloudtrail:LookupEvents, which has no resource to name.
	_, own := s.ownRole(t)
	all.wait(t, own.Ref.Name, "opened RW311")
	all.nothingElse(t)
	t.Run("a policy on many roles", func(t *testing.T) { policyOnManyRoles(t, s, all, wide) })
	t.Run("a change without a record", func(t *testing.T) { changeWithoutRecord(t, s, all) })
	t.Run("the deployment is broken", func(t *testing.T) { deploymentBroken(t, s) })
	t.Run("permissions", func(t *testing.T) { permissions(t, s) })
	t.Run("permissions of the command function", func(t *testing.T) { commandPermissions(t, s) })
}

func trustBrokenAndMended(t *testing.T, s *stack, all *told) {
	s.put(t, s.setTrust(t, "orders", badTrust))
	m := all.wait(t, "orders", "opened RW103")
	f := m.Opened[0]
	if f.Cause == nil || f.Cause.Certainty != finding.Certain || m.Changes[0].Actor.Name != "mallory" {
		t.Errorf("cause %+v, changes %+v", f.Cause, m.Changes)
	}
	if f.FunctionsTotal != 1 || f.Functions[0].ARN != functionARN("orders-function") || f.Fix.Document == "" {
		t.Errorf("finding %+v", f)
	}
	if waited := m.Time.Sub(m.Changes[0].Time); waited < settle {
		t.Errorf("told after %s, within the settle time", waited)
	}
	// The fix is pasted as it stands.
	s.put(t, s.setTrust(t, "orders", f.Fix.Document))
	m = all.wait(t, "orders", "opened RW103", "resolved RW103")
	if r := m.Resolved[0]; r.ID != f.ID || r.Revision != 2 || r.Resolution != finding.Mended {
		t.Errorf("resolved %+v", r)
	}
}

func administratorAttached(t *testing.T, s *stack, all *told) {
	arn := administrator
	_, err := s.iam.AttachRolePolicy(context.Background(), &iam.AttachRolePolicyInput{RoleName: aws.String("admin"), PolicyArn: &arn})
	must(t, err)
	s.put(t, record("AttachRolePolicy", map[string]any{"roleName": "admin", "policyArn": arn}))
	m := all.wait(t, "admin", "opened RW302")
	if f := m.Opened[0]; f.Cause == nil || f.Cause.Certainty != finding.Certain {
		t.Errorf("cause %+v", f.Cause)
	}
	_, err = s.iam.DetachRolePolicy(context.Background(), &iam.DetachRolePolicyInput{RoleName: aws.String("admin"), PolicyArn: &arn})
	awstest.Removed(t, err)
	s.put(t, record("DetachRolePolicy", map[string]any{"roleName": "admin", "policyArn": arn}))
	all.wait(t, "admin", "opened RW302", "resolved RW302")
}

// attachTeam attaches one harmless policy to several roles, and gives its ARN. It waits until all that these changes lead to is done:
// what is then changed in the policy is the policy's change alone.
func (s *stack) attachTeam(t *testing.T) string {
	t.Helper()
	harmless := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`
	arn := awstest.MakePolicy(t, s.iam, "team", harmless)
	for _, name := range []string{"fan-1", "fan-2", "fan-3"} {
		_, err := s.iam.AttachRolePolicy(context.Background(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
		must(t, err)
		s.put(t, record("AttachRolePolicy", map[string]any{"roleName": name, "policyArn": arn}))
	}
	s.quiet(t)
	return arn
}

func managedPolicyFansOut(t *testing.T, s *stack, all *told, arn string) {
	passes := `{"Version":"2012-10-17","Statement":[{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}`
	_, err := s.iam.CreatePolicyVersion(context.Background(), &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: &passes, SetAsDefault: true})
	must(t, err)
	s.put(t, record("CreatePolicyVersion", map[string]any{"policyArn": arn, "policyDocument": passes, "setAsDefault": true},
		map[string]any{"responseElements": map[string]any{"policyVersion": map[string]any{"versionId": "v2", "isDefaultVersion": true}}}))
	ids := map[string]bool{}
	for _, name := range []string{"fan-1", "fan-2", "fan-3"} {
		m := all.wait(t, name, "opened RW304")
		ids[m.ID] = true
		if len(m.Opened) != 3 {
			t.Errorf("%d findings in the message of %s, want those of all three roles", len(m.Opened), name)
		}
	}
	if len(ids) != 1 {
		t.Errorf("one change, %d messages", len(ids))
	}
}

func refusedCreateFunction(t *testing.T, s *stack, all *told) {
	s.makeRole(t, "young", goodTrust)
	s.put(t, record("CreateFunction20150331", map[string]any{"functionName": "young-function", "role": roleARN("young")}, map[string]any{
		"errorCode": "InvalidParameterValueException", "errorMessage": "The role defined for the function cannot be assumed by Lambda.",
	}))
	m := all.wait(t, "young", "opened RW117")
	if f := m.Opened[0]; f.Cause == nil || f.Cause.EventID != m.Changes[0].EventID || m.Changes[0].ErrorCode == "" {
		t.Errorf("cause %+v, changes %+v", f.Cause, m.Changes)
	}
	s.makeFunction(t, "young-function", "young")
	_, err := s.lambda.PublishVersion(context.Background(), &lambda.PublishVersionInput{FunctionName: aws.String("young-function")})
	must(t, err)
	s.put(t, record("CreateFunction20150331", map[string]any{"functionName": "young-function", "role": roleARN("young")}, map[string]any{
		"responseElements": map[string]any{"functionName": "young-function", "functionArn": functionARN("young-function"), "role": roleARN("young"), "version": "$LATEST"},
	}))
	all.wait(t, "young", "opened RW117", "resolved RW117")
}

// The newer of two records comes first, and then both come, twice. That the role is reported once is held at the end, when nothing
// is left to handle.
func duplicatesInTheWrongOrder(t *testing.T, s *stack, all *told) {
	// A record's time has whole seconds, and these are a second apart at least.
	first := s.setTrust(t, "twice", goodTrust, map[string]any{"eventTime": eventTime(time.Now().Add(-time.Second))})
	second := s.setTrust(t, "twice", badTrust)
	s.put(t, second)
	s.taken(t, "twice", second)
	s.put(t, first, second)
	if m := all.wait(t, "twice", "opened RW103"); len(m.Changes) == 0 {
		t.Error("no change is named")
	}
	s.put(t, first, second)
}

// changeWithoutRecord lets a day pass for the sweep, which then asks the event history who made a change of which no record came. It is the
// last scenario: the sweep puts a work item into the queue that waits a quarter of an hour.
func changeWithoutRecord(t *testing.T, s *stack, all *told) {
	s.inline(t, "unrecorded", "everything", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	s.ageSweep(t)
	s.tick(t)
	m := all.wait(t, "unrecorded", "opened RW301")
	if f := m.Opened[0]; f.Cause == nil || f.Cause.Certainty != finding.Likely || f.Cause.Found != finding.Certain || len(m.Changes) == 0 || m.Changes[0].Actor.Name != "test" {
		t.Errorf("cause %+v, changes %+v", f.Cause, m.Changes)
	}
}

// ageSweep has the table say that the last sweep is more than a day old.
func (s *stack) ageSweep(t *testing.T) {
	t.Helper()
	_, err := s.dynamodb.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{
		TableName: aws.String(s.outputs["TableName"]), UpdateExpression: aws.String("SET completedAt = :then"), ConditionExpression: aws.String("attribute_exists(completedAt)"),
		Key:                       map[string]dbtypes.AttributeValue{"pk": &dbtypes.AttributeValueMemberS{Value: "ACCOUNT#" + account}, "sk": &dbtypes.AttributeValueMemberS{Value: "SWEEP"}},
		ExpressionAttributeValues: map[string]dbtypes.AttributeValue{":then": &dbtypes.AttributeValueMemberS{Value: started.Add(-25 * time.Hour).UTC().Format(time.RFC3339Nano)}},
	})
	must(t, err)
}

// deadLetterRedriven plays a rule that could not send a record to the queue.
func deadLetterRedriven(t *testing.T, s *stack, all *told) {
	ctx, work, dead := context.Background(), s.outputs[deploy.QueueOutput], s.outputs[deploy.DeadLettersOutput]
	body := s.setTrust(t, "redriven", badTrust)
	_, err := s.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &dead, MessageBody: &body, MessageAttributes: map[string]sqstypes.MessageAttributeValue{
		"ERROR_CODE": {DataType: aws.String("String"), StringValue: aws.String("NO_PERMISSIONS")},
	}})
	must(t, err)
	result, err := redrive.Run{Letters: sqsqueue.NewLetters(s.sqs, dead), Queue: sqsqueue.New(s.sqs, work, dead), Readable: watch.Readable}.Do(ctx)
	must(t, err)
	if len(result.Sent) != 1 || result.Sent[0].Count != 1 {
		t.Errorf("sent %+v", result.Sent)
	}
	if m := all.wait(t, "redriven", "opened RW103"); m.Opened[0].Cause == nil || m.Opened[0].Cause.Certainty != finding.Certain {
		t.Errorf("cause %+v", m.Opened[0].Cause)
	}
}

func poison(t *testing.T, s *stack) {
	ctx := context.Background()
	body := `{"source":"aws.iam","detail":{"eventSource":"iam.amazonaws.com","eventName":"UpdateAssumeRolePolicy","eventTime":17}}` + " \t<truncated"
	_, err := s.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(s.outputs["QueueUrl"]), MessageBody: &body})
	must(t, err)
	var letters []sqstypes.Message
	awstest.Eventually(t, func() bool {
		out, err := s.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(s.outputs["DeadLetterUrl"]), WaitTimeSeconds: 1, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
		})
		must(t, err)
		letters = out.Messages
		return len(letters) > 0
	}, func() string { return "no dead letter came" })
	for _, m := range letters {
		if *m.Body != body {
			t.Errorf("the dead letter reads %q", *m.Body)
		}
		if a, ok := m.MessageAttributes["error"]; !ok || *a.StringValue == "" {
			t.Errorf("the dead letter has no error attribute: %+v", m.MessageAttributes)
		}
	}
}
