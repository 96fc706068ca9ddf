package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// TestAlarmsWatchTheRightMetrics holds when each alarm goes off. Missing data is breaching where the metric is a heartbeat, and only
// there: what rests has no data.
func TestAlarmsWatchTheRightMetrics(t *testing.T) {
	want := map[string]string{
		"DeadLettersAlarm":   "AWS/SQS ApproximateNumberOfMessagesVisible > 0, 1 of 1 x 300 s, missing notBreaching",
		"ErrorsAlarm":        "AWS/Lambda Errors > 0, 1 of 1 x 300 s, missing notBreaching",
		"ThrottlesAlarm":     "AWS/Lambda Throttles > 0, 3 of 3 x 300 s, missing notBreaching",
		"OldestMessageAlarm": "AWS/SQS ApproximateAgeOfOldestMessage > 900, 1 of 1 x 300 s, missing notBreaching",
		"WaitingAlarm":       "IF(waiting > 0 AND FILL(deleted, 0) < 1, 1, 0) > 0, 3 of 3 x 300 s, missing notBreaching",
		"ScheduleAlarm":      "AWS/Events Invocations < 1, 4 of 4 x 900 s, missing breaching",
		"SweepAlarm":         "rolewatch SweepCompleted < 1, 30 of 30 x 3600 s, missing breaching",
		"RequeuedAlarm":      "rolewatch Requeued > 0, 3 of 6 x 600 s, missing notBreaching",
	}
	tm := homeOf(t, oneRegion)
	alarms := tm.properties("AWS::CloudWatch::Alarm")
	for logical, alarm := range alarms {
		id := logical[:len(logical)-8]
		if got := inWords(t, alarm); got != want[id] {
			t.Errorf("%s: %s, want %s", id, got, want[id])
		}
	}
	if len(alarms) != len(want) {
		t.Errorf("%d alarms, want %d", len(alarms), len(want))
	}
	schedule := at(alarmOf(t, tm, "ScheduleAlarm"), "Dimensions")
	if got := referred(at(list(schedule)[0], "Value")); tm.find("AWS::Events::Rule")[got]["ScheduleExpression"] == nil {
		t.Errorf("the schedule's alarm watches %q", got)
	}
	_, mapping := tm.only("AWS::Lambda::EventSourceMapping")
	for _, m := range list(alarmOf(t, tm, "WaitingAlarm")["Metrics"]) {
		dimension := at(m, "MetricStat", "Metric", "Dimensions")
		if dimension == nil {
			continue
		}
		if got := referred(at(list(dimension)[0], "Value")); got != referred(mapping["EventSourceArn"]) {
			t.Errorf("the alarm on waiting messages watches %q", got)
		}
	}
}

// A hub has the alarms of one account, and those of its queue of records.
func TestTheQueueOfRecordsHasItsAlarms(t *testing.T) {
	hub, one := inHubOf(t, hubAccount, deploy.StackName), homeOf(t, oneRegion)
	records, _ := hub.named("AWS::SQS::Queue", deploy.RecordsID)
	for id, want := range map[string]string{
		"OldestRecordAlarm":   "AWS/SQS ApproximateAgeOfOldestMessage > 900, 1 of 1 x 300 s, missing notBreaching",
		"WaitingRecordsAlarm": "IF(waiting > 0 AND FILL(deleted, 0) < 1, 1, 0) > 0, 3 of 3 x 300 s, missing notBreaching",
	} {
		alarm := alarmOf(t, hub, id)
		if got := inWords(t, alarm); got != want || !strings.Contains(text(t, alarm), records) || alarm["AlarmActions"] == nil {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	if all, few := len(hub.find("AWS::CloudWatch::Alarm")), len(one.find("AWS::CloudWatch::Alarm")); all != few+2 {
		t.Errorf("%d and %d alarms", all, few)
	}
}

// inWords says when an alarm goes off.
func inWords(t *testing.T, alarm object) string {
	t.Helper()
	metric, period := fmt.Sprint(alarm["Namespace"], " ", alarm["MetricName"]), alarm["Period"]
	for _, m := range list(alarm["Metrics"]) {
		if expression := at(m, "Expression"); expression != nil {
			metric = fmt.Sprint(expression)
		} else {
			period = at(m, "MetricStat", "Period")
		}
	}
	breaching := alarm["DatapointsToAlarm"]
	if breaching == nil {
		breaching = alarm["EvaluationPeriods"]
	}
	operator := map[any]string{"GreaterThanThreshold": ">", "LessThanThreshold": "<"}[alarm["ComparisonOperator"]]
	return fmt.Sprintf("%s %s %v, %v of %v x %v s, missing %v", metric, operator, alarm["Threshold"], breaching, alarm["EvaluationPeriods"], period, alarm["TreatMissingData"])
}

func alarmOf(t *testing.T, tm *template, id string) object {
	t.Helper()
	for logical, alarm := range tm.properties("AWS::CloudWatch::Alarm") {
		if logical[:len(logical)-8] == id {
			return alarm
		}
	}
	t.Fatalf("%s has no %s", tm.name, id)
	return nil
}

// TestEachAlarmHasItsSection holds docs/operations.md to the alarms of the templates: whoever is woken by one finds there what it
// means, what to do and how to test it.
func TestEachAlarmHasItsSection(t *testing.T) {
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, section := range regexp.MustCompile(`(?m)^### `).Split(string(page), -1)[1:] {
		title, rest, _ := strings.Cut(section, "\n")
		if strings.HasSuffix(title, "Alarm") {
			sections[title] = rest
		}
	}
	alarms := map[string]bool{}
	for _, tm := range slices.AppendSeq([]*template{inHubOf(t, hubAccount, deploy.StackName)}, maps.Values(synthesize(t, severalRegions))) {
		for logical, alarm := range tm.properties("AWS::CloudWatch::Alarm") {
			id := logical[:len(logical)-8]
			alarms[id] = true
			if description, _ := alarm["AlarmDescription"].(string); !strings.HasSuffix(description, "See "+id+" in docs/operations.md") {
				t.Errorf("%s does not refer to its section: %q", id, description)
			}
			for _, part := range []string{"**What it means.**", "**What to do.**", "**How to test it.**"} {
				if !strings.Contains(sections[id], part) {
					t.Errorf("docs/operations.md, section %s: it lacks %q", id, part)
				}
			}
		}
	}
	for title := range sections {
		if !alarms[title] {
			t.Errorf("docs/operations.md has a section for %s, which no template has", title)
		}
	}
	if len(alarms) < 10 {
		t.Fatalf("only %d alarms: %v", len(alarms), alarms)
	}
}

// The dashboard is there where the settings want it, and shows each metric of rolewatch's own.
func TestTheDashboardIsASetting(t *testing.T) {
	if n := len(homeOf(t, oneRegion).find("AWS::CloudWatch::Dashboard")); n != 0 {
		t.Errorf("%d dashboards that nobody asked for", n)
	}
	_, dashboard := homeOf(t, severalRegions).only("AWS::CloudWatch::Dashboard")
	body := text(t, dashboard["DashboardBody"])
	for _, want := range slices.Concat([]string{deploy.MetricFindings, deploy.MetricTimeToReport, deploy.MetricRequeued, deploy.MetricSweepCompleted, "max(@timestamp)"}, severities) {
		if !strings.Contains(body, want) {
			t.Errorf("the dashboard does not show %s", want)
		}
	}
}
