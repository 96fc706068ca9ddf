package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/largeaccount"
)

// TestScanShowsItsProgress shows on a terminal's error output how far the scan is, once it takes long, and never beside what
// it found.
func TestScanShowsItsProgress(t *testing.T) {
	dir := t.TempDir()
	if err := largeaccount.Write(dir, largeaccount.Dense, 20, 40, 1); err != nil {
		t.Fatal(err)
	}
	scanOf := func(progress bool, step time.Duration) (out, errs string) {
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		var o, e bytes.Buffer
		steps := 0
		w := world{in: &bytes.Buffer{}, out: &o, err: &e, progress: progress, now: func() time.Time {
			// The first time that is asked for is that of the findings.
			if steps++; steps > 2 {
				now = now.Add(step)
			}
			return now
		}}
		if code := run(t.Context(), &w, []string{"scan", "--account", dir, "--format", "json"}); code != exitFound {
			t.Fatalf("exit code %d: %s", code, e.String())
		}
		return o.String(), e.String()
	}
	plain, errs := scanOf(false, time.Minute)
	if plain == "" || errs != "" {
		t.Fatalf("no terminal: %d bytes found, told %q", len(plain), errs)
	}
	if out, errs := scanOf(true, time.Minute); out != plain || !strings.Contains(errs, "listing functions: ") {
		t.Errorf("a slow scan: the same is found: %v, told %q", out == plain, errs)
	}
	if out, errs := scanOf(true, 0); out != plain || errs != "" {
		t.Errorf("a quick scan: the same is found: %v, told %q", out == plain, errs)
	}
}
