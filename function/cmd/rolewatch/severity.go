package main

import (
	"errors"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// severityFlag is a severity of the command line; zero where none is given.
type severityFlag struct{ check.Severity }

// severityNames are the values of the flag, the mildest first.
func severityNames() []string {
	var names []string
	for s := check.Low; s <= check.Critical; s++ {
		names = append(names, s.String())
	}
	return names
}

// Set and Type make a severity a flag, next to its String.
func (s *severityFlag) Set(text string) error {
	severity, err := check.ParseSeverity(text)
	if err != nil {
		return errors.New("want " + strings.Join(severityNames(), ", "))
	}
	s.Severity = severity
	return nil
}

func (s *severityFlag) Type() string { return strings.Join(severityNames(), "|") }
