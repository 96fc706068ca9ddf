package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/intake"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
	"github.com/rolewatch/rolewatch/function/settings"
)

// hubAccount is the account of the hub, which is the management account of the emulator's organization.
const hubAccount = "111122223333"

// emulatedHub is the wired hub over an emulator that enforces trust policies and session policies.
type emulatedHub struct {
	*testing.T
	endpoint      string
	work, records string
	intake        *intake.Intake
	wiring        settings.Function
}

func (h *emulatedHub) in(account string) sdk.Config {
	cfg := awstest.Config(h.T, h.endpoint)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(account, "test", "")
	return cfg
}

func (h *emulatedHub) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *emulatedHub) queue(name string) string {
	h.Helper()
	out, err := sqs.NewFromConfig(h.in(hubAccount)).CreateQueue(h.Context(), &sqs.CreateQueueInput{QueueName: &name})
	h.must(err)
	return *out.QueueUrl
}

func (h *emulatedHub) topic(name string) string {
	h.Helper()
	out, err := sns.NewFromConfig(h.in(hubAccount)).CreateTopic(h.Context(), &sns.CreateTopicInput{Name: &name})
	h.must(err)
	return *out.TopicArn
}

// newEmulatedHub makes what a hub is deployed with, and wires it by its environment.
func newEmulatedHub(t *testing.T, settle ...func(*emulatedHub)) *emulatedHub {
	t.Helper()
	h := &emulatedHub{T: t, endpoint: awstest.Ministack(t, awstest.Env("AUTH", "true"))}
	t.Setenv("AWS_ENDPOINT_URL", h.endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", hubAccount)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	key := func(name string, kind dynamotypes.KeyType) dynamotypes.KeySchemaElement {
		return dynamotypes.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	var attributes []dynamotypes.AttributeDefinition
	for _, name := range []string{deploy.PartitionKey, deploy.SortKey, deploy.RoleIndexKey} {
		attributes = append(attributes, dynamotypes.AttributeDefinition{AttributeName: &name, AttributeType: dynamotypes.ScalarAttributeTypeS})
	}
	_, err := dynamodb.NewFromConfig(h.in(hubAccount)).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: sdk.String("rolewatch"), BillingMode: dynamotypes.BillingModePayPerRequest, AttributeDefinitions: attributes,
		KeySchema: []dynamotypes.KeySchemaElement{key(deploy.PartitionKey, dynamotypes.KeyTypeHash), key(deploy.SortKey, dynamotypes.KeyTypeRange)},
		GlobalSecondaryIndexes: []dynamotypes.GlobalSecondaryIndex{{
			IndexName: &deploy.KeysIndex.Name, Projection: &dynamotypes.Projection{ProjectionType: dynamotypes.ProjectionTypeKeysOnly},
			KeySchema: []dynamotypes.KeySchemaElement{key(deploy.RoleIndexKey, dynamotypes.KeyTypeHash), key(deploy.PartitionKey, dynamotypes.KeyTypeRange)},
		}},
	})
	h.must(err)
	h.work, h.records = h.queue("rolewatch-Queue"), h.queue("rolewatch-Records")
	h.wiring = settings.Function{
		Table: "rolewatch", QueueURL: h.work, RecordsQueueURL: h.records, DeadLetterURL: h.queue("rolewatch-Dead"), FindingsTopic: h.topic("findings"), OperationsTopic: h.topic("operations"),
		Settle: time.Minute, Regions: []string{awstest.Region},
	}
	h.wiring.Organization = settings.Organization{ID: "o-a1b2c3d4e5", Hub: &settings.Hub{Account: hubAccount, Watch: settings.Watched{All: true}}}
	for _, f := range settle {
		f(h)
	}
	env := h.wiring.Environment()
	env["AWS_REGION"], env["AWS_LAMBDA_FUNCTION_NAME"] = awstest.Region, "rolewatch"
	h.intake, err = wire(t.Context(), func(name string) string { return env[name] }, func(string) ([]byte, error) {
		text, _ := h.wiring.File()
		return text, nil
	}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	h.must(err)
	return h
}

// member makes an account with an administrator as execution role and, where it is deployed, the reader role as the member's stack has it.
func (h *emulatedHub) member(name string, deployed bool) string {
	h.Helper()
	made, err := organizations.NewFromConfig(h.in(hubAccount)).CreateAccount(h.Context(), &organizations.CreateAccountInput{AccountName: &name, Email: sdk.String(name + "@example.com")})
	h.must(err)
	id := *made.CreateAccountStatus.AccountId
	client := iam.NewFromConfig(h.in(id))
	role := func(name, principal, action string) string {
		arn := awstest.MakeRole(h, client, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: sdk.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`)})
		_, err := client.PutRolePolicy(h.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: sdk.String("all"),
			PolicyDocument: sdk.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`)})
		h.must(err)
		return arn
	}
	admin := role("checkout", `{"Service":"lambda.amazonaws.com"}`, "*")
	awstest.MakeFunction(h, awslambda.NewFromConfig(h.in(id)), &awslambda.CreateFunctionInput{FunctionName: sdk.String("checkout"), Role: &admin})
	if deployed {
		role(deploy.ReaderRole, `{"AWS":"arn:aws:iam::`+hubAccount+`:root"}`, "*")
	}
	return id
}

// queueOf is the work queue for an account.
func (h *emulatedHub) queueOf(account string) *sqsqueue.Queue {
	return sqsqueue.New(sqs.NewFromConfig(h.in(hubAccount)), h.work, "").Of(account)
}

// pump invokes the function with what a queue holds, delayed or not, as Lambda does, and gives how many messages those were.
func (h *emulatedHub) pump(url string) int {
	h.Helper()
	client := sqs.NewFromConfig(h.in(hubAccount))
	out, err := client.ReceiveMessage(h.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"}, VisibilityTimeout: 1,
	})
	h.must(err)
	if len(out.Messages) == 0 {
		return 0
	}
	var list []map[string]any
	for _, m := range out.Messages {
		attributes := map[string]any{}
		for name, a := range m.MessageAttributes {
			attributes[name] = map[string]any{"dataType": *a.DataType, "stringValue": *a.StringValue}
		}
		list = append(list, map[string]any{
			"messageId": *m.MessageId, "receiptHandle": *m.ReceiptHandle, "body": *m.Body, "attributes": m.Attributes, "messageAttributes": attributes,
			"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:" + hubAccount + ":" + url[strings.LastIndexByte(url, '/')+1:],
		})
	}
	payload, err := json.Marshal(map[string]any{"Records": list})
	h.must(err)
	answer, err := h.intake.Invoke(h.Context(), payload)
	h.must(err)
	for _, m := range out.Messages {
		if !strings.Contains(string(answer), *m.MessageId) {
			_, err := client.DeleteMessage(h.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
			h.must(err)
		}
	}
	return len(out.Messages)
}

// sweep handles what is in the work queue until it is done. The tick of a member waits for minutes: its own is sent here.
func (h *emulatedHub) sweep(store *dynamostore.Store, done func() bool, members ...string) {
	h.Helper()
	listed := false
	awstest.Eventually(h, func() bool {
		h.pump(h.work)
		d, _, err := hub.ReadDirectory(h.Context(), store)
		h.must(err)
		if !listed && !d.Listed.IsZero() {
			listed = true
			for _, account := range members {
				h.must(h.queueOf(account).Send(h.Context(), []byte(deploy.Tick), 0))
			}
		}
		return listed && done()
	}, func() string { return "the members are not swept" })
}

// TestTheHubIsWired has a hub list an organization of an emulator, read a member with its role, and report a member that it cannot read.
func TestTheHubIsWired(t *testing.T) {
	h := newEmulatedHub(t)
	payments, shop := h.member("payments", true), h.member("shop", false)
	_, err := h.intake.Invoke(t.Context(), []byte(deploy.Tick))
	h.must(err)
	store := dynamostore.New(dynamodb.NewFromConfig(h.in(hubAccount)), "rolewatch", time.Now)
	member := func() (done bool) {
		state, err := store.SweepState(t.Context(), payments)
		h.must(err)
		return state.Complete > 0
	}
	h.sweep(store, member, payments, shop)
	open, err := store.Of(payments).OpenRoles(t.Context())
	h.must(err)
	if want := "arn:aws:iam::" + payments + ":role/checkout"; fmt.Sprint(open) != "["+want+"]" {
		t.Errorf("open roles of payments: %v, want %s", open, want)
	}
	d, _, err := hub.ReadDirectory(t.Context(), store)
	h.must(err)
	if a, ok := d.Find(shop); !ok || a.Name != "shop" || a.OU != "Root" || len(d.Watched) != 3 {
		t.Errorf("shop is %+v, watched %v", a, d.Watched)
	}
	if state, err := store.SweepState(t.Context(), shop); err != nil || state.Generation != 0 {
		t.Errorf("an account that cannot be read was swept: %+v, %v", state, err)
	}
	// A record of the member goes from the queue of records to the work queue, and names its account there.
	record := fmt.Sprintf(`{"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":%q,"time":"2026-03-02T09:00:00Z","region":"us-east-1","resources":[],
		"detail":{"eventVersion":"1.09","eventTime":%q,"eventSource":"iam.amazonaws.com","eventName":"DeleteRolePolicy","awsRegion":"us-east-1","userIdentity":{"type":"Root","arn":"arn:aws:iam::%s:root"},
		"requestParameters":{"roleName":"checkout","policyName":"all"},"eventID":"e1","eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":%q,"eventCategory":"Management"}}`,
		payments, time.Now().UTC().Format(time.RFC3339), payments, payments)
	_, err = iam.NewFromConfig(h.in(payments)).DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: sdk.String("checkout"), PolicyName: sdk.String("all")})
	h.must(err)
	_, err = sqs.NewFromConfig(h.in(hubAccount)).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &h.records, MessageBody: &record})
	h.must(err)
	awstest.Eventually(t, func() bool {
		h.pump(h.records)
		h.pump(h.work)
		states, err := store.Load(t.Context(), open)
		h.must(err)
		return !slices.ContainsFunc(states[0].Findings, func(f finding.Stored) bool { return f.Check == "RW301" })
	}, func() string { return "the finding of the member is not resolved" })
}
