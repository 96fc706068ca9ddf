package externaldata

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// outcome is a test that keeps how it ended.
type outcome struct {
	testing.TB
	skipped, failed string
}

func (o *outcome) Skipf(format string, args ...any) {
	o.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (o *outcome) Fatalf(format string, args ...any) {
	o.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// end runs a test to its end.
func end(t *testing.T, test func(testing.TB)) *outcome {
	o, done := &outcome{TB: t}, make(chan struct{})
	go func() {
		defer close(done)
		test(o)
	}()
	<-done
	return o
}

func TestOnlyDataThatIsNotNamedIsSkipped(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "empty.json"), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(t testing.TB) { Path(t, "empty.json") }
	for _, c := range []struct {
		variable        string
		test            func(testing.TB)
		skipped, failed string
	}{
		{"", open, "ROLEWATCH_DATA is not set", ""},
		{dir, open, "", ""},
		{dir, func(t testing.TB) { Path(t, "records") }, "", "lacks records"},
		{dir, func(t testing.TB) { List[string](t, "empty.json") }, "", "empty.json has 0 elements"},
		{filepath.Join(dir, "missing"), open, "", "lacks empty.json"},
		{"data", open, "", `"data", which is not an absolute path`},
	} {
		t.Setenv(Variable, c.variable)
		o := end(t, c.test)
		if !matches(o.skipped, c.skipped) || !matches(o.failed, c.failed) {
			t.Errorf("%s=%q: skipped %q, failed %q; want %q, %q", Variable, c.variable, o.skipped, o.failed, c.skipped, c.failed)
		}
	}
}

// matches says whether text has a part, or is empty where no part is wanted.
func matches(text, part string) bool {
	return strings.Contains(text, part) && (text == "") == (part == "")
}

func TestManagedPoliciesAreRead(t *testing.T) {
	for name, document := range ManagedPolicies(t) {
		if !strings.Contains(string(document), "Statement") {
			t.Errorf("%s: %.100s", name, document)
		}
	}
}
