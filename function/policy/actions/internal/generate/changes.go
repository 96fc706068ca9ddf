package main

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
)

// changes gives the actions that a catalogue has and its former version did not, after "+ ", and those that it no longer has, after
// "- ", each in the order of names.
func changes(former, next format.Catalogue) []string {
	before, now := names(former), names(next)
	var out []string
	for _, name := range now {
		if _, had := slices.BinarySearch(before, name); !had {
			out = append(out, "+ "+name)
		}
	}
	for _, name := range before {
		if _, has := slices.BinarySearch(now, name); !has {
			out = append(out, "- "+name)
		}
	}
	return out
}

func names(c format.Catalogue) (out []string) {
	for _, s := range c.Services {
		for _, a := range s.Actions {
			out = append(out, s.Prefix+":"+a.Name)
		}
	}
	slices.Sort(out)
	return out
}
