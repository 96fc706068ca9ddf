package finding_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// successor is a check whose findings had the ID of danger, or keys with a prefix.
func successor() *check.Check {
	return &check.Check{ID: "RW399", Slug: "successor", Title: "A danger by another name", Severity: check.High, Formerly: []check.Former{
		{Check: danger.ID},
		{Check: "RW399", Key: func(key string) (string, bool) { return strings.CutPrefix(key, "policy:") }},
	}}
}

func keyed(c *check.Check, key string) check.Diagnostic {
	d := fires(c, "a", "f")
	d.Key = key
	return d
}

func (l *life) stored(want ...finding.Stored) {
	l.t.Helper()
	if len(l.prior) != len(want) {
		l.t.Fatalf("stored %+v", l.prior)
	}
	for i, w := range want {
		if s := l.prior[i]; s.Check != w.Check || s.Key != w.Key || s.ID != w.ID || !s.FirstSeen.Equal(w.FirstSeen) || s.Revision != w.Revision || s.Status != w.Status {
			l.t.Errorf("stored %+v, want %+v", s, w)
		}
	}
}

func TestAFindingContinuesUnderThePresentName(t *testing.T) {
	l := newLife(t)
	l.look([]check.Diagnostic{keyed(danger, "logs")}, nil, "opened RW304 1")
	want := l.prior[0]
	now := successor()
	l.checks = []*check.Check{now}
	l.look([]check.Diagnostic{keyed(now, "logs")}, nil)
	want.Check = "RW399"
	l.stored(want)
	// It is reported under the ID that it had, with the present check.
	worse := keyed(now, "logs")
	worse.Severity = check.Critical
	l.look([]check.Diagnostic{worse}, nil, "changed RW399 2")
	if f := l.told[0].Finding; f.ID != want.ID || f.Slug != now.Slug || !f.FirstSeen.Equal(want.FirstSeen) {
		t.Errorf("told %+v", f)
	}
	l.look(nil, []check.Undecided{{Check: now, Key: "logs"}})
	if l.prior[0].Status != finding.Unknown {
		t.Errorf("stored %+v", l.prior[0])
	}
	l.look(nil, nil, "resolved RW399 3 mended")
}

func TestAFindingIsNotDecidedUnderItsFormerName(t *testing.T) {
	l := newLife(t)
	l.look([]check.Diagnostic{keyed(danger, "logs")}, nil, "opened RW304 1")
	want, now := l.prior[0], successor()
	l.checks = []*check.Check{now}
	l.look(nil, []check.Undecided{{Check: now}})
	want.Check, want.Status = "RW399", finding.Unknown
	l.stored(want)
	l.checks = []*check.Check{fault}
	l.look(nil, nil, "resolved RW399 2 checkOff")
}

func TestAKeyThatChangedTwice(t *testing.T) {
	l := newLife(t)
	now := successor()
	l.checks = []*check.Check{now}
	was := keyed(now, "policy:logs")
	bare := *now
	bare.Formerly = nil
	was.Check = &bare
	l.checks = []*check.Check{&bare}
	l.look([]check.Diagnostic{was}, nil, "opened RW399 1")
	want := l.prior[0]
	l.checks = []*check.Check{now}
	want.Key = "logs"
	for range 3 {
		l.look([]check.Diagnostic{keyed(now, "logs")}, nil)
		l.stored(want)
	}
	// The former release continues what the later one renamed: it knows the ID.
	l.checks = []*check.Check{&bare}
	l.look([]check.Diagnostic{was}, nil)
	want.Key = "policy:logs"
	l.stored(want)
}

func TestOfTwoFindingsThatAreOneNowTheOlderContinues(t *testing.T) {
	l := newLife(t)
	now := successor()
	bare := *now
	bare.Formerly = nil
	l.checks = []*check.Check{danger, &bare}
	l.look([]check.Diagnostic{keyed(&bare, "policy:logs")}, nil, "opened RW399 1")
	older := l.prior[0]
	l.look([]check.Diagnostic{keyed(&bare, "policy:logs"), keyed(danger, "logs")}, nil, "opened RW304 1")
	l.checks = []*check.Check{now}
	l.look([]check.Diagnostic{keyed(now, "logs")}, nil, "resolved RW304 2 checkOff")
	older.Key = "logs"
	l.stored(older)
}
