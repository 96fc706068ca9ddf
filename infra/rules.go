package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// ruleTarget is where rules send what they match, and what they could not send.
type ruleTarget struct {
	arn, deadLetters *string
	// role lets the rules send to a bus; a queue's own policy does for a queue.
	role awsiam.Role
	// sender is the ARN of a role that another stack has, in place of role.
	sender *string
	// bus is what the rules listen to; nil is the default bus.
	bus awsevents.CfnEventBus
}

// patternsFor gives the patterns of what happens in a Region: Lambda's where functions are watched, IAM's only where
// its records are.
func patternsFor(set settings.Stack, region string) []events.Pattern {
	return slices.DeleteFunc(events.Patterns(), func(p events.Pattern) bool {
		if p.Global {
			return region != aws.PartitionOfRegion(region).GlobalRegion
		}
		return !slices.Contains(set.Regions, region)
	})
}

// patternsFromOthers gives the patterns of what the other Regions send: all that one of them has a rule for.
func patternsFromOthers(set settings.Stack) []events.Pattern {
	sent := make(map[string]bool)
	for _, region := range otherRegions(set) {
		for _, p := range patternsFor(set, region) {
			sent[p.Name] = true
		}
	}
	return slices.DeleteFunc(events.Patterns(), func(p events.Pattern) bool { return !sent[p.Name] })
}

// rule is what a rule of EventBridge selects.
type rule struct {
	// name ends the rule's logical ID.
	name, description string
	pattern           object
}

// recordRules are the rules that select CloudTrail's records. Each pattern has the account: a bus takes events of other accounts that
// its policy allows, and a record of another account is not about this one.
func recordRules(stack awscdk.Stack, patterns []events.Pattern) []rule {
	rules := make([]rule, 0, len(patterns)+2)
	for _, p := range patterns {
		pattern := patternObject(p)
		pattern["account"] = []any{stack.Account()}
		rules = append(rules, rule{logicalName(p.Name), "CloudTrail records of " + p.Source + " that may change an execution role", pattern})
	}
	return rules
}

// heartbeatRule selects the heartbeats of the stacks of other Regions.
func heartbeatRule(stack awscdk.Stack) rule {
	return rule{"Heartbeat", "Heartbeats of rolewatch's stacks", object{
		"source": []any{deploy.HeartbeatSource}, "detail-type": []any{deploy.HeartbeatType}, "account": []any{stack.Account()},
	}}
}

// alarmRule selects the changes of the state of alarms.
func alarmRule(stack awscdk.Stack, which object) rule {
	pattern := object{"source": []any{deploy.AlarmSource}, "detail-type": []any{deploy.AlarmType}, "account": []any{stack.Account()}}
	maps.Copy(pattern, which)
	return rule{"Alarm", "Changes of the state of rolewatch's alarms", pattern}
}

// newRules makes rules. They are of the first level because it takes the pattern as it is: the next one would put it together anew,
// and does not know every filter.
func newRules(stack awscdk.Stack, prefix string, rules []rule, to ruleTarget) []awsevents.CfnRule {
	made := make([]awsevents.CfnRule, 0, len(rules))
	for _, r := range rules {
		made = append(made, newRule(stack, prefix, r, to))
	}
	return made
}

func newRule(stack awscdk.Stack, prefix string, r rule, to ruleTarget) awsevents.CfnRule {
	target := &awsevents.CfnRule_TargetProperty{
		Id: jsii.String("rolewatch"), Arn: to.arn, RoleArn: to.sender,
		// EventBridge's longest: a day, and as often as fits.
		RetryPolicy:      retryPolicy(24*60*60, 185),
		DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: to.deadLetters},
	}
	if to.role != nil {
		target.RoleArn = to.role.RoleArn()
	}
	props := &awsevents.CfnRuleProps{
		Description:  jsii.String(r.description),
		EventPattern: r.pattern,
		State:        jsii.String("ENABLED"),
		Targets:      &[]*awsevents.CfnRule_TargetProperty{target},
	}
	if to.bus != nil {
		props.EventBusName = to.bus.Ref()
	}
	return awsevents.NewCfnRule(stack, jsii.String(prefix+"Rule"+r.name), props)
}

func retryPolicy(seconds, attempts int) *awsevents.CfnRule_RetryPolicyProperty {
	return &awsevents.CfnRule_RetryPolicyProperty{
		MaximumEventAgeInSeconds: jsii.Number(seconds), MaximumRetryAttempts: jsii.Number(attempts),
	}
}

// patternObject gives a pattern as the object that CloudFormation wants in place of its text.
func patternObject(p events.Pattern) object {
	var pattern object
	if err := json.Unmarshal([]byte(p.JSON()), &pattern); err != nil {
		panic("infra: pattern " + p.Name + " is not a JSON object: " + err.Error())
	}
	return pattern
}

// object is a JSON object.
type object = map[string]any

// rate is the expression of a schedule.
func rate(every time.Duration) string {
	if every == time.Hour {
		return "rate(1 hour)"
	}
	return fmt.Sprintf("rate(%.0f minutes)", every.Minutes())
}

// logicalName turns a pattern's name, "lambda-1", into one that CloudFormation takes, "Lambda1".
func logicalName(name string) string {
	var b strings.Builder
	for _, word := range strings.Split(name, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
