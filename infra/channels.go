package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awschatbot"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// channel is how the stack connects a channel to its topic.
type channel struct {
	// name is that of the channel in package message.
	name string
	// wanted tells whether the settings ask for it, and connect subscribes it to topics.
	wanted  func(settings.Stack) bool
	connect func(awscdk.Stack, settings.Stack, ...awssns.Topic)
}

// channels are the channels that the stack can connect.
var channels = []channel{{
	name:   "chat",
	wanted: func(set settings.Stack) bool { return set.Slack != nil },
	connect: func(stack awscdk.Stack, set settings.Stack, topics ...awssns.Topic) {
		newSlackChannel(stack, *set.Slack, topics...)
	},
}}

// newChannels makes the topics of the channels that the settings ask for, by the names of the channels. A channel is
// subscribed to the topic of operations, too.
func newChannels(stack awscdk.Stack, set settings.Stack, encrypt encryption, operations awssns.Topic) map[string]awssns.Topic {
	made := map[string]awssns.Topic{}
	for _, c := range channels {
		if c.wanted(set) {
			made[c.name] = newTopic(stack, logicalName(c.name), "rolewatch "+c.name, encrypt)
			c.connect(stack, set, made[c.name], operations)
		}
	}
	return made
}

// newSlackChannel subscribes a Slack channel to topics. Nobody can do anything in the account from there: the channel's
// role has no permissions, and the guardrail, which bounds every role that a member of the channel picks, denies all.
// Without a guardrail the channel would get AdministratorAccess for one.
func newSlackChannel(stack awscdk.Stack, slack settings.Slack, topics ...awssns.Topic) {
	guardrail := awsiam.NewManagedPolicy(stack, jsii.String("SlackGuardrail"), &awsiam.ManagedPolicyProps{
		Description: jsii.String("Allows nothing in the account from rolewatch's Slack channel"),
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Effect: awsiam.Effect_DENY, Actions: jsii.Strings("*"), Resources: jsii.Strings("*"),
		})},
	})
	role := awsiam.NewRole(stack, jsii.String("SlackRole"), &awsiam.RoleProps{
		Description: jsii.String("Allows nothing. A channel configuration requires a role"),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("chatbot.amazonaws.com"), nil),
	})
	var notified []awssns.ITopic
	for _, t := range topics {
		notified = append(notified, t)
	}
	awschatbot.NewSlackChannelConfiguration(stack, jsii.String("SlackChannel"), &awschatbot.SlackChannelConfigurationProps{
		SlackChannelConfigurationName: jsii.String(deploy.StackName),
		SlackWorkspaceId:              jsii.String(slack.Workspace),
		SlackChannelId:                jsii.String(slack.Channel),
		NotificationTopics:            &notified,
		Role:                          role,
		GuardrailPolicies:             &[]awsiam.IManagedPolicy{guardrail},
	})
}
