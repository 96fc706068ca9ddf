package watch_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// batch hands over, as one batch, all that is due now, and gives how many items that was.
func (l *lab) batch() int {
	l.t.Helper()
	var items []watch.Item
	for {
		if due, ok := l.queue.Next(); !ok || due.After(l.now) {
			break
		}
		item, _ := l.queue.Pop(l.now)
		items = append(items, watch.Item{ID: item.ID, Body: item.Body, Receives: item.Receives})
	}
	for i, outcome := range l.watch.Handle(l.t.Context(), items) {
		if outcome != (watch.Outcome{}) {
			l.t.Fatalf("item %s: %+v", items[i].ID, outcome)
		}
	}
	return len(items)
}

// The slices of an undo come in one batch with those that confirm the edit: each is counted as what it is, so that people receive one
// message of the undo.
func TestSlicesInOneBatchWithThoseThatConfirmAreCounted(t *testing.T) {
	l := teamed(t, 120)
	l.must(l.setTeam(everything))
	l.batch()
	l.wantPeople("CRITICAL: " + adminOf + " (120 roles, policy team), by mallory")
	l.wantMachines("opened", 120)
	l.now = l.now.Add(5 * time.Minute)
	l.must(l.setTeam(harmless))
	if n := l.batch(); n < 6 {
		t.Fatalf("%d items are one batch, want three slices and three that confirm", n)
	}
	l.wantPeople("RESOLVED: Fixed by mallory: The role has administrator acce... (120 roles, policy team)")
	l.wantMachines("resolved", 120)
	l.pass(time.Hour)
	l.wantPeople()
	l.wantMachines("resolved", 0)
}

// A record about one role of a slice comes in one batch with it: the slice is counted, and the finding names the record that caused it.
func TestASliceInOneBatchWithARecordOfOneOfItsRolesIsCounted(t *testing.T) {
	l := teamed(t, 120)
	l.must(l.setTeam(everything))
	tagged := l.record("TagRole", map[string]any{"roleName": "r0007", "tags": []any{map[string]any{"key": "team", "value": "blue"}}})
	if err := l.queue.Send(t.Context(), tagged, 0); err != nil {
		t.Fatal(err)
	}
	l.batch()
	l.pass(time.Hour)
	l.wantPeople("CRITICAL: " + adminOf + " (120 roles, policy team), by mallory")
	l.wantMachines("opened", 120)
}
