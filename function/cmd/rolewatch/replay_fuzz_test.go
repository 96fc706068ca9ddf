package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// FuzzReplay plays any records: each line that it tells is a message, and what it tells people holds no character that a
// terminal acts on. The records go through the whole watch, and through every check.
func FuzzReplay(f *testing.F) {
	for line := range strings.Lines(string(demoRecords)) {
		f.Add(line)
	}
	f.Add(string(demoRecords))
	paths, err := filepath.Glob("../../../events/samples/*.json")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no sample: %v", err)
	}
	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
		all.Write(text)
	}
	f.Add(all.String())
	now := func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }
	f.Fuzz(func(t *testing.T, text string) {
		var out, told strings.Builder
		w := world{in: strings.NewReader(text), out: &out, err: io.Discard, now: now}
		run(context.Background(), &w, []string{"replay", "--format", "json", "--checks", "RW1,RW2,RW3,RW4,RW5", "-"})
		for line := range strings.Lines(out.String()) {
			var m message.Message
			if err := json.Unmarshal([]byte(line), &m); err != nil || m.ID == "" {
				t.Errorf("%q: %v", line, err)
			}
		}
		w = world{in: strings.NewReader(text), out: &told, err: io.Discard, now: now}
		run(context.Background(), &w, []string{"replay", "-"})
		for line := range strings.Lines(told.String()) {
			if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), unicode.IsControl) {
				t.Errorf("%q", line)
			}
		}
	})
}
