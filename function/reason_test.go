package main

import (
	"regexp"
	"testing"
)

// aDeniedCall is a text that says, or looks for, that a call was denied: the call is in it, or comes before it.
var aDeniedCall = regexp.MustCompile(`^ was denied|[a-z0-9-]+:[A-Za-z]+ was denied`)

// TestADeniedCallIsWordedOnce reads the texts of every file that is not a test: that a call was denied is said and read by
// role.Reason, and nobody else puts the words together or looks for them.
func TestADeniedCallIsWordedOnce(t *testing.T) {
	const place = "function/internal/role/reason.go"
	texts, found := 0, 0
	for _, file := range sourceFiles(t) {
		for _, lit := range literals(t, file.path) {
			texts++
			switch {
			case !aDeniedCall.MatchString(lit.text):
			case file.rel == place:
				found++
			default:
				t.Errorf("%s:%d says that a call was denied: %q; role.Denied does", file.path, lit.line, lit.text)
			}
		}
	}
	if texts < 1000 || found != 1 {
		t.Fatalf("%d of %d texts are of %s: want 1 of at least 1000", found, texts, place)
	}
	t.Logf("read %d texts", texts)
}
