package trial

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// module is a small module whose package a is used by package b.
func module(t *testing.T) string {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/m\n\ngo 1.26\n",
		"a/a.go":      "package a\n\nfunc F(n int) int { return n + 1 }\n\nfunc G() int { return 1 }\n",
		"a/a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n\tt.Run(\"one\", func(t *testing.T) {\n\t\tif F(1) != 2 {\n\t\t\tt.Error()\n\t\t}\n\t})\n}\n",
		"b/b.go":      "package b\n\nimport \"example.com/m/a\"\n\nfunc H() int { return a.G() }\n",
		"b/b_test.go": "package b\n\nimport \"testing\"\n\nfunc TestH(t *testing.T) {\n\tif H() != 1 {\n\t\tt.Error()\n\t}\n}\n",
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

func TestVerdicts(t *testing.T) {
	ctx, root := context.Background(), module(t)
	bench := New(root, t.TempDir())
	if err := bench.Control(ctx, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	for pkg := range bench.limits {
		bench.limits[pkg] = limit{processor: time.Second, clock: time.Hour}
	}
	for name, c := range map[string]struct {
		f, g     string
		packages []string
		want     Result
	}{
		"noticed":            {"n + 2", "1", []string{"a", "b"}, Result{Verdict: Killed, By: "a TestF/one"}},
		"noticed by another": {"n + 1", "2", []string{"a", "b"}, Result{Verdict: Killed, By: "b TestH"}},
		"not noticed":        {"n + 1", "2", []string{"a"}, Result{Verdict: Survived}},
		"does not compile":   {"n + true", "1", []string{"a", "b"}, Result{Verdict: NotViable}},
		"panics":             {"1 / (n - 1)", "1", []string{"a"}, Result{Verdict: Killed, By: "a TestF/one"}},
		"never ends":         {"func() int { for { } }()", "1", []string{"a"}, Result{Verdict: Endless, By: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := "package a\n\nfunc F(n int) int { return " + c.f + " }\n\nfunc G() int { return " + c.g + " }\n"
			got, err := bench.Try(ctx, "a/a.go", []byte(text), c.packages)
			got.Output = ""
			if err != nil || got != c.want {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
	// A mutant that waits for something uses no processor time: that proves nothing.
	bench.limits["a"] = limit{processor: time.Hour, clock: 100 * time.Millisecond}
	text := "package a\n\nimport \"time\"\n\nfunc F(n int) int { time.Sleep(time.Hour); return 2 }\n\nfunc G() int { return 1 }\n"
	if got, err := bench.Try(ctx, "a/a.go", []byte(text), []string{"a"}); err != nil || got.Verdict != TimedOut || got.Kills() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestControlRefusesTestsThatFail(t *testing.T) {
	root := module(t)
	if err := os.WriteFile(filepath.Join(root, "a", "a.go"), []byte("package a\n\nfunc F(n int) int { return n }\n\nfunc G() int { return 1 }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bench := New(root, t.TempDir())
	if err := bench.Control(context.Background(), []string{"b", "a"}); err == nil || !strings.Contains(err.Error(), "the tests of a fail without a mutant") {
		t.Errorf("error %v", err)
	}
	if _, err := bench.Try(context.Background(), "a/a.go", []byte("package a\n\nfunc F(n int) int { return 0 }\n\nfunc G() int { return 1 }\n"), []string{"a"}); err == nil {
		t.Error("a mutant is tried without control")
	}
}
