package fanin_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
)

// A slice whose roles were committed one by one is one slice, and the findings of all of its parts count.
func TestTheFindingsOfASlicesPartsCountAndTheSliceOnce(t *testing.T) {
	change := fanin.Change{ID: "c", Revision: 1, Slices: 3}
	one, two := slice(2, 1, ""), slice(2, 1, "")
	one.Part, two.Part = 1, 2
	next, folds, _, _ := change.Reported([]fanin.Slice{slice(1, 50, ""), slice(2, 0, ""), one, two}, false)
	if next.Counted != 2 || next.Findings != 52 || len(folds) != 1 || folds[0].Roles != 52 {
		t.Errorf("%d slices with %d findings: %+v", next.Counted, next.Findings, folds)
	}
}

// A change that is final is never due again by itself.
func TestAFinalChangeStaysFinal(t *testing.T) {
	change := fanin.Change{ID: "c", Revision: 4, Slices: 2, Started: start, Done: []int{1, 2}, Seen: 2, Final: true}
	for _, waited := range []bool{false, true} {
		if report, final := change.Due(start.Add(fanin.LastAfter), waited); report || final {
			t.Errorf("waited %v: report %v, final %v", waited, report, final)
		}
	}
}
