package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// largestFile is how many bytes a file of the repository may have.
const largestFile = 1 << 20

// binaryFiles are those that are not text.
var binaryFiles = map[string]bool{"function/policy/actions/actions.zlib": true}

// TestTrackedFilesAreSources holds that the repository has no file that a build made: none is large, none is binary unless it
// is known, and what can be executed is a script.
func TestTrackedFilesAreSources(t *testing.T) {
	walked := walkedFiles(t)
	files, tracked := trackedFiles(t)
	if !tracked {
		files = walked
	}
	read := 0
	for name, executable := range files {
		if _, found := walked[name]; !found {
			if _, err := os.Lstat(filepath.Join(root, name)); err == nil {
				t.Errorf("%s is tracked, and is in .gitignore or is not a regular file", name)
			}
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		read++
		if reason := noSource(content, executable, binaryFiles[name]); reason != "" {
			t.Errorf("%s %s", name, reason)
		}
	}
	for name := range binaryFiles {
		if _, found := files[name]; !found {
			t.Errorf("%s is not in the repository", name)
		}
	}
	if read < 500 {
		t.Fatalf("read %d files: the list does not have the code", read)
	}
	t.Logf("read %d files, tracked: %t", read, tracked)
}

// noSource says why a file is not a source. The reason is empty for one that is.
func noSource(content []byte, executable, binary bool) string {
	switch {
	case len(content) > largestFile:
		return "is larger than 1 MB"
	case !binary && bytes.IndexByte(content, 0) >= 0:
		return "has NUL bytes, and is not a known binary file"
	case executable && !bytes.HasPrefix(content, []byte("#!")):
		return `is executable, and does not begin with "#!"`
	}
	return ""
}

// trackedFiles are the files that Git tracks, by their paths from the root, and whether each is executable. Without Git, or
// outside of a checkout, there are none.
func trackedFiles(t *testing.T) (files map[string]bool, ok bool) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		return nil, false
	}
	out, err := exec.Command("git", "-C", root, "ls-files", "--stage", "-z").Output()
	if err != nil {
		t.Logf("git does not list the files: %v", err)
		return nil, false
	}
	files = map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		// A line is "mode object stage", a tab and the path.
		mode, name, found := strings.Cut(line, "\t")
		if !found {
			t.Fatalf("git lists %q", line)
		}
		files[name] = strings.HasPrefix(mode, "100755 ")
	}
	return files, true
}

// walkedFiles are the files of the folder that .gitignore does not leave out, as trackedFiles gives them.
func walkedFiles(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	patterns, files := strings.Fields(string(text)), map[string]bool{}
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case d.IsDir() && (d.Name() == ".git" || ignored(patterns, name, true)):
			return fs.SkipDir
		case d.Type().IsRegular() && !ignored(patterns, name, false):
			info, err := d.Info()
			if err != nil {
				return err
			}
			files[name] = info.Mode()&0o100 != 0
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// ignored applies those patterns of a .gitignore that ours has: a name anywhere, or a path from the root, and either as a
// folder alone.
func ignored(patterns []string, name string, folder bool) bool {
	for _, pattern := range patterns {
		pattern, folders := strings.CutSuffix(pattern, "/")
		if folders && !folder {
			continue
		}
		against := name
		if !strings.Contains(pattern, "/") {
			against = path.Base(name)
		}
		if ok, _ := path.Match(strings.TrimPrefix(pattern, "/"), against); ok {
			return true
		}
	}
	return false
}

// TestWhatIsNoSourceIsSeen shows the rule what it is there for, and what it has to leave alone.
func TestWhatIsNoSourceIsSeen(t *testing.T) {
	for _, test := range []struct {
		name               string
		content            []byte
		executable, binary bool
		refused            bool
	}{
		{"text", []byte("package main\n"), false, false, false},
		{"an empty file", nil, false, false, false},
		{"a script", []byte("#!/bin/sh\n"), true, false, false},
		{"the largest file", bytes.Repeat([]byte("x"), largestFile), false, false, false},
		{"a larger file", bytes.Repeat([]byte("x"), largestFile+1), false, false, true},
		{"a program", []byte("\x7fELF\x00"), true, false, true},
		{"a program that is not executable", []byte("\x7fELF\x00"), false, false, true},
		{"a known binary file", []byte("x\x00"), false, true, false},
		{"a large known binary file", bytes.Repeat([]byte{0}, largestFile+1), false, true, true},
		{"an executable known binary file", []byte("x\x00"), true, true, true},
		{"an executable text", []byte("package main\n"), true, false, true},
	} {
		if reason := noSource(test.content, test.executable, test.binary); (reason != "") != test.refused {
			t.Errorf("%s: refused because it %q, want refused: %t", test.name, reason, test.refused)
		}
	}
	patterns := []string{"/dist/", "*.test", "__pycache__/", "/infra/node_modules/", "/rolewatch"}
	for name, want := range map[string]bool{
		"dist/": true, "docs/dist/": false, "dist": false, "a/b.test": true, "a/__pycache__/": true, "infra/node_modules/": true, "node_modules/": false,
		"rolewatch": true, "function/cmd/rolewatch/": false, "function/main.go": false,
	} {
		name, folder := strings.CutSuffix(name, "/")
		if ignored(patterns, name, folder) != want {
			t.Errorf("%s is left out: %t, want %t", name, !want, want)
		}
	}
}
