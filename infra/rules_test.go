package main

import (
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/events/patterntest"
)

// The rules of the deployed template select every event that leads to a look, and no other call of these services.
func TestRulesMatchTheCatalogue(t *testing.T) {
	patterns := patternsOf(t, homeOf(t, oneRegion))
	looked, left := 0, 0
	for _, e := range events.Catalog() {
		body, ok := events.Sample(e.Source, e.Name)
		if !ok {
			t.Errorf("%s %s has no sample", e.Source, e.Name)
			continue
		}
		want := 0
		if e.Look {
			want, looked = 1, looked+1
		} else {
			left++
		}
		if got := selecting(t, patterns, body); len(got) != want {
			t.Errorf("%s %s is selected by %v, want %d", e.Source, e.Name, got, want)
		}
	}
	if looked < 20 || left < 3 {
		t.Errorf("%d events that lead to a look and %d that do not", looked, left)
	}
}

func TestRulesLeaveOtherCallsAlone(t *testing.T) {
	patterns := patternsOf(t, homeOf(t, oneRegion))
	sample, ok := events.Sample("iam.amazonaws.com", "CreateRole")
	if !ok || len(selecting(t, patterns, sample)) != 1 {
		t.Fatal("CreateRole, which the others are made from, is not selected")
	}
	tests := map[string]func(event, detail object){
		"a call of IAM that reads":           func(_, d object) { d["eventName"] = "GetRole" },
		"a call on the keys of a user":       func(_, d object) { d["eventName"] = "CreateAccessKey" },
		"a call that was refused":            func(_, d object) { d["errorCode"] = "AccessDenied" },
		"another service's call":             func(_, d object) { d["eventSource"] = "sts.amazonaws.com" },
		"an event of somebody else":          func(e, _ object) { e["source"] = "example.shop" },
		"another account's call, on the bus": func(e, _ object) { e["account"] = "999988887777" },
		"a name that a listed one starts":    func(_, d object) { d["eventName"] = "CreateRole2" },
		"Lambda's call that none lists":      lambdaCall("GetFunction20150331v2"),
		"Lambda's longer name":               lambdaCall("CreateFunctionCodeSigningConfig"),
		"Lambda's invocation, a data call":   lambdaCall("Invoke"),
	}
	for name, edit := range tests {
		var event object
		if err := json.Unmarshal(sample, &event); err != nil {
			t.Fatal(err)
		}
		edit(event, event["detail"].(object))
		if got := selecting(t, patterns, []byte(text(t, event))); len(got) != 0 {
			t.Errorf("%s is selected by %v", name, got)
		}
	}
}

func lambdaCall(name string) func(event, detail object) {
	return func(e, d object) {
		e["source"], d["eventSource"], d["eventName"] = "aws.lambda", "lambda.amazonaws.com", name
	}
}

// The templates carry the patterns unchanged, so their length is that of the catalogue's.
func TestPatternsFitTheirLimit(t *testing.T) {
	measured := 0
	for _, tm := range synthesize(t, severalRegions) {
		for id, pattern := range patternsOf(t, tm) {
			measured++
			if n := len(text(t, pattern)); n > 2048 {
				t.Errorf("%s of %s has %d characters", id, tm.name, n)
			}
		}
	}
	if measured < 5 {
		t.Errorf("%d patterns were measured", measured)
	}
}

// Every target has a retry policy and a dead-letter queue, and each queue lets the rules that use it, and only them, send.
func TestTargetsRetryAndKeepWhatTheyCannotSend(t *testing.T) {
	targets := 0
	for _, tm := range synthesize(t, severalRegions) {
		policies := tm.properties("AWS::SQS::QueuePolicy")
		for id, rule := range tm.properties("AWS::Events::Rule") {
			for _, target := range list(rule["Targets"]) {
				targets++
				if at(target, "RetryPolicy", "MaximumRetryAttempts") == nil || at(target, "RetryPolicy", "MaximumEventAgeInSeconds") == nil {
					t.Errorf("%s of %s has no retry policy", id, tm.name)
				}
				queues := []string{referred(at(target, "DeadLetterConfig", "Arn"))}
				if to := referred(at(target, "Arn")); tm.find("AWS::SQS::Queue")[to] != nil {
					queues = append(queues, to)
				}
				for _, queue := range queues {
					if !mayFeed(policies, id, queue) {
						t.Errorf("%s of %s may not send to %q", id, tm.name, queue)
					}
				}
			}
		}
	}
	if targets != 15 {
		t.Errorf("%d targets were looked at", targets)
	}
}

// mayFeed says whether a queue's policy lets EventBridge send for a rule, and for no rule that it does not name.
func mayFeed(policies map[string]object, rule, queue string) bool {
	for _, p := range policies {
		if queue == "" || referred(list(p["Queues"])[0]) != queue {
			continue
		}
		for _, s := range allowing(p["PolicyDocument"], "events.amazonaws.com", "sqs:SendMessage") {
			for _, arn := range list(at(s, "Condition", "ArnEquals", "aws:SourceArn")) {
				if referred(arn) == rule {
					return true
				}
			}
		}
	}
	return false
}

// ownAccount is the account that the template is deployed to, and the samples are of.
const ownAccount = "111122223333"

// patternsOf gives the patterns of the rules of a template, without the schedule's, which has none.
func patternsOf(t *testing.T, tm *template) map[string]object {
	t.Helper()
	out := make(map[string]object)
	for id, rule := range tm.properties("AWS::Events::Rule") {
		pattern, ok := rule["EventPattern"].(object)
		if !ok {
			continue
		}
		if got := text(t, pattern["account"]); got != `[{"Ref":"AWS::AccountId"}]` {
			t.Errorf("%s of %s selects events of the accounts %s", id, tm.name, got)
		}
		out[id] = deployed(pattern).(object)
	}
	if len(out) == 0 {
		t.Fatalf("%s has no rule with a pattern", tm.name)
	}
	return out
}

// deployed gives a value as CloudFormation deploys it: with the account, and with the logical IDs of what it refers to.
func deployed(v any) any {
	switch v := v.(type) {
	case object:
		if id := referred(v); id == "AWS::AccountId" {
			return ownAccount
		} else if id != "" {
			return id
		}
		out := make(object)
		for name, member := range v {
			out[name] = deployed(member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = deployed(v[i])
		}
		return out
	}
	return v
}

// selecting gives the rules whose patterns select an event.
func selecting(t *testing.T, patterns map[string]object, body []byte) []string {
	t.Helper()
	var event any
	if err := json.Unmarshal(body, &event); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for id, pattern := range patterns {
		if patterntest.Matches(t, pattern, event) {
			ids = append(ids, id)
		}
	}
	return ids
}
