package watch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// acceptSignal handles what a stack of another Region reports about itself. Its alarms have no topic there: operations is notified
// from here.
func (w *Watch) acceptSignal(ctx context.Context, s deploy.Signal) error {
	if s.Account != w.AccountID {
		return errDead{fmt.Errorf("signal of account %s in %s: this is account %s", s.Account, s.Region, w.AccountID)}
	}
	if s.Alarm == nil {
		w.Log.Debug("heartbeat", "region", s.Region, "time", s.Time.Format(time.RFC3339))
		if v := s.Heartbeat.Version; v > 0 {
			if err := w.Store.Mark(ctx, w.AccountID, selfcheck.MarkMember(v), s.Time); err != nil {
				return err
			}
		}
		return w.Store.Mark(ctx, w.AccountID, selfcheck.MarkHeartbeat(s.Region), s.Time)
	}
	a := *s.Alarm
	w.Log.Warn("alarm of another Region", "region", s.Region, "alarm", a.Name, "state", a.State, "before", a.Before)
	if !a.Matters() {
		return nil
	}
	// EventBridge delivers an event at least once, and in any order. The change of state that is noted last counts.
	mark := selfcheck.MarkAlarm(s.Region, a.Name)
	marks, err := w.Store.Marks(ctx, w.AccountID)
	if err != nil {
		return err
	}
	if a.Since.Before(marks[mark]) {
		return nil
	}
	if err := w.noteAlarm(ctx, s.Region, a); err != nil {
		return err
	}
	return w.Store.Mark(ctx, w.AccountID, mark, a.Since)
}

// noteAlarm begins or ends the episode of an alarm.
func (w *Watch) noteAlarm(ctx context.Context, region string, a deploy.Alarm) error {
	scope := scopeSelfAlarm + region + "/" + a.Name
	if a.State != deploy.StateAlarm {
		return w.tried(ctx, scope)
	}
	text := "The alarm is in the state ALARM since " + a.Since.UTC().Format(time.RFC3339) + ". "
	if a.Description != "" {
		text += a.Description + ". "
	}
	return w.tried(ctx, scope, episode.Trouble{
		Key: "alarm:" + region + "/" + a.Name, Region: region, Subject: "An alarm went off in " + region + ": " + a.Name, Over: "the alarm " + a.Name + " in " + region,
		Text: text + "CloudWatch gives the reason: " + strings.TrimSuffix(a.Reason, ".") + ". " +
			"To see its state, run `aws cloudwatch describe-alarms --alarm-names " + a.Name + " --region " + region + "`.",
	})
}
