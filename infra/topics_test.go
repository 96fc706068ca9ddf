package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// Each alarm reaches its topic: the topic's policy lets CloudWatch publish, and the policy of the topic's key lets it
// encrypt, both for this account only.
func TestAlarmsReachTheirTopic(t *testing.T) {
	alarms := 0
	for _, tm := range synthesize(t, severalRegions) {
		for id, alarm := range tm.properties("AWS::CloudWatch::Alarm") {
			alarms++
			for _, actions := range []any{alarm["AlarmActions"], alarm["OKActions"]} {
				if n := len(list(actions)); n != 1 {
					t.Fatalf("%s of %s has %d actions", id, tm.name, n)
				}
				walkToKey(t, tm, referred(list(actions)[0]))
			}
		}
	}
	if alarms != 6 {
		t.Errorf("%d alarms were walked", alarms)
	}
}

func walkToKey(t *testing.T, tm *template, topic string) {
	t.Helper()
	properties := tm.properties("AWS::SNS::Topic")[topic]
	if properties == nil {
		t.Fatalf("%s has no topic %q", tm.name, topic)
	}
	published := 0
	for _, p := range tm.properties("AWS::SNS::TopicPolicy") {
		for _, s := range allowing(p["PolicyDocument"], "cloudwatch.amazonaws.com", "sns:Publish") {
			if referred(list(p["Topics"])[0]) == topic && referred(s["Resource"]) == topic {
				published++
				wantOwnAccount(t, s)
			}
		}
	}
	if published != 1 {
		t.Errorf("%d statements of %s let alarms publish", published, topic)
	}
	key := tm.properties("AWS::KMS::Key")[referred(properties["KmsMasterKeyId"])]
	for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey*"} {
		statements := allowing(key["KeyPolicy"], "cloudwatch.amazonaws.com", action)
		if len(statements) != 1 {
			t.Fatalf("%d statements of the key let alarms use %s", len(statements), action)
		}
		wantOwnAccount(t, statements[0])
	}
}

func wantOwnAccount(t *testing.T, statement object) {
	t.Helper()
	if at(statement, "Condition", "StringEquals", "aws:SourceAccount", "Ref") != "AWS::AccountId" {
		t.Errorf("any account may %v: %v", statement["Action"], statement["Condition"])
	}
}

func TestAlarmsWatchTheRightMetrics(t *testing.T) {
	want := map[string]float64{"ApproximateNumberOfMessagesVisible": 0, "Errors": 0, "Throttles": 0, "ApproximateAgeOfOldestMessage": 900}
	tm := homeOf(t, oneRegion)
	alarms := tm.properties("AWS::CloudWatch::Alarm")
	for id, alarm := range alarms {
		metric, _ := alarm["MetricName"].(string)
		if threshold, ok := want[metric]; !ok || alarm["Threshold"] != threshold {
			t.Errorf("%s: %s over %v", id, metric, alarm["Threshold"])
		}
	}
	if len(alarms) != len(want) {
		t.Errorf("%d alarms, want %d", len(alarms), len(want))
	}
	tm.only("AWS::CloudWatch::Dashboard")
}

// Without a guardrail, a channel gets AdministratorAccess.
func TestSlackChannelAllowsNothing(t *testing.T) {
	tm := homeOf(t, severalRegions)
	_, channel := tm.only("AWS::Chatbot::SlackChannelConfiguration")
	guardrails := list(channel["GuardrailPolicies"])
	if len(guardrails) != 1 {
		t.Fatalf("%d guardrails", len(guardrails))
	}
	policy := tm.properties("AWS::IAM::ManagedPolicy")[referred(guardrails[0])]
	statements := list(at(policy, "PolicyDocument", "Statement"))
	if len(statements) != 1 || text(t, statements) != `[{"Action":"*","Effect":"Deny","Resource":"*"}]` {
		t.Errorf("the guardrail is %s", text(t, statements))
	}
	role := tm.properties("AWS::IAM::Role")[referred(channel["IamRoleArn"])]
	if role == nil || role["Policies"] != nil || role["ManagedPolicyArns"] != nil {
		t.Errorf("the channel's role is %s", text(t, role))
	}
	topics := tm.properties("AWS::SNS::Topic")
	for _, arn := range list(channel["SnsTopicArns"]) {
		if topics[referred(arn)] == nil {
			t.Errorf("the channel is told by %v", arn)
		}
	}
	if len(list(channel["SnsTopicArns"])) == 0 {
		t.Error("the channel is told by no topic")
	}
}

func TestWithoutSlackAndMailThereIsNeither(t *testing.T) {
	tm := homeOf(t, oneRegion)
	for _, kind := range []string{"AWS::Chatbot::SlackChannelConfiguration", "AWS::IAM::ManagedPolicy", "AWS::SNS::Subscription"} {
		if n := len(tm.find(kind)); n != 0 {
			t.Errorf("%d of %s", n, kind)
		}
	}
	if n := len(tm.properties("AWS::SNS::Topic")); n != 2 {
		t.Errorf("%d topics, want Findings and Operations", n)
	}
}

func TestMailGoesOutForFindingsAndOperations(t *testing.T) {
	subscribed := map[string]int{}
	for _, s := range homeOf(t, severalRegions).properties("AWS::SNS::Subscription") {
		if s["Protocol"] == "email" {
			subscribed[referred(s["TopicArn"])]++
		}
	}
	if len(subscribed) != 2 {
		t.Errorf("%d topics have e-mail subscriptions", len(subscribed))
	}
	for topic, n := range subscribed {
		if n != 2 {
			t.Errorf("%s has %d addresses", topic, n)
		}
	}
}

// TestMailLeavesOutWhatIsForMachines holds the filter of e-mail subscriptions to the Findings topic: a message with the
// attribute is not sent, and one without it is. Operations has no such messages.
func TestMailLeavesOutWhatIsForMachines(t *testing.T) {
	filtered := 0
	for _, s := range homeOf(t, severalRegions).properties("AWS::SNS::Subscription") {
		if s["Protocol"] != "email" {
			continue
		}
		policy, has := s["FilterPolicy"].(map[string]any)
		if findings := strings.HasPrefix(referred(s["TopicArn"]), deploy.FindingsID); has != findings {
			t.Errorf("%s: filter %v", referred(s["TopicArn"]), s["FilterPolicy"])
		}
		if !has {
			continue
		}
		filtered++
		want := map[string]any{deploy.AudienceAttribute: []any{map[string]any{"exists": false}}}
		if !reflect.DeepEqual(policy, want) || s["FilterPolicyScope"] != "MessageAttributes" {
			t.Errorf("filter %v of scope %v, want %v", policy, s["FilterPolicyScope"], want)
		}
	}
	if filtered != 2 {
		t.Errorf("%d subscriptions are filtered", filtered)
	}
}
