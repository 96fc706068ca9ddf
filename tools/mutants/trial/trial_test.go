package trial

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const source = `package a

const one = 1

// F has a result, and G has none.
func F(n int) int {
	if n > 5 {
		return 5
	}
	return n + one
}

func G(n *int) {
	*n++
}

func H() (n int) {
outer:
	for {
		for {
			n++
			break outer
		}
	}
	return n
}
`

// module is a small module whose package a is used by package b.
func module(t *testing.T) string {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.26\n",
		"a/a.go": source,
		"a/a_test.go": `package a

import "testing"

func TestF(t *testing.T) {
	t.Run("one", func(t *testing.T) {
		if F(1) != 2 {
			t.Error()
		}
	})
	if n := 1; H() != 1 {
		G(&n)
		t.Error()
	}
}
`,
		"b/b.go":      "package b\n\nimport \"example.com/m/a\"\n\nfunc Twice(n int) int { a.G(&n); a.G(&n); return n }\n",
		"b/b_test.go": "package b\n\nimport \"testing\"\n\nfunc TestQuick(t *testing.T) {\n\tif Twice(9) == 3 {\n\t\tt.Error()\n\t}\n}\n\nfunc TestTwice(t *testing.T) {\n\tif Twice(1) != 3 {\n\t\tt.Error()\n\t}\n}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func bench(t *testing.T, root string, packages ...string) *Bench {
	b := New(root, t.TempDir(), 2, func(string) []string { return packages }, func(_, pkg string) Tests { return Tests{Last: map[string]string{"b": "^TestTwice$"}[pkg]} }, func(Mutant, Result) {})
	b.limits = limits{leastProcessor: time.Second, leastClock: time.Hour}
	return b
}

// Mutants of functions are compiled together, and those of constants and of functions with labels each by itself; each alone is in force.
func TestVerdicts(t *testing.T) {
	cases := []struct {
		name, before, after string
		want                Result
	}{
		{"noticed", "n + one", "n - one", Result{Verdict: Killed, By: "a TestF/one"}},
		{"noticed by another package", "*n++", "*n--", Result{Verdict: Killed, By: "b TestTwice"}},
		{"statement removed", "*n++", "", Result{Verdict: Killed, By: "b TestTwice"}},
		{"noticed by a quick test", "*n++", "*n = 3", Result{Verdict: Killed, By: "b TestQuick"}},
		{"not noticed", "n > 5", "n >= 5", Result{Verdict: Survived}},
		{"suspect to go vet", "n > 5", "n != 5 || n != 6", Result{Verdict: Killed, By: "a TestF/one"}},
		{"does not compile", "n > 5", "n > true", Result{Verdict: NotViable}},
		{"declares and does not use", "*n++", "m := 1; *n++", Result{Verdict: NotViable}},
		{"panics", "n + one", "one / (n - 1)", Result{Verdict: Killed, By: "a TestF/one"}},
		{"has no result", "return n + one", "_ = n + one", Result{Verdict: Killed, By: "a TestF/one"}},
		{"never ends", "n + one", "func() int { for { } }()", Result{Verdict: Endless, By: "a"}},
		{"constant", "const one = 1", "const one = 2", Result{Verdict: Killed, By: "a TestF/one"}},
		{"constant does not compile", "const one = 1", "const one = true", Result{Verdict: NotViable}},
		{"function with labels", "break outer", "n++; break outer", Result{Verdict: Killed, By: "a TestF"}},
		{"function with labels, not noticed", "break outer", "break outer; n++", Result{Verdict: Survived}},
	}
	var mutants []Mutant
	for _, c := range cases {
		if strings.Count(source, c.before) != 1 {
			t.Fatalf("%q does not stand in the source once", c.before)
		}
		mutants = append(mutants, Mutant{Name: c.name, File: "a/a.go", Text: []byte(strings.Replace(source, c.before, c.after, 1))})
	}
	results, err := bench(t, module(t), "a", "b").Try(context.Background(), mutants)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		got := results[i]
		if got.Verdict == NotViable && !strings.Contains(got.Output, ".go:") {
			t.Errorf("%s: output %s", c.name, got.Output)
		}
		if got.Output = ""; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// Only those tests notice that are chosen.
func TestTestsAreChosen(t *testing.T) {
	mutant := []Mutant{{Name: "noticed by TestTwice", File: "a/a.go", Text: []byte(strings.Replace(source, "*n++", "*n--", 1))}}
	for _, c := range []struct {
		Tests
		want Result
	}{
		{Tests{Run: "^TestQuick$"}, Result{Verdict: Survived}},
		{Tests{Run: "^(TestQuick|TestTwice)$"}, Result{Verdict: Killed, By: "b TestTwice"}},
		{Tests{Run: "^(TestQuick|TestTwice)$", Last: "^TestTwice$"}, Result{Verdict: Killed, By: "b TestTwice"}},
		{Tests{Skip: "^TestTwice$"}, Result{Verdict: Survived}},
		{Tests{Skip: "^TestQuick$", Last: "^TestTwice$"}, Result{Verdict: Killed, By: "b TestTwice"}},
		{Tests{Skip: "^TestTwice$", Last: "^TestTwice$"}, Result{Verdict: Survived}},
	} {
		b := bench(t, module(t), "b")
		b.tests = func(_, _ string) Tests { return c.Tests }
		results, err := b.Try(context.Background(), mutant)
		if err != nil {
			t.Fatal(err)
		}
		results[0].Output = ""
		if results[0] != c.want {
			t.Errorf("%+v: %+v, want %+v", c.Tests, results[0], c.want)
		}
	}
}

// A mutant with which the tests wait for something uses no processor time: that proves nothing.
func TestAMutantThatWaitsTimesOut(t *testing.T) {
	b := bench(t, module(t), "a")
	b.limits = limits{leastProcessor: time.Hour, leastClock: 3 * time.Second}
	text := strings.Replace(source, "return n + one", "time.Sleep(time.Hour)\n\treturn 2", 1)
	text = strings.Replace(text, "package a\n", "package a\n\nimport \"time\"\n", 1)
	results, err := b.Try(context.Background(), []Mutant{{Name: "waits", File: "a/a.go", Text: []byte(text)}})
	if err != nil || results[0].Verdict != TimedOut || results[0].Kills() {
		t.Errorf("%+v, %v", results, err)
	}
}

func TestTestsThatFailWithoutAMutantAreAnError(t *testing.T) {
	root := module(t)
	mutant := Mutant{Name: "other", File: "a/a.go", Text: []byte(strings.Replace(source, "n > 5", "n > 6", 1))}
	if err := os.WriteFile(filepath.Join(root, "a", "a.go"), []byte(strings.Replace(source, "n + one", "n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := bench(t, root, "a").Try(context.Background(), []Mutant{mutant})
	if err == nil || !strings.Contains(err.Error(), "the tests of a fail without a mutant") {
		t.Errorf("error %v", err)
	}
	if _, err := bench(t, module(t)).Try(context.Background(), []Mutant{mutant}); err == nil {
		t.Error("mutants are tried without tests that should notice")
	}
}
