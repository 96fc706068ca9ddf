package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// TestRealRecordsReplay replays records that AWS itself has written.
func TestRealRecordsReplay(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", "cloudtrail")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real records are missing: %v", err)
		}
		t.Skipf("SKIPPED, the real records are missing: %v", err)
	}
	var out, errs bytes.Buffer
	w := world{in: &bytes.Buffer{}, out: &out, err: &errs, now: time.Now}
	if code := run(context.Background(), &w, []string{"replay", "--format", "json", dir}); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	m := regexp.MustCompile(`^replayed (\d+) records in (\d+) files, (\d+) listed, 0 malformed`).FindStringSubmatch(errs.String())
	if m == nil {
		t.Fatalf("summary %q", errs.String())
	}
	if n, _ := strconv.Atoi(m[3]); n == 0 {
		t.Errorf("no listed record: %s", errs.String())
	}
	t.Logf("%s%d messages", errs.String(), bytes.Count(out.Bytes(), []byte("\n")))
}

// TestProgressIsShownOnceWorkTakesLong replays with a clock that runs fast.
func TestProgressIsShownOnceWorkTakesLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	if err := os.WriteFile(path, demoRecords, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, step := range []time.Duration{0, time.Minute} {
		var out, errs bytes.Buffer
		now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		w := world{in: &bytes.Buffer{}, out: &out, err: &errs, progress: true, now: func() time.Time { now = now.Add(step); return now }}
		if code := run(context.Background(), &w, []string{"replay", path}); code != exitDone {
			t.Fatalf("exit code %d: %s", code, errs.String())
		}
		if shown := bytes.Contains(errs.Bytes(), []byte("replaying")); shown != (step > 0) {
			t.Errorf("a step of %v: progress shown %v: %q", step, shown, errs.String())
		}
	}
}
