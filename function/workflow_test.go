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

// TestARefreshIsAskedForByHand holds that CI does not run "make refresh", whose outcome depends on the day, and that its script names no
// host: modules and packages come from where the Go command and npm are configured to take them.
func TestARefreshIsAskedForByHand(t *testing.T) {
	script, err := os.ReadFile("../tools/refresh")
	if err != nil {
		t.Fatal(err)
	}
	if host := regexp.MustCompile(`https?:|GOPROXY=|--registry|\b(proxy|registry)\.`).Find(script); host != nil {
		t.Errorf("tools/refresh names where to fetch from: %q", host)
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil || !strings.Contains(string(makefile), "\nrefresh:\n\ttools/refresh\n") {
		t.Errorf("the Makefile has no target refresh: %v", err)
	}
	files, err := filepath.Glob("../.github/workflows/*.y*ml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "refresh") {
			t.Errorf("%s runs a refresh", file)
		}
	}
}
