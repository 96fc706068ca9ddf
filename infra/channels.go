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
	connect func(*home, ...awssns.Topic)
}

// channels are the channels that the stack can connect.
var channels = []channel{{
	name:    "chat",
	wanted:  func(set settings.Stack) bool { return set.Slack != nil },
	connect: (*home).newSlackChannel,
}}

// newChannels makes the topics of the channels that the settings ask for, by the names of the channels.
func newChannels(stack awscdk.Stack, set settings.Stack, encrypt encryption) map[string]awssns.Topic {
	made := map[string]awssns.Topic{}
	for _, c := range channels {
		if c.wanted(set) {
			made[c.name] = newTopic(stack, logicalName(c.name), "rolewatch "+c.name, encrypt)
		}
	}
	return made
}

// connectChannels subscribes the channels to their topics and to that of operations.
func (h *home) connectChannels() {
	for _, c := range channels {
		if topic := h.topics.channels[c.name]; topic != nil {
			c.connect(h, topic, h.topics.operations)
		}
	}
}

// newSlackChannel subscribes a Slack channel to topics. From there one can invoke the command function for chat, and do nothing else in
// the account: the channel's role allows that alone, and the guardrail, which bounds every role that a member of the channel picks,
// denies the rest. Without a guardrail the channel would get AdministratorAccess for one.
func (h *home) newSlackChannel(topics ...awssns.Topic) {
	const invoke = "lambda:InvokeFunction"
	command := h.commands.chat.FunctionArn()
	allow := func() awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(invoke), Resources: &[]*string{command}})
	}
	guardrail := awsiam.NewManagedPolicy(h.Stack, jsii.String("SlackGuardrail"), &awsiam.ManagedPolicyProps{
		Description: jsii.String("Allows nothing in the account from rolewatch's Slack channel but its command function"),
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Effect: awsiam.Effect_DENY, NotActions: jsii.Strings(invoke), Resources: jsii.Strings("*")}),
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Effect: awsiam.Effect_DENY, Actions: jsii.Strings(invoke), NotResources: &[]*string{command}}),
			allow(),
		},
	})
	role := awsiam.NewRole(h.Stack, jsii.String(deploy.SlackRoleID), &awsiam.RoleProps{
		Description: jsii.String("Allows the invocation of rolewatch's command function for chat, and nothing else"),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("chatbot.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"rolewatch": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{allow()}}),
		},
	})
	newCommandPolicy(h.Stack, deploy.ChatCommandID+"Policy", h.commands.chat, object{"ArnNotEquals": object{"aws:PrincipalArn": role.RoleArn()}})
	slack := slackRole{role, guardrail, h.newCustomActions()}
	h.configureSlackChannel("SlackChannel", deploy.StackName, h.set.Slack.Channel, slack, topics...)
	for _, place := range h.set.Places() {
		if place.Chat() {
			h.configureSlackChannel("Slack"+place.Channel, deploy.StackName+"-"+place.Channel, place.Channel, slack, h.topics.places[place.Name])
		}
	}
}

// slackRole is what Slack channels have in common: their role, their guardrail and their custom actions.
type slackRole struct {
	role      awsiam.IRole
	guardrail awsiam.IManagedPolicy
	actions   *[]*string
}

// configureSlackChannel subscribes a Slack channel of the workspace to topics.
func (h *home) configureSlackChannel(id, name, of string, slack slackRole, topics ...awssns.Topic) {
	var notified []awssns.ITopic
	for _, t := range topics {
		notified = append(notified, t)
	}
	channel := awschatbot.NewSlackChannelConfiguration(h.Stack, jsii.String(id), &awschatbot.SlackChannelConfigurationProps{
		SlackChannelConfigurationName: jsii.String(name),
		SlackWorkspaceId:              jsii.String(h.set.Slack.Workspace),
		SlackChannelId:                jsii.String(of),
		NotificationTopics:            &notified,
		Role:                          slack.role,
		GuardrailPolicies:             &[]awsiam.IManagedPolicy{slack.guardrail},
	})
	channel.Node().DefaultChild().(awschatbot.CfnSlackChannelConfiguration).SetCustomizationResourceArns(slack.actions)
}
