package finding_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

var edit = &check.Check{ID: "RW317", Slug: "edit", Title: "An edit", Severity: check.Medium, JudgesEdit: true}

func in(c *check.Check, policies ...string) check.Diagnostic {
	d := check.Diagnostic{Check: c, Severity: c.Severity, Title: c.Title}
	for _, p := range policies {
		d.Evidence = append(d.Evidence, check.Evidence{Policy: p, Text: "{}"})
	}
	return d
}

func edits(t *testing.T) *life {
	l := newLife(t)
	l.checks = append(l.checks, edit)
	return l
}

func TestAnEditIsFoldedUnderWhatItCameTo(t *testing.T) {
	l := edits(t)
	both := []check.Diagnostic{in(danger, "inline:p"), in(edit, "inline:p")}
	l.look(both, nil, "opened RW304 1")
	if folds := l.told[0].Finding.Folds; len(folds) != 1 || folds[0] != "RW317" {
		t.Errorf("the risk folds %v", folds)
	}
	l.look(both, nil)
	l.look(nil, nil, "resolved RW304 2 mended")
	l.look(nil, nil)
}

// The finding under which the edit was folded is fixed, and the edit still allows more: then that is reported.
func TestAnEditIsReportedOnceNothingExplainsIt(t *testing.T) {
	l := edits(t)
	l.look([]check.Diagnostic{in(danger, "inline:p"), in(edit, "inline:p")}, nil, "opened RW304 1")
	l.look([]check.Diagnostic{in(edit, "inline:p")}, nil, "opened RW317 1", "resolved RW304 2 mended")
	l.look(nil, nil, "resolved RW317 2 mended")
}

func TestAnEditThatAnExceptedFindingExplainedStaysSilent(t *testing.T) {
	l := edits(t)
	l.look([]check.Diagnostic{in(danger, "inline:p"), in(edit, "inline:p")}, nil, "opened RW304 1")
	l.ended = finding.Excepted
	l.look([]check.Diagnostic{in(edit, "inline:p")}, nil, "resolved RW304 2 excepted")
	l.look([]check.Diagnostic{in(edit, "inline:p")}, nil)
	l.ended = ""
	l.look(nil, nil)
}

func TestAnEditIsNotFoldedUnderWhatDoesNotExplainIt(t *testing.T) {
	for name, c := range map[string]struct {
		first, now []check.Diagnostic
		want       []string
	}{
		"of another part":            {nil, []check.Diagnostic{in(danger, "inline:q"), in(edit, "inline:p")}, []string{"opened RW304 1", "opened RW317 1"}},
		"of one of two parts":        {nil, []check.Diagnostic{in(danger, "inline:q"), in(edit, "inline:p", "inline:q")}, []string{"opened RW304 1", "opened RW317 1"}},
		"there before":               {[]check.Diagnostic{in(danger, "inline:p")}, []check.Diagnostic{in(danger, "inline:p"), in(edit, "inline:p")}, []string{"opened RW317 1"}},
		"pending":                    {nil, []check.Diagnostic{in(fault, "inline:p"), in(edit, "inline:p")}, []string{"opened RW317 1"}},
		"less severe than the edit":  {nil, []check.Diagnostic{in(&check.Check{ID: "RW304", Severity: check.Low}, "inline:p"), in(edit, "inline:p")}, []string{"opened RW304 1", "opened RW317 1"}},
		"there before, and more now": {[]check.Diagnostic{in(danger, "inline:q")}, []check.Diagnostic{in(danger, "inline:p", "inline:q"), in(edit, "inline:p")}, []string{"changed RW304 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := edits(t)
			if c.first != nil {
				l.look(c.first, nil, "opened RW304 1")
			}
			l.newest = l.now
			l.look(c.now, nil, c.want...)
		})
	}
}

// A finding that was there before the edit does not explain it: once the one that did is fixed, or blames something else, the edit is reported.
func TestAnEditIsReportedOnceItsFindingBlamesSomethingElse(t *testing.T) {
	before, both := in(wider, "inline:p"), []check.Diagnostic{in(wider, "inline:p"), in(danger, "inline:p"), in(edit, "inline:p")}
	for name, c := range map[string]struct {
		now  []check.Diagnostic
		want []string
	}{
		"it is fixed":           {[]check.Diagnostic{before, in(edit, "inline:p")}, []string{"opened RW317 1", "resolved RW304 2 mended"}},
		"it blames another one": {[]check.Diagnostic{before, in(danger, "inline:q"), in(edit, "inline:p")}, []string{"changed RW304 2", "opened RW317 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := edits(t)
			l.look([]check.Diagnostic{before}, nil, "opened RW301 1")
			l.look(both, nil, "opened RW304 1")
			l.look(c.now, nil, c.want...)
		})
	}
}

// What an edit came to explains it where that is as severe, and not where it is less.
func TestAnEditIsFoldedUnderWhatIsAsSevere(t *testing.T) {
	for severity, want := range map[check.Severity][]string{
		check.High: {"opened RW304 1"}, check.Critical: {"opened RW304 1", "opened RW317 1"}, check.Low: {"opened RW304 1"},
	} {
		l, e := edits(t), in(edit, "inline:p")
		e.Severity = severity
		l.look([]check.Diagnostic{in(danger, "inline:p"), e}, nil, want...)
	}
}

// It opens and ends every 30 seconds for an hour, as when something attaches what something else detaches.
func TestAFindingThatFlapsIsReportedAFewTimes(t *testing.T) {
	l := newLife(t)
	reports := 0
	flap := func(want ...string) {
		l.look([]check.Diagnostic{in(danger, "inline:p")}, nil, want...)
		reports += len(l.told)
		l.now = l.now.Add(20 * time.Second)
	}
	quiet := func(want ...string) {
		l.look(nil, nil, want...)
		reports += len(l.told)
		l.now = l.now.Add(20 * time.Second)
	}
	flap("opened RW304 1")
	quiet("resolved RW304 2 mended")
	flap("opened RW304 1")
	quiet("resolved RW304 2 mended")
	flap("opened RW304 1")
	if f := l.told[0].Finding.Flapping; f == nil || f.Openings != 3 || len(f.Opened) != 3 {
		t.Errorf("reported as flapping: %+v", f)
	}
	for range 58 {
		quiet()
		flap()
	}
	if l.due.Sub(l.now) > 2*time.Minute {
		t.Errorf("due at %v, now %v", l.due, l.now)
	}
	// It stays open: that is reported, once.
	l.now = l.now.Add(2 * time.Minute)
	flap("changed RW304 2")
	if f := l.told[0].Finding.Flapping; f == nil || f.Openings != 61 || len(f.Opened) != 50 {
		t.Errorf("reported as flapping: %+v", f)
	}
	l.now = l.now.Add(10 * time.Minute)
	flap()
	// It ends: that is reported once an hour has passed.
	quiet()
	l.now = l.now.Add(30 * time.Minute)
	quiet()
	l.now = l.due
	quiet("resolved RW304 3 mended")
	if len(l.flaps) != 0 || reports != 7 {
		t.Errorf("%d reports; still remembered: %+v", reports, l.flaps)
	}
	flap("opened RW304 1")
}

func TestAFlappingFindingThatGetsWorseIsReported(t *testing.T) {
	l := newLife(t)
	worse := in(danger, "inline:p")
	worse.Severity = check.Critical
	for _, want := range []string{"opened RW304 1", "opened RW304 1", "opened RW304 1", ""} {
		if want == "" {
			l.look([]check.Diagnostic{in(danger, "inline:p")}, nil)
			break
		}
		l.look([]check.Diagnostic{in(danger, "inline:p")}, nil, want)
		if len(l.flaps) == 1 && l.flaps[0].Since.IsZero() {
			l.look(nil, nil, "resolved RW304 2 mended")
		} else {
			l.look(nil, nil)
		}
	}
	// Another finding of the role is reported as ever.
	l.look([]check.Diagnostic{worse, in(wider, "inline:q")}, nil, "changed RW304 2", "opened RW301 1")
	l.look([]check.Diagnostic{in(wider, "inline:q")}, nil)
	l.look([]check.Diagnostic{worse, in(wider, "inline:q")}, nil)
}

func TestSlowChangesAreNoFlapping(t *testing.T) {
	l := newLife(t)
	for range 10 {
		l.look([]check.Diagnostic{in(danger, "inline:p")}, nil, "opened RW304 1")
		l.now = l.now.Add(4 * time.Minute)
		l.look(nil, nil, "resolved RW304 2 mended")
		l.now = l.now.Add(4 * time.Minute)
	}
	if len(l.flaps) != 1 || len(l.flaps[0].Opened) > 2 {
		t.Errorf("remembered: %+v", l.flaps)
	}
}

// The openings of the last 15 minutes count: one that is just as old does not.
func TestAnOpeningOf15MinutesAgoDoesNotCount(t *testing.T) {
	for age, flaps := range map[time.Duration]bool{15*time.Minute - 1: true, 15 * time.Minute: false} {
		l, d := newLife(t), []check.Diagnostic{in(danger, "inline:p")}
		first := l.now
		for range 2 {
			l.look(d, nil, "opened RW304 1")
			l.look(nil, nil, "resolved RW304 2 mended")
		}
		l.now = first.Add(age)
		l.look(d, nil, "opened RW304 1")
		if got := l.told[0].Finding.Flapping != nil; got != flaps {
			t.Errorf("the first opening was %v ago: flapping %v", age, got)
		}
	}
}

// What people are told of a finding that goes on flapping is what fires now of it, and not of another finding of the check or of the role.
func TestAFlappingFindingIsReportedAsItIs(t *testing.T) {
	l := newLife(t)
	keyed := func(c *check.Check, key string) check.Diagnostic {
		d := in(c, "inline:p")
		d.Key, d.Title = key, c.ID+" of "+key
		return d
	}
	steady := []check.Diagnostic{keyed(danger, "other"), keyed(wider, "logs")}
	both := append(slices.Clone(steady), keyed(danger, "logs"))
	l.look(steady, nil, "opened RW301 1", "opened RW304 1")
	for _, want := range []string{"resolved RW304 2 mended", "resolved RW304 2 mended", ""} {
		if l.look(both, nil, "opened RW304 1"); want != "" {
			l.look(steady, nil, want)
		}
	}
	l.now = l.now.Add(2 * time.Minute)
	l.look(both, nil, "changed RW304 2")
	if title := l.told[0].Finding.Title; title != "RW304 of logs" {
		t.Errorf("told %q", title)
	}
}

func TestAFlappingFindingOfACheckThatIsTurnedOffIsOver(t *testing.T) {
	l := newLife(t)
	for range 2 {
		l.look([]check.Diagnostic{in(danger, "inline:p")}, nil, "opened RW304 1")
		l.look(nil, nil, "resolved RW304 2 mended")
	}
	l.look([]check.Diagnostic{in(danger, "inline:p")}, nil, "opened RW304 1")
	l.checks = nil
	l.look(nil, nil, "resolved RW304 2 checkOff")
	if len(l.flaps) != 0 {
		t.Errorf("remembered: %+v", l.flaps)
	}
}

// Something that touches what is to blame every 50 seconds does not keep a failure silent.
func TestAFailureIsReportedAfterThreeSettleTimes(t *testing.T) {
	l := newLife(t)
	began := l.now
	for l.now.Sub(began) < 3*time.Minute {
		l.newest = l.now
		l.look([]check.Diagnostic{in(fault)}, nil)
		if l.due.Sub(l.now) > time.Minute || l.due.Sub(began) > 3*time.Minute {
			t.Fatalf("due %v after it was first seen", l.due.Sub(began))
		}
		l.now = l.now.Add(40 * time.Second)
	}
	l.newest = l.now
	l.look([]check.Diagnostic{in(fault)}, nil, "opened RW102 1")
}
