package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// Each alarm of the home Region reaches the operations topic: its policy lets CloudWatch publish for this account only, and no key
// stands in between, which an alarm would have to be allowed to use and which somebody could disable.
func TestAlarmsReachTheirTopic(t *testing.T) {
	alarms := 0
	for _, context := range []string{oneRegion, severalRegions, withKey} {
		tm := synthesize(t, context)[deploy.StackName]
		for id, alarm := range tm.properties("AWS::CloudWatch::Alarm") {
			alarms++
			for _, actions := range []any{alarm["AlarmActions"], alarm["OKActions"]} {
				if n := len(list(actions)); n != 1 {
					t.Fatalf("%s of %s has %d actions", id, tm.name, n)
				}
				walkToTopic(t, tm, referred(list(actions)[0]))
			}
		}
	}
	if alarms < 3*8 {
		t.Errorf("%d alarms were walked", alarms)
	}
}

func walkToTopic(t *testing.T, tm *template, topic string) {
	t.Helper()
	properties := tm.properties("AWS::SNS::Topic")[topic]
	if properties == nil || !strings.HasPrefix(topic, deploy.OperationsID) {
		t.Fatalf("%s has no operations topic %q", tm.name, topic)
	}
	if properties["KmsMasterKeyId"] != nil {
		t.Errorf("%s is encrypted with %v", topic, properties["KmsMasterKeyId"])
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
}

// The topics of findings and of chat are encrypted: with the stack's key where the settings want one, and with AWS's otherwise. A
// deployment whose settings do not say anything keeps the key that it has.
func TestTopicsAreEncryptedWithTheKeyOfTheSettings(t *testing.T) {
	encrypted := 0
	for context, want := range map[string]bool{oneRegion: false, withKey: true, severalRegions: true} {
		tm := homeOf(t, context)
		keys := tm.find("AWS::KMS::Key")
		if (len(keys) == 1) != want || len(keys) > 1 {
			t.Errorf("%s: %d keys", context, len(keys))
		}
		for id, topic := range tm.properties("AWS::SNS::Topic") {
			if strings.HasPrefix(id, deploy.OperationsID) {
				continue
			}
			encrypted++
			if key := topic["KmsMasterKeyId"]; want && keys[referred(key)] == nil || !want && key != "alias/aws/sns" {
				t.Errorf("%s of %s is encrypted with %v", id, context, key)
			}
		}
		for id, key := range keys {
			if strings.Contains(text(t, key["KeyPolicy"]), "cloudwatch") || key["EnableKeyRotation"] != true {
				t.Errorf("%s of %s: %v", id, context, key)
			}
		}
		role := text(t, tm.find("AWS::IAM::Role")[functionRole(t, tm)])
		if strings.Contains(role, string(topicsKey)) != want || strings.Contains(role, string(tableKey)) != (context == severalRegions) {
			t.Errorf("%s: the role is %s", context, role)
		}
	}
	if encrypted != 4 {
		t.Errorf("%d topics", encrypted)
	}
}

func functionRole(t *testing.T, tm *template) string {
	t.Helper()
	_, function := tm.named("AWS::Lambda::Function", deploy.FunctionID)
	return referred(function["Role"])
}

// The table and the log are encrypted with the owner's keys where the settings name them.
func TestTableAndLogAreEncryptedWithTheOwnersKeys(t *testing.T) {
	for context, want := range map[string]bool{oneRegion: false, severalRegions: true} {
		tm := homeOf(t, context)
		_, table := tm.only("AWS::DynamoDB::Table")
		_, log := tm.named("AWS::Logs::LogGroup", "Log")
		got := text(t, []any{table["SSESpecification"], log["KmsKeyId"]})
		wanted := "[null,null]"
		if want {
			wanted = `[{"KMSMasterKeyId":"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab","SSEEnabled":true,"SSEType":"KMS"},` +
				`"arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321"]`
		}
		if got != wanted {
			t.Errorf("%s: %s", context, got)
		}
	}
}

func wantOwnAccount(t *testing.T, statement object) {
	t.Helper()
	if at(statement, "Condition", "StringEquals", "aws:SourceAccount", "Ref") != "AWS::AccountId" {
		t.Errorf("any account may %v: %v", statement["Action"], statement["Condition"])
	}
}

// The channel is told by topics of the stack.
func TestSlackChannelIsSubscribed(t *testing.T) {
	tm := homeOf(t, severalRegions)
	_, channel := tm.only("AWS::Chatbot::SlackChannelConfiguration")
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
