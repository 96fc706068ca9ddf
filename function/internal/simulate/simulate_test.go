package simulate

import (
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/hub"
)

// simulated runs a simulation on the clock of a bubble.
func simulated(t *testing.T, p Parameters) (r Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { r = newWorld(p, t.Output()).run(t.Context()) })
	r.Print(t.Output())
	return r
}

// An account that sends far more than its share delays no risk of another one by more than a minute, and nothing is lost.
func TestABurstDelaysNoOtherAccount(t *testing.T) {
	p := Standard()
	// It is a small organization with one invocation at a time, in which an account has a small share: what is tested is who
	// waits for whom.
	p.Accounts, p.Roles, p.Events, p.Bursts, p.BurstEvents, p.Risks, p.BurstRisks = 6, 6, 24*300+900, 1, 900, 0.05, 0.005
	p.Before, p.Duration = 75*time.Minute, time.Hour
	p.Work, p.Records = 1, 1
	p.Limits = hub.Limits{Records: 100}
	r := simulated(t, p)
	if r.Lost > 0 || r.Dead > 0 || r.Left > 0 {
		t.Errorf("lost %d, dead letters %d, left %d", r.Lost, r.Dead, r.Left)
	}
	if r.Traffic.Count == 0 || r.Burst.Count == 0 || r.Beside.Count == 0 {
		t.Fatalf("no risks are compared: %+v %+v %+v", r.Traffic, r.Burst, r.Beside)
	}
	if r.Traffic.P99 > time.Minute {
		t.Errorf("risks are reported after %v", r.Traffic)
	}
	if r.Beside.P99 > r.Traffic.P99+time.Minute {
		t.Errorf("beside a burst, risks are reported after %v, else after %v", r.Beside, r.Traffic)
	}
}

// TestSimulate is what make simulate runs: it prints, and judges nothing.
func TestSimulate(t *testing.T) {
	if os.Getenv("ROLEWATCH_SIMULATE") == "" {
		t.Skip("ROLEWATCH_SIMULATE is not set: make simulate sets it")
	}
	p := Standard()
	set := func(name string, into *int) {
		text := os.Getenv("ROLEWATCH_SIMULATE_" + name)
		if text == "" {
			return
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("ROLEWATCH_SIMULATE_%s %q: it is not a number above 0", name, text)
		}
		*into = n
	}
	hours, records := int(p.Duration/time.Hour), hub.DefaultLimits.Records
	rate := int(p.IAMRate)
	set("ACCOUNTS", &p.Accounts)
	set("EVENTS", &p.Events)
	set("BURST", &p.BurstEvents)
	set("HOURS", &hours)
	set("RECORDS", &records)
	set("IAM", &rate)
	p.Duration, p.Limits = time.Duration(hours)*time.Hour, hub.Limits{Records: records}
	p.IAMRate, p.IAMBurst = float64(rate), p.IAMBurst*float64(rate)/p.IAMRate
	simulated(t, p)
}
