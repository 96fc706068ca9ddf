package deploy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/deploy"
)

const (
	// alarmEvent is after the example of AWS's page, with an alarm of the stack.
	alarmEvent = `{"version":"0","id":"c4c1c1c9-6542-e61b-6ef0-8c4d36933a92","detail-type":"CloudWatch Alarm State Change","source":"aws.cloudwatch",
		"account":"111122223333","time":"2026-10-02T17:04:40Z","region":"eu-west-1",
		"resources":["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:rolewatch-rules-eu-west-1-DeadLettersAlarm"],
		"detail":{"alarmName":"rolewatch-rules-eu-west-1-DeadLettersAlarm",
			"configuration":{"description":"rolewatch: an event was not sent","metrics":[{"id":"m","metricStat":{"metric":{"name":"X","namespace":"AWS/SQS"},"period":300,"stat":"Maximum"},"returnData":true}]},
			"previousState":{"reason":"no data","timestamp":"2026-10-01T13:56:40.987+0000","value":"OK"},
			"state":{"reason":"Threshold Crossed: 1 datapoint","reasonData":"{}","timestamp":"2026-10-02T17:04:40.989+0000","value":"ALARM"}}}`
	commandHead   = `{"version":"0","id":"1","detail-type":"rolewatch command","source":"rolewatch.command","account":"111122223333","time":"2026-10-02T17:00:00Z","region":"us-east-1","resources":[],"detail":`
	heartbeatHead = `{"version":"0","id":"1","detail-type":"rolewatch heartbeat","source":"rolewatch","account":"111122223333","time":"2026-10-02T17:00:00Z","region":"eu-west-1","resources":[],"detail":`
)

func TestSignalsAreRead(t *testing.T) {
	at := time.Date(2026, 10, 2, 17, 4, 40, 0, time.UTC)
	beat := deploy.Heartbeat{DeadLetters: "https://sqs.eu-west-1.amazonaws.com/111122223333/dead", Rules: []string{"one", "two"}}
	for name, tt := range map[string]struct {
		body string
		want deploy.Signal
	}{
		"heartbeat": {heartbeatHead + beat.Detail() + "}", deploy.Signal{
			Account: "111122223333", Region: "eu-west-1", Time: at.Truncate(5 * time.Minute), Heartbeat: &beat,
		}},
		// A later release may send more.
		"heartbeat of a later release": {heartbeatHead + `{"deadLetters":"q","rules":[],"more":1}}`, deploy.Signal{
			Account: "111122223333", Region: "eu-west-1", Time: at.Truncate(5 * time.Minute), Heartbeat: &deploy.Heartbeat{DeadLetters: "q", Rules: []string{}},
		}},
		"alarm": {alarmEvent, deploy.Signal{Account: "111122223333", Region: "eu-west-1", Time: at, Alarm: &deploy.Alarm{
			Name: "rolewatch-rules-eu-west-1-DeadLettersAlarm", Description: "rolewatch: an event was not sent",
			State: "ALARM", Before: "OK", Reason: "Threshold Crossed: 1 datapoint", Since: at.Add(989 * time.Millisecond),
		}}},
		"command": {commandHead + `{"role":"arn:aws:iam::111122223333:role/orders"}}`, deploy.Signal{
			Account: "111122223333", Region: "us-east-1", Time: at.Truncate(5 * time.Minute), Command: &deploy.Command{Role: "arn:aws:iam::111122223333:role/orders"},
		}},
	} {
		got, ok, err := deploy.ParseSignal([]byte(tt.body))
		if diff := cmp.Diff(tt.want, got); !ok || err != nil || diff != "" {
			t.Errorf("%s: %v, %v (-want +got):\n%s", name, ok, err, diff)
		}
	}
}

// A record of CloudTrail may hold any text in its parameters, and is no signal for that.
func TestWhatIsNoSignalIsLeftToOthers(t *testing.T) {
	for _, body := range []string{
		deploy.Tick, "", "{", "no JSON, rolewatch heartbeat",
		`{"source":"aws.iam","detail-type":"AWS API Call via CloudTrail","detail":{"requestParameters":{"description":"rolewatch heartbeat"}}}`,
		strings.Replace(alarmEvent, `"aws.cloudwatch"`, `"example.shop"`, 1),
		strings.Replace(heartbeatHead, `"source":"rolewatch"`, `"source":"example.shop"`, 1) + "{}}",
		strings.Replace(commandHead, `"source":"rolewatch.command"`, `"source":"rolewatch"`, 1) + `{"role":"r"}}`,
	} {
		if got, ok, err := deploy.ParseSignal([]byte(body)); ok || err != nil {
			t.Errorf("%s is the signal %+v, %v", body, got, err)
		}
	}
}

func TestASignalThatLacksSomethingIsAnError(t *testing.T) {
	for what, body := range map[string]string{
		"region":           strings.Replace(alarmEvent, `"region":"eu-west-1"`, `"region":""`, 1),
		"account":          strings.Replace(heartbeatHead, `"account":"111122223333",`, ``, 1) + "{}}",
		"detail.alarmName": strings.Replace(alarmEvent, `"alarmName"`, `"name"`, 1),
		"detail.role":      commandHead + "{}}",
		"rules":            heartbeatHead + `{"rules":"all"}}`,
	} {
		if _, ok, err := deploy.ParseSignal([]byte(body)); !ok || err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("without %s: %v, %v", what, ok, err)
		}
	}
}

func TestAnAlarmMattersWhenItGoesOffAndWhenItIsOver(t *testing.T) {
	matters := 0
	for states, want := range map[[2]string]bool{
		{"OK", "ALARM"}: true, {"INSUFFICIENT_DATA", "ALARM"}: true, {"ALARM", "OK"}: true, {"ALARM", "INSUFFICIENT_DATA"}: true,
		{"INSUFFICIENT_DATA", "OK"}: false, {"OK", "INSUFFICIENT_DATA"}: false, {"ALARM", "ALARM"}: false,
	} {
		if got := (deploy.Alarm{Before: states[0], State: states[1]}).Matters(); got != want {
			t.Errorf("from %s to %s: %v", states[0], states[1], got)
		}
		matters++
	}
	if matters != 7 {
		t.Errorf("%d changes", matters)
	}
}
