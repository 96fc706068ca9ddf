package main

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

type topics struct {
	// key encrypts the topics of findings and of channels; nil leaves that to AWS.
	key                  awskms.Key
	findings, operations awssns.Topic
	// channels are the topics of the channels that are configured, by name.
	channels map[string]awssns.Topic
	// places are the topics of the places that routes lead to, by name, but for those that are there already, whose ARNs are others.
	places map[string]awssns.Topic
	others []string
}

func newTopics(stack awscdk.Stack, set settings.Stack) topics {
	var t topics
	encrypt := encryption(withAWSManagedKey)
	if set.Key {
		t.key = newTopicsKey(stack)
		encrypt = func(topic awssns.CfnTopic) { topic.SetKmsMasterKeyId(t.key.KeyArn()) }
	}
	t.findings = newTopic(stack, deploy.FindingsID, "rolewatch findings", encrypt)
	t.operations = newOperations(stack, set.Emails)
	for _, s := range subscribeAll(t.findings, set.Emails, &awssnssubscriptions.EmailSubscriptionProps{
		FilterPolicy: &map[string]awssns.SubscriptionFilter{deploy.AudienceAttribute: awssns.SubscriptionFilter_NotExistsFilter()},
	}) {
		// The construct leaves it out, and CloudFormation refuses to add a filter policy without it:
		// https://github.com/aws/aws-cdk/issues/24804
		s.Node().DefaultChild().(awssns.CfnSubscription).SetFilterPolicyScope(jsii.String("MessageAttributes"))
	}
	t.channels = newChannels(stack, set, encrypt)
	t.newPlaces(stack, set, encrypt)
	return t
}

// published gives the ARNs of the topics that the function publishes to.
func (t topics) published() []*string {
	arns := []*string{t.findings.TopicArn(), t.operations.TopicArn()}
	for _, name := range slices.Sorted(maps.Keys(t.channels)) {
		arns = append(arns, t.channels[name].TopicArn())
	}
	for _, name := range slices.Sorted(maps.Keys(t.places)) {
		arns = append(arns, t.places[name].TopicArn())
	}
	for _, arn := range t.others {
		arns = append(arns, jsii.String(arn))
	}
	return arns
}

// encryption says how a topic is encrypted at rest.
type encryption func(awssns.CfnTopic)

// withAWSManagedKey takes the key that AWS manages for SNS, which costs nothing and lets every principal of the account that may
// publish use it.
func withAWSManagedKey(topic awssns.CfnTopic) { topic.SetKmsMasterKeyId(jsii.String("alias/aws/sns")) }

// withoutKey is for the topic of alarms: CloudWatch may not use the key that AWS manages for SNS, and alarms have to arrive when a
// customer managed key is disabled.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func withoutKey(awssns.CfnTopic) {}

// newTopicsKey makes the customer managed key of the topics of findings and of channels.
func newTopicsKey(stack awscdk.Stack) awskms.Key {
	return awskms.NewKey(stack, jsii.String("TopicsKey"), &awskms.KeyProps{
		Description:       jsii.String("Encrypts messages in rolewatch's topics"),
		EnableKeyRotation: jsii.Bool(true),
		// Topics hold nothing that outlives them.
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}

func newTopic(stack awscdk.Stack, id, display string, encrypt encryption) awssns.Topic {
	topic := awssns.NewTopic(stack, jsii.String(id), &awssns.TopicProps{DisplayName: jsii.String(display), EnforceSSL: jsii.Bool(true)})
	encrypt(topic.Node().DefaultChild().(awssns.CfnTopic))
	return topic
}

// newOperations makes the topic of alarms. EnforceSSL replaces the policy that a topic has by default, which would let
// alarms of the account publish, so this one says it.
func newOperations(stack awscdk.Stack, emails []string) awssns.Topic {
	topic := newTopic(stack, deploy.OperationsID, "rolewatch operations", withoutKey)
	topic.AddToResourcePolicy(alarmStatement(stack, "AlarmsMayPublish", *topic.TopicArn(), "sns:Publish"))
	subscribeAll(topic, emails, nil)
	return topic
}

// alarmStatement lets CloudWatch, on behalf of this account alone, do something.
func alarmStatement(stack awscdk.Stack, sid, resource string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String(sid),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings(actions...),
		Resources:  jsii.Strings(resource),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
	})
}

func subscribeAll(topic awssns.Topic, emails []string, props *awssnssubscriptions.EmailSubscriptionProps) []awssns.Subscription {
	var out []awssns.Subscription
	for _, e := range emails {
		out = append(out, topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(e), props)))
	}
	return out
}
