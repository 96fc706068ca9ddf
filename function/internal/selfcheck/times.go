package selfcheck

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// The names of the times that the function notes in the table.
const (
	// MarkFirst is when the deployment was checked first, MarkChecked when last, and MarkWhole when last with every answer.
	MarkFirst   = "selfcheck:first"
	MarkChecked = "selfcheck:checked"
	MarkWhole   = "selfcheck:whole"
	// MarkActions is the day of the function's list of AWS actions.
	MarkActions = "actions"
	// MarkCanarySent is when the tag of the canary was written that arrived last, MarkCanaryArrived when its record was there, and
	// MarkCanary when the function wrote one itself.
	MarkCanarySent    = "canary:sent"
	MarkCanaryArrived = "canary:arrived"
	MarkCanary        = "canary:own"
	markHeartbeat     = "heartbeat:"
	markMember        = "member:"
)

// MarkHeartbeat is when a Region's last heartbeat was sent.
func MarkHeartbeat(region string) string { return markHeartbeat + region }

// MarkMember is when the last heartbeat was sent by a member of an organization whose template has this version.
func MarkMember(version int) string { return markMember + strconv.Itoa(version) }

// MemberVersion is the version of the template of a member, by the times that are noted for it; zero where none has sent one.
func MemberVersion(marks map[string]time.Time) (version int) {
	var last time.Time
	for name, at := range marks {
		text, ok := strings.CutPrefix(name, markMember)
		if v, err := strconv.Atoi(text); ok && err == nil && at.After(last) {
			version, last = v, at
		}
	}
	return version
}

// Heartbeats are the times of the last heartbeats, by Region.
func Heartbeats(marks map[string]time.Time) map[string]time.Time {
	out := map[string]time.Time{}
	for name, at := range marks {
		if region, ok := strings.CutPrefix(name, markHeartbeat); ok {
			out[region] = at
		}
	}
	return out
}

// MarkAlarm is when the state of an alarm of another Region changed last.
func MarkAlarm(region, name string) string { return "alarm:" + region + "/" + name }

const (
	// heartbeatMissing is how old the last heartbeat of a Region may be.
	heartbeatMissing = 2 * deploy.HeartbeatInterval
	// SweepMissing is how old the last complete sweep may be: one starts each day.
	SweepMissing = 30 * time.Hour
	// wholeMissing is for how long self-checks may lack an answer that may come when a call is repeated.
	wholeMissing = 6 * time.Hour
	// CanaryTime is how long a canary may take.
	CanaryTime = 30 * time.Minute
)

// CanaryTag is the tag of rolewatch's own function whose record a canary waits for.
const CanaryTag = "rolewatch:canary"

// since is when something was noted last, or else when the deployment was first checked, which is now where it never was.
func (f *Facts) since(marks map[string]time.Time, name string) time.Time {
	if at := marks[name]; !at.IsZero() {
		return at
	}
	if at := marks[MarkFirst]; !at.IsZero() {
		return at
	}
	return f.Now
}

// heartbeats judges each other Region whose stack sends heartbeats.
func (f *Facts) heartbeats() []Result {
	var out []Result
	for i, s := range f.Stacks {
		name, sends := s.Find(deploy.HeartbeatID, scheduleType)
		if i == 0 || !sends && s.Resources.State() != role.Unknown {
			continue
		}
		scope, what := "heartbeat:"+s.Region, "The heartbeat of "+s.Region
		marks, known := f.Marks.Get()
		if !known {
			out = append(out, unknown(scope, what+": when it was last received is unknown", f.Marks.Reason()))
			continue
		}
		last := f.since(marks, MarkHeartbeat(s.Region))
		if f.Now.Sub(last) <= heartbeatMissing {
			out = append(out, ok(scope, what+" is received"))
			continue
		}
		out = append(out, wrong(scope, episode.Trouble{
			Key: "heartbeat:" + s.Region, Region: s.Region, Subject: what + " is missing", Over: what + " is received again",
			Text: "The Region sends it every hour over the event bus, the way that its records take. None was received since " + clock(last) +
				": the records of the Region probably do not arrive either. " + unseen,
		}, fmt.Sprintf("see whether `aws scheduler get-schedule --name %s --region %s` says ENABLED, and run `%s`", name, s.Region, redeploy(s.Name))))
	}
	return out
}

func clock(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }

// scheduleType is CloudFormation's word for a schedule of EventBridge Scheduler.
const scheduleType = "AWS::Scheduler::Schedule"

func (f *Facts) sweep() []Result {
	marks, known := f.Marks.Get()
	state, read := f.Sweep.Get()
	if !known || !read {
		why := role.Because(f.Sweep.Why())
		if read {
			why = role.Because(f.Marks.Why())
		}
		return []Result{unknown("sweep", "When the last sweep completed is unknown", why)}
	}
	last, text := state.CompletedAt, "The last sweep that completed began at "+clock(state.CompletedAt)
	if state.Complete == 0 {
		last, text = f.since(marks, MarkFirst), "No sweep has completed"
	}
	if f.Now.Sub(last) <= SweepMissing {
		return []Result{ok("sweep", text)}
	}
	return []Result{wrong("sweep", episode.Trouble{
		Key: "sweep:late", Region: f.Home, Subject: "No sweep has completed for 30 hours", Over: "a sweep has completed",
		Text: text + ". A change whose record did not arrive is not seen, and what was unknown stays unknown.",
	}, "look in the log of the function for \"sweep cannot be done\" and \"requeued\"; a call that is denied has a notice of its own")}
}

func (f *Facts) canary() []Result {
	marks, known := f.Marks.Get()
	sent := marks[MarkCanary]
	if !known || sent.IsZero() {
		return nil
	}
	if !marks[MarkCanarySent].Before(sent) {
		took := marks[MarkCanaryArrived].Sub(marks[MarkCanarySent]).Round(time.Second)
		return []Result{ok("canary", "The record of the last canary arrived after "+took.String())}
	}
	if f.Now.Sub(sent) <= CanaryTime {
		return []Result{unknown("canary", "The record of the last canary has not arrived yet", role.Because("it was sent at "+clock(sent)+", and has 30 minutes"))}
	}
	return []Result{wrong("canary", episode.Trouble{
		Key: "canary:lost", Region: f.Home, Subject: "The record of a change did not arrive within 30 minutes", Over: "the record of a canary arrived",
		Text: "rolewatch tagged its own function at " + clock(sent) + ". The record of that call did not arrive: the trail, the rules, the queue or the mapping does not " +
			"work although each looks whole, or CloudTrail is late. " + unseen,
	}, "run `rolewatch doctor`, and `rolewatch doctor --canary` once it finds nothing wrong")}
}

// Incomplete is the trouble that self-checks lack answers: not because of a permission, but because calls fail. It is none before six hours.
func (f *Facts) Incomplete() (episode.Trouble, bool) {
	marks, known := f.Marks.Get()
	var failed []string
	for _, c := range f.Calls {
		if c.Failed != "" {
			failed = append(failed, c.Name+" in "+c.Region+": "+c.Failed)
		}
	}
	if !known || len(failed) == 0 || f.Now.Sub(f.since(marks, MarkWhole)) <= wholeMissing {
		return episode.Trouble{}, false
	}
	return episode.Trouble{
		Key: "selfcheck:incomplete", Region: f.Home, Subject: "rolewatch cannot check itself", Over: "rolewatch can check itself again",
		Text: "Whether it sees every change is unknown. These calls fail: " + strings.Join(failed[:min(5, len(failed))], "; ") +
			". See whether requests reach the service: look at VPC endpoints, proxies and DNS, and at the health of the service.",
	}, true
}

// Arrived is the result of a canary whose record arrived after some time.
func Arrived(took time.Duration) Result {
	return ok("canary:sent", "The record of the canary arrived after "+took.Round(time.Second).String()+": trail, rule, queue and function work together")
}

// Lost is the result of a canary whose record did not arrive within some time.
func (f *Facts) Lost(sent time.Time, wait time.Duration) Result {
	return wrong("canary:sent", episode.Trouble{
		Key: "canary:lost", Region: f.Home, Subject: "The record of the canary did not arrive within " + wait.String(), Over: "the record of a canary arrived",
		Text: "The function was tagged at " + clock(sent) + ", and has not received the record of that call. CloudTrail usually delivers within 5 minutes, and may take longer. " + unseen,
	}, "fix first what else is wrong here, and read the log of the function")
}

// Sent is the result of a test message to a topic.
func (f *Facts) Sent(t Topic, err error) Result {
	scope, what := "test:"+lastPart(t.ARN), "The topic "+lastPart(t.ARN)
	if err == nil {
		return ok(scope, what+" took a test message: see whether it arrived")
	}
	return wrong(scope, episode.Trouble{
		Key: "topic:" + t.ID, Region: f.Home, Subject: what + " refused a test message", Over: what + " takes messages again", Text: err.Error() + ".",
	}, "see whether the topic and its key are enabled, and whether the credentials at hand allow sns:Publish and kms:GenerateDataKey")
}

// ActionsAge is how old the list of AWS actions may be.
const ActionsAge = 180 * 24 * time.Hour

// ActionList judges the age of the function's list of AWS actions.
func ActionList(f *Facts) Result {
	marks, known := f.Marks.Get()
	day := marks[MarkActions]
	switch {
	case !known:
		return unknown("actions", "The age of the function's list of AWS actions is unknown", role.Because(f.Marks.Why()))
	case day.IsZero():
		return unknown("actions", "The age of the function's list of AWS actions is unknown", role.Because("the function has not checked itself yet"))
	case f.Now.Sub(day) <= ActionsAge:
		return ok("actions", "The function's list of AWS actions is of "+day.Format(time.DateOnly))
	}
	return wrong("actions", episode.Trouble{
		Key: "actions:" + day.Format(time.DateOnly), Subject: "The function's list of AWS actions is of " + day.Format(time.DateOnly), Over: "the list is newer",
		Text: "It is more than 180 days old. Actions and services that AWS has added since then are unknown: what they allow is not reported as a risk.",
	}, "deploy a newer release of rolewatch")
}
