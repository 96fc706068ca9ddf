package finding_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// both are the acts that cover a finding.
var both = []finding.ActKind{finding.Acknowledged, finding.Accepted}

// about is an act of now about the first finding as it is.
func (l *life) about(id string, kind finding.ActKind) finding.Act {
	act := finding.Act{ID: id, Kind: kind, By: "sam", Reason: "known", At: l.now, Until: l.now.Add(day)}
	if len(l.prior) > 0 {
		act.Finding, act.Seen = l.prior[0].ID, finding.SeenOf(&finding.State{}, l.prior[0])
		act.Seen.Actors = l.acted.Actors(l.prior[0], l.now)
	}
	return act
}

// decided is a life with a finding, which somebody has acknowledged or accepted as it is. People were told.
func decided(t *testing.T, kind finding.ActKind, d check.Diagnostic) *life {
	t.Helper()
	l := newLife(t)
	l.acted.AckCritical = true
	l.acted.Actors = func(finding.Stored, time.Time) []string { return []string{"sam"} }
	l.look([]check.Diagnostic{d}, nil, "opened "+d.Check.ID+" 1")
	l.acted.Acts = []finding.Act{l.about("a1", kind)}
	l.look([]check.Diagnostic{d}, nil, "changed "+d.Check.ID+" 2")
	return l
}

// takenAs expects what is stored of the only act: why it ended at the last look; empty for one that holds.
func (l *life) takenAs(why finding.ActEnd) {
	l.t.Helper()
	at := l.now.Add(-10 * time.Second)
	if taken := l.acted.Taken; len(taken) != 1 || taken[0].Why != why || taken[0].Ended.IsZero() != (why == "") || why != "" && !taken[0].Ended.Equal(at) {
		l.t.Fatalf("stored %+v, want the end %q", taken, why)
	}
}

// says expects what the only transition says of the act, and whether it is kept from people.
func (l *life) says(kind finding.ActKind, why finding.ActEnd, quiet bool) {
	l.t.Helper()
	if len(l.told) != 1 {
		l.t.Fatalf("told %+v", l.told)
	}
	if h := l.told[0].Finding.Handled; h == nil || h.As != kind || h.By != "sam" && why != finding.EndWithdrawn || h.Why != why || h.Holds() != (why == "") || l.told[0].Quiet != quiet {
		l.t.Errorf("told of the act %+v, quiet %v; want %s, %q, quiet %v", h, l.told[0].Quiet, kind, why, quiet)
	}
}

// An act is reported to people once. After that, changes of the finding that are not worse are reported to machines alone.
func TestAnActIsReportedAndThenCovers(t *testing.T) {
	d := fires(danger, "a", "f", "g")
	milder := d
	milder.Severity = check.Medium
	for _, kind := range both {
		l := decided(t, kind, d)
		l.says(kind, "", false)
		l.takenAs("")
		if len(l.news) != 1 || l.news[0].Act.ID != "a1" || l.news[0].Taken != l.acted.Taken[0] || l.news[0].Finding.Title != d.Title || l.prior[0].Revision != 2 {
			t.Errorf("became of the act %+v, stored %+v", l.news, l.prior)
		}
		l.look([]check.Diagnostic{d}, nil)
		if len(l.news) > 0 {
			t.Errorf("it is news again: %+v", l.news)
		}
		l.look([]check.Diagnostic{milder, fires(fault, "a")}, nil, "changed RW304 3", "opened RW102 1")
		for _, one := range l.told {
			if covered := one.Finding.Check == danger.ID; one.Quiet != covered || (one.Finding.Handled != nil) != covered {
				t.Errorf("%s: told %+v", kind, one)
			}
		}
		l.takenAs("")
	}
}

func manyFunctions(n int) (out []string) {
	for i := range n {
		out = append(out, functionARN(fmt.Sprintf("f%03d", i)))
	}
	return out
}

// Each way in which a finding is worse than what was seen ends an act and is reported, once.
func TestWhatIsWorseEndsAnAct(t *testing.T) {
	d := fires(danger, "a", functionARN("f"), functionARN("g"))
	worse, version := d, fires(danger, "a", functionARN("f"), functionARN("g"))
	worse.Severity = check.Critical
	version.Functions[1].Version = "7"
	versioned := func(n int) check.Diagnostic {
		out := fires(danger, "a", manyFunctions(n)...)
		out.Functions[0].Version = "7"
		return out
	}
	for name, c := range map[string]struct {
		before, now check.Diagnostic
		actors      []string
		want        finding.ActEnd
	}{
		"more severe":             {d, worse, []string{"sam"}, finding.EndMoreSevere},
		"another statement":       {d, fires(danger, "b", functionARN("f"), functionARN("g")), []string{"sam"}, finding.EndChanged},
		"one more function":       {d, fires(danger, "a", functionARN("f"), functionARN("g"), functionARN("h")), []string{"sam"}, finding.EndFunction},
		"another function":        {d, fires(danger, "a", functionARN("f"), functionARN("h")), []string{"sam"}, finding.EndFunction},
		"one function less":       {d, fires(danger, "a", functionARN("g")), []string{"sam"}, ""},
		"another version":         {d, version, []string{"sam"}, ""},
		"another, of 99":          {fires(danger, "a", manyFunctions(99)...), versioned(99), []string{"sam"}, ""},
		"another, of 100 or more": {fires(danger, "a", manyFunctions(100)...), versioned(100), []string{"sam"}, finding.EndFunction},
		"one more actor":          {d, d, []string{"eve", "sam"}, finding.EndActor},
		"nobody":                  {d, d, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range both {
				l := decided(t, kind, c.before)
				l.acted.Actors = func(finding.Stored, time.Time) []string { return c.actors }
				want := []string{"changed RW304 3"}
				if name == "nobody" {
					want = nil // Nothing has changed.
				}
				l.look([]check.Diagnostic{c.now}, nil, want...)
				l.takenAs(c.want)
				if len(want) > 0 {
					l.says(kind, c.want, c.want == "")
				}
				ended := slices.Clone(l.acted.Taken)
				l.look([]check.Diagnostic{c.now}, nil)
				if !slices.Equal(l.acted.Taken, ended) {
					t.Errorf("stored %+v, before %+v", l.acted.Taken, ended)
				}
			}
		})
	}
}

// An act holds until its end, and not when that has come.
func TestAnActEndsWhenItSays(t *testing.T) {
	d := fires(danger, "a", "f")
	for _, kind := range both {
		l := decided(t, kind, d)
		until := l.acted.Acts[0].Until
		l.now = until.Add(-1)
		l.look([]check.Diagnostic{d}, nil)
		l.now = until
		l.look([]check.Diagnostic{d}, nil, "changed RW304 3")
		l.says(kind, finding.EndExpired, false)
		l.takenAs(finding.EndExpired)
		l.look([]check.Diagnostic{d}, nil)
	}
}

// A finding that is over is reported to people, whatever was decided. An acknowledgement is over with it; a risk that is accepted stays
// accepted when it comes back.
func TestAnActAboutAFindingThatIsOver(t *testing.T) {
	d := fires(danger, "a", "f")
	for kind, end := range map[finding.ActKind]finding.ActEnd{finding.Acknowledged: finding.EndResolved, finding.Accepted: ""} {
		l := decided(t, kind, d)
		l.look(nil, nil, "resolved RW304 3 mended")
		l.says(kind, end, false)
		l.takenAs(end)
		l.look([]check.Diagnostic{d}, nil, "opened RW304 1")
		if accepted := kind == finding.Accepted; l.told[0].Quiet != accepted || l.told[0].Finding.Handled.Holds() != accepted {
			t.Errorf("%s: told %+v", kind, l.told)
		}
	}
}

// Of a failure that is pending people do not know: nobody can acknowledge it. A risk that is accepted opens quietly.
func TestAnActAboutAPendingFinding(t *testing.T) {
	d := fires(fault, "a", "f")
	for kind, end := range map[finding.ActKind]finding.ActEnd{finding.Acknowledged: finding.EndResolved, finding.Accepted: ""} {
		l := newLife(t)
		l.acted.AckCritical, l.newest = true, start
		l.look([]check.Diagnostic{d}, nil)
		l.acted.Acts = []finding.Act{l.about("a1", kind)}
		l.look([]check.Diagnostic{d}, nil)
		l.takenAs(end)
		if len(l.news) != 1 || l.news[0].Finding.ID != l.prior[0].ID || l.news[0].Finding.Title != "" {
			t.Errorf("%s: became of the act %+v", kind, l.news)
		}
		l.look([]check.Diagnostic{d}, nil)
		l.now = start.Add(time.Minute)
		l.look([]check.Diagnostic{d}, nil, "opened RW102 1")
		if l.told[0].Quiet != (end == "") {
			t.Errorf("%s: told %+v", kind, l.told)
		}
	}
}
