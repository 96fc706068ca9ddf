package snstopic_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/snstopic"
)

// documented gives the first JSON block of each section of docs/routing.md below a heading of the second level.
func documented(t *testing.T, chapter string) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/routing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n## "+chapter+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	out := map[string]string{}
	for _, section := range strings.Split(text, "\n### ")[1:] {
		title, rest, _ := strings.Cut(section, "\n")
		_, rest, _ = strings.Cut(rest, "```json\n")
		block, _, ok := strings.Cut(rest, "```")
		if !ok {
			t.Errorf("section %q has no JSON", title)
		}
		out[title] = block
	}
	return out
}

// sample is a message with one finding.
func sample(id string, severity check.Severity, kind finding.TransitionKind, of, team string, routes ...string) message.Input {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f := finding.Finding{ID: of + "-1", Check: of, Severity: severity, Role: "arn:aws:iam::111122223333:role/orders", FirstSeen: at, Title: "t", Routes: routes}
	if team != "" {
		f.Owners = []finding.Owner{{Tag: "team", Value: team, Of: f.Role, Standing: finding.Settled}}
	}
	in := message.Input{ID: id, Time: at, Account: "111122223333"}
	switch kind {
	case finding.KindOpened:
		in.Opened = []finding.Finding{f}
	case finding.KindChanged:
		in.Changed = []finding.Finding{f}
	default:
		in.Resolved = []finding.Finding{f}
	}
	return in
}

// Each filter policy of docs/routing.md is that of a subscription to an emulated topic, to which the real publisher sends real messages: each
// receives what its heading says, and nothing else. A queue without a filter receives all of them raw.
func TestDocumentedFilterPolicies(t *testing.T) {
	policies := documented(t, "Filters for machines")
	want := map[string][]string{
		"Only critical":            {"critical"},
		"Only resolved":            {"both", "resolved"},
		"One owner":                {"critical", "resolved"},
		"One account":              {"both", "critical", "machines", "medium", "resolved"},
		"One family of checks":     {"both", "critical", "machines", "resolved"},
		"What goes to the default": {"both", "critical", "medium"},
		"What people receive":      {"both", "critical", "medium", "other account", "resolved"},
		"For a pager":              {"both", "critical", "other account", "resolved"},
		"no filter":                {"both", "critical", "machines", "medium", "other account", "resolved"},
	}
	policies["no filter"] = ""
	if !slices.Equal(slices.Sorted(maps.Keys(policies)), slices.Sorted(maps.Keys(want))) {
		t.Fatalf("the page has the filters %v", slices.Sorted(maps.Keys(policies)))
	}
	cfg := awstest.Config(t, awstest.Ministack(t))
	topics, queues := sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	topic, err := topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("findings")})
	if err != nil {
		t.Fatal(err)
	}
	urls := map[string]string{}
	for i, title := range slices.Sorted(maps.Keys(policies)) {
		name := "inbox-" + string(rune('a'+i))
		queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		attributes := map[string]string{"RawMessageDelivery": "true"}
		if policy := policies[title]; policy != "" {
			attributes["FilterPolicy"], attributes["FilterPolicyScope"] = policy, "MessageAttributes"
		}
		if _, err := topics.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:000000000000:" + name), Attributes: attributes,
		}); err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		urls[title] = *queue.QueueUrl
	}
	send(t, topics, *topic.TopicArn)
	for title, url := range urls {
		if got := ids(t, queues, url, len(want[title])); !slices.Equal(got, want[title]) {
			t.Errorf("%s: %v, want %v", title, got, want[title])
		}
	}
}

// send publishes messages of every kind, each with its ID.
func send(t *testing.T, client *sns.Client, topic string) {
	t.Helper()
	both := sample("both", check.Medium, finding.KindOpened, "RW303", "shop", "shop", "default")
	both.Resolved = sample("", check.High, finding.KindResolved, "RW304", "shop").Resolved
	other := sample("other account", check.High, finding.KindOpened, "RW201", "")
	other.Account = "444455556666"
	p := snstopic.New(client, snstopic.Topics{Findings: topic})
	for _, one := range []struct {
		in      message.Input
		options message.Options
	}{
		{sample("critical", check.Critical, finding.KindOpened, "RW301", "payments", "payments", "default"), message.Options{Region: "us-east-1"}},
		{sample("resolved", check.Medium, finding.KindResolved, "RW303", "payments", "payments"), message.Options{Region: "us-east-1"}},
		{sample("medium", check.Medium, finding.KindOpened, "RW203", "", "default"), message.Options{}},
		{sample("machines", check.Medium, finding.KindChanged, "RW303", "shop", "shop"), message.Options{Machines: true}},
		{both, message.Options{}}, {other, message.Options{}},
	} {
		r := message.Render(message.Build(one.in), one.options)
		if len(r.Attributes) > message.MaxAttributes {
			t.Errorf("%s has %d attributes", one.in.ID, len(r.Attributes))
		}
		if err := p.Publish(t.Context(), message.Outgoing{ID: one.in.ID, Kind: message.KindFindings, Topic: message.TopicFindings, Rendered: &r}); err != nil {
			t.Fatal(err)
		}
	}
}

// ids are those of the messages that a queue holds.
func ids(t *testing.T, client *sqs.Client, url string, want int) []string {
	t.Helper()
	var got []string
	for empty := 0; empty < 2; {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		if empty++; len(out.Messages) > 0 {
			empty = 0
		}
		for _, m := range out.Messages {
			var read message.Message
			if err := json.Unmarshal([]byte(*m.Body), &read); err != nil {
				t.Fatalf("%v: %s", err, *m.Body)
			}
			if len(m.MessageAttributes) == 0 {
				t.Errorf("%s came without attributes", read.ID)
			}
			got = append(got, read.ID)
			if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(got)
	return got
}

var field = regexp.MustCompile(`\{(message|finding)\.([a-zA-Z.]+)\}`)

// The payloads for other tools are JSON, name fields that messages and findings have, and use the finding's ID as the key that deduplicates.
func TestDocumentedPayloads(t *testing.T) {
	in := sample("critical", check.Critical, finding.KindOpened, "RW301", "payments", "default")
	in.Opened[0].Detail, in.Opened[0].Fix.Summary, in.Opened[0].Revision = "d", "f", 3
	var m map[string]any
	if err := json.Unmarshal([]byte(message.Render(message.Build(in), message.Options{}).Machine), &m); err != nil {
		t.Fatal(err)
	}
	opened := m["opened"].([]any)[0].(map[string]any)
	payloads, fields := documented(t, "Other tools"), 0
	for title, payload := range payloads {
		if !jsontext.Value(payload).IsValid() {
			t.Errorf("%s: the payload is not JSON", title)
		}
		if title != "Microsoft Teams" && !strings.Contains(payload, "{finding.id}") {
			t.Errorf("%s has no key that deduplicates", title)
		}
		for _, f := range field.FindAllStringSubmatch(payload, -1) {
			value := any(m)
			if f[1] == "finding" {
				value = opened
			}
			for _, key := range strings.Split(f[2], ".") {
				object, _ := value.(map[string]any)
				value = object[key]
			}
			if fields++; value == nil || value == "" {
				t.Errorf("%s: there is no %s", title, f[0])
			}
		}
	}
	if !slices.Equal(slices.Sorted(maps.Keys(payloads)), []string{"Jira", "Microsoft Teams", "Opsgenie", "PagerDuty"}) || fields < 20 {
		t.Errorf("payloads of %v with %d fields", slices.Sorted(maps.Keys(payloads)), fields)
	}
}
