package watch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// One notice tells operations of all acts that were taken together: the first 20 by name, and how many more there are.
func TestANoticeOfActsNamesTwenty(t *testing.T) {
	for acts, want := range map[int]struct {
		subject string
		lines   int
		more    string
	}{
		1:  {"A finding was acknowledged: RW303-", 1, ""},
		2:  {"2 acts about findings", 2, ""},
		20: {"20 acts about findings", 20, ""},
		21: {"21 acts about findings", 20, "1 more act is in the table."},
		23: {"23 acts about findings", 20, "3 more acts are in the table."},
	} {
		t.Run(fmt.Sprint(acts), func(t *testing.T) {
			d := newDesk(t)
			for i := range acts {
				d.put("orders", fmt.Sprintf("data-%02d", i), readable)
			}
			state := d.state("orders")
			for i, f := range state.Findings {
				act := finding.Act{ID: fmt.Sprintf("a-%02d", i), Finding: f.ID, Kind: finding.Acknowledged, At: d.now, Until: d.now.AddDate(0, 0, 7), Seen: finding.SeenOf(&state, f)}
				if err := d.store.PutAct(t.Context(), state.Key, act, finding.Call{ID: act.ID, Account: account}); err != nil {
					t.Fatal(err)
				}
			}
			before := len(d.notices)
			d.must(d.event(state.ARN))
			if len(d.notices) != before+1 {
				t.Fatalf("operations are told %q", d.notices[before:])
			}
			n := strings.Join(strings.Fields(d.notices[before]), " ")
			if !strings.HasPrefix(n, "[rolewatch] "+want.subject) || strings.Count(n, ", role "+roleARN("orders")) != want.lines {
				t.Errorf("operations are told %q", n)
			}
			if got := strings.Contains(n, "in the table."); got != (want.more != "") || !strings.Contains(n, want.more) {
				t.Errorf("operations are told %q, want %q", n, want.more)
			}
		})
	}
}
