package sample

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Survivor is a mutant that no test notices, and why.
type Survivor struct{ ID, Reason string }

// ParseSurvivors reads lines "ID: reason". Empty lines are left out.
func ParseSurvivors(text string) ([]Survivor, error) {
	var out []Survivor
	var faults []error
	number := 0
	for line := range strings.Lines(text) {
		number++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		id, reason, _ := strings.Cut(line, ": ")
		switch {
		case strings.TrimSpace(reason) == "":
			faults = append(faults, fmt.Errorf("line %d: the mutant %q has no reason", number, id))
		case slices.ContainsFunc(out, func(s Survivor) bool { return s.ID == id }):
			faults = append(faults, fmt.Errorf("line %d: the mutant %q is listed twice", number, id))
		}
		out = append(out, Survivor{id, reason})
	}
	return out, errors.Join(faults...)
}
