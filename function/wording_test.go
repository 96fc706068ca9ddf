package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unclear are phrases that readers have to read twice, each with what to write instead. A text that matches one of clear is right: what
// matches is a name, or another sense of the word.
var unclear = []struct {
	phrase  *regexp.Regexp
	instead string
	clear   *regexp.Regexp
}{
	{phrase: words(`mend(s|ed|ing)?|made good`), instead: "fix, fixed"},
	{phrase: words(`told|tells?|untold|telling`), instead: "report, notify, say, show", clear: words(`tells? \w+ apart|told apart|tells? them apart`)},
	{phrase: words(`hangs? on`), instead: "depends on"},
	{phrase: words(`lets? \S+ in|keeps? \S+ out|kept (out|from)`), instead: "allows, denies"},
	{phrase: words(`spares?|spared`), instead: "exempts, excludes"},
	{phrase: words(`beside`), instead: "next to, in addition to"},
	{phrase: words(`so many`), instead: "a number"},
	{phrase: words(`the like`), instead: "similar, or what is meant"},
	{phrase: words(`anew`), instead: "again"},
	{phrase: words(`carry|carries|carried`), instead: "has, sends, includes"},
	{phrase: words(`(take|takes|took|taken|taking) away`), instead: "remove"},
	{phrase: words(`comes? again`), instead: "is retried, is requeued"},
	{phrase: words(`he|his|him`), instead: "they, their"},
	{phrase: words(`rests? on`), instead: "is based on, depends on"},
	{phrase: words(`faults?`), instead: "failure, error", clear: words(`Fault Injection Service`)},
	{phrase: words(`dangers?|dangerous`), instead: "risk", clear: words(`catalogue/danger|Package danger`)},
	{phrase: words(`gets? in|ways? in`), instead: "has access, can assume, can invoke"},
	{phrase: words(`be it|be they`), instead: "whether"},
	{phrase: words(`hand over|own word|wants? for`), instead: "the plain verb"},
	{phrase: regexp.MustCompile(`(?i)(^|[^e]) is no [a-z]+('s)?\b`), instead: "is not a", clear: words(`is no longer|is no more|is no other|is no such|is no way`)},
}

func words(alternatives string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + alternatives + `)\b`)
}

// quoted is text that is written as code, or quoted from elsewhere.
var quoted = regexp.MustCompile("`[^`]*`|“[^”]*”")

func unclearPhrases(text string) (found []string) {
	text = quoted.ReplaceAllString(text, "``")
	for _, u := range unclear {
		rest := text
		if u.clear != nil {
			rest = u.clear.ReplaceAllString(text, "…")
		}
		if m := u.phrase.FindString(rest); m != "" {
			found = append(found, strings.TrimSpace(m)+" → "+u.instead)
		}
	}
	return found
}

// TestTextsAreReadOnce holds the texts that users see, those of the code and those of the documents, to words that are read once.
func TestTextsAreReadOnce(t *testing.T) {
	texts, lines := 0, 0
	for _, file := range sourceFiles(t) {
		for _, lit := range literals(t, file.path) {
			if !strings.Contains(strings.TrimSpace(lit.text), " ") {
				continue // A single word is a name or a key.
			}
			texts++
			for _, phrase := range unclearPhrases(lit.text) {
				t.Errorf("%s:%d: %s: %q", file.path, lit.line, phrase, lit.text)
			}
		}
	}
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(documents, "../README.md", "../CONTRIBUTING.md", "policy/README.md") {
		if filepath.Base(file) == "glossary.md" {
			continue // It names the words of older code.
		}
		for line := range strings.Lines(prose(t, file)) {
			lines++
			for _, phrase := range unclearPhrases(line) {
				t.Errorf("%s: %s: %s", file, phrase, strings.TrimSpace(line))
			}
		}
	}
	if texts < 2000 || lines < 1000 {
		t.Fatalf("read %d texts and %d lines of documents", texts, lines)
	}
}
