package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// replayJSON replays files and gives the messages, a line each, and the summary.
func replayJSON(t *testing.T, paths ...string) (messages []string, summary string) {
	t.Helper()
	var out, errs bytes.Buffer
	w := world{in: &bytes.Buffer{}, out: &out, err: &errs, now: time.Now}
	if code := run(context.Background(), &w, append([]string{"replay", "--format", "json"}, paths...)); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	for line := range strings.Lines(out.String()) {
		messages = append(messages, line)
	}
	return messages, errs.String()
}

// TestRealRecordsReplay replays records that AWS itself has written.
func TestRealRecordsReplay(t *testing.T) {
	messages, summary := replayJSON(t, externaldata.Path(t, "cloudtrail"))
	m := regexp.MustCompile(`^replayed (\d+) records in (\d+) files, (\d+) listed, 0 malformed`).FindStringSubmatch(summary)
	if m == nil {
		t.Fatalf("summary %q", summary)
	}
	if n, _ := strconv.Atoi(m[3]); n == 0 {
		t.Errorf("no listed record: %s", summary)
	}
	t.Logf("%s%d messages", summary, len(messages))
}

// TestARealRefusal replays a genuine CreateFunction that Lambda refused because the role was seconds old, with the one
// that succeeded soon after, and without it.
func TestARealRefusal(t *testing.T) {
	dir := externaldata.Path(t, "cloudtrail/invictus-aws_dataset")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	refusals := func(messages []string) []string {
		return slices.DeleteFunc(messages, func(m string) bool { return !strings.Contains(m, `"check":"RW117"`) })
	}
	messages, _ := replayJSON(t, files...)
	if told := refusals(slices.Clone(messages)); len(told) != 0 {
		t.Errorf("it succeeded soon after, and yet was told: %q", told)
	}
	if !slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, `"check":"RW407"`) && strings.Contains(m, "backdoor") }) {
		t.Errorf("the permission that lets everybody in was not told: %q", messages)
	}
	rest := slices.DeleteFunc(files, func(f string) bool { return filepath.Base(f) == "CreateFunction20150331-4.json" })
	messages, _ = replayJSON(t, rest...)
	messages = refusals(messages)
	if len(messages) != 1 || !strings.Contains(messages[0], `"check":"RW117"`) || !strings.Contains(messages[0], "seconds old") {
		t.Errorf("without the success: %q, want RW117 once with the role's age", messages)
	}
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
