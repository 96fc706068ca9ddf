package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// acceptSignal handles what a stack of another Region reports about itself. Its alarms have no topic there: operations is notified
// from here.
func (w *Watch) acceptSignal(ctx context.Context, s deploy.Signal) error {
	if s.Account != w.AccountID {
		return errDead{fmt.Errorf("signal of account %s in %s: this is account %s", s.Account, s.Region, w.AccountID)}
	}
	if s.Alarm == nil {
		w.Log.Debug("heartbeat", "region", s.Region, "time", s.Time.Format(time.RFC3339))
		return nil
	}
	a := *s.Alarm
	w.Log.Warn("alarm of another Region", "region", s.Region, "alarm", a.Name, "state", a.State, "before", a.Before)
	if !a.Matters() {
		return nil
	}
	subject := "An alarm went off in " + s.Region + ": " + a.Name
	text := "The alarm " + a.Name + " in " + s.Region + " is in the state " + a.State + " since " + a.Since.UTC().Format(time.RFC3339) + ". "
	if a.State != deploy.StateAlarm {
		subject = "An alarm is over in " + s.Region + ": " + a.Name
	}
	if a.Description != "" {
		text += a.Description + ". "
	}
	text += "CloudWatch gives the reason: " + a.Reason
	// EventBridge delivers an event at least once.
	hash := role.HashText(s.Region + " " + a.Name + " " + a.State + " " + a.Since.UTC().Format(time.RFC3339Nano))
	return w.once(ctx, "alarm:"+hash, "alarm-"+w.AccountID+"-"+hash, s.Region, subject, text)
}
