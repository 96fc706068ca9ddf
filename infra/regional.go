package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// newRulesStack makes the stack of another Region: rules that send to the home Region's bus. What cannot be sent stays
// in the Region, for a dead-letter queue and an alarm's topic must be where the rule is; so each such stack has its own.
func newRulesStack(app awscdk.App, set settings.Stack, region string) awscdk.Stack {
	stack := newStack(app, deploy.StackName+"-rules-"+region, region, "rolewatch: sends what happens in "+region+" to "+set.Home)
	dead := newDeadLetters(stack)
	// The bus is addressed by name: a reference would tie the stacks together across Regions.
	bus := stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("events"), Region: jsii.String(set.Home),
		Resource: jsii.String("event-bus"), ResourceName: jsii.String(deploy.BusName),
	})
	rules := newRules(stack, "", patternsFor(set, region), ruleTarget{
		arn: bus, deadLetters: dead.QueueArn(), role: newSenderRole(stack, bus),
	})
	allowEvents(dead, rules...)
	key := newTopicsKey(stack)
	operations := newOperations(stack, key, set.Emails)
	newAlarm(stack, operations, deadLetterAlarm(dead))
	return stack
}

// newSenderRole makes the role with which rules send to the bus, and do nothing else. EventBridge does not say for
// which rule it assumes the role, but for which account.
func newSenderRole(stack awscdk.Stack, bus *string) awsiam.Role {
	return awsiam.NewRole(stack, jsii.String("Sender"), &awsiam.RoleProps{
		Description: jsii.String("Lets rolewatch's rules send to its bus in the home Region"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String(aws.EventsService), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
		}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"send": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
				Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Actions: jsii.Strings("events:PutEvents"), Resources: &[]*string{bus},
				})},
			}),
		},
	})
}
