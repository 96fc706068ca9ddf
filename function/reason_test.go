package main

import (
	"regexp"
	"testing"
)

// aRefusedCall is a text that says, or looks for, that a call was denied or is not supported: the call is in it, or comes
// before it.
var aRefusedCall = regexp.MustCompile(`^ was denied|^ is not supported by the endpoint|[a-z0-9-]+:[A-Za-z]+ (was denied|is not supported by)`)

// TestARefusedCallIsWordedOnce reads the texts of every file that is not a test: that a call was denied, or is not supported,
// is said and read by role.Reason, and nobody else puts the words together or looks for them.
func TestARefusedCallIsWordedOnce(t *testing.T) {
	const place = "function/internal/role/reason.go"
	texts, found := 0, 0
	for _, file := range sourceFiles(t) {
		for _, lit := range literals(t, file.path) {
			texts++
			switch {
			case !aRefusedCall.MatchString(lit.text):
			case file.rel == place:
				found++
			default:
				t.Errorf("%s:%d says that a call was refused: %q; role.Denied and role.Unsupported do", file.path, lit.line, lit.text)
			}
		}
	}
	if texts < 1000 || found != 2 {
		t.Fatalf("%d of %d texts are of %s: want 2 of at least 1000", found, texts, place)
	}
	t.Logf("read %d texts", texts)
}
