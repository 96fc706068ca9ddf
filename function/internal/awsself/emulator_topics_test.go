package awsself_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// key disables the key of the topics, and schedules its deletion, and undoes that.
func (l *lab) key() {
	l.t.Helper()
	ctx, client, id := l.t.Context(), kms.NewFromConfig(l.cfg), l.named("rolewatch", awstest.Region, "TopicsKeyAF8B10C1")
	enable := func() {
		l.t.Helper()
		_, err := client.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &id})
		l.must(err)
		l.want("an enabled key", statuses{})
	}
	_, err := client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &id})
	l.must(err)
	l.want("a disabled key", statuses{"key": selfcheck.Wrong})
	enable()
	_, err = client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &id})
	l.must(err)
	l.want("a key that is scheduled for deletion", statuses{"key": selfcheck.Wrong})
	_, err = client.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: &id})
	l.must(err)
	enable()
}

// subscribeAll subscribes a queue to each topic, and gives the topics.
func (l *lab) subscribeAll() []string {
	l.t.Helper()
	var out []string
	for _, id := range []string{"FindingsB7AC1CF1", "Operations3C43BF59"} {
		topic := l.named("rolewatch", awstest.Region, id)
		_, err := sns.NewFromConfig(l.cfg).Subscribe(l.t.Context(), &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"),
			Endpoint: aws.String("arn:aws:sqs:us-east-1:" + awstest.MinistackAccount + ":inbox")})
		l.must(err)
		out = append(out, topic)
	}
	return out
}

// topics ends every subscription, and deletes a topic.
func (l *lab) topics(topics []string) {
	l.t.Helper()
	before := statuses{"rule:eu-west-1/RuleLambda": selfcheck.Wrong, "deadletters:eu-west-1": selfcheck.Wrong}
	client := sns.NewFromConfig(l.cfg)
	all, err := client.ListSubscriptions(l.t.Context(), &sns.ListSubscriptionsInput{})
	l.must(err)
	for _, s := range all.Subscriptions {
		_, err := client.Unsubscribe(l.t.Context(), &sns.UnsubscribeInput{SubscriptionArn: s.SubscriptionArn})
		l.must(err)
	}
	before["audience:findings"], before["audience:operations"] = selfcheck.Wrong, selfcheck.Wrong
	l.want("nobody subscribed", before)
	_, err = client.DeleteTopic(l.t.Context(), &sns.DeleteTopicInput{TopicArn: &topics[0]})
	l.must(err)
	before["topic"] = selfcheck.Wrong
	l.want("a deleted topic", before)
}
