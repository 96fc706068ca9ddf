package language

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestWhatIsSeenAtOnceIsSo draws patterns and texts: of a pattern that covers another one, or is apart from it, no text is to
// say otherwise.
func TestWhatIsSeenAtOnceIsSo(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		p, o := drawSmall(t, "p"), drawSmall(t, "o")
		covers, apart := p.Covers(o), p.isApart(o, &Budget{Steps: 1000})
		for range 20 {
			text := rapid.StringOfN(rapid.SampledFrom([]rune("ab:")), 0, 6, -1).Draw(t, "text")
			in, of := p.Matches(text), o.Matches(text)
			if covers && of && !in {
				t.Fatalf("%v is said to cover %v, and does not match %q", p, o, text)
			}
			if apart && in && of {
				t.Fatalf("%v is said to be apart from %v, and both match %q", p, o, text)
			}
			if of && in {
				counts["both"]++
			}
			if of && covers {
				counts["covered"]++
			}
			if in && apart {
				counts["apart"]++
			}
		}
	})
	t.Log(counts)
	if counts["both"] == 0 || counts["covered"] == 0 || counts["apart"] == 0 {
		t.Error("the cases are too few")
	}
}

// drawSmall draws a pattern of few characters, so that two of them meet often.
func drawSmall(t *rapid.T, name string) Pattern {
	classes := []Class{{Runes: "a"}, {Runes: "b"}, {Runes: "ab"}, {Runes: ":"}, {Runes: ":", Negated: true}, Any, Any}
	var p Pattern
	for range rapid.IntRange(0, 4).Draw(t, name+" length") {
		p = append(p, Atom{Class: rapid.SampledFrom(classes).Draw(t, name+" class"), Run: rapid.Bool().Draw(t, name+" run")})
	}
	return p
}

// TestSegmentsThatDiffer draws pairs of patterns like those of ARNs, and holds what is seen of them segment by segment against all
// short texts.
func TestSegmentsThatDiffer(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	texts := []string{""}
	for from := 0; len(texts) < 1500; {
		to := len(texts)
		for _, text := range texts[from:to] {
			texts = append(texts, text+"a", text+"b", text+":")
		}
		from = to
	}
	segments := []string{"a", "b", "ab", "[*]", "a[*]", "[*]b", "?", "*", ""}
	draw := func() Pattern {
		text := segments[r.IntN(len(segments))]
		for range r.IntN(3) {
			text += ":" + segments[r.IntN(len(segments))]
		}
		return parse(text)
	}
	apart, meet, more := 0, 0, 0
	for range 2000 {
		p, o := draw(), draw()
		seen := p.isApartBySegments(o, &Budget{Steps: 1000})
		met := slices.ContainsFunc(texts, func(text string) bool { return p.Matches(text) && o.Matches(text) })
		switch {
		case seen && met:
			t.Fatalf("%v is said to be apart from %v, and both match some text", p, o)
		case seen:
			apart++
			if !p.isApart(o, &Budget{Steps: 1000}) {
				more++
			}
		case met:
			meet++
		}
	}
	if apart < 100 || meet < 100 || more < 20 {
		t.Errorf("%d pairs are apart, %d of them only by a segment, %d meet: the draw is lopsided", apart, more, meet)
	}
}
