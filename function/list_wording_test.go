package main

import (
	"regexp"
	"testing"
)

// factOfAList is a text that says what AWS has not. Who says so knows a list, which has a date, and AWS adds to what is listed.
var factOfAList = regexp.MustCompile(`(?i)\bAWS (has no|has not|does not have|doesn't have|does not know|knows no)\b|\bno (action|service|such action|such service) of AWS\b|\bno such (action|service)\b`)

// notOfAList are texts that match and rest on the form of a name, which AWS documents, and not on a list.
var notOfAList = map[string]string{
	" that AWS has not": "a partition, service or Region with a character that none has",
}

// TestNoTextSaysWhatAWSDoesNotHave reads the texts of every file that is not a test: nothing that rests on a list is said as a fact.
func TestNoTextSaysWhatAWSDoesNotHave(t *testing.T) {
	texts, exempt := 0, 0
	for _, file := range sourceFiles(t) {
		for _, lit := range literals(t, file.path) {
			texts++
			switch {
			case !factOfAList.MatchString(lit.text):
			case notOfAList[lit.text] != "":
				exempt++
			default:
				t.Errorf("%s:%d says what AWS does not have: %q. Say that the list of a day does not have it", file.path, lit.line, lit.text)
			}
		}
	}
	if texts < 1000 || exempt != len(notOfAList) {
		t.Fatalf("read %d texts, of which %d are exempt, want %d", texts, exempt, len(notOfAList))
	}
}
