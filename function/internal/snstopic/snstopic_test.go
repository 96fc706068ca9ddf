package snstopic_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/snstopic"
)

var ctx = context.Background()

// fake keeps what is published and fails at the call that it is told to.
type fake struct {
	sent   []*sns.PublishInput
	calls  int
	failAt int
}

var errDown = errors.New("down")

func (f *fake) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if f.calls++; f.calls == f.failAt {
		return nil, errDown
	}
	f.sent = append(f.sent, in)
	return &sns.PublishOutput{}, nil
}

// told is what was published, as "topic protocol=text ...".
func (f *fake) told(t *testing.T) []map[string]string {
	t.Helper()
	var out []map[string]string
	for _, in := range f.sent {
		if aws.ToString(in.MessageStructure) != "json" {
			t.Errorf("message structure %q", aws.ToString(in.MessageStructure))
		}
		texts := map[string]string{}
		if err := json.Unmarshal([]byte(*in.Message), &texts); err != nil {
			t.Fatal(err)
		}
		texts["topic"] = *in.TopicArn
		if in.Subject != nil {
			texts["subject"] = *in.Subject
		}
		out = append(out, texts)
	}
	return out
}

var topics = snstopic.Topics{Findings: "arn:findings", Operations: "arn:operations", Channels: []snstopic.ChannelTopic{{Channel: message.Chat, ARN: "arn:chat"}}}

func outgoing() message.Outgoing {
	return message.Outgoing{ID: "m1", Kind: message.KindFindings, Rendered: &message.Rendered{
		Subject: "[rolewatch] HIGH: orders", Machine: `{"id":"m1"}`, Email: "Hello,\né <&> \"x\"", SMS: "short", Channels: map[string]message.Texts{"chat": {`{"a":1}`, "", `{"b":2}`}},
		Attributes: map[string][]string{"severity": {"high"}, "checks": {"RW102"}, "account": {"111122223333"}, "region": {}, "kind": {""}, "several": {"a", "b\"c"}},
	}}
}

func TestFindingsGoToTheirTopicAndChatToItsOwn(t *testing.T) {
	f := &fake{}
	if err := snstopic.New(f, topics).Publish(ctx, outgoing()); err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{"topic": "arn:findings", "subject": "[rolewatch] HIGH: orders", "default": `{"id":"m1"}`, "email": "Hello,\né <&> \"x\"", "sms": "short"},
		{"topic": "arn:chat", "default": `{"a":1}`, "https": `{"a":1}`},
		{"topic": "arn:chat", "default": `{"b":2}`, "https": `{"b":2}`},
	}
	if diff := cmp.Diff(want, f.told(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	attribute := func(kind, value string) types.MessageAttributeValue {
		return types.MessageAttributeValue{DataType: aws.String(kind), StringValue: aws.String(value)}
	}
	attributes := map[string]types.MessageAttributeValue{
		"severity": attribute("String", "high"), "account": attribute("String", "111122223333"),
		"checks": attribute("String.Array", `["RW102"]`), "several": attribute("String.Array", `["a","b\"c"]`),
	}
	for i, in := range f.sent {
		if diff := cmp.Diff(attributes, in.MessageAttributes, cmpopts.IgnoreUnexported(types.MessageAttributeValue{})); diff != "" {
			t.Errorf("attributes of %d (-want +got):\n%s", i, diff)
		}
	}
}

// What is for one topic goes to that one alone; a channel that has no topic any more takes it without a publication.
func TestAMessageGoesToItsTopicAlone(t *testing.T) {
	parts := outgoing().ByTopic([]message.Channel{message.Chat})
	if len(parts) != 2 || parts[0].ID == parts[1].ID {
		t.Fatalf("parts %+v", parts)
	}
	for i, want := range [][]string{{"arn:findings"}, {"arn:chat", "arn:chat"}} {
		f := &fake{}
		if err := snstopic.New(f, topics).Publish(ctx, parts[i]); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, in := range f.sent {
			got = append(got, *in.TopicArn)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: published to %q, want %q", parts[i].Topic, got, want)
		}
	}
	f := &fake{}
	if err := snstopic.New(f, snstopic.Topics{Findings: "arn:findings"}).Publish(ctx, parts[1]); err != nil || len(f.sent) != 0 {
		t.Errorf("%d publications, %v", len(f.sent), err)
	}
}

// answering is SNS that answers with one error.
type answering struct{ error }

func (a answering) Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error) {
	return nil, a.error
}

// What a topic refuses until somebody changes something is told from what a later try may mend.
func TestATopicThatRefusesIsToldFromOneThatFails(t *testing.T) {
	for code, want := range map[string]string{
		"NotFound": "does not exist", "AuthorizationError": "refuses rolewatch", "AccessDeniedException": "refuses rolewatch", "KMSDisabled": "disabled",
		"KMSAccessDenied": "key refuses", "KMSNotFound": "key does not exist", "KMSInvalidState": "deletion",
		"Throttling": "", "InternalError": "", "KMSThrottling": "", "InvalidParameter": "",
	} {
		err := snstopic.New(answering{&smithy.GenericAPIError{Code: code, Message: "as told"}}, topics).Publish(ctx, outgoing())
		var refused *message.RefusedError
		switch is := errors.As(err, &refused); {
		case err == nil || is != (want != ""):
			t.Errorf("%s: %v", code, err)
		case is && (!strings.Contains(refused.What, want) || refused.Fix == "" || refused.Topic != "arn:findings"):
			t.Errorf("%s: %+v", code, refused)
		}
	}
}

func TestWithoutAChatTopicChatIsNotTold(t *testing.T) {
	f := &fake{}
	quiet := topics
	quiet.Channels = []snstopic.ChannelTopic{{Channel: message.Chat}}
	if err := snstopic.New(f, quiet).Publish(ctx, outgoing()); err != nil || len(f.sent) != 1 {
		t.Errorf("%d publications, %v", len(f.sent), err)
	}
}

func TestOperationsGoToOperationsAlone(t *testing.T) {
	f := &fake{}
	rendered := message.Operations(message.Notice{Account: "111122223333", Region: "us-east-1", Subject: "subject", Text: "text"}, []message.Channel{message.Chat})
	if err := snstopic.New(f, topics).Publish(ctx, message.Outgoing{ID: "n", Kind: message.KindOperations, Rendered: &rendered}); err != nil {
		t.Fatal(err)
	}
	told := f.told(t)
	if len(told) != 1 || told[0]["topic"] != "arn:operations" || told[0]["default"] != rendered.Machine || told[0]["email"] == "" || told[0]["subject"] == "" ||
		!strings.Contains(told[0]["https"], `"source":"custom"`) {
		t.Errorf("%v", told)
	}
}

func TestWhatCannotBePublishedIsAnErrorThatNamesIt(t *testing.T) {
	none := topics
	none.Findings = ""
	work, bare := outgoing(), outgoing()
	work.Kind, bare.Rendered = message.KindWork, nil
	for _, c := range []struct {
		topics snstopic.Topics
		out    message.Outgoing
	}{{none, outgoing()}, {topics, work}, {topics, bare}} {
		f := &fake{}
		if err := snstopic.New(f, c.topics).Publish(ctx, c.out); err == nil || !strings.Contains(err.Error(), "m1") || f.calls != 0 {
			t.Errorf("%+v: %v, %d calls", c.out.Kind, err, f.calls)
		}
	}
}

func TestTryingAgainRepeatsNothingThatWentThrough(t *testing.T) {
	for failAt := 1; failAt <= 3; failAt++ {
		f := &fake{failAt: failAt}
		p := snstopic.New(f, topics)
		if err := p.Publish(ctx, outgoing()); !errors.Is(err, errDown) || len(f.sent) != failAt-1 {
			t.Fatalf("failing at %d: %v, %d sent", failAt, err, len(f.sent))
		}
		other := outgoing()
		other.ID = "m2"
		if err := p.Publish(ctx, other); err != nil || len(f.sent) != failAt-1+3 {
			t.Fatalf("another message: %v, %d sent", err, len(f.sent))
		}
		if err := p.Publish(ctx, outgoing()); err != nil || len(f.sent) != 6 {
			t.Errorf("again: %v, %d sent, want 6", err, len(f.sent))
		}
		// What went through as a whole is sent as a whole when it is sent again.
		if err := p.Publish(ctx, outgoing()); err != nil || len(f.sent) != 9 {
			t.Errorf("once more: %v, %d sent, want 9", err, len(f.sent))
		}
	}
}

func TestASubscriberGetsWhatItFiltersFor(t *testing.T) {
	for name, start := range map[string]func(testing.TB, ...awstest.Option) string{"moto": awstest.Moto, "ministack": awstest.Ministack} {
		t.Run(name, func(t *testing.T) { subscriber(t, awstest.Config(t, start(t))) })
	}
}

func subscriber(t *testing.T, cfg aws.Config) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	topicClient, queueClient := sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	topic := func(name string) string {
		t.Helper()
		out, err := topicClient.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name})
		must(err)
		return *out.TopicArn
	}
	inbox := func(name, topic string, attributes map[string]string) string {
		t.Helper()
		q, err := queueClient.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
		must(err)
		a, err := queueClient.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: q.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn}})
		must(err)
		arn := a.Attributes["QueueArn"]
		_, err = topicClient.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &arn, Attributes: attributes})
		must(err)
		return *q.QueueUrl
	}
	drain := func(url string) (bodies []string) {
		t.Helper()
		for {
			out, err := queueClient.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
			must(err)
			if len(out.Messages) == 0 {
				return bodies
			}
			for _, m := range out.Messages {
				bodies = append(bodies, *m.Body)
				_, err := queueClient.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
				must(err)
			}
		}
	}
	real := snstopic.Topics{Findings: topic("findings"), Operations: topic("operations"), Channels: []snstopic.ChannelTopic{{Channel: message.Chat, ARN: topic("chat")}}}
	raw := map[string]string{"RawMessageDelivery": "true"}
	filtered := func(policy string) map[string]string {
		return map[string]string{"RawMessageDelivery": "true", "FilterPolicy": policy}
	}
	all, envelope := inbox("all", real.Findings, raw), inbox("envelope", real.Findings, nil)
	mine, others := inbox("mine", real.Findings, filtered(`{"checks":["RW102"]}`)), inbox("others", real.Findings, filtered(`{"checks":["RW999"]}`))
	// The filter of the stack's e-mail subscriptions.
	people := inbox("people", real.Findings, filtered(`{"`+deploy.AudienceAttribute+`":[{"exists":false}]}`))
	chat, operations := inbox("chat", real.Channels[0].ARN, raw), inbox("operations", real.Operations, raw)

	p := snstopic.New(topicClient, real)
	must(p.Publish(ctx, outgoing()))
	machines := message.Render(message.Build(message.Input{ID: "m2"}), message.Options{Channels: []message.Channel{message.Chat}, Machines: true})
	must(p.Publish(ctx, message.Outgoing{ID: "m2", Kind: message.KindFindings, Rendered: &machines}))
	notice := message.Operations(message.Notice{Account: "111122223333", Region: "us-east-1", Subject: "subject", Text: "text"}, []message.Channel{message.Chat})
	must(p.Publish(ctx, message.Outgoing{ID: "n", Kind: message.KindOperations, Rendered: &notice}))

	machine := []string{`{"id":"m1"}`}
	for name, c := range map[string]struct {
		url  string
		want []string
	}{
		"all": {all, []string{machine[0], machines.Machine}}, "people": {people, machine}, "mine": {mine, machine}, "others": {others, nil}, "chat": {chat, []string{`{"a":1}`, `{"b":2}`}}, "operations": {operations, []string{notice.Machine}},
	} {
		if diff := cmp.Diff(c.want, received(drain(c.url))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	var wrapped struct{ Subject, Message string }
	bodies := slices.DeleteFunc(drain(envelope), func(body string) bool { return strings.Contains(body, deploy.AudienceMachines) })
	if len(bodies) == 0 {
		t.Fatal("no message in an envelope")
	}
	must(json.Unmarshal([]byte(bodies[0]), &wrapped))
	if wrapped.Subject != outgoing().Rendered.Subject || wrapped.Message != machine[0] {
		t.Errorf("envelope %+v", wrapped)
	}
}

// received are the different bodies that a subscriber got, in order. SNS delivers at least once, and a publication whose
// answer was lost is made again.
func received(bodies []string) []string {
	slices.Sort(bodies)
	return slices.Compact(bodies)
}
