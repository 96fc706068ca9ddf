package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// hubOf is the hub of the settings; nil where the deployment is that of one account.
func hubOf(set settings.Stack) *settings.Hub { return set.Organization.Hub }

// newHubBus makes the event bus that the members' rules send to, and the rules that send from there to the queue of records. EventBridge
// does not send an event from a bus to a third one, so that members send to this bus in one step:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
func (h *home) newHubBus(target ruleTarget) []awsevents.CfnRule {
	bus := busARN(h.Stack, h.set.Home, deploy.HubBusName)
	var sources []any
	for _, p := range events.Patterns() {
		if !slices.Contains(sources, any(p.Source)) {
			sources = append(sources, p.Source)
		}
	}
	// The policy is the bus's own property, so that the bus never is without it.
	target.bus = awsevents.NewCfnEventBus(h.Stack, jsii.String(deploy.HubBusID), &awsevents.CfnEventBusProps{
		Name:        jsii.String(deploy.HubBusName),
		Description: jsii.String("Events from the members of the organization, on the way to the queue of records"),
		Policy: object{"Version": "2012-10-17", "Statement": []any{
			h.admitting("RecordsFromMembers", bus, sources, events.DetailType),
			h.admitting("HeartbeatsFromMembers", bus, []any{deploy.HeartbeatSource}, deploy.HeartbeatType),
		}},
	})
	rules := append(recordRules(h.Stack, events.Patterns()), heartbeatRule(h.Stack))
	for i := range rules {
		// The hub's own account sends to the default bus. Whoever may send to any bus of the account could send here, too.
		rules[i].pattern["account"] = []any{object{"anything-but": []any{h.Stack.Account()}}}
	}
	return newRules(h.Stack, deploy.MemberRules, rules, target)
}

// admitting is the statement that allows the sender roles of the organization to send events of some sources with one detail-type.
func (h *home) admitting(sid string, bus *string, sources []any, detailType string) object {
	return object{
		"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": bus,
		"Condition": object{
			"StringEquals": object{"aws:PrincipalOrgID": h.set.Organization.ID, "events:source": sources, "events:detail-type": detailType},
			"ArnLike":      object{"aws:PrincipalArn": "arn:*:iam::*:role/" + deploy.SenderRole},
		},
	}
}

// roleARN is the ARN of a role of the account with a fixed name.
func (h *home) roleARN(name string) string {
	return aws.ARN{Partition: *h.Stack.Partition(), Service: "iam", Account: *h.Stack.Account(), Resource: "role/" + name}.String()
}

// keepQueuesApart denies everybody but the function to send work items, and everybody but EventBridge to send records: the function does
// what a work item says, and believes of a record what EventBridge wrote into it. The principals of the setting ackPrincipals send dead
// letters back to the queue of work items.
func (h *home) keepQueuesApart() {
	senders := []any{h.roleARN(deploy.HubRole)}
	for _, p := range h.set.AckPrincipals {
		senders = append(senders, p)
	}
	denySending(h.queues.work, "OthersMayNotSend", object{"ArnNotLike": object{"aws:PrincipalArn": senders}})
	denySending(h.queues.records, "PrincipalsMayNotSend", object{"Bool": object{"aws:PrincipalIsAWSService": "false"}})
}

func denySending(queue awssqs.Queue, sid string, condition object) {
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{queue.QueueArn()}, Conditions: &condition,
	}))
}
