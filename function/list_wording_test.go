package main

import (
	"regexp"
	"testing"
)

// factOfAList is a text that says what AWS has not. Who says so knows a list, which has a date, and AWS adds to what is listed.
var factOfAList = regexp.MustCompile(`(?i)\bAWS (has no|has not|does not have|doesn't have|does not know|knows no)\b|\bno (action|service|such action|such service) of AWS\b|\bno such (action|service)\b`)

// TestNoTextSaysWhatAWSDoesNotHave reads the texts of every file that is not a test: nothing that rests on a list is said as a fact.
func TestNoTextSaysWhatAWSDoesNotHave(t *testing.T) {
	texts := 0
	for _, file := range sourceFiles(t) {
		for _, lit := range literals(t, file.path) {
			texts++
			if factOfAList.MatchString(lit.text) {
				t.Errorf("%s:%d says what AWS does not have: %q. Say that the list of a day does not have it", file.path, lit.line, lit.text)
			}
		}
	}
	if texts < 1000 {
		t.Fatalf("read %d texts", texts)
	}
}
