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
	key                  awskms.Key
	findings, operations awssns.Topic
	// channels are the topics of the channels that are configured, by name.
	channels map[string]awssns.Topic
}

func newTopics(stack awscdk.Stack, set settings.Stack) topics {
	key := newTopicsKey(stack)
	t := topics{
		key:        key,
		findings:   newTopic(stack, deploy.FindingsID, "rolewatch findings", key),
		operations: newOperations(stack, key, set.Emails),
	}
	for _, s := range subscribeAll(t.findings, set.Emails, &awssnssubscriptions.EmailSubscriptionProps{
		FilterPolicy: &map[string]awssns.SubscriptionFilter{deploy.AudienceAttribute: awssns.SubscriptionFilter_NotExistsFilter()},
	}) {
		// The construct leaves it out, and CloudFormation refuses to add a filter policy without it:
		// https://github.com/aws/aws-cdk/issues/24804
		s.Node().DefaultChild().(awssns.CfnSubscription).SetFilterPolicyScope(jsii.String("MessageAttributes"))
	}
	t.channels = newChannels(stack, set, key, t.operations)
	return t
}

// published gives the ARNs of the topics that the function publishes to.
func (t topics) published() []*string {
	arns := []*string{t.findings.TopicArn(), t.operations.TopicArn()}
	for _, name := range slices.Sorted(maps.Keys(t.channels)) {
		arns = append(arns, t.channels[name].TopicArn())
	}
	return arns
}

// newTopicsKey makes the key of the topics. A customer key, because CloudWatch may not use the one that AWS keeps for SNS:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func newTopicsKey(stack awscdk.Stack) awskms.Key {
	key := awskms.NewKey(stack, jsii.String("TopicsKey"), &awskms.KeyProps{
		Description:       jsii.String("Encrypts what rolewatch's topics hold on its way"),
		EnableKeyRotation: jsii.Bool(true),
		// Topics hold nothing that outlives them.
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	key.AddToResourcePolicy(alarmStatement(stack, "AlarmsMayEncrypt", "*", "kms:Decrypt", "kms:GenerateDataKey*"), nil)
	return key
}

func newTopic(stack awscdk.Stack, id, display string, key awskms.Key) awssns.Topic {
	return awssns.NewTopic(stack, jsii.String(id), &awssns.TopicProps{
		DisplayName: jsii.String(display), MasterKey: key, EnforceSSL: jsii.Bool(true),
	})
}

// newOperations makes the topic of alarms. EnforceSSL replaces the policy that a topic has by default, which would let
// alarms of the account publish, so this one says it.
func newOperations(stack awscdk.Stack, key awskms.Key, emails []string) awssns.Topic {
	topic := newTopic(stack, deploy.OperationsID, "rolewatch operations", key)
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
