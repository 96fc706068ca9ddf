package fanin_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestWhenAChangeIsReported(t *testing.T) {
	stored := fanin.Change{Revision: 1, Slices: 3, Started: start}
	for name, c := range map[string]struct {
		edit          func(*fanin.Change)
		after         time.Duration
		waited        bool
		report, final bool
	}{
		"never stored":                    {func(c *fanin.Change) { c.Revision = 0 }, time.Hour, true, false, false},
		"final":                           {func(c *fanin.Change) { c.Final, c.Done, c.Seen = true, []int{1, 2}, 2 }, time.Hour, true, false, false},
		"final, and a slice comes after":  {func(c *fanin.Change) { c.Final, c.Done, c.Seen = true, []int{1, 2}, 1 }, time.Hour, false, true, true},
		"a slice, at once":                {func(c *fanin.Change) { c.Done = []int{1} }, time.Second, false, false, false},
		"a slice, after ten seconds":      {func(c *fanin.Change) { c.Done = []int{1} }, 10 * time.Second, false, true, false},
		"ten seconds":                     {func(c *fanin.Change) { c.Done = []int{1} }, 10 * time.Second, true, true, false},
		"ten seconds, reported before":    {func(c *fanin.Change) { c.Done, c.Counted = []int{1, 2}, 1 }, time.Minute, true, false, false},
		"fifteen minutes":                 {func(c *fanin.Change) { c.Done, c.Counted = []int{1, 2}, 1 }, 15 * time.Minute, true, true, true},
		"fifteen minutes, and none done":  {func(*fanin.Change) {}, 15 * time.Minute, true, true, true},
		"all slices, at once":             {func(c *fanin.Change) { c.Done = []int{1, 2, 3} }, time.Second, false, true, true},
		"all slices, one reported before": {func(c *fanin.Change) { c.Done, c.Counted = []int{1, 2, 3}, 1 }, time.Minute, false, true, true},
	} {
		change := stored
		c.edit(&change)
		if report, final := change.Due(start.Add(c.after), c.waited); report != c.report || final != c.final {
			t.Errorf("%s: report %v, final %v", name, report, final)
		}
	}
}

func slice(n, findings int, thread string) fanin.Slice {
	s := fanin.Slice{Number: n, Thread: thread}
	if findings > 0 {
		s.Folds = []message.Fold{{Kind: finding.KindOpened, Check: "RW301", Findings: findings, Roles: findings}}
	}
	return s
}

func TestWhatIsReportedOfAChange(t *testing.T) {
	change := fanin.Change{ID: "c", Revision: 1, Slices: 3}
	if next, folds, _, _ := change.Reported([]fanin.Slice{slice(1, 0, ""), slice(2, 0, "")}, true); len(folds) != 0 || !next.Final {
		t.Errorf("of slices that found nothing: %+v, %+v", folds, next)
	}
	next, folds, _, thread := change.Reported([]fanin.Slice{slice(1, 50, ""), slice(2, 20, "")}, false)
	if len(folds) != 1 || folds[0].Roles != 70 || next.Counted != 2 || next.Findings != 70 || next.Final || thread != "change-c" {
		t.Errorf("of two slices: %+v, %+v, %s", folds, next, thread)
	}
	// A third slice that found nothing is no news; one that found something is.
	if last, folds, _, _ := next.Reported([]fanin.Slice{slice(1, 50, ""), slice(2, 20, ""), slice(3, 0, "")}, true); len(folds) != 0 || !last.Final {
		t.Errorf("nothing more: %+v, %+v", folds, last)
	}
	if last, folds, _, _ := next.Reported([]fanin.Slice{slice(1, 50, ""), slice(2, 20, ""), slice(3, 5, "")}, true); len(folds) != 1 || folds[0].Roles != 75 || !last.Final {
		t.Errorf("more: %+v, %+v", folds, last)
	}
}

func TestWhatIsOverIsReportedOnce(t *testing.T) {
	change := fanin.Change{ID: "c", Revision: 1, Slices: 3}
	first := slice(1, 50, "")
	first.Folds[0].Kind = finding.KindResolved
	if next, folds, _, _ := change.Reported([]fanin.Slice{first}, false); len(folds) != 0 || next.Counted != 0 || next.Final {
		t.Errorf("before all are counted: %+v, %+v", folds, next)
	}
	if next, folds, _, _ := change.Reported([]fanin.Slice{first}, true); len(folds) != 1 || folds[0].Roles != 50 || !next.Final {
		t.Errorf("at the end: %+v, %+v", folds, next)
	}
	if next, folds, _, _ := change.Reported([]fanin.Slice{first, slice(2, 1, "")}, false); len(folds) != 2 || next.Counted != 2 {
		t.Errorf("next to what is open: %+v, %+v", folds, next)
	}
}

func TestTheThreadOfAChange(t *testing.T) {
	change := fanin.Change{ID: "c", Revision: 1, Slices: 2}
	for _, c := range []struct {
		want string
		list []fanin.Slice
	}{
		{"change-a", []fanin.Slice{slice(1, 1, "change-a"), slice(2, 1, "change-a")}},
		{"change-a", []fanin.Slice{slice(1, 0, ""), slice(2, 1, "change-a")}}, // One that came to nothing has no say.
		{"change-a", []fanin.Slice{slice(1, 1, "change-a"), slice(2, 0, "")}},
		{"change-c", []fanin.Slice{slice(1, 1, "change-a"), slice(2, 1, "change-b")}},
		{"change-c", []fanin.Slice{slice(1, 1, "change-a"), slice(2, 1, "")}},
	} {
		if _, _, _, thread := change.Reported(c.list, true); thread != c.want {
			t.Errorf("thread %s, want %s", thread, c.want)
		}
	}
}
