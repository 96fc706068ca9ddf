package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// A stack of another Region sends two kinds of signals over the bus to the home Region, where rules put them into the queue as they
// are: a heartbeat each HeartbeatInterval, whose absence shows that the way from the Region is interrupted, and the changes of the
// state of its alarms. The command function sends a third kind on the default bus of the home Region: a role is to be read again.
const (
	// HeartbeatSource and HeartbeatType are the source and the detail-type of the heartbeat.
	HeartbeatSource   = "rolewatch"
	HeartbeatType     = "rolewatch heartbeat"
	HeartbeatInterval = time.Hour
	// AlarmSource and AlarmType are those of CloudWatch's event:
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
	AlarmSource = "aws.cloudwatch"
	AlarmType   = "CloudWatch Alarm State Change"
)

// CommandSource and CommandType are the source and the detail-type of what the command function sends.
const (
	CommandSource = "rolewatch.command"
	CommandType   = "rolewatch command"
)

// StateAlarm is the state of an alarm that went off.
const StateAlarm = "ALARM"

// Signal is an event with which a stack of another Region reports on itself, or the command function asks for something. One of
// Heartbeat, Alarm and Command is set.
type Signal struct {
	Account, Region string
	Time            time.Time
	Heartbeat       *Heartbeat
	Alarm           *Alarm
	Command         *Command
}

// Command asks that a role is read again. It carries nothing that is believed: whoever may send events could send one.
type Command struct {
	// Role is the ARN of the role.
	Role string `json:"role"`
}

// Heartbeat is the detail of a heartbeat: what home reads of the Region to find out whether it works.
type Heartbeat struct {
	// DeadLetters is the URL of the dead-letter queue of the Region, and Rules are the names of the rules on its default bus.
	DeadLetters string   `json:"deadLetters"`
	Rules       []string `json:"rules"`
	// Version is the MemberVersion of a member of an organization's hub; zero in the hub's own account.
	Version int `json:"version,omitzero"`
}

// Detail is the heartbeat as the schedule sends it.
func (h Heartbeat) Detail() string {
	text, err := json.Marshal(h, json.Deterministic(true))
	if err != nil {
		panic("deploy: a heartbeat of texts does not marshal: " + err.Error())
	}
	return string(text)
}

// Alarm is a change of the state of an alarm.
type Alarm struct {
	Name, Description string
	// State is the state since the time Since, for the reason Reason; Before is the state before that.
	State, Before, Reason string
	Since                 time.Time
}

// Matters says that the alarm went off or is over. An alarm that gets its first data did neither.
func (a Alarm) Matters() bool {
	return a.State != a.Before && (a.State == StateAlarm || a.Before == StateAlarm)
}

// envelope is what EventBridge delivers of either kind.
type envelope struct {
	Source  string    `json:"source"`
	Type    string    `json:"detail-type"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Time    time.Time `json:"time"`
}

// ParseSignal reads a signal; false when the body is none. An error names what a signal lacks.
func ParseSignal(body []byte) (Signal, bool, error) {
	// Most of what is in the queue is CloudTrail's records, which are not parsed twice.
	if !bytes.Contains(body, []byte(HeartbeatType)) && !bytes.Contains(body, []byte(AlarmType)) && !bytes.Contains(body, []byte(CommandType)) {
		return Signal{}, false, nil
	}
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return Signal{}, false, nil
	}
	s := Signal{Account: e.Account, Region: e.Region, Time: e.Time}
	var err error
	switch {
	case e.Source == HeartbeatSource && e.Type == HeartbeatType:
		err = s.readHeartbeat(body)
	case e.Source == AlarmSource && e.Type == AlarmType:
		err = s.readAlarm(body)
	case e.Source == CommandSource && e.Type == CommandType:
		err = s.readCommand(body)
	default:
		return Signal{}, false, nil
	}
	if err == nil && (s.Account == "" || s.Region == "" || s.Time.IsZero()) {
		err = fmt.Errorf("account %q, region %q and time %q must be set", s.Account, s.Region, s.Time)
	}
	if err != nil {
		return Signal{}, true, fmt.Errorf("parse %s: %w", e.Type, err)
	}
	return s, true, nil
}

func (s *Signal) readHeartbeat(body []byte) error {
	var in struct {
		Detail Heartbeat `json:"detail"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	s.Heartbeat = &in.Detail
	return nil
}

func (s *Signal) readCommand(body []byte) error {
	var in struct {
		Detail Command `json:"detail"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	if in.Detail.Role == "" {
		return errors.New("detail.role must be set")
	}
	s.Command = &in.Detail
	return nil
}

func (s *Signal) readAlarm(body []byte) error {
	type state struct {
		Value  string `json:"value"`
		Reason string `json:"reason"`
		// Time has an offset without a colon, which time.Time does not read.
		Time string `json:"timestamp"`
	}
	var in struct {
		Detail struct {
			Name          string `json:"alarmName"`
			Configuration struct {
				Description string `json:"description"`
			} `json:"configuration"`
			State  state `json:"state"`
			Before state `json:"previousState"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	d := in.Detail
	if d.Name == "" || d.State.Value == "" {
		return fmt.Errorf("detail.alarmName %q and detail.state.value %q must be set", d.Name, d.State.Value)
	}
	s.Alarm = &Alarm{
		Name: d.Name, Description: d.Configuration.Description,
		State: d.State.Value, Before: d.Before.Value, Reason: d.State.Reason, Since: s.Time,
	}
	if at, err := time.Parse("2006-01-02T15:04:05.999-0700", d.State.Time); err == nil {
		s.Alarm.Since = at.UTC()
	}
	return nil
}
