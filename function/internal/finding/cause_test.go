package finding_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// blamed has every diagnostic blamed on a record; nil is none.
func (l *life) blamed(cause *finding.Cause) {
	l.blame = func(check.Diagnostic, bool) *finding.Cause { return cause }
}

// says of the cause what is stored and what the only transition says: the event ID, and what has changed.
func (l *life) caused(eventID, change string) {
	l.t.Helper()
	if c := l.prior[0].Cause; (c == nil) != (eventID == "") || c != nil && c.EventID != eventID {
		l.t.Errorf("stored with the cause %+v, want %q", c, eventID)
	}
	if change == "" {
		return
	}
	if f := l.told[0].Finding; len(f.WhatChanged) != 1 || f.WhatChanged[0] != change || f.Cause == nil || f.Cause.EventID != eventID {
		l.t.Errorf("told %q with the cause %+v, want %q, %q", f.WhatChanged, f.Cause, change, eventID)
	}
}

// A finding with a cause is from a change. One without is as the look says of findings that are new.
func TestTheOriginOfAFinding(t *testing.T) {
	for _, c := range []struct {
		cause *finding.Cause
		want  finding.Origin
	}{{nil, finding.Existing}, {&finding.Cause{EventID: "e1"}, finding.FromChange}} {
		l := newLife(t)
		l.blamed(c.cause)
		l.look([]check.Diagnostic{fires(danger, "a", "f")}, nil, "opened RW304 1")
		l.blamed(nil)
		l.look([]check.Diagnostic{fires(danger, "b", "f")}, nil, "changed RW304 2")
		if got := l.prior[0].Origin; got != c.want || l.told[0].Finding.Origin != c.want {
			t.Errorf("cause %+v: stored with the origin %q, want %q", c.cause, got, c.want)
		}
	}
}

// A record may be to blame for what is new: a finding that was not there before, or that has changed.
func TestWhatARecordMayBeToBlameFor(t *testing.T) {
	l := newLife(t)
	var asked []bool
	l.blame = func(_ check.Diagnostic, isNew bool) *finding.Cause {
		asked = append(asked, isNew)
		return nil
	}
	l.look([]check.Diagnostic{fires(danger, "a", "f")}, nil, "opened RW304 1")
	l.look([]check.Diagnostic{fires(danger, "a", "f")}, nil)
	l.look([]check.Diagnostic{fires(danger, "b", "f")}, nil, "changed RW304 2")
	if len(asked) != 3 || !asked[0] || asked[1] || !asked[2] {
		t.Errorf("asked for what is new: %v", asked)
	}
}

// The cause of a finding stays. Only a record that changed the finding takes its place.
func TestTheCauseOfAFindingStays(t *testing.T) {
	l := newLife(t)
	a, b := fires(danger, "a", "f"), fires(danger, "b", "f")
	l.look([]check.Diagnostic{a}, nil, "opened RW304 1")
	l.caused("", "")
	l.blamed(&finding.Cause{EventID: "e1"})
	l.look([]check.Diagnostic{a}, nil, "changed RW304 2")
	l.caused("e1", "the cause is known now")
	l.blamed(&finding.Cause{EventID: "e2"})
	l.look([]check.Diagnostic{a}, nil)
	l.caused("e1", "")
	l.blamed(nil)
	l.look([]check.Diagnostic{b}, nil, "changed RW304 3")
	l.caused("e1", "the trust policy has other statements")
	l.blamed(&finding.Cause{EventID: "e3"})
	l.look([]check.Diagnostic{a}, nil, "changed RW304 4")
	l.caused("e3", "the trust policy has other statements")
}

// A cause with one more record is a change of the finding, and one with fewer is not.
func TestFurtherRecordsOfACause(t *testing.T) {
	l := newLife(t)
	d := []check.Diagnostic{fires(danger, "a", "f")}
	l.blamed(&finding.Cause{EventID: "e1"})
	l.look(d, nil, "opened RW304 1")
	l.further = func(_ check.Diagnostic, c *finding.Cause) *finding.Cause {
		with := *c
		with.Further = []string{"e0"}
		return &with
	}
	l.look(d, nil, "changed RW304 2")
	l.caused("e1", "one more change behind it is known now")
	if c := l.prior[0].Cause; !c.Names("e0") || !c.Names("e1") || c.Names("e2") {
		t.Errorf("stored with the cause %+v", c)
	}
	l.look(d, nil)
	l.further = func(_ check.Diagnostic, c *finding.Cause) *finding.Cause { return &finding.Cause{EventID: c.EventID} }
	l.look(d, nil)
}

// A cause that was looked up in CloudTrail's event history becomes certain when its record is delivered. A certain one from before the finding
// takes its place.
func TestACauseThatWasLookedUp(t *testing.T) {
	for name, c := range map[string]struct {
		// found is the certainty that the cause was looked up with; empty for one that was delivered.
		found     finding.Certainty
		delivered []string
		now       *finding.Cause
		want      string
		certain   finding.Certainty
		changed   bool
	}{
		"nothing was delivered":              {found: finding.Certain, want: "e1", certain: finding.Likely},
		"it was delivered":                   {found: finding.Certain, delivered: []string{"e1"}, want: "e1", certain: finding.Certain},
		"it was delivered, and is likely":    {found: finding.Likely, delivered: []string{"e1"}, want: "e1", certain: finding.Likely},
		"the same was delivered with a time": {found: finding.Certain, delivered: []string{"e1"}, now: &finding.Cause{EventID: "e1", Certainty: finding.Certain, At: start}, want: "e1", certain: finding.Certain},
		"the same was looked up again":       {found: finding.Certain, now: &finding.Cause{EventID: "e1", Certainty: finding.Certain, At: start}, want: "e1", certain: finding.Likely},
		"another one, from when it was seen": {found: finding.Certain, now: &finding.Cause{EventID: "e2", Certainty: finding.Certain, At: start}, want: "e2", certain: finding.Certain, changed: true},
		"another one, from after that":       {found: finding.Certain, now: &finding.Cause{EventID: "e2", Certainty: finding.Certain, At: start.Add(1)}, want: "e1", certain: finding.Likely},
		"another one, which is likely":       {found: finding.Certain, now: &finding.Cause{EventID: "e2", Certainty: finding.Likely, At: start}, want: "e1", certain: finding.Likely},
		"another one than was delivered":     {now: &finding.Cause{EventID: "e2", Certainty: finding.Certain, At: start.Add(-time.Hour)}, want: "e1", certain: finding.Likely},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLife(t)
			d := []check.Diagnostic{fires(danger, "a", "f")}
			l.blamed(&finding.Cause{EventID: "e1", Certainty: finding.Likely, Found: c.found})
			l.look(d, nil, "opened RW304 1")
			l.delivered = c.delivered
			l.blamed(c.now)
			if c.changed {
				l.look(d, nil, "changed RW304 2")
				l.caused(c.want, "another change is the cause")
			} else {
				l.look(d, nil)
				l.caused(c.want, "")
			}
			if got := l.prior[0].Cause; got.Certainty != c.certain || (got.Found == "") != (len(c.delivered) > 0 || c.changed || c.found == "") {
				t.Errorf("stored with the cause %+v, want %s", got, c.certain)
			}
		})
	}
}
