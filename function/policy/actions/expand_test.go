package actions

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

func namesOf(pattern string) []string {
	var names []string
	Each(pattern, func(name string) bool {
		names = append(names, name)
		return true
	})
	return names
}

func TestExpand(t *testing.T) {
	for pattern, want := range map[string]string{
		"s3:GetObject":        "s3:GetObject",
		"S3:get?bject":        "s3:GetObject",
		"s?s:*Visibility*":    "sqs:ChangeMessageVisibility",
		"lambda:Invoke*":      "lambda:InvokeAsync lambda:InvokeFunction lambda:InvokeFunctionUrl",
		"LAMBDA:*FunctionUrl": "lambda:InvokeFunctionUrl",
		"*:PassRole":          "iam:PassRole",
		"sts:assumerole":      "sts:AssumeRole",
		// These are no action patterns, or match nothing.
		"": "", "s3": "", "s3*": "", "s3:": "", ":*": "", "s3:a:*": "", "nosuch:*": "", "s3:Getobjec": "", " s3:GetObject": "", "s3,sqs:*": "",
		"s3:*Obje\u017Ft": "", "s3:\xff*": "",
	} {
		if got := strings.Join(namesOf(pattern), " "); got != want {
			t.Errorf("%q matches %s, not %s", pattern, got, want)
		}
	}
	for _, pattern := range []string{"*", "***", "*:*", "?*:*?"} {
		if got := len(Expand(pattern)); got != len(Names()) {
			t.Errorf("%q matches %d of %d actions", pattern, got, len(Names()))
		}
	}
}

func TestEachStopsWhenTold(t *testing.T) {
	for _, pattern := range []string{"*", "s3:*", "s*:*"} {
		calls := 0
		Each(pattern, func(string) bool {
			calls++
			return calls < 3
		})
		if calls != 3 {
			t.Errorf("%q: %d calls", pattern, calls)
		}
	}
}

// naive is the obvious matcher, for lower-cased text: which beginnings of the text does each beginning of the pattern match?
func naive(pattern, text string) bool {
	matched := make([]bool, len(text)+1)
	matched[0] = true
	for _, p := range []byte(pattern) {
		next := make([]bool, len(text)+1)
		for i := range next {
			if p == '*' {
				next[i] = matched[i] || i > 0 && next[i-1]
			} else {
				next[i] = i > 0 && matched[i-1] && (p == '?' || p == text[i-1])
			}
		}
		matched = next
	}
	return matched[len(text)]
}

// drawPattern puts wildcards into the name of an action, in place of some of its letters or between them: it matches that
// action at least.
func drawPattern(t *rapid.T) string {
	pattern := []byte(rapid.SampledFrom(Names()).Draw(t, "name"))
	for range rapid.IntRange(0, 4).Draw(t, "wildcards") {
		at := rapid.IntRange(0, len(pattern)-1).Draw(t, "at")
		if pattern[at] == ':' {
			continue
		}
		wildcard, width := byte('?'), 1
		if rapid.Bool().Draw(t, "run") {
			wildcard, width = '*', rapid.IntRange(0, min(8, len(pattern)-at)).Draw(t, "width")
			if i := slices.Index(pattern[at:at+width], ':'); i >= 0 {
				width = i
			}
		}
		pattern = slices.Replace(pattern, at, at+width, wildcard)
	}
	if rapid.Bool().Draw(t, "upper") {
		return strings.ToUpper(string(pattern))
	}
	return string(pattern)
}

func TestExpandAgreesWithANaiveMatcher(t *testing.T) {
	names := Names()
	lower := make([][2]string, len(names))
	for i, name := range names {
		lower[i][0], lower[i][1], _ = strings.Cut(strings.ToLower(name), ":")
	}
	patterns, found := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		pattern := drawPattern(t)
		service, action, _ := strings.Cut(strings.ToLower(pattern), ":")
		var want []string
		for i, l := range lower {
			if naive(service, l[0]) && naive(action, l[1]) {
				want = append(want, names[i])
			}
		}
		var got []string
		for _, a := range Expand(pattern) {
			got = append(got, a.String())
		}
		if !slices.Equal(got, want) || !slices.Equal(namesOf(pattern), want) {
			t.Fatalf("%s matches %v, naively %v", pattern, got, want)
		}
		patterns++
		found += len(want)
	})
	if patterns == 0 || found == 0 {
		t.Fatalf("%d patterns matched %d actions", patterns, found)
	}
	t.Logf("%d patterns matched %d actions", patterns, found)
}

// TestHostilePatternsTakeNoTime would not end if the matcher went back for each asterisk.
func TestHostilePatternsTakeNoTime(t *testing.T) {
	for _, pattern := range []string{
		"*:" + strings.Repeat("*e", 5_000) + "#",
		strings.Repeat("*?", 5_000) + ":*",
		"*:" + strings.Repeat("*", 100_000) + "#",
	} {
		if got := namesOf(pattern); len(got) > 0 {
			t.Errorf("%.20s... matches %v", pattern, got)
		}
	}
}

func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"*", "s3:Get*", "S3:get?bject", "s3:", ":", "**:??", "s3:a:b", "\xff:*", "*:*e*e*e*#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if len(pattern) > 100 {
			return
		}
		got := namesOf(pattern)
		if !slices.IsSorted(got) {
			t.Errorf("%q: the names are not sorted", pattern)
		}
		service, action, ok := splitPattern(ascii.Lower(pattern))
		for _, name := range Names()[:2_000] {
			s, a, _ := strings.Cut(ascii.Lower(name), ":")
			_, found := slices.BinarySearch(got, name)
			if want := ok && naive(service, s) && naive(action, a); found != want {
				t.Fatalf("%q on %s: %v, naively %v", pattern, name, found, want)
			}
		}
	})
}
