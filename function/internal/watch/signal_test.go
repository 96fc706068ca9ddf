package watch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// signal is an event of the stack in eu-west-1, at the lab's time.
func (l *lab) signal(source, kind string, detail map[string]any) []byte {
	l.t.Helper()
	text, err := json.Marshal(map[string]any{
		"version": "0", "id": "s", "source": source, "detail-type": kind, "account": account, "region": "eu-west-1",
		"time": l.now.Format(time.RFC3339), "resources": []any{}, "detail": detail,
	}, json.Deterministic(true))
	if err != nil {
		l.t.Fatal(err)
	}
	return text
}

func (l *lab) alarm(before, state string) []byte {
	return l.signal("aws.cloudwatch", "CloudWatch Alarm State Change", map[string]any{
		"alarmName": "rolewatch-rules-eu-west-1-DeadLettersAlarm", "configuration": map[string]any{"description": "rolewatch: an event was not sent"},
		"previousState": map[string]any{"value": before}, "state": map[string]any{
			"value": state, "reason": "Threshold Crossed", "timestamp": l.now.Format("2006-01-02T15:04:05.000-0700"),
		},
	})
}

// An alarm of another Region has no topic there. Operations is notified when it goes off and when it is over, once each, however
// often EventBridge delivers the event.
func TestAnAlarmOfAnotherRegionReachesOperations(t *testing.T) {
	l := newLab(t)
	l.must(l.alarm("INSUFFICIENT_DATA", "OK"))
	if len(l.notices) != 0 {
		t.Fatalf("notified of an alarm's first data: %v", l.notices)
	}
	for range 2 {
		l.must(l.alarm("OK", "ALARM"))
	}
	l.now = l.now.Add(time.Hour)
	for range 2 {
		l.must(l.alarm("ALARM", "OK"))
	}
	l.now = l.now.Add(time.Hour)
	l.must(l.alarm("OK", "ALARM"))
	if len(l.notices) != 3 {
		t.Fatalf("%d notices: %v", len(l.notices), l.notices)
	}
	for i, want := range [][]string{
		{"An alarm went off in eu-west-1", "rolewatch: an event was not sent", "Threshold Crossed"}, {"Resolved: the alarm", "1h0m0s"}, {"An alarm went off in eu-west-1"},
	} {
		for _, part := range append(want, "rolewatch-rules-eu-west-1-DeadLettersAlarm", "eu-west-1") {
			if !strings.Contains(strings.Join(strings.Fields(l.notices[i]), " "), part) {
				t.Errorf("notice %d lacks %q:\n%s", i+1, part, l.notices[i])
			}
		}
	}
}

// The event of a change of state that comes after that of a later one says nothing: the alarm is not over.
func TestAnAlarmThatComesLateIsNotTheLast(t *testing.T) {
	l := newLab(t)
	late := l.alarm("ALARM", "OK")
	l.now = l.now.Add(time.Minute)
	l.must(l.alarm("OK", "ALARM"))
	l.now = l.now.Add(time.Minute)
	l.must(late)
	if len(l.notices) != 1 || !strings.Contains(l.notices[0], "An alarm went off") {
		t.Errorf("notices %q", l.notices)
	}
	l.must(l.alarm("ALARM", "OK"))
	if len(l.notices) != 2 || !strings.Contains(l.notices[1], "Resolved: the alarm") {
		t.Errorf("notices %q", l.notices)
	}
}

// A heartbeat is no malformed record: as a dead letter, each of them would raise an alarm.
func TestAHeartbeatIsNoDeadLetter(t *testing.T) {
	l := newLab(t)
	l.must(l.signal("rolewatch", "rolewatch heartbeat", map[string]any{"deadLetters": "https://sqs.eu-west-1.amazonaws.com/" + account + "/dead", "rules": []any{"r"}}))
	l.want()
	if len(l.notices) != 0 {
		t.Errorf("notices %v", l.notices)
	}
	for what, body := range map[string][]byte{
		"another account's": []byte(strings.Replace(string(l.alarm("OK", "ALARM")), account, "999988887777", 1)),
		"a broken one":      l.signal("rolewatch", "rolewatch heartbeat", map[string]any{"rules": "all"}),
	} {
		if o := l.watch.Handle(t.Context(), []watch.Item{{ID: "s", Body: body, Receives: 1}})[0]; o.Dead == "" {
			t.Errorf("%s is handled: %+v", what, o)
		}
	}
	if len(l.notices) != 0 {
		t.Errorf("notices %v", l.notices)
	}
}
