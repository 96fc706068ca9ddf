package language

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// parse reads a glob: * is a run of any characters, ? one, [*] a run without colons.
func parse(glob string) Pattern {
	var p Pattern
	for i := 0; i < len(glob); i++ {
		switch {
		case strings.HasPrefix(glob[i:], "[*]"):
			p = append(p, Atom{Class: Class{Runes: ":", Negated: true}, Run: true})
			i += 2
		case glob[i] == '*':
			p = append(p, Atom{Class: Any, Run: true})
		case glob[i] == '?':
			p = append(p, Atom{Class: Any})
		default:
			p = append(p, Literal(glob[i:i+1])...)
		}
	}
	return p
}

// naive is the obvious matcher.
func naive(p Pattern, text []rune) bool {
	if len(p) == 0 {
		return len(text) == 0
	}
	if p[0].Run {
		for n := 0; ; n++ {
			if naive(p[1:], text[n:]) {
				return true
			}
			if n == len(text) || !p[0].Class.Has(text[n]) {
				return false
			}
		}
	}
	return len(text) > 0 && p[0].Class.Has(text[0]) && naive(p[1:], text[1:])
}

var globs = rapid.StringOfN(rapid.RuneFrom([]rune("ab:*?")), 0, 7, -1)

func TestMatchesAgreesWithTheNaiveMatcher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := parse(globs.Draw(t, "glob"))
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab:ü")), 0, 9, -1).Draw(t, "text")
		if got, want := p.Matches(text), naive(p, []rune(text)); got != want {
			t.Fatalf("%v on %q: %v, naively %v", p, text, got, want)
		}
	})
}

// TestFindAgreesWithTrying holds what Find says against all short texts: what it finds must do, and where it finds
// nothing none of them may.
func TestFindAgreesWithTrying(t *testing.T) {
	var texts []string
	for level := []string{""}; len(level[0]) < 6; {
		texts = append(texts, level...)
		var next []string
		for _, s := range level {
			for _, r := range "ab:x" {
				next = append(next, s+string(r))
			}
		}
		level = next
	}
	found, none := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, most int) []Pattern {
			var list []Pattern
			for _, g := range rapid.SliceOfN(globs, 0, most).Draw(t, name) {
				list = append(list, parse(g))
			}
			return list
		}
		q := Query{Not: draw("not", 4)}
		for range rapid.IntRange(0, 3).Draw(t, "musts") {
			q.Must = append(q.Must, draw("must", 3))
		}
		does := func(text string) bool {
			for _, list := range q.Must {
				if !anyMatches(list, text) {
					return false
				}
			}
			return !anyMatches(q.Not, text)
		}
		text, outcome := Find(q, &Budget{Steps: 1_000_000})
		switch outcome {
		case Exceeded:
			t.Fatalf("the budget was spent on %v", q)
		case Found:
			found++
			if !does(text) {
				t.Fatalf("%q does not do for %v", text, q)
			}
			for _, s := range texts {
				if len(s) < len([]rune(text)) && does(s) {
					t.Fatalf("%q is shorter than %q", s, text)
				}
			}
		case None:
			none++
			for _, s := range texts {
				if does(s) {
					t.Fatalf("nothing was found for %v, but %q does", q, s)
				}
			}
		}
	})
	if found == 0 || none == 0 {
		t.Fatalf("%d found and %d not: both must occur", found, none)
	}
	t.Logf("%d found, %d not", found, none)
}

// TestFindTakesAShorterWay has a state that is reached by a longer way first.
func TestFindTakesAShorterWay(t *testing.T) {
	q := Query{Must: [][]Pattern{{parse("b?:*")}}, Not: []Pattern{parse("ba:")}}
	if text, outcome := Find(q, &Budget{Steps: 1000}); outcome != Found || len(text) != 3 {
		t.Errorf("%q, %v", text, outcome)
	}
}

func anyMatches(list []Pattern, text string) bool {
	for _, p := range list {
		if naive(p, []rune(text)) {
			return true
		}
	}
	return false
}

func TestAdversarialPatternsAreBounded(t *testing.T) {
	many := strings.Repeat("*a", 3000) + "*"
	for name, q := range map[string]Query{
		"runs":      {Must: [][]Pattern{{parse(many)}}, Not: []Pattern{parse(many + "a")}},
		"contained": {Must: [][]Pattern{{parse(many + "b")}}, Not: []Pattern{parse(many)}},
		"singles": {
			Must: [][]Pattern{{parse("*a" + strings.Repeat("?", 60))}, {parse("*b" + strings.Repeat("?", 59))}},
			Not:  []Pattern{parse("*a" + strings.Repeat("?", 40) + "b*"), parse("*b" + strings.Repeat("?", 33) + "a*")},
		},
	} {
		budget := Budget{Steps: 2_000_000}
		text, outcome := Find(q, &budget)
		t.Logf("%s: outcome %d, %d characters, %d steps left", name, outcome, len(text), budget.Steps)
		if outcome == Found && (!q.Must[0][0].Matches(text) || anyMatchesFast(q.Not, text)) {
			t.Errorf("%s: what was found does not do", name)
		}
		if name == "contained" && outcome == Found {
			t.Errorf("%s: found something in an empty set", name)
		}
	}
}

func anyMatchesFast(list []Pattern, text string) bool {
	for _, p := range list {
		if p.Matches(text) {
			return true
		}
	}
	return false
}

func FuzzFind(f *testing.F) {
	f.Add("a*", "*b", "ab*")
	f.Add("arn:[*]:s3:::b/*", "*", "arn:*:b/?")
	f.Fuzz(func(t *testing.T, must, also, not string) {
		q := Query{Must: [][]Pattern{{parse(must)}, {parse(also)}}, Not: []Pattern{parse(not)}}
		text, outcome := Find(q, &Budget{Steps: 200_000})
		if outcome == Found && (!q.Must[0][0].Matches(text) || !q.Must[1][0].Matches(text) || q.Not[0].Matches(text)) {
			t.Fatalf("%q does not do for %q, %q, not %q", text, must, also, not)
		}
	})
}
