package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAFileIsReplacedWholeOrNotAtAll fails a command after it has printed, in each way that a command can end.
func TestAFileIsReplacedWholeOrNotAtAll(t *testing.T) {
	for _, test := range []struct {
		name  string
		ends  error
		whole bool
	}{
		{"done", nil, true},
		{"found something", errFound, true},
		{"part of the input could not be read", errTold, true},
		{"interrupted", context.Canceled, false},
		{"failed", errors.New("no"), false},
		{"wrong usage", usagef("no"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out.txt")
			if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			w := world{out: &out, err: &bytes.Buffer{}, width: 80, color: true, now: time.Now}
			err := w.printTo(path, func() error {
				if w.color || w.width != 0 {
					t.Error("a file is written as if it were a terminal")
				}
				// More than the buffer holds.
				if err := writeText(w.out, string(bytes.Repeat([]byte("new\n"), 50_000))); err != nil {
					t.Fatal(err)
				}
				return test.ends
			})
			if !errors.Is(err, test.ends) || test.ends != nil && exitCode(err) != exitCode(test.ends) {
				t.Errorf("error %v, want %v", err, test.ends)
			}
			text, readErr := os.ReadFile(path)
			if readErr != nil || test.whole && len(text) != 200_000 || !test.whole && string(text) != "before" {
				t.Errorf("%d bytes are in the file, %v", len(text), readErr)
			}
			if names, _ := os.ReadDir(filepath.Dir(path)); len(names) != 1 {
				t.Errorf("%d files are left behind", len(names)-1)
			}
			if out.Len() > 0 {
				t.Errorf("the standard output was used: %q", out.String())
			}
		})
	}
}

// TestColour uses colour on a terminal only, and not with --no-color or in a file.
func TestColour(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.txt")
	for _, test := range []struct {
		args     []string
		terminal bool
		want     bool
	}{
		{[]string{"replay", "--checks", "RW302"}, true, true},
		{[]string{"replay", "--checks", "RW302"}, false, false},
		{[]string{"replay", "--checks", "RW302", "--no-color"}, true, false},
		{[]string{"--no-color", "replay", "--checks", "RW302"}, true, false},
		{[]string{"replay", "--checks", "RW302", "--no-color=false"}, true, true},
		{[]string{"replay", "--checks", "RW302", "--output", path}, true, false},
	} {
		var out bytes.Buffer
		w := world{in: &bytes.Buffer{}, out: &out, err: &bytes.Buffer{}, color: test.terminal, now: time.Now}
		if code := run(t.Context(), &w, test.args); code != exitDone {
			t.Fatalf("%v: exit code %d", test.args, code)
		}
		if text, err := os.ReadFile(path); err == nil {
			out.Write(text)
		}
		if out.Len() == 0 || bytes.Contains(out.Bytes(), []byte("\x1b[")) != test.want {
			t.Errorf("%v on a terminal (%v): %d bytes, colour %v", test.args, test.terminal, out.Len(), !test.want)
		}
	}
}
