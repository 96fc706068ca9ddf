package main

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

func TestRanges(t *testing.T) {
	known := []*check.Check{{ID: "RW101"}, {ID: "RW102"}, {ID: "RW103"}, {ID: "RW105"}, {ID: "RW201"}, {ID: "RW202"}}
	for want, checks := range map[string][]*check.Check{
		"none":                           nil,
		"RW101 to RW105, RW201 to RW202": known,
		"RW101, RW103 to RW105":          {known[0], known[2], known[3]},
		"RW102, RW105, RW202":            {known[1], known[3], known[5]},
	} {
		if got := ranges(checks, known); got != want {
			t.Errorf("they are %q, want %q", got, want)
		}
	}
}
