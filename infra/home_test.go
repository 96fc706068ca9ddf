package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

func TestVisibilityOutlastsTheFunction(t *testing.T) {
	tm := homeOf(t, oneRegion)
	_, function := tm.named("AWS::Lambda::Function", deploy.FunctionID)
	_, mapping := tm.only("AWS::Lambda::EventSourceMapping")
	queue := tm.properties("AWS::SQS::Queue")[referred(mapping["EventSourceArn"])]
	visibility, _ := queue["VisibilityTimeout"].(float64)
	timeout, _ := function["Timeout"].(float64)
	window, _ := mapping["MaximumBatchingWindowInSeconds"].(float64)
	if timeout == 0 || window == 0 || visibility < 6*timeout+window {
		t.Errorf("visibility %v, timeout %v, window %v", visibility, timeout, window)
	}
	dead, _ := tm.properties("AWS::SQS::Queue")[referred(at(queue, "RedrivePolicy", "deadLetterTargetArn"))]["MessageRetentionPeriod"].(float64)
	work, _ := queue["MessageRetentionPeriod"].(float64)
	if work == 0 || dead <= work {
		t.Errorf("dead letters are kept for %v s, work for %v s", dead, work)
	}
}

func TestMappingAnswersForSingleRecords(t *testing.T) {
	_, m := homeOf(t, oneRegion).only("AWS::Lambda::EventSourceMapping")
	want := `{"batch":10,"concurrency":2,"types":["ReportBatchItemFailures"]}`
	got := text(t, object{"batch": m["BatchSize"], "concurrency": at(m, "ScalingConfig", "MaximumConcurrency"), "types": m["FunctionResponseTypes"]})
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A queue is encrypted, and its policy denies what does not come over TLS.
func TestQueuesAreEncryptedAtRestAndOnTheWay(t *testing.T) {
	tm := homeOf(t, oneRegion)
	queues, denied := tm.properties("AWS::SQS::Queue"), 0
	for id, q := range queues {
		if q["SqsManagedSseEnabled"] != true {
			t.Errorf("%s is not encrypted", id)
		}
	}
	for _, p := range tm.properties("AWS::SQS::QueuePolicy") {
		for _, s := range list(at(p, "PolicyDocument", "Statement")) {
			if at(s, "Effect") == "Deny" && at(s, "Condition", "Bool", "aws:SecureTransport") == "false" {
				denied++
			}
		}
	}
	if denied != len(queues) {
		t.Errorf("%d of %d queues deny what is not encrypted", denied, len(queues))
	}
}

// The function reads what the template writes, and Go's runtime does: references stand for any value.
func TestFunctionReadsItsEnvironment(t *testing.T) {
	tm := homeOf(t, severalRegions)
	_, function := tm.named("AWS::Lambda::Function", deploy.FunctionID)
	variables, _ := at(function, "Environment", "Variables").(object)
	getenv := func(name string) string {
		switch v := variables[name].(type) {
		case nil:
			return ""
		case string:
			return v
		default:
			return resolved(v)
		}
	}
	got, err := settings.FromEnvironment(getenv, os.ReadFile, settings.Known())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Regions, []string{"eu-central-1", "eu-west-1"}) || got.ChannelTopics["chat"] == "" || len(got.Checks) != 2 {
		t.Errorf("settings %+v", got)
	}
	runtime := map[string]string{"GOGC": "400", "GOMEMLIMIT": "384MiB"}
	for name, want := range runtime {
		if getenv(name) != want {
			t.Errorf("%s is %q, not %q", name, getenv(name), want)
		}
	}
	if n := len(got.Environment()); n+len(runtime) != len(variables) || n < 9 {
		t.Errorf("%d variables are read of %d", n, len(variables))
	}
}

// The role may do what permissions lists, on the kinds of resources it lists, and nothing else. What is for the hub of an organization is
// in no other deployment.
func TestFunctionMayDoWhatIsListed(t *testing.T) {
	hub := strings.TrimSuffix(strings.TrimSpace(severalRegions), "}") + `,"organization":{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"r-ab12"}}}`
	for context, listed := range map[string][]permission{severalRegions: slices.Concat(permissions, selfReads, canaryWrites), hub: allPermissions()} {
		got, want := mayDo(t, homeOf(t, context)), map[string]bool{}
		for _, p := range listed {
			want[string(p.Resource)+" "+p.Action] = true
			if p.Reason == "" {
				t.Errorf("%s has no reason", p.Action)
			}
		}
		if !maps.Equal(got, want) || len(want) < 25 {
			t.Errorf("the role may %v, want %v", got, want)
		}
		if len(listed) != len(want) {
			t.Error("permissions lists one twice")
		}
	}
	for _, p := range allPermissions() {
		_, verb, _ := strings.Cut(p.Action, ":")
		reads := slices.Contains([]resource{functions, mappings, organization, watched, organizationTree, organizationLists}, p.Resource) || slices.Contains(selfReads, p)
		if reads && !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "List") && !strings.HasPrefix(verb, "Describe") {
			t.Errorf("%s does not read", p.Action)
		}
	}
}

// mayDo is what the function's role allows, each action after its kind of resource.
func mayDo(t *testing.T, tm *template) map[string]bool {
	t.Helper()
	_, function := tm.named("AWS::Lambda::Function", deploy.FunctionID)
	role := tm.properties("AWS::IAM::Role")[referred(function["Role"])]
	if role["ManagedPolicyArns"] != nil || len(tm.find("AWS::IAM::Policy")) > 0 {
		t.Error("the role has policies beside its own")
	}
	onEverything, got := []resource{watched, trails, eventHistory, organizationLists}, map[string]bool{}
	for _, policy := range list(role["Policies"]) {
		for _, s := range list(at(policy, "PolicyDocument", "Statement")) {
			sid, _ := at(s, "Sid").(string)
			if slices.Contains(list(at(s, "Resource")), any("*")) != slices.Contains(onEverything, resource(sid)) {
				t.Errorf("%v is on %v", sid, at(s, "Resource"))
			}
			for _, action := range list(at(s, "Action")) {
				got[sid+" "+action.(string)] = true
			}
		}
	}
	return got
}

func TestScheduleTicks(t *testing.T) {
	tm := homeOf(t, oneRegion)
	function, _ := tm.named("AWS::Lambda::Function", deploy.FunctionID)
	_, permission := tm.only("AWS::Lambda::Permission")
	schedules := 0
	for id, rule := range tm.properties("AWS::Events::Rule") {
		if rule["ScheduleExpression"] != "rate(15 minutes)" {
			continue
		}
		schedules++
		target := list(rule["Targets"])[0]
		if at(target, "Input") != deploy.Tick || referred(at(target, "Arn")) != function {
			t.Errorf("the schedule sends %v to %v", at(target, "Input"), at(target, "Arn"))
		}
		if referred(permission["SourceArn"]) != id || referred(permission["FunctionName"]) != function {
			t.Error("the schedule may not invoke the function")
		}
	}
	if schedules != 1 {
		t.Errorf("%d schedules", schedules)
	}
}

func TestLogIsKeptAsLongAsSet(t *testing.T) {
	for context, want := range map[string]float64{oneRegion: 30, severalRegions: 90} {
		tm := homeOf(t, context)
		id, log := tm.named("AWS::Logs::LogGroup", "Log")
		_, function := tm.named("AWS::Lambda::Function", deploy.FunctionID)
		if log["RetentionInDays"] != want || referred(at(function, "LoggingConfig", "LogGroup")) != id {
			t.Errorf("retention %v, want %v", log["RetentionInDays"], want)
		}
	}
}

func TestOutputs(t *testing.T) {
	outputs, _ := homeOf(t, oneRegion).root["Outputs"].(object)
	want := []string{"DeadLetterUrl", "FindingsTopicArn", "FunctionName", "OperationsTopicArn", "QueueUrl", "TableName"}
	if got := slices.Sorted(maps.Keys(outputs)); !slices.Equal(got, want) {
		t.Errorf("outputs %v, want %v", got, want)
	}
}

// The check on roles that can blind rolewatch names the parts of the deployed stack by their logical IDs.
func TestTheLogicalIDsOfTheStackAreThoseThatTheCheckNames(t *testing.T) {
	resources, _ := homeOf(t, severalRegions).root["Resources"].(object)
	for id, kind := range map[string]string{
		deploy.QueueID: "AWS::SQS::Queue", deploy.TableID: "AWS::DynamoDB::Table", deploy.FindingsID: "AWS::SNS::Topic",
		deploy.OperationsID: "AWS::SNS::Topic", deploy.FunctionID: "AWS::Lambda::Function", deploy.RoleID: "AWS::IAM::Role",
	} {
		found := 0
		for logical, r := range resources {
			// CDK appends eight hexadecimal digits to the ID of a construct.
			if strings.HasPrefix(logical, id) && len(logical) == len(id)+8 && at(r, "Type") == kind {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d resources of type %s have the logical ID %s", found, kind, id)
		}
	}
}

// A channel that the function renders for, and that the stack cannot connect, would reach nobody.
func TestTheStackConnectsEveryChannel(t *testing.T) {
	var connected, rendered []string
	for _, c := range channels {
		connected = append(connected, c.name)
	}
	for _, c := range settings.Channels() {
		rendered = append(rendered, c.Name)
	}
	if len(rendered) == 0 || !slices.Equal(connected, rendered) {
		t.Errorf("connected are %v, rendered for %v", connected, rendered)
	}
}
