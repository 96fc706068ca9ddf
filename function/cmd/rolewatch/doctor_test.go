package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	trailapi "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// smallStack has resources with the logical IDs that the CDK gives them.
const smallStack = `{"Resources":{
	"Queue4A7E3555":{"Type":"AWS::SQS::Queue"},"DeadLettersDAC81BCE":{"Type":"AWS::SQS::Queue"},
	"RuleIam":{"Type":"AWS::Events::Rule","Properties":{"EventPattern":{"source":["aws.iam"]},"State":"ENABLED",
		"Targets":[{"Id":"rolewatch","Arn":{"Fn::GetAtt":["Queue4A7E3555","Arn"]}}]}},
	"FindingsB7AC1CF1":{"Type":"AWS::SNS::Topic"},"Operations3C43BF59":{"Type":"AWS::SNS::Topic"},
	"TableCD117FA1":{"Type":"AWS::DynamoDB::Table","Properties":{"BillingMode":"PAY_PER_REQUEST",
		"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},{"AttributeName":"role","AttributeType":"S"}],
		"GlobalSecondaryIndexes":[{"IndexName":"role","KeySchema":[{"AttributeName":"role","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
		"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}},
	"FunctionRole7A8B9C0D":{"Type":"AWS::IAM::Role","Properties":{
		"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]},
		"Policies":[{"PolicyName":"all","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}]}},
	"Function76856677":{"Type":"AWS::Lambda::Function","Properties":{"RecursiveLoop":"Allow","Runtime":"python3.12","Handler":"index.handler","Role":{"Fn::GetAtt":["FunctionRole7A8B9C0D","Arn"]},
		"Code":{"ZipFile":"def handler(event, context): pass"},
		"Environment":{"Variables":{"ROLEWATCH_REGIONS":"us-east-1","ROLEWATCH_TABLE":{"Ref":"TableCD117FA1"}}}}},
	"Mapping2A3B4C5D":{"Type":"AWS::Lambda::EventSourceMapping","Properties":{"FunctionName":{"Ref":"Function76856677"},"EventSourceArn":{"Fn::GetAtt":["Queue4A7E3555","Arn"]}}}}}`

// smallDeployment makes the stack on an emulator, with a trail, and gives what it is made of by logical ID.
func smallDeployment(t *testing.T) (cfg aws.Config, endpoint string, names map[string]string) {
	t.Helper()
	endpoint = awstest.Ministack(t)
	cfg = awstest.Config(t, endpoint)
	client, trails, stack := cloudformation.NewFromConfig(cfg), trailapi.NewFromConfig(cfg), "rolewatch"
	_, err := client.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &stack, TemplateBody: aws.String(smallStack)})
	must(t, err)
	names = map[string]string{}
	awstest.Eventually(t, func() bool {
		out, err := client.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		return err == nil && strings.HasSuffix(string(out.Stacks[0].StackStatus), "_COMPLETE")
	}, func() string { return "the stack is not made" })
	out, err := client.ListStackResources(t.Context(), &cloudformation.ListStackResourcesInput{StackName: &stack})
	must(t, err)
	for _, r := range out.StackResourceSummaries {
		names[*r.LogicalResourceId] = *r.PhysicalResourceId
	}
	_, err = trails.CreateTrail(t.Context(), &trailapi.CreateTrailInput{Name: aws.String("all"), S3BucketName: aws.String("bucket"), IsMultiRegionTrail: aws.Bool(true)})
	must(t, err)
	_, err = trails.StartLogging(t.Context(), &trailapi.StartLoggingInput{Name: aws.String("all")})
	must(t, err)
	return cfg, endpoint, names
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inboxes subscribes a queue to each topic and gives its URL.
func inboxes(t *testing.T, cfg aws.Config, names map[string]string) string {
	t.Helper()
	q, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("inbox")})
	must(t, err)
	for _, id := range []string{"FindingsB7AC1CF1", "Operations3C43BF59"} {
		_, err := sns.NewFromConfig(cfg).Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: aws.String(names[id]), Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:000000000000:inbox"),
		})
		must(t, err)
	}
	return *q.QueueUrl
}

func TestDoctorSaysWhatIsWrongAndWhatFixesIt(t *testing.T) {
	cfg, endpoint, names := smallDeployment(t)
	talkTo(t, endpoint)
	inbox := inboxes(t, cfg, names)
	store := dynamostore.New(dynamodb.NewFromConfig(cfg), names["TableCD117FA1"], time.Now)
	doctor := func(want int, args ...string) string {
		t.Helper()
		out, errs, code := runLine(t, append([]string{"doctor"}, args...)...)
		if code != want {
			t.Fatalf("doctor %v: exit code %d, want %d\n%s%s", args, code, want, out, errs)
		}
		return out + errs
	}
	has := func(out string, parts ...string) {
		t.Helper()
		for _, p := range parts {
			if !strings.Contains(out, p) {
				t.Errorf("the output lacks %q:\n%s", p, out)
			}
		}
	}
	// No sweep has completed, and nothing is known for how long.
	has(doctor(exitDone), "ok       Records of API calls in us-east-1 are delivered by the trail all\n", "ok       The rule "+names["RuleIam"]+" in us-east-1 is enabled\n",
		"ok       No sweep has completed", "ok       The role of the function allows the ", "unknown  The age of the function's list of AWS actions", " 0 wrong, ")
	must(t, store.Mark(t.Context(), "000000000000", selfcheck.MarkFirst, time.Now().Add(-31*time.Hour)))
	_, err := trailapi.NewFromConfig(cfg).StopLogging(t.Context(), &trailapi.StopLoggingInput{Name: aws.String("all")})
	must(t, err)
	_, err = eventbridge.NewFromConfig(cfg).DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: aws.String(names["RuleIam"])})
	must(t, err)
	_, err = lambda.NewFromConfig(cfg).UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: aws.String(names["Mapping2A3B4C5D"]), Enabled: aws.Bool(false)})
	must(t, err)
	_, err = iam.NewFromConfig(cfg).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String(names["FunctionRole7A8B9C0D"]), PolicyName: aws.String("less"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"cloudtrail:Get*","Resource":"*"}]}`)})
	must(t, err)
	has(doctor(exitFound), "wrong    The role of the function lacks permissions: 2\n", "cloudtrail:GetTrailStatus", "wrong    The trail all is stopped", "Fix: aws cloudtrail start-logging --name arn:aws:cloudtrail:us-east-1:000000000000:trail/all --region us-east-1\n",
		"Fix: aws events enable-rule --name "+names["RuleIam"]+" --region us-east-1\n",
		"Fix: aws lambda update-event-source-mapping --uuid "+names["Mapping2A3B4C5D"]+" --enabled --region us-east-1\n", "wrong    No sweep has completed for 30 hours", " 5 wrong, ")
	has(doctor(exitFound, "--format", "json", "--region", "us-east-1"), `{"id":"trail:us-east-1","status":"wrong",`, `"key":"trail:stopped:all"`, `{"summary":{"ok":`, `"wrong":5,`)
	has(doctor(exitFound, "--send-test"), "publishing a test message to 2 topics", "took a test message")
	got, err := sqs.NewFromConfig(cfg).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &inbox, MaxNumberOfMessages: 10, WaitTimeSeconds: 2})
	must(t, err)
	if len(got.Messages) != 2 || !strings.Contains(*got.Messages[0].Body, "Test: messages of rolewatch arrive") {
		t.Errorf("%d test messages: %+v", len(got.Messages), got.Messages)
	}
	// The record of the canary arrives as the function notes it.
	go func() {
		client := lambda.NewFromConfig(cfg)
		for t.Context().Err() == nil {
			tags, err := client.ListTags(t.Context(), &lambda.ListTagsInput{Resource: aws.String("arn:aws:lambda:us-east-1:000000000000:function:" + names["Function76856677"])})
			if err == nil && tags.Tags[selfcheck.CanaryTag] != "" {
				sent, _ := time.Parse(time.RFC3339Nano, tags.Tags[selfcheck.CanaryTag])
				_ = store.Mark(t.Context(), "000000000000", selfcheck.MarkCanaryArrived, sent.Add(9*time.Second))
				_ = store.Mark(t.Context(), "000000000000", selfcheck.MarkCanarySent, sent)
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	has(doctor(exitFound, "--canary"), "tagging the function", "ok       The record of the canary arrived after 9s")
	has(doctor(exitFound, "--canary", "--wait", "10ms"), "wrong    The record of the canary did not arrive within 10ms")
	becomesHub(t, cfg, names, store)
	has(doctor(exitFound), "ok       Account 222233334444 (payments): last record ", "last heartbeat ", ", version of its stack 1\n", "ok       5 of 6 accounts of the organization o-a1b2c3d4e5 are watched",
		"wrong    Account 333344445555 (shop): last record never, last heartbeat never, last sweep never, version of its stack unknown\n", "nothing has ever arrived from it",
		"wrong    Account 444455556666 (data): ", "rolewatch cannot read account 444455556666 (data).", "ok       Account 555566667777 (new): last record never")
	has(doctor(exitFound, "--format", "json"), `{"id":"member:444455556666","status":"wrong",`, `{"id":"member:222233334444","status":"ok",`)
}

// becomesHub makes the deployment that of a hub with four members: one that is well, one from which nothing has arrived, one that cannot be read,
// and one that was just added.
func becomesHub(t *testing.T, cfg aws.Config, names map[string]string, store *dynamostore.Store) {
	t.Helper()
	now := time.Now()
	env := map[string]string{"ROLEWATCH_REGIONS": "us-east-1", "ROLEWATCH_TABLE": names["TableCD117FA1"], "ROLEWATCH_RECORDS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/records"}
	_, err := lambda.NewFromConfig(cfg).UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String(names["Function76856677"]), Environment: &lambdatypes.Environment{Variables: env},
	})
	must(t, err)
	d := hub.Directory{Listed: now, Notes: map[string]hub.Note{}, Watched: []string{"000000000000"}}
	d.ID, d.ManagementAccount = "o-a1b2c3d4e5", "999900001111"
	d.Accounts = []organization.Account{{ID: "000000000000", Name: "tooling", State: "ACTIVE"}, {ID: "999900001111", Name: "management", State: "ACTIVE"}}
	for _, a := range []organization.Account{{ID: "222233334444", Name: "payments"}, {ID: "333344445555", Name: "shop"}, {ID: "444455556666", Name: "data"}, {ID: "555566667777", Name: "new"}} {
		a.State = "ACTIVE"
		d.Keep(a)
		d.Watched, d.Notes[a.ID] = append(d.Watched, a.ID), hub.Note{Since: now.Add(-48 * time.Hour)}
	}
	d.Notes["555566667777"] = hub.Note{Since: now.Add(-time.Hour)}
	body, err := json.Marshal(d)
	must(t, err)
	must(t, store.Keep(t.Context(), deploy.HubDirectory, body, 0))
	for _, account := range []string{"222233334444", "444455556666"} {
		must(t, store.Mark(t.Context(), account, hub.MarkRecord, now.Add(-time.Hour)))
		must(t, store.Mark(t.Context(), account, selfcheck.MarkHeartbeat("us-east-1"), now.Add(-time.Minute)))
		must(t, store.Mark(t.Context(), account, selfcheck.MarkMember(1), now))
	}
	unread := episode.Trouble{Key: "account:444455556666", Subject: "rolewatch cannot read account 444455556666 (data)"}
	episodes, _, _ := episode.Episodes{Account: "444455556666"}.Tried("reader", []episode.Trouble{unread}, now)
	must(t, store.CommitEpisodes(t.Context(), episodes, nil, now))
}

// refusing stands before an emulator and denies calls of the services that name them in a header or in a form.
func refusing(t *testing.T, endpoint string, calls ...string) string {
	t.Helper()
	to, err := url.Parse(endpoint)
	must(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		_, target, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if i := strings.LastIndexByte(target, '.'); i >= 0 {
			target = target[i+1:]
		}
		switch {
		case slices.Contains(calls, form.Get("Action")):
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>`)
		case slices.Contains(calls, target):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"AccessDeniedException","message":"not authorized"}`)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What is denied is unknown, which is not wrong; without the stack, nothing can be said.
func TestDoctorSaysWhatItMayNotRead(t *testing.T) {
	cfg, endpoint, names := smallDeployment(t)
	inboxes(t, cfg, names)
	talkTo(t, refusing(t, endpoint, "DescribeTrails", "GetItem"))
	out, errs, code := runLine(t, "doctor")
	if code != exitDone || !strings.Contains(out, "unknown  Records of API calls in us-east-1: whether a trail delivers them is unknown\n         cloudtrail:DescribeTrails was denied\n") ||
		!strings.Contains(out, "unknown  When the last sweep completed is unknown") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	talkTo(t, refusing(t, endpoint, "ListStackResources"))
	if out, errs, code := runLine(t, "doctor"); code != exitDone || !strings.Contains(out, "unknown  The stack rolewatch in us-east-1: whether it works is unknown\n         cloudformation:ListStackResources was denied") ||
		!strings.Contains(errs, "the settings of the function are unknown") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	talkTo(t, endpoint)
	for _, args := range [][]string{{"--stack", "other"}, {"--region", "eu-west-1"}} {
		if _, errs, code := runLine(t, append([]string{"doctor"}, args...)...); code != exitError || !strings.Contains(errs, "has no stack") {
			t.Errorf("%v: exit code %d, %s", args, code, errs)
		}
	}
}

func TestDoctorRefusesWhatCannotBeMeant(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"--region", "us-east-1,eu-west-1"}, {"--region", "moon"}, {"--stack", ""}, {"--wait", "soon"}} {
		if _, errs, code := runLine(t, append([]string{"doctor"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit code %d, %s", args, code, errs)
		}
	}
}
