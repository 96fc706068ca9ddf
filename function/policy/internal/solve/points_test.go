package solve

import (
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

func TestPoints(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"number", AroundNumber("-0.5"), []string{"-0.5", "0.5", "-1.5"}},
		{"no number", AroundNumber("x"), nil},
		{"instant", AroundInstant(time.Unix(0, 0)), []string{"1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "1969-12-31T23:59:59Z"}},
		{"far instant", AroundInstant(time.Unix(1<<40, 0)), []string{"1099511627776", "1099511627777", "1099511627775"}},
		{"network", AroundNetwork(netip.MustParsePrefix("10.1.0.0/16")), []string{"10.1.0.0", "10.1.255.255", "10.0.255.255", "10.2.0.0"}},
		{"all addresses", AroundNetwork(netip.MustParsePrefix("0.0.0.0/0")), []string{"0.0.0.0", "255.255.255.255"}},
		{"numbers", BetweenNumbers([]string{"3", "1", "x", "2", strings.Repeat("9", LongestNumber+1)}), []string{"1.5", "2.5"}},
		{"instants", BetweenInstants([]time.Time{time.Unix(2, 0), time.Unix(0, 0)}), []string{"1970-01-01T00:00:01Z"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestBetweenNumbersIsBetween holds each number against the two that it stands between.
func TestBetweenNumbersIsBetween(t *testing.T) {
	texts := []string{"-2", "0.001", "0.002", "17"}
	between := BetweenNumbers(texts)
	if len(between) != len(texts)-1 {
		t.Fatalf("there are %d numbers between %d", len(between), len(texts))
	}
	rat := func(text string) *big.Rat {
		n, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q is not a number", text)
		}
		return n
	}
	for i, text := range between {
		if n := rat(text); rat(texts[i]).Cmp(n) >= 0 || n.Cmp(rat(texts[i+1])) >= 0 {
			t.Errorf("%s is not between %s and %s", text, texts[i], texts[i+1])
		}
	}
}

func TestSymbols(t *testing.T) {
	var s Symbols[string]
	if _, ok := s.Of("a", false); ok {
		t.Error("a value has a symbol that was not given one")
	}
	a, _ := s.Of("a", true)
	b, _ := s.Of("b", true)
	again, ok := s.Of("a", false)
	if a == b || again != a || !ok || s.All() != string([]rune{a, b}) {
		t.Errorf("the symbols are %q, %q and %q of %q", a, b, again, s.All())
	}
}

func glob(text string) language.Pattern {
	var p language.Pattern
	for i, part := range strings.Split(text, "*") {
		if i > 0 {
			p = append(p, language.AnyRun()...)
		}
		p = append(p, language.Literal(part)...)
	}
	return p
}

func TestRepresentatives(t *testing.T) {
	r := Representatives{Base: glob("a*"), Usual: []string{"ab", "axz"}, Patterns: []language.Pattern{glob("ax*"), glob("*z")}, Named: []string{"az"}, Budget: &language.Budget{Steps: 1 << 24}, Steps: 1 << 20}
	list, shortfall := r.Find()
	if shortfall != None || len(list) != 4 {
		t.Fatalf("representatives are %q (shortfall %d), want one for each of four ways", list, shortfall)
	}
	ways := map[[2]bool]bool{}
	for _, text := range list {
		if !strings.HasPrefix(text, "a") || text == "az" {
			t.Errorf("%q is not of the base, or is named", text)
		}
		ways[[2]bool{strings.HasPrefix(text, "ax"), strings.HasSuffix(text, "z")}] = true
	}
	if len(ways) != 4 || !slices.Contains(list, "ab") || !slices.Contains(list, "axz") {
		t.Errorf("representatives are %q: two match alike, or a usual text is not among them", list)
	}
	r.Base = language.Literal("az")
	if list, shortfall := r.Find(); list != nil || shortfall != None {
		t.Errorf("a base that is named has representatives %q (shortfall %d)", list, shortfall)
	}
	many := Representatives{Base: language.AnyRun(), Budget: &language.Budget{Steps: 1 << 24}, Steps: 1 << 20}
	for _, letter := range "abcdef" {
		many.Patterns = append(many.Patterns, language.Join(language.AnyRun(), language.Literal(string(letter)), language.AnyRun()))
	}
	if list, shortfall := many.Find(); len(list) < MaxRepresentatives || shortfall != TooMany {
		t.Errorf("%d representatives, shortfall %d; want too many", len(list), shortfall)
	}
	many.Steps = 1
	if _, shortfall := many.Find(); shortfall != Exceeded {
		t.Errorf("shortfall is %d, want exceeded", shortfall)
	}
}

func TestLikeliest(t *testing.T) {
	q := language.Query{Must: [][]language.Pattern{{glob("*x*")}}, Not: []language.Pattern{glob("ax*")}}
	polish := func(q *language.Query, text string) string {
		if better := text + "!"; Try(q, better, &language.Budget{Steps: 1000}) {
			return better
		}
		return text
	}
	for _, c := range []struct {
		bases [][]language.Pattern
		want  string
	}{
		{[][]language.Pattern{{glob("bx")}, {glob("c*")}}, "bx"},
		{[][]language.Pattern{{glob("ax")}, {glob("c*")}}, "cx!"},
		{[][]language.Pattern{{glob("ax")}, {glob("axx")}}, ""},
	} {
		got, outcome := Likeliest(q, c.bases, polish, &language.Budget{Steps: 1 << 20})
		if got != c.want || (outcome == language.Found) != (c.want != "") {
			t.Errorf("found %q (outcome %d), want %q", got, outcome, c.want)
		}
	}
}
