package finding_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// A finding is reopened: people are told where an act has covered it until now.
func TestReopening(t *testing.T) {
	d := fires(danger, "a", "f")
	l := decided(t, finding.Accepted, d)
	l.acted.Acts = []finding.Act{l.about("a2", finding.Reopened)}
	l.look([]check.Diagnostic{d}, nil, "changed RW304 3")
	l.says(finding.Reopened, finding.EndReopened, false)
	l.takenAs(finding.EndReopened)

	l.acted.Acts = []finding.Act{l.about("a3", finding.Reopened)}
	l.look([]check.Diagnostic{d}, nil)
	l.takenAs(finding.EndReopened)
	if len(l.news) != 1 || l.acted.Taken[0].Act != "a3" {
		t.Errorf("became of the act %+v, stored %+v", l.news, l.acted.Taken)
	}
}

// An act that is no longer stored holds no more, whoever took it away, and people are told. Of one that had ended they know.
func TestAnActThatIsWithdrawn(t *testing.T) {
	d := fires(danger, "a", "f")
	for _, kind := range both {
		l := decided(t, kind, d)
		l.acted.Acts = nil
		l.look([]check.Diagnostic{d}, nil, "changed RW304 3")
		l.says(kind, finding.EndWithdrawn, false)
		if l.look([]check.Diagnostic{d}, nil); len(l.acted.Taken) > 0 {
			t.Errorf("stored %+v", l.acted.Taken)
		}

		l = decided(t, kind, d)
		l.now = l.acted.Acts[0].Until
		l.look([]check.Diagnostic{d}, nil, "changed RW304 3")
		l.acted.Acts = nil
		l.look([]check.Diagnostic{d}, nil)
	}
}

// An act that does not hold from the start is stored with the reason. People are told where it takes the place of one that held, or where
// the finding has become worse than what was seen.
func TestAnActThatNeverHolds(t *testing.T) {
	plain, critical := fires(danger, "a", "f"), fires(wider, "a", "f")
	for name, c := range map[string]struct {
		d    check.Diagnostic
		kind finding.ActKind
		// change makes the act, or what it is about, another one.
		change func(l *life, act *finding.Act)
		gone   bool
		want   finding.ActEnd
		told   bool
	}{
		"without a reason":           {d: plain, kind: finding.Accepted, change: func(_ *life, a *finding.Act) { a.Reason = "" }, want: finding.EndInvalid},
		"for too long":               {d: plain, kind: finding.Acknowledged, change: func(_ *life, a *finding.Act) { a.Until = a.At.Add(8 * day) }, want: finding.EndInvalid},
		"a finding that is over":     {d: plain, kind: finding.Acknowledged, gone: true, want: finding.EndResolved},
		"a risk that is over":        {d: plain, kind: finding.Accepted, gone: true},
		"critical":                   {d: critical, kind: finding.Acknowledged, want: finding.EndCritical},
		"critical, which is allowed": {d: critical, kind: finding.Acknowledged, change: func(l *life, _ *finding.Act) { l.acted.AckCritical = true }, told: true},
		"critical, accepted":         {d: critical, kind: finding.Accepted, told: true},
		"ended already":              {d: plain, kind: finding.Accepted, change: func(_ *life, a *finding.Act) { a.At, a.Until = a.At.Add(-2*day), a.At }, want: finding.EndExpired, told: true},
		"seen less severe":           {d: plain, kind: finding.Accepted, change: func(_ *life, a *finding.Act) { a.Seen.Severity = check.Low }, want: finding.EndMoreSevere, told: true},
		"seen with another meaning":  {d: plain, kind: finding.Acknowledged, change: func(_ *life, a *finding.Act) { a.Seen.Meaning = "other" }, want: finding.EndChanged, told: true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, held := range []bool{false, true} {
				l := newLife(t)
				revision := "2"
				if l.look([]check.Diagnostic{c.d}, nil, "opened "+c.d.Check.ID+" 1"); held {
					l.acted.Acts = []finding.Act{l.about("a1", finding.Accepted)}
					l.look([]check.Diagnostic{c.d}, nil, "changed "+c.d.Check.ID+" 2")
					revision = "3"
				}
				act := l.about("a2", c.kind)
				if c.change != nil {
					c.change(l, &act)
				}
				l.acted.Acts = []finding.Act{act}
				switch {
				case c.gone:
					l.look(nil, nil, "resolved "+c.d.Check.ID+" "+revision+" mended")
				case c.told || held:
					l.look([]check.Diagnostic{c.d}, nil, "changed "+c.d.Check.ID+" "+revision)
					l.says(c.kind, c.want, false)
				default:
					l.look([]check.Diagnostic{c.d}, nil)
				}
				l.takenAs(c.want)
				if len(l.news) != 1 || l.news[0].Taken != l.acted.Taken[0] || l.acted.Taken[0].Act != "a2" {
					t.Errorf("became of the act %+v, stored %+v", l.news, l.acted.Taken)
				}
			}
		})
	}
}

// What a finding says that an earlier release stored is not known: no act covers it.
func TestAFindingOfUnknownMeaningIsNotCovered(t *testing.T) {
	d := fires(danger, "a", "f")
	l := decided(t, finding.Accepted, d)
	l.prior[0].Meaning, l.acted.Acts[0].Seen.Meaning = "", ""
	l.look(nil, []check.Undecided{{Check: danger}}, "changed RW304 3")
	l.says(finding.Accepted, finding.EndChanged, false)
	l.takenAs(finding.EndChanged)
}

// An act about one finding leaves another one of the role as it is.
func TestAnActIsAboutOneFinding(t *testing.T) {
	l := decided(t, finding.Accepted, fires(danger, "a", "f"))
	l.look([]check.Diagnostic{fires(danger, "a"), fires(wider, "a", "f")}, nil, "changed RW304 3", "opened RW301 1")
	l.look([]check.Diagnostic{fires(danger, "a", "f"), fires(wider, "b", "f")}, nil, "changed RW301 2", "changed RW304 4")
	for _, one := range l.told {
		if covered := one.Finding.Check == danger.ID; one.Quiet != covered || (one.Finding.Handled != nil) != covered {
			t.Errorf("told %+v", one)
		}
	}
	for i := range l.acted.Acts {
		l.acted.Acts[i].Finding = "RW304-0"
	}
	l.look([]check.Diagnostic{fires(danger, "b", "f"), fires(wider, "b", "f")}, nil, "changed RW304 5")
	if l.told[0].Quiet {
		t.Errorf("told %+v", l.told)
	}
}

// That an act has ended is reported next to what is reported of another finding.
func TestTheEndOfAnActIsReportedNextToAnotherFinding(t *testing.T) {
	d := fires(danger, "a", "f")
	l := decided(t, finding.Accepted, d)
	l.now = l.acted.Acts[0].Until
	l.look([]check.Diagnostic{d, fires(wider, "b")}, nil, "changed RW304 3", "opened RW301 1")
	if told := l.told[1].Finding; told.Check != danger.ID || told.Handled == nil || told.Handled.Why != finding.EndExpired || l.told[0].Finding.Handled != nil {
		t.Errorf("told %+v", l.told)
	}
}
