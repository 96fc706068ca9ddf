package main

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
)

// A stack of another Region has nothing that costs by the month but its alarm, and nobody has to confirm anything for it.
func TestOtherRegionsHaveNeitherKeyNorTopic(t *testing.T) {
	stacks := 0
	for name, tm := range synthesize(t, severalRegions) {
		if name == deploy.StackName {
			continue
		}
		stacks++
		for _, kind := range []string{"AWS::KMS::Key", "AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::CloudWatch::Dashboard"} {
			if n := len(tm.find(kind)); n != 0 {
				t.Errorf("%s has %d of %s", name, n, kind)
			}
		}
		_, alarm := tm.only("AWS::CloudWatch::Alarm")
		if alarm["AlarmActions"] != nil || alarm["OKActions"] != nil {
			t.Errorf("%s: the alarm has actions: %v", name, alarm)
		}
		tm.only("AWS::SQS::Queue")
	}
	if stacks != 2 {
		t.Errorf("%d stacks", stacks)
	}
}

// TestSignalsArriveAtHome sends what a stack of another Region sends on its way: the rules of the Region select it, and those of the
// home Region's bus, and the function reads it.
func TestSignalsArriveAtHome(t *testing.T) {
	templates, arrived := synthesize(t, severalRegions), 0
	home := onTheBus(t, templates[deploy.StackName])
	for name, tm := range templates {
		region, ok := strings.CutPrefix(name, deploy.RulesStackPrefix)
		if !ok {
			continue
		}
		regional := patternsOf(t, tm)
		_, schedule := tm.only("AWS::Scheduler::Schedule")
		target := at(schedule, "Target")
		beat := object{
			"source": at(target, "EventBridgeParameters", "Source"), "detail-type": at(target, "EventBridgeParameters", "DetailType"),
			"account": ownAccount, "region": region, "time": "2026-10-02T17:00:00Z", "detail": detailOf(t, resolved(at(target, "Input"))),
		}
		alarmID, _ := tm.only("AWS::CloudWatch::Alarm")
		alarm := object{
			"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "account": ownAccount, "region": region,
			"time": "2026-10-02T17:04:40Z", "resources": []any{alarmID}, "detail": object{
				"alarmName": name + "-" + alarmID + "-1A2B3C4D5E6F", "state": object{"value": "ALARM"}, "previousState": object{"value": "OK"},
			},
		}
		for what, event := range map[string]object{"heartbeat": beat, "alarm": alarm} {
			arrived++
			if sent, received := selecting(t, regional, []byte(text(t, event))), selecting(t, home, []byte(text(t, event))); len(sent) != 1 || len(received) != 1 {
				t.Errorf("the %s of %s is sent by %v and received by %v", what, region, sent, received)
			}
			signal, ok, err := deploy.ParseSignal([]byte(text(t, event)))
			if !ok || err != nil || signal.Region != region {
				t.Fatalf("the %s of %s is read as %+v, %v, %v", what, region, signal, ok, err)
			}
			if b := signal.Heartbeat; b != nil {
				queue, _ := tm.only("AWS::SQS::Queue")
				if b.DeadLetters != queue || len(b.Rules) != len(tm.find("AWS::Events::Rule")) {
					t.Errorf("the heartbeat of %s names %+v", region, b)
				}
			}
		}
		alarm["resources"] = []any{"arn:aws:cloudwatch:" + region + ":" + ownAccount + ":alarm:other"}
		if sent := selecting(t, regional, []byte(text(t, alarm))); len(sent) != 0 {
			t.Errorf("another alarm of %s is sent by %v", region, sent)
		}
	}
	if arrived != 4 {
		t.Errorf("%d signals were sent", arrived)
	}
}

func detailOf(t *testing.T, input string) (detail object) {
	t.Helper()
	if err := json.Unmarshal([]byte(input), &detail); err != nil {
		t.Fatalf("%s: %v", input, err)
	}
	return detail
}

// onTheBus gives the patterns of the rules that listen to the bus that other Regions send to.
func onTheBus(t *testing.T, tm *template) map[string]object {
	t.Helper()
	patterns := patternsOf(t, tm)
	for id := range patterns {
		if tm.find("AWS::Events::Rule")[id]["EventBusName"] == nil {
			delete(patterns, id)
		}
	}
	if len(patterns) < 3 {
		t.Fatalf("%d rules listen to the bus", len(patterns))
	}
	return patterns
}

// The schedule may send a heartbeat to the default bus of its Region, and nothing else.
func TestTheHeartbeatIsSentEachHour(t *testing.T) {
	for name, tm := range synthesize(t, severalRegions) {
		if name == deploy.StackName {
			continue
		}
		_, schedule := tm.only("AWS::Scheduler::Schedule")
		role, properties := tm.roleOf("scheduler.amazonaws.com")
		const bus = `{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":events:REGION:",{"Ref":"AWS::AccountId"},":event-bus/default"]]}`
		want := strings.ReplaceAll(bus, "REGION", strings.TrimPrefix(name, deploy.RulesStackPrefix))
		if schedule["ScheduleExpression"] != "rate(1 hour)" || text(t, at(schedule, "Target", "Arn")) != want || referred(at(schedule, "Target", "RoleArn")) != role {
			t.Errorf("the schedule is %s", text(t, schedule))
		}
		statements := text(t, at(list(properties["Policies"])[0], "PolicyDocument", "Statement"))
		if statements != `[{"Action":"events:PutEvents","Condition":{"StringEquals":{"events:detail-type":"rolewatch heartbeat","events:source":"rolewatch"}},`+
			`"Effect":"Allow","Resource":`+want+`}]` {
			t.Errorf("the policy is %s", statements)
		}
		trust := allowing(properties["AssumeRolePolicyDocument"], "scheduler.amazonaws.com", "sts:AssumeRole")
		wantOwnAccount(t, trust[0])
	}
}

// What the function may read of its own deployment covers the names that CloudFormation gives to it.
func TestTheFunctionMayReadWhatItsDeploymentHas(t *testing.T) {
	partition, account := "aws", ownAccount
	targets := permissionTargets{partition: &partition, account: &account, home: "eu-central-1", regions: []string{"eu-west-1"}}
	for arn, of := range map[string]resource{
		"arn:aws:sqs:eu-west-1:" + account + ":" + deploy.RulesStackName("eu-west-1") + "-DeadLettersB5A4A0A5-q1w2e3r4t5y6": otherDeadLetters,
		"arn:aws:events:eu-central-1:" + account + ":rule/rolewatch-RuleIam-1A2B3C":                                         ownRules,
		"arn:aws:events:eu-central-1:" + account + ":rule/rolewatch/rolewatch-OtherRuleIam-1A2B3C":                          ownRules,
		"arn:aws:events:us-east-1:" + account + ":rule/rolewatch-rules-us-east-1-RuleIam-1A2B3C":                            ownRules,
		"arn:aws:lambda:eu-central-1:" + account + ":event-source-mapping:1234abcd-12ab-34cd-56ef-1234567890ab":             mappings,
	} {
		covered := 0
		for _, pattern := range targets.arns(of) {
			if covers(*pattern, arn) {
				covered++
			}
			if covers(*pattern, strings.Replace(arn, account, "999988887777", 1)) {
				t.Errorf("%s covers another account", *pattern)
			}
		}
		if covered == 0 {
			t.Errorf("%s is not covered", arn)
		}
	}
}

// TestTheRolesPolicyFits watches every Region that an account has from the start: the inline policies of a role have at most 10,240 characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestTheRolesPolicyFits(t *testing.T) {
	regions := defaultRegions()
	if len(regions) < 17 {
		t.Fatalf("only %d Regions", len(regions))
	}
	tm := synthesize(t, object{"regions": regions, "tableKey": "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"})[deploy.StackName]
	role := tm.find("AWS::IAM::Role")[functionRole(t, tm)]
	policy := text(t, deployed(at(list(role["Policies"])[0], "PolicyDocument")))
	for from, to := range map[string]string{"AWS::Partition": "aws", `{"Fn::Join":["",[`: "", `]]}`: "", `","`: ""} {
		policy = strings.ReplaceAll(policy, from, to)
	}
	if len(policy) > 10_240 {
		t.Errorf("the policy has %d characters for %d Regions", len(policy), len(regions))
	}
	t.Logf("%d characters for %d Regions", len(policy), len(regions))
}

// defaultRegions are those that an account has from the start.
func defaultRegions() (regions []any) {
	for _, region := range aws.RegionsOf("aws") {
		regions = append(regions, region)
	}
	return regions
}
