package main

import (
	"slices"

	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
)

// The kinds of resource that rolewatch reads of its own deployment.
const (
	// otherDeadLetters are the dead-letter queues of other Regions, and ownRules the rules of all Regions.
	otherDeadLetters resource = "OtherDeadLetters"
	ownRules         resource = "Rules"
	// trails are those of the account and of its organization, in any Region.
	trails resource = "Trails"
	// ownStacks are the stacks and ownBus is the bus that the other Regions send to, and in a hub that of the members.
	ownStacks resource = "Stacks"
	ownBus    resource = "Bus"
	// canaryTag is the function where the settings have it tag itself. The role cannot refer to the function, which refers to the role.
	canaryTag resource = "Canary"
)

// selfReads are what the function may read of its own deployment, to find out that it is blind. None of it is about a role or a
// function that is watched. The function's own mapping is one of those that it may read anyway.
var selfReads = []permission{
	{"sqs:GetQueueAttributes", deadLetters, "how many changes could not be handled"},
	{"sqs:GetQueueAttributes", otherDeadLetters, "how many events another Region could not send"},
	{"events:DescribeRule", ownRules, "whether a rule is there, is enabled and selects what it should"},
	{"events:ListTargetsByRule", ownRules, "whether a rule sends to the queue, or to the bus"},
	{"cloudtrail:DescribeTrails", trails, "whether a trail covers a Region"},
	{"cloudtrail:GetTrailStatus", trails, "whether a trail is logging"},
	{"cloudtrail:GetEventSelectors", trails, "whether a trail logs management events that write"},
	{"sns:ListSubscriptionsByTopic", ownTopics, "whether somebody is subscribed, and has confirmed"},
	{"lambda:GetFunctionRecursionConfig", functions, "whether Lambda stops the function when it sends itself an item again"},
	{"kms:DescribeKey", topicsKey, "whether the key of the topics is enabled"},
	{"cloudformation:ListStackResources", ownStacks, "the names of the resources of the stacks, even if they were deleted"},
	{"events:DescribeEventBus", ownBus, "whether the bus that the other Regions or the members of an organization send to is there"},
	{"dynamodb:DescribeTable", stateTable, "whether the table is there, and the index that the function reads is active and filled"},
}

// canaryWrites are what the function may do where the settings have it tag itself.
var canaryWrites = []permission{
	{"lambda:TagResource", canaryTag, "the tag whose record shows that records arrive"},
}

// allPermissions are all that the deployed function may do.
func allPermissions() []permission {
	return slices.Concat(permissions, selfReads, canaryWrites, hubPermissions)
}

// selfARNs are the ARNs of a kind of resource that rolewatch reads of its own deployment; none for any other kind. The names of other
// Regions' resources begin with those of their stacks: CloudFormation makes them, so that home does not know the rest.
func (t permissionTargets) selfARNs(of resource) []*string {
	arn := func(service, region, resource string) *string {
		return jsii.String(aws.ARN{Partition: *t.partition, Service: service, Region: region, Account: *t.account, Resource: resource}.String())
	}
	switch of {
	case otherDeadLetters:
		return []*string{arn("sqs", "*", deploy.RulesStackPrefix+"*-"+deploy.DeadLettersID+"*")}
	case ownRules:
		// A rule of another bus than the default bus has the name of the bus before its own.
		rules := []*string{arn("events", "*", "rule/"+deploy.StackName+"-*"), arn("events", t.home, "rule/"+deploy.BusName+"/"+deploy.StackName+"-*")}
		if t.organizationID != "" {
			rules = append(rules, arn("events", t.home, "rule/"+deploy.HubBusName+"/"+deploy.StackName+"-*"))
		}
		return rules
	case trails:
		// A trail of the organization belongs to its management account, and DescribeTrails takes no resource.
		return []*string{jsii.String("*")}
	case ownStacks:
		return []*string{arn("cloudformation", t.home, "stack/"+deploy.StackName+"/*"), arn("cloudformation", "*", "stack/"+deploy.RulesStackPrefix+"*/*")}
	case ownBus:
		buses := []*string{arn("events", t.home, "event-bus/"+deploy.BusName)}
		if t.organizationID != "" {
			buses = append(buses, arn("events", t.home, "event-bus/"+deploy.HubBusName))
		}
		return buses
	case canaryTag:
		if t.canary {
			return []*string{t.ownFunction()}
		}
	}
	return nil
}

func (t permissionTargets) ownFunction() *string {
	name := deploy.PhysicalName(deploy.FunctionID) + "*"
	return jsii.String(aws.FunctionName{Partition: *t.partition, Region: t.home, Account: *t.account, Name: name}.ARN())
}
