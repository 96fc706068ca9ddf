package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// newRulesStack makes the stack of another Region: rules that send to the home Region's bus, and what shows that they do not. What
// cannot be sent stays in the Region, for a rule's dead-letter queue must be where the rule is. The Region has no topic and no key:
// home receives its heartbeat and the events of its alarm over the bus, and reads its queue and its rules.
func newRulesStack(app awscdk.App, set settings.Stack, region string) awscdk.Stack {
	stack := newStack(app, deploy.RulesStackName(region), region, "rolewatch: sends the events of "+region+" to "+set.Home)
	dead := newDeadLetters(stack)
	// The bus is addressed by name: a reference would tie the stacks together across Regions.
	bus := busARN(stack, set.Home, deploy.BusName)
	target := ruleTarget{arn: bus, deadLetters: dead.QueueArn(), role: newSender(stack, "Sender", "Allows rolewatch's rules to send events to its bus in the home Region", aws.EventsService, bus, nil)}
	alarm := newAlarm(stack, deadLetterAlarm(dead))
	rules := newRules(stack, "", append(recordRules(stack, patternsFor(set, region)), heartbeatRule(stack), alarmRule(stack, object{
		"resources": []any{alarm.AlarmArn()},
	})), target)
	allowEvents(dead, rules...)
	newHeartbeat(stack, dead, rules)
	awscdk.NewCfnOutput(stack, jsii.String(deploy.DeadLettersOutput), &awscdk.CfnOutputProps{
		Value: dead.QueueUrl(), Description: jsii.String("What could not be sent to the home Region"),
	})
	return stack
}

// newHeartbeat sends an event to the default bus of the Region each hour. It goes on from there as a record does, by a rule. When a
// heartbeat is lost, home notices, so that it needs no dead-letter queue.
func newHeartbeat(stack awscdk.Stack, dead awssqs.Queue, rules []awsevents.CfnRule) {
	beat := deploy.Heartbeat{DeadLetters: *dead.QueueUrl()}
	for _, r := range rules {
		beat.Rules = append(beat.Rules, *r.Ref())
	}
	bus := busARN(stack, *stack.Region(), "default")
	role := newSender(stack, "HeartbeatSender", "Allows rolewatch's schedule to send its heartbeat to the default bus", aws.SchedulerService, bus, object{
		"events:source": deploy.HeartbeatSource, "events:detail-type": deploy.HeartbeatType,
	})
	newHeartbeatSchedule(stack, bus, role.RoleArn(), jsii.String(beat.Detail()))
}

// newHeartbeatSchedule makes the schedule that sends a heartbeat to a bus with a role.
func newHeartbeatSchedule(stack awscdk.Stack, bus, role, input *string) awsscheduler.CfnSchedule {
	return awsscheduler.NewCfnSchedule(stack, jsii.String(deploy.HeartbeatID), &awsscheduler.CfnScheduleProps{
		Description:        jsii.String("Shows the home Region each hour that this Region can send to it"),
		ScheduleExpression: jsii.String(rate(deploy.HeartbeatInterval)),
		State:              jsii.String("ENABLED"),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn: bus, RoleArn: role, Input: input,
			EventBridgeParameters: &awsscheduler.CfnSchedule_EventBridgeParametersProperty{
				Source: jsii.String(deploy.HeartbeatSource), DetailType: jsii.String(deploy.HeartbeatType),
			},
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(deploy.HeartbeatInterval.Seconds()), MaximumRetryAttempts: jsii.Number(10),
			},
		},
	})
}

// busARN is the ARN of a bus of the account.
func busARN(stack awscdk.Stack, region, name string) *string {
	return stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("events"), Region: jsii.String(region), Resource: jsii.String("event-bus"), ResourceName: jsii.String(name),
	})
}

// newSender makes a role with which a service sends to a bus, and does nothing else; only what the conditions are about may be sent.
// Neither service says for which rule or schedule it assumes the role, but both say for which account.
func newSender(stack awscdk.Stack, id, description, service string, bus *string, conditions object) awsiam.Role {
	send := &awsiam.PolicyStatementProps{Actions: jsii.Strings("events:PutEvents"), Resources: &[]*string{bus}}
	if conditions != nil {
		send.Conditions = &map[string]any{"StringEquals": conditions}
	}
	return awsiam.NewRole(stack, jsii.String(id), &awsiam.RoleProps{
		Description: jsii.String(description),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String(service), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": object{"aws:SourceAccount": stack.Account()}},
		}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"send": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
				Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(send)},
			}),
		},
	})
}
