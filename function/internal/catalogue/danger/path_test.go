package danger

import (
	"slices"
	"testing"
)

// TestEachStepKnowsItsActions holds the places of steps' actions, by which most paths are left out, against the steps.
func TestEachStepKnowsItsActions(t *testing.T) {
	steps := 0
	for _, p := range paths {
		for _, way := range p.tried {
			for _, s := range way {
				want := s.each
				if len(want) == 0 {
					want = []string{s.action}
				}
				var got []string
				for _, at := range s.granted {
					got = append(got, pathActions[at].Name)
				}
				if steps++; !slices.Equal(got, want) {
					t.Errorf("%s: step %s is left out without %q, want %q", p.id, s.action, got, want)
				}
			}
		}
	}
	if steps < 100 {
		t.Errorf("%d steps", steps)
	}
}
