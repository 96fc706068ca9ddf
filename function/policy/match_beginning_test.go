package policy

import (
	"math/rand/v2"
	"testing"
)

// TestMayOverlap draws two patterns and texts: where one text matches both, they may overlap.
func TestMayOverlap(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 2))
	draw := func(letters string) string {
		text := make([]byte, r.IntN(5))
		for i := range text {
			text[i] = letters[r.IntN(len(letters))]
		}
		return string(text)
	}
	overlapping, apart := 0, 0
	for range 20_000 {
		a, b := draw("ab*?"), draw("ab*?")
		may := MayOverlap(a, b)
		if !may {
			apart++
		}
		for range 5 {
			text := draw("ab")
			if matchGlob(markWildcards(a), text) && matchGlob(markWildcards(b), text) {
				if overlapping++; !may {
					t.Fatalf("%q matches %q and %q, which may not overlap", text, a, b)
				}
			}
		}
	}
	if overlapping < 1000 || apart < 1000 {
		t.Errorf("%d texts matched both of two patterns, %d pairs were apart", overlapping, apart)
	}
}
