package ask

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy"
)

// TestUnlikeAll draws lists of IDs: where a digit is in none, one account is unlike all, which going through the digits gives, too.
func TestUnlikeAll(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	plain, others := 0, 0
	for range 500 {
		var texts []string
		for range 1 + r.IntN(3) {
			text := fmt.Sprintf("%012d", r.Int64N(1_000_000_000_000))
			if r.IntN(4) > 0 {
				text = fmt.Sprintf("%06d%06d", r.IntN(2)*111111, r.IntN(10)*100111)
			}
			if r.IntN(8) == 0 {
				text = text[:r.IntN(idLength)] + "*"
			}
			texts = append(texts, text)
		}
		budget := policy.NewBudget(10_000_000)
		want, complete := accountsByDigits(texts, budget)
		got, ok := accountsLike(texts, budget)
		if !complete || !ok {
			t.Fatalf("%v took %d steps", texts, 10_000_000-budget.Left())
		}
		if _, isPlain := unlikeAll(texts); isPlain {
			plain++
		} else {
			others++
		}
		if !slices.Equal(got, want) {
			t.Fatalf("unlike %v: %v, want %v", texts, got, want)
		}
	}
	if plain < 100 || others < 50 {
		t.Errorf("%d were unlike all, %d not", plain, others)
	}
}
