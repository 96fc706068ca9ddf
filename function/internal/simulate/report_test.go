package simulate

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Report is what a simulation came to.
type Report struct {
	Parameters Parameters
	// Traffic are the times to report of risks outside of bursts, Burst of those of the account that sent one, and Beside of those that other
	// accounts had while one was handled.
	Traffic, Burst, Beside Times
	// Lost are risks that were not reported although the role stayed an administrator for undoneAfter.
	Lost int
	// IAM and Lambda are calls of these, Throttled those of IAM that were refused, and BusiestIAM the most that one account was asked in a second.
	IAM, Lambda, Throttled, BusiestIAM int
	// Writes and Reads are units of the table, and WriteKey and ReadKey the partition keys with the most of them in a second.
	Writes, Reads       float64
	Scans               int
	WriteKey, ReadKey   string
	WriteMost, ReadMost float64
	// Invocations are those of the function, and Busy the time that they took.
	Invocations int64
	Busy        time.Duration
	// Sends are messages sent to the queues, Dead those that became dead letters, and Left those that were left at the end.
	Sends, Dead, Left int
	// Told are messages published, and Operations those of them about rolewatch itself.
	Told, Operations int
}

// Times are times to report.
type Times struct {
	Count              int
	Median, P99, Worst time.Duration
}

func timesOf(list []time.Duration) Times {
	if len(list) == 0 {
		return Times{}
	}
	slices.Sort(list)
	return Times{len(list), list[len(list)/2], list[min(len(list)-1, len(list)*99/100)], list[len(list)-1]}
}

func (t Times) String() string {
	if t.Count == 0 {
		return "none"
	}
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
	return fmt.Sprintf("%d: median %v, 99th percentile %v, worst %v", t.Count, round(t.Median), round(t.P99), round(t.Worst))
}

// besideFor is how long after the beginning of a burst another account's risk is counted as one beside it.
const besideFor = 15 * time.Minute

// report collects what the world came to. Bursts are the times at which they began.
func (w *world) report(bursts []time.Time) Report {
	var traffic, burst, beside []time.Duration
	for _, r := range w.told.done {
		switch {
		case r.burst:
			burst = append(burst, r.after)
		case slices.ContainsFunc(bursts, func(b time.Time) bool { return !r.at.Before(b) && r.at.Before(b.Add(besideFor)) }):
			beside = append(beside, r.after)
		default:
			traffic = append(traffic, r.after)
		}
	}
	writeKey, readKey := w.usage.hottest()
	return Report{
		Parameters: w.p, Traffic: timesOf(traffic), Burst: timesOf(burst), Beside: timesOf(beside), Lost: w.told.lost + len(w.told.open),
		IAM: w.calls.total.iam, Lambda: w.calls.total.lambda, Throttled: w.calls.total.throttled, BusiestIAM: w.calls.most,
		Writes: w.usage.writes, Reads: w.usage.reads, Scans: w.usage.scans, WriteKey: writeKey, ReadKey: readKey,
		WriteMost: w.usage.busiest[writeKey].writes, ReadMost: w.usage.busiest[readKey].reads,
		Invocations: w.invocations.Load(), Busy: time.Duration(w.busy.Load()), Sends: w.records.sends + w.work.sends, Dead: w.records.dead + w.work.dead,
		Left: w.records.waiting() + w.work.waiting(), Told: w.told.sends, Operations: w.told.operations,
	}
}

// Print writes the report for people.
func (r Report) Print(out io.Writer) {
	p := r.Parameters
	for _, line := range [][2]string{
		{"accounts, with roles each", fmt.Sprintf("%d, %d", p.Accounts, p.Roles)},
		{"events a day, and in bursts", fmt.Sprintf("%d, %d of %d", p.Events, p.Bursts, p.BurstEvents)},
		{"calls that IAM answers a second, at once", fmt.Sprintf("%g, %g", p.IAMRate, p.IAMBurst)},
		{"time to report a risk", r.Traffic.String()},
		{"in the account of a burst", r.Burst.String()},
		{"in other accounts meanwhile", r.Beside.String()},
		{"risks not reported", fmt.Sprint(r.Lost)},
		{"calls of IAM, of an account in a second, throttled", fmt.Sprintf("%d, %d, %d", r.IAM, r.BusiestIAM, r.Throttled)},
		{"calls of Lambda", fmt.Sprint(r.Lambda)},
		{"table: write units, read units, scans", fmt.Sprintf("%.0f, %.0f, %d", r.Writes, r.Reads, r.Scans)},
		{"busiest key: writes in a second", fmt.Sprintf("%.0f (%s)", r.WriteMost, r.WriteKey)},
		{"busiest key: reads in a second", fmt.Sprintf("%.0f (%s)", r.ReadMost, r.ReadKey)},
		{"invocations, and their time", fmt.Sprintf("%d, %v", r.Invocations, r.Busy.Round(time.Second))},
		{"messages in queues, dead letters, left at the end", fmt.Sprintf("%d, %d, %d", r.Sends, r.Dead, r.Left)},
		{"messages published, of them to operations", fmt.Sprintf("%d, %d", r.Told, r.Operations)},
	} {
		fmt.Fprintf(out, "%-52s%s\n", line[0], strings.TrimSpace(line[1]))
	}
}
