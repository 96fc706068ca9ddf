package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	linkOfMarkdown    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingOfMarkdown = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	notInAnAnchor     = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	codeOfMarkdown    = regexp.MustCompile("(?ms)^```.*?^```$")
)

// TestEachLinkOfADocumentLeadsSomewhere follows every relative link of the documents: to a file of the repository, and to a heading of it.
func TestEachLinkOfADocumentLeadsSomewhere(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	links, anchors := 0, 0
	for _, file := range append(files, "../README.md", "../CONTRIBUTING.md", "policy/README.md") {
		for _, m := range linkOfMarkdown.FindAllStringSubmatch(prose(t, file), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			links++
			target, anchor, _ := strings.Cut(m[1], "#")
			path := file
			if target != "" {
				path = filepath.Join(filepath.Dir(file), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: the link %s leads to no file", file, m[1])
				continue
			}
			if anchor == "" {
				continue
			}
			anchors++
			if !anchorsOf(t, path)[anchor] {
				t.Errorf("%s: the link %s leads to no heading", file, m[1])
			}
		}
	}
	if links < 100 || anchors < 50 {
		t.Fatalf("followed %d links, %d of them to a heading", links, anchors)
	}
}

// prose is the text of a document without its blocks of code.
func prose(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return codeOfMarkdown.ReplaceAllString(string(text), "")
}

// anchorsOf are the anchors that GitHub gives the headings of a document.
func anchorsOf(t *testing.T, file string) map[string]bool {
	t.Helper()
	anchors := map[string]bool{}
	for _, m := range headingOfMarkdown.FindAllStringSubmatch(prose(t, file), -1) {
		heading := linkOfMarkdown.ReplaceAllString(m[1], "]")
		anchors[strings.ReplaceAll(notInAnAnchor.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")] = true
	}
	return anchors
}
