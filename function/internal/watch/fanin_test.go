package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

const team = "arn:aws:iam::" + account + ":policy/team"

// unswept is a lab in which n roles have one managed policy attached, with a text, and no sweep has been.
func unswept(t *testing.T, n int, text string) *lab {
	l := newLab(t)
	l.cloud.policies[team] = text
	for i := range n {
		l.role(fmt.Sprintf("r%04d", i), goodTrust).attached[team] = true
	}
	return l
}

// teamed is a lab in which n roles have one managed policy attached, after its first sweep.
func teamed(t *testing.T, n int) *lab {
	l := unswept(t, n, harmless)
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.messages, l.outgoing, l.chats = nil, nil, nil
	return l
}

// setTeam is the record of an edit of that policy, which it also makes.
func (l *lab) setTeam(text string) []byte {
	l.cloud.policies[team] = text
	return l.record("CreatePolicyVersion", map[string]any{"policyArn": team, "policyDocument": text, "setAsDefault": true})
}

// subjectOf is a subject without what all of them begin with, and without the account, which is the same in all.
func subjectOf(text string) string {
	return strings.Replace(strings.TrimPrefix(text, "[rolewatch] "), " in "+account+": ", ": ", 1)
}

// forPeople are the subjects of the messages that people received since the last call, and each must be for all channels.
func (l *lab) forPeople() []string {
	l.t.Helper()
	var out []string
	notified := len(l.chats)
	for _, o := range l.outgoing {
		if o.Kind != message.KindFindings || slices.Contains(o.Rendered.Attributes[deploy.AudienceAttribute], deploy.AudienceMachines) {
			continue
		}
		out = append(out, subjectOf(o.Rendered.Subject))
	}
	l.outgoing, l.chats = nil, nil
	if notified != len(out) {
		l.t.Errorf("%d notifications of %d messages", notified, len(out))
	}
	return out
}

func (l *lab) wantPeople(subjects ...string) {
	l.t.Helper()
	if diff := cmp.Diff(subjects, l.forPeople()); diff != "" {
		l.t.Errorf("people received (-want +got):\n%s", diff)
	}
}

// forMachines counts the findings that machines received since the last call, by their ID and what happened to them.
func (l *lab) forMachines() map[string]int {
	got := map[string]int{}
	for _, m := range l.messages {
		if m.Change != nil {
			continue
		}
		for kind, list := range map[string][]finding.Finding{"opened": m.Opened, "changed": m.Changed, "resolved": m.Resolved} {
			for _, f := range list {
				got[kind+" "+f.Check+" "+message.RoleName(f.Role)]++
			}
		}
		for what, n := range m.Omitted {
			if what == "opened" || what == "changed" || what == "resolved" {
				l.t.Errorf("message %s leaves out %d %s findings", m.ID, n, what)
			}
		}
	}
	l.messages = nil
	return got
}

func (l *lab) wantMachines(kind string, n int) {
	l.t.Helper()
	got := l.forMachines()
	for what, times := range got {
		if times != 1 || !strings.HasPrefix(what, kind) {
			l.t.Errorf("machines received %q %d times", what, times)
		}
	}
	if len(got) != n {
		l.t.Errorf("machines received %d findings, want %d", len(got), n)
	}
}

const adminOf = "The role has administrator access"

func TestAChangeToManyRolesIsOneMessageForPeople(t *testing.T) {
	for n, cut := range map[int]string{51: adminOf, 300: "The role has administrator acce..."} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			l := teamed(t, n)
			l.must(l.setTeam(everything))
			l.pass(time.Hour)
			l.wantPeople(fmt.Sprintf("CRITICAL: %s (%d roles, policy team), by mallory", adminOf, n))
			l.wantMachines("opened", n)
			l.must(l.setTeam(harmless))
			l.pass(time.Hour)
			l.wantPeople(fmt.Sprintf("RESOLVED: Fixed by mallory: %s (%d roles, policy team)", cut, n))
			l.wantMachines("resolved", n)
		})
	}
}

// The opening and the end of a change are in one thread.
func TestWhatAChangeOpenedIsResolvedInItsThread(t *testing.T) {
	l := teamed(t, 120)
	l.must(l.setTeam(everything))
	l.pass(time.Hour)
	opened := l.threads()
	l.must(l.setTeam(harmless))
	l.pass(time.Hour)
	if resolved := l.threads(); len(opened) != 1 || !slices.Equal(opened, resolved) {
		t.Errorf("opened in %v, resolved in %v", opened, resolved)
	}
	states, err := l.store.Load(context.Background(), []string{roleARN("r0007")})
	if err != nil || states[0].ThreadID != "" {
		t.Errorf("the thread is remembered: %+v, %v", states[0].ThreadID, err)
	}
}

// The policy is so long that the findings of one slice are more than one message holds: machines receive each finding whole, and the
// parts of a slice together are all of it.
func TestAChangeWithLongFindings(t *testing.T) {
	l := teamed(t, 120)
	long := strings.Replace(everything, `"Effect"`, `"Sid":"`+strings.Repeat("x", 6000)+`","Effect"`, 1)
	l.must(l.setTeam(long))
	l.pass(time.Hour)
	l.wantPeople("CRITICAL: " + adminOf + " (120 roles, policy team), by mallory")
	parts, most := map[int]map[int]bool{}, 0
	for _, m := range l.messages {
		for what, n := range m.Omitted {
			if n > 0 && what != "changes" {
				t.Errorf("message %s omits %d %s", m.ID, n, what)
			}
		}
		if m.Change != nil {
			continue
		}
		if m.Parts > 0 {
			if parts[m.Slice] == nil {
				parts[m.Slice] = map[int]bool{}
			}
			parts[m.Slice][m.Part] = true
			most = max(most, m.Parts)
			if m.Part > m.Parts || m.Slices != 3 || m.ChangeID == "" {
				t.Errorf("part %d of %d of slice %d of %d of %q", m.Part, m.Parts, m.Slice, m.Slices, m.ChangeID)
			}
		}
	}
	if most < 2 || len(parts[1]) != most {
		t.Errorf("%d parts at most, %v", most, parts)
	}
	l.wantMachines("opened", 120)
}

// One commit whose findings are more than one message holds: people receive one message, and machines slices.
func TestACommitWithLongFindings(t *testing.T) {
	l := teamed(t, 40)
	long := strings.Replace(everything, `"Effect"`, `"Sid":"`+strings.Repeat("x", 6000)+`","Effect"`, 1)
	l.must(l.setTeam(long))
	l.pass(time.Hour)
	ids := map[string]bool{}
	for i, m := range l.messages {
		ids[m.ChangeID] = true
		if m.Slice != i+1 || m.Slices != len(l.messages) || m.ChangeID == "" || len(m.Omitted) > 0 {
			t.Errorf("slice %d of %d of %q, omitted %v", m.Slice, m.Slices, m.ChangeID, m.Omitted)
		}
	}
	if len(l.messages) < 2 || len(ids) != 1 {
		t.Errorf("%d messages of %d changes", len(l.messages), len(ids))
	}
	l.wantPeople("CRITICAL: " + adminOf + " (40 roles, policy team), by mallory")
	l.wantMachines("opened", 40)
}

// Five thousand roles, with IAM throttled to fifty reads a second.
func TestAChangeToThousandsOfRoles(t *testing.T) {
	l := teamed(t, 5000)
	l.cloud.onEveryRead = func() { l.now = l.now.Add(20 * time.Millisecond) }
	l.must(l.setTeam(everything))
	l.pass(time.Hour)
	l.wantPeople(
		"CRITICAL: Incomplete: The role has administrato... (500 roles, policy team), by mallory",
		"CRITICAL: Complete: The role has administrator... (5000 roles, policy team), by mallory",
	)
	l.wantMachines("opened", 5000)
}

// IAM is so slow that the slices take minutes: what is known after ten seconds is reported, and the rest when all is in.
func TestAFirstMessageDoesNotWaitForTheLastSlice(t *testing.T) {
	l := teamed(t, 300)
	l.cloud.onEveryRead = func() { l.now = l.now.Add(200 * time.Millisecond) }
	l.must(l.setTeam(everything))
	l.pass(time.Hour)
	l.wantPeople(
		"CRITICAL: Incomplete: The role has administrator... (50 roles, policy team), by mallory",
		"CRITICAL: Complete: The role has administrator ... (300 roles, policy team), by mallory",
	)
	l.wantMachines("opened", 300)
}

// A slice is lost for good: what is known after 15 minutes is reported.
func TestAChangeIsReportedWithoutASliceThatNeverComes(t *testing.T) {
	l := teamed(t, 120)
	l.flaky = true
	fail := errors.New("the table is down")
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		if slices.ContainsFunc(states, func(s finding.State) bool {
			return strings.Contains(s.ARN, "/r005") || strings.Contains(s.ARN, "/r006")
		}) {
			return fail
		}
		return nil
	}
	l.must(l.setTeam(everything))
	l.pass(20 * time.Minute)
	l.wantPeople("CRITICAL: Incomplete: The role has administrator... (70 roles, policy team), by mallory")
	// It comes after all: then it is reported by itself.
	l.store.Hooks.BeforeCommit = nil
	l.pass(time.Hour)
	got := l.forPeople()
	if len(got) != 1 || !strings.Contains(got[0], adminOf+" (50 roles, policy team), by mallory") {
		t.Errorf("people received %q", got)
	}
	l.wantMachines("opened", 120)
}

// One role of a slice cannot be committed: the others of the slice are counted, and it is reported by itself when it can.
func TestARoleOfASliceThatCannotBeCommitted(t *testing.T) {
	l := teamed(t, 120)
	l.flaky = true
	fail := errors.New("it has 500000 bytes, an item holds 409600")
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		if slices.ContainsFunc(states, func(s finding.State) bool { return strings.HasSuffix(s.ARN, "/r0060") }) {
			return fail
		}
		return nil
	}
	l.must(l.setTeam(everything))
	l.pass(20 * time.Minute)
	l.wantPeople("CRITICAL: " + adminOf + " (119 roles, policy team), by mallory")
	l.store.Hooks.BeforeCommit = nil
	l.pass(time.Hour)
	l.wantPeople("CRITICAL: r0060 has administrator access, changed by mallory")
	l.wantMachines("opened", 120)
}

func TestACrashBetweenTheLastSliceAndItsReport(t *testing.T) {
	l := teamed(t, 120)
	l.flaky = true
	down := true
	l.store.Hooks.CommitChange = func(out []message.Outgoing) error {
		if down && slices.ContainsFunc(out, func(o message.Outgoing) bool { return o.Kind == message.KindFindings }) {
			return errors.New("killed")
		}
		return nil
	}
	l.must(l.setTeam(everything))
	l.pass(5 * time.Second)
	l.wantPeople()
	down = false
	l.pass(time.Hour)
	l.wantPeople("CRITICAL: " + adminOf + " (120 roles, policy team), by mallory")
	l.wantMachines("opened", 120)
}

// The record comes twice, and every slice comes twice, some after the report.
func TestSlicesThatComeTwiceChangeNothing(t *testing.T) {
	l := teamed(t, 300)
	l.doubled = true
	edit := l.setTeam(everything)
	l.must(edit, edit)
	l.pass(time.Minute)
	l.must(edit)
	l.pass(time.Hour)
	l.wantPeople("CRITICAL: " + adminOf + " (300 roles, policy team), by mallory")
	l.wantMachines("opened", 300)
}

// The undo comes while the slices of the edit are on their way: what was reported is resolved, and nothing else is reported.
func TestAnUndoWhileSlicesRun(t *testing.T) {
	l := teamed(t, 300)
	reads := 0
	var undo []byte
	l.cloud.onEveryRead = func() {
		l.now = l.now.Add(100 * time.Millisecond)
		if reads++; reads == 120 {
			undo = l.setTeam(harmless)
		}
	}
	l.must(l.setTeam(everything))
	for undo == nil {
		l.pass(time.Second)
	}
	l.must(undo)
	l.pass(time.Hour)
	open, err := l.store.OpenRoles(context.Background())
	if err != nil || len(open) != 0 {
		t.Errorf("open: %d roles, %v", len(open), err)
	}
	machines := l.forMachines()
	for what, n := range machines {
		kind, rest, _ := strings.Cut(what, " ")
		if n != 1 || kind == "opened" && machines["resolved "+rest] != 1 {
			t.Errorf("machines received %q %d times, resolved %d times", what, n, machines["resolved "+rest])
		}
	}
	if got := l.forPeople(); len(got) > 4 || !strings.HasPrefix(got[len(got)-1], "RESOLVED") {
		t.Errorf("people received %q", got)
	}
}

// Two edits of one policy overlap: each is counted by itself, and no finding is reported twice.
func TestTwoChangesThatOverlap(t *testing.T) {
	l := teamed(t, 300)
	first := l.setTeam(everything)
	l.must(first, l.setTeam(everything+" "))
	l.pass(time.Hour)
	l.wantMachines("opened", 300)
	if got := l.forPeople(); len(got) > 2 {
		t.Errorf("people received %q", got)
	}
}

// threads are the threads in chat of the messages that people received since the last call.
func (l *lab) threads() []string {
	var out []string
	for _, o := range l.chats {
		for _, text := range o.Rendered.Channels[message.Chat.Name] {
			_, after, _ := strings.Cut(text, `"threadId":"`)
			id, _, _ := strings.Cut(after, `"`)
			out = append(out, id)
		}
	}
	l.outgoing, l.chats = nil, nil
	return out
}
