package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// transitions are those of a role that a change has, and how many say no more than which change it was: another record of the role came
// before that of the change, and showed it.
func (s *soak) transitions(name string) (of []string, changed int) {
	all, _ := s.all.about(name)
	of = slices.DeleteFunc(all, func(text string) bool { return strings.HasPrefix(text, "changed ") })
	return of, len(all) - len(of)
}

// report compares what was reported with what was changed, and prints the figures.
func (s *soak) report(t *testing.T, events int, took time.Duration) {
	t.Helper()
	var twice, unasked []string
	wanted, reported, changed := map[string]bool{}, 0, 0
	for _, a := range s.actors {
		for _, name := range a.roles {
			wanted[roleARN(name)] = true
			got, again := s.transitions(name)
			reported, changed = reported+len(got), changed+again
			if len(got) > len(a.wanted) {
				twice = append(twice, fmt.Sprintf("%s: %q, want %q", name, got, a.wanted))
			} else if !slices.Equal(got, a.wanted) && len(s.lost) == 0 {
				s.lost = append(s.lost, fmt.Sprintf("%s: %q, want %q", name, got, a.wanted))
			}
		}
	}
	_, own := s.ownRole(t)
	lines, repeated := s.all.everything()
	for role, lines := range lines {
		if !wanted[role] && role != roleARN(own.Ref.Name) {
			unasked = append(unasked, fmt.Sprintf("%s: %v", role, lines))
		}
	}
	letters, err := s.countsOf(t.Context(), s.outputs["DeadLetterUrl"])
	must(t, err)
	slices.Sort(s.took)
	at := func(part float64) time.Duration {
		if len(s.took) == 0 {
			return 0
		}
		return s.took[int(part*float64(len(s.took)-1))].Round(10 * time.Millisecond)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "soak: %d events in %v, seed %d\n", s.sent, took.Round(time.Second), s.seed)
	fmt.Fprintf(&b, "  faults     %s\n", s.faults)
	fmt.Fprintf(&b, "  reported   %d transitions of %d roles; the change was named later %d times\n", reported, len(wanted), changed)
	fmt.Fprintf(&b, "  lost       %d\n  twice      %d\n", len(s.lost), len(twice)+len(unasked))
	fmt.Fprintf(&b, "  repeated   %d messages under the same ID, by %d faults that may have that\n", len(repeated), s.faults.repeats.Load())
	fmt.Fprintf(&b, "  time       p50 %v, p99 %v, max %v from the event to its report\n", at(0.5), at(0.99), at(1))
	fmt.Fprintf(&b, "  requeued   %d\n  set aside  %s, of %d that cannot be read\n", s.faults.requeued.Load(), letters[0], s.planted)
	t.Log("\n" + b.String())
	for what, list := range map[string][]string{"lost": s.lost, "reported twice": twice, "reported of a role that nobody changed": unasked} {
		if len(list) > 0 {
			t.Errorf("%s:\n%s", what, strings.Join(list, "\n"))
		}
	}
	if letters[0] != strconv.Itoa(s.planted) {
		t.Errorf("%s dead letters, want %d", letters[0], s.planted)
	}
	if n := int64(len(repeated)); n > s.faults.repeats.Load() {
		t.Errorf("%d messages are repeated, by %d faults: %v", n, s.faults.repeats.Load(), repeated)
	}
	if s.sent < events || reported == 0 {
		t.Errorf("%d events of %d, %d reports", s.sent, events, reported)
	}
	s.faults.held(t)
}
