package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// routes are the settings of two routes: to a topic of the stack's own, and to one that is there already. The CDK command line takes them on one
// line.
const routes = `,"emails":["security@example.com"],"owners":["team"],"routes":[{"name":"pay","match":{"tags":{"team":"pay"}},"to":{"emails":["pay@example.com"]}},` +
	`{"name":"shop","match":{"tags":{"team":"shop"}},"to":{"topics":["arn:aws:sns:` + region + `:` + account + `:shop-findings"]}}]`

// wide lets a role do all that a service can: a finding of medium severity.
const wide = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"polly:*","Resource":"*"}]}`

// makeOwned makes roles with owner tags, each with a function.
func (s *stack) makeOwned(t *testing.T) {
	t.Helper()
	for name, team := range map[string]string{"owned-pay": "pay", "owned-shop": "shop", "owned-self": "none", "owned-nobody": ""} {
		s.makeRole(t, name, goodTrust)
		if team != "" {
			s.tagTeam(t, name, team)
		}
		s.makeFunction(t, name+"-function", name)
	}
	s.makeStory(t)
}

func (s *stack) tagTeam(t *testing.T, name, team string) {
	t.Helper()
	_, err := s.iam.TagRole(context.Background(), &iam.TagRoleInput{RoleName: &name, Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: &team}}})
	must(t, err)
}

// oldTags has the table say that somebody else set the tag of a role two days ago.
func (s *stack) oldTags(t *testing.T, name string) {
	t.Helper()
	state := s.stored(t, name)
	i := slices.IndexFunc(state.Tags, func(tag finding.Tag) bool { return tag.Of == "" && tag.Key == "team" })
	if i < 0 {
		t.Fatalf("tags of %s: %+v", name, state.Tags)
	}
	state.Tags[i].Since = state.Tags[i].Since.Add(-48 * time.Hour)
	state.Tags[i].By = []string{"arn:aws:iam::" + account + ":user/tagger"}
	must(t, dynamostore.New(s.dynamodb, s.outputs["TableName"], time.Now).Commit(t.Context(), []finding.State{state}, nil, time.Now()))
}

// receivers are queues that are subscribed to the topics of the default and of the routes, by their names. That of the default leaves out
// what the e-mail subscriptions of the stack leave out.
func (s *stack) receivers(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	list, err := s.sns.ListTopics(t.Context(), &sns.ListTopicsInput{})
	must(t, err)
	for _, topic := range list.Topics {
		arn := aws.ToString(topic.TopicArn)
		name, attributes := "", map[string]string{"RawMessageDelivery": "true"}
		switch {
		case arn == s.outputs["FindingsTopicArn"]:
			name = "default"
			attributes["FilterPolicy"] = `{"` + deploy.AudienceAttribute + `":[{"exists":false}]}`
		case strings.Contains(arn, deploy.PlaceMailID+"Pay"):
			name = "pay"
		case strings.HasSuffix(arn, ":shop-findings"):
			name = "shop"
		default:
			continue
		}
		q, err := s.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("receives-" + name)})
		must(t, err)
		_, err = s.sns.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: &arn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:" + region + ":" + account + ":receives-" + name), Attributes: attributes,
		})
		must(t, err)
		out[name] = *q.QueueUrl
	}
	if len(out) != 3 {
		t.Fatalf("topics %v", out)
	}
	return out
}

// received drains a queue: the transitions in it, as "opened RW303 owned-pay".
func (s *stack) received(t *testing.T, url string) []string {
	t.Helper()
	var got []string
	for kind, f := range s.findingsIn(t, url) {
		got = append(got, kind+" "+f.Check+" "+message.RoleName(f.Role))
	}
	slices.Sort(got)
	return got
}

// findingsIn drains a queue: the findings of roles with an owner in it, each with what happened to it.
func (s *stack) findingsIn(t *testing.T, url string) func(yield func(kind string, f finding.Finding) bool) {
	t.Helper()
	return func(yield func(string, finding.Finding) bool) {
		for {
			out, err := s.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}})
			must(t, err)
			if len(out.Messages) == 0 {
				return
			}
			for _, m := range out.Messages {
				var read message.Message
				must(t, json.Unmarshal([]byte(*m.Body), &read))
				if n := len(m.MessageAttributes); n > message.MaxAttributes || n == 0 {
					t.Errorf("a message with %d attributes", n)
				}
				for kind, f := range findingsOf(read) {
					if strings.HasPrefix(message.RoleName(f.Role), "owned-") && !yield(kind, f) {
						return
					}
				}
				_, err := s.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
				must(t, err)
			}
		}
	}
}

// findingsAreRouted plays two owners and the default: a finding goes to its owner, one that nobody owns to the default, and a role that tags
// itself does not get its critical finding away from there.
func findingsAreRouted(t *testing.T, s *stack, queues map[string]string) {
	// A sweep finds the roles. It leaves a work item in the queue that waits for a quarter of an hour, so nothing here waits for an empty queue.
	s.ageSweep(t)
	s.tick(t)
	owned := []string{"owned-nobody", "owned-pay", "owned-self", "owned-shop", storyRole}
	awstest.Eventually(t, func() bool {
		return !slices.ContainsFunc(owned, func(name string) bool { return s.stored(t, name).Revision == 0 })
	}, func() string { return "not every role was swept" })
	for _, name := range []string{"owned-pay", "owned-shop", "owned-self", storyRole} {
		s.oldTags(t, name)
	}
	for _, name := range []string{"owned-pay", "owned-shop", "owned-nobody"} {
		s.inline(t, name, "wide", wide)
		s.put(t, record("PutRolePolicy", map[string]any{"roleName": name, "policyName": "wide", "policyDocument": wide}))
	}
	itself := map[string]any{"userIdentity": map[string]any{"type": "AssumedRole", "arn": "arn:aws:sts::" + account + ":assumed-role/owned-self/owned-self-function", "accountId": account}}
	s.tagTeam(t, "owned-self", "pay")
	_, err := s.iam.AttachRolePolicy(context.Background(), &iam.AttachRolePolicyInput{RoleName: aws.String("owned-self"), PolicyArn: aws.String(administrator)})
	must(t, err)
	s.put(t, record("TagRole", map[string]any{"roleName": "owned-self", "tags": []any{map[string]any{"key": "team", "value": "pay"}}}, itself),
		record("AttachRolePolicy", map[string]any{"roleName": "owned-self", "policyArn": administrator}, itself))
	want := map[string][]string{"default": {"opened RW302 owned-self", "opened RW303 owned-nobody"}, "pay": {"opened RW303 owned-pay"}, "shop": {"opened RW303 owned-shop"}}
	got := map[string][]string{}
	awstest.Eventually(t, func() bool {
		for name, url := range queues {
			got[name] = append(got[name], s.received(t, url)...)
			slices.Sort(got[name])
		}
		return maps.EqualFunc(got, want, slices.Equal[[]string])
	}, func() string { return fmt.Sprintf("received %v, want %v", got, want) })
	if routes := s.stored(t, "owned-pay").Findings[0].Routes; !slices.Equal(routes, []string{"pay"}) {
		t.Errorf("stored routes %v", routes)
	}
}
