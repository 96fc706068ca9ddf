package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestActionsArePinned holds that a workflow uses each action at a commit, with its version as a comment: a tag can be moved.
func TestActionsArePinned(t *testing.T) {
	files, err := filepath.Glob("../.github/workflows/*.y*ml")
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`^uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	uses, versions := 0, map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
			if !strings.Contains(line, "uses:") {
				continue
			}
			uses++
			if !pinned.MatchString(line) {
				t.Errorf("%s: %q is not pinned by a commit with its version", file, line)
			}
			action, at, _ := strings.Cut(line, "@")
			if other, ok := versions[action]; ok && other != at {
				t.Errorf("%s: %s is used at %s and at %s", file, action, other, at)
			}
			versions[action] = at
		}
	}
	if uses == 0 {
		t.Fatalf("no action is used in %d workflows", len(files))
	}
	t.Logf("%d uses in %d workflows", uses, len(files))
}
