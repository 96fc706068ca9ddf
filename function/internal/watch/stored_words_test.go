package watch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// The queue holds work items of the last release while a new one is deployed. Each is written here as that release wrote it.

func TestAWorkItemOfTheLastReleaseIsAReconcile(t *testing.T) {
	l := orders(t)
	l.cloud.roles["orders"].inline["all"] = everything
	l.must([]byte(`{"rolewatch":"look","roles":["` + roleARN("orders") + `"],"changes":[{"eventId":"00000000-0000-4000-8000-000000000077","eventName":"PutRolePolicy","eventSource":"iam.amazonaws.com",
		"time":"` + l.now.Format(time.RFC3339) + `","region":"us-east-1","actor":{"type":"IAMUser","arn":"arn:aws:iam::` + account + `:user/sam","name":"sam"},"part":"inline:all","effect":"set","role":"orders"}]}`))
	f := l.want("opened RW301 orders")[0].Opened[0]
	if f.Cause == nil || f.Cause.EventID != "00000000-0000-4000-8000-000000000077" {
		t.Errorf("cause %+v", f.Cause)
	}
}

// A confirming work item of the last release waits for a later one, and another one does not.
func TestAWorkItemOfTheLastReleaseThatConfirmsIsNotDue(t *testing.T) {
	for item, read := range map[string]bool{`"confirm":true,`: false, ``: true} {
		l := orders(t)
		l.must(l.setTrust("orders", badTrust))
		l.now = l.now.Add(10 * time.Second)
		reads := l.cloud.reads
		l.must([]byte(`{"rolewatch":"look","roles":["` + roleARN("orders") + `"],` + item + `"slice":0}`))
		if got := l.cloud.reads > reads; got != read {
			t.Errorf("with %q the role was read: %v, want %v", item, got, read)
		}
	}
}

// A slice of the last release is a slice of its change, and the work item that counts the change reports it.
func TestSlicesOfTheLastReleaseAreCounted(t *testing.T) {
	l := teamed(t, 120)
	l.must(l.setTeam(everything))
	edit := ""
	for l.queue.Len() > 0 {
		due, _ := l.queue.Next()
		item, ok := l.queue.Pop(slices.MaxFunc([]time.Time{l.now, due}, time.Time.Compare))
		if !ok {
			break
		}
		if _, after, found := strings.Cut(string(item.Body), `"change":"`); found && edit == "" {
			edit, _, _ = strings.Cut(after, `"`)
		}
	}
	slice := func(number, from, to int) []byte {
		var arns []string
		for i := from; i < to; i++ {
			arns = append(arns, `"`+roleARN(fmt.Sprintf("r%04d", i))+`"`)
		}
		return fmt.Appendf(nil, `{"rolewatch":"look","roles":[%s],"slice":%d,"slices":3,"change":"%s"}`, strings.Join(arns, ","), number, edit)
	}
	l.must(slice(1, 0, 50), slice(2, 50, 100))
	l.wantPeople()
	l.now = l.now.Add(15 * time.Minute)
	l.must([]byte(`{"rolewatch":"count","change":"` + edit + `"}`))
	l.wantPeople("CRITICAL: Incomplete: " + adminOf + " (100 roles)")
	// The last slice comes late, and is reported by itself.
	l.must(slice(3, 100, 120))
	if got := l.forPeople(); len(got) != 1 || !strings.Contains(got[0], "(20 roles)") {
		t.Errorf("people received %q", got)
	}
}

// Each step of a sweep of the last release is gone on with, to the end of the sweep.
func TestASweepOfTheLastReleaseGoesOn(t *testing.T) {
	for _, step := range []string{"functions", "roles", "rest", "ask"} {
		t.Run(step, func(t *testing.T) {
			l := orders(t)
			l.now = l.now.Add(25 * time.Hour)
			generation, mine, err := l.store.StartSweep(context.Background(), account, l.now, l.now.Add(2*time.Hour))
			if err != nil || !mine {
				t.Fatal(mine, err)
			}
			done := l.counted.sweeps
			l.must(fmt.Appendf(nil, `{"rolewatch":"sweep","sweep":{"step":"%s","generation":%d,"started":"%s"}}`, step, generation, l.now.Format(time.RFC3339)))
			l.pass(time.Second)
			state, err := l.store.SweepState(context.Background(), account)
			if err != nil || state.Complete != generation || l.counted.sweeps != done+1 {
				t.Errorf("state %+v, %v, %d sweeps completed", state, err, l.counted.sweeps-done)
			}
		})
	}
}

// Episodes that the last release began are tried again, each at what it was seen at, and are over once that is in order.
func TestEpisodesOfTheLastReleaseAreTriedAgain(t *testing.T) {
	mapping := "11111111-2222-4333-8444-555555555555"
	for _, scope := range []string{
		"role:" + roleARN("orders"), "state:" + roleARN("orders"), "attachments:" + teamARN, "versions:" + functionARN("checkout"),
		"mapping:" + region + "/" + mapping, "lookup:" + region, "sweep",
	} {
		t.Run(strings.SplitN(scope, ":", 2)[0], func(t *testing.T) {
			l := withPolicy(t)
			began := l.now.Add(-2 * time.Hour)
			before, err := l.store.Episodes(context.Background(), account)
			if err != nil {
				t.Fatal(err)
			}
			before.Open = append(before.Open, episode.Episode{
				Trouble: episode.Trouble{Key: "denied:x:Y", Subject: "rolewatch may not call x:Y", Over: "rolewatch may call x:Y again"},
				Since:   began, Seen: began, Reported: began, Reports: 1, Scopes: []string{scope},
			})
			if err := l.store.CommitEpisodes(context.Background(), before, nil, l.now); err != nil {
				t.Fatal(err)
			}
			l.now = l.now.Add(2 * time.Minute) // What is open is read at most once a minute.
			l.ticked(25 * time.Hour)
			if open := l.open(); len(open) != 0 {
				t.Errorf("open: %q", open)
			}
			l.wantTold("Resolved: rolewatch may call x:Y again")
		})
	}
}

// The state, the thread and the outbox say the same as what was reported, at each step of a finding's life.
func TestWhatIsStoredIsWhatIsReported(t *testing.T) {
	l := orders(t)
	stored := func() (statuses []string, thread string) {
		t.Helper()
		states, err := l.store.Load(context.Background(), []string{roleARN("orders")})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range states[0].Findings {
			statuses = append(statuses, f.Check+" "+string(f.Status))
		}
		left, err := l.store.Outbox(context.Background(), l.now.Add(time.Hour))
		if err != nil || len(left) != 0 {
			t.Errorf("%d items are left in the outbox, %v", len(left), err)
		}
		return statuses, states[0].ThreadID
	}
	edit := l.setTrust("orders", badTrust)
	l.must(edit)
	if got, _ := stored(); !slices.Equal(got, []string{"RW102 " + string(finding.Pending)}) {
		t.Errorf("stored: %q", got)
	}
	l.want()
	l.pass(2 * time.Minute)
	m := l.want("opened RW102 orders")[0]
	if got, thread := stored(); !slices.Equal(got, []string{"RW102 " + string(finding.Open)}) || thread == "" {
		t.Errorf("stored: %q in the thread %q", got, thread)
	}
	if len(m.Changes) != 1 || m.Opened[0].Cause == nil || m.Opened[0].Cause.EventID != m.Changes[0].EventID || m.Opened[0].Cause.Certainty != finding.Certain {
		t.Errorf("cause %+v of %+v", m.Opened[0].Cause, m.Changes)
	}
	l.must(l.setTrust("orders", goodTrust))
	l.pass(2 * time.Minute)
	l.want("resolved RW102 orders mended")
	if got, thread := stored(); len(got) != 0 || thread != "" {
		t.Errorf("stored: %q in the thread %q", got, thread)
	}
}
