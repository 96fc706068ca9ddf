package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"
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

// TestOutputFollowsLinks writes through symbolic links: to a file, to one that does not exist yet, and over a folder.
func TestOutputFollowsLinks(t *testing.T) {
	for _, test := range []struct {
		name string
		// links are the symbolic links by their names.
		links          map[string]string
		output, target string
	}{
		{"a file", map[string]string{"link": "there"}, "link", "there"},
		{"no file yet", map[string]string{"link": "missing"}, "link", "missing"},
		{"one link after another", map[string]string{"link": "sub/second", "sub/second": "../missing"}, "link", "missing"},
		{"out of a linked folder", map[string]string{"folder": "sub/deep", "sub/deep/link": "../missing"}, "folder/link", "sub/missing"},
		{"over a linked folder", map[string]string{"folder": "sub/deep", "link": "folder/../missing"}, "link", "sub/missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := errors.Join(os.MkdirAll("sub/deep", 0o777), os.WriteFile("there", []byte("before"), 0o666)); err != nil {
				t.Fatal(err)
			}
			for link, to := range test.links {
				if err := os.Symlink(to, link); err != nil {
					t.Fatal(err)
				}
			}
			w := world{now: time.Now}
			if err := w.printTo(test.output, func() error { return writeText(w.out, "new") }); err != nil {
				t.Fatal(err)
			}
			for link, to := range test.links {
				if now, err := os.Readlink(link); err != nil || now != to {
					t.Errorf("the link %s to %s is now to %q: %v", link, to, now, err)
				}
			}
			if file, err := os.Lstat(test.target); err != nil || !file.Mode().IsRegular() || file.Size() != int64(len("new")) {
				t.Errorf("%s is not written: %v", test.target, err)
			}
		})
	}
}

// TestOutputRefuses what is not a regular file, and links that lead nowhere.
func TestOutputRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("folder", 0o777), os.WriteFile("file", nil, 0o666), os.Symlink("loop", "loop"), os.Symlink("no/folder", "lost")); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"folder", "folder/", "file/", "new/", "no/folder", "loop", "lost", os.DevNull} {
		w := world{now: time.Now}
		if err := w.printTo(path, func() error { return nil }); err == nil {
			t.Errorf("%s is written", path)
		}
	}
	if after, err := os.ReadDir("."); err != nil || len(after) != len(before) {
		t.Errorf("%d files before, %d after: %v", len(before), len(after), err)
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

// TestEveryCommandHasAnOutput walks over all commands, those below others too. Export writes a folder, and the standard output
// of what cobra adds is the shell's.
func TestEveryCommandHasAnOutput(t *testing.T) {
	without := map[string]bool{"export": true, "help": true}
	read := 0
	var walk func(*cobra.Command)
	walk = func(parent *cobra.Command) {
		for _, cmd := range parent.Commands() {
			read++
			if has := cmd.Flags().Lookup("output") != nil; has == without[nameOf(cmd)] {
				t.Errorf("%s: has an output: %v", nameOf(cmd), has)
			}
			walk(cmd)
		}
	}
	walk(newRoot(&world{out: io.Discard, err: io.Discard, now: time.Now}))
	if read < 10 {
		t.Fatalf("%d commands", read)
	}
}
