package sample

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/tools/cover"
)

// Coverage is what tests run of a package, as a profile of the Go command says: by file, whether its blocks run.
type Coverage map[string]map[block]bool

type block struct{ fromLine, fromColumn, toLine, toColumn int }

// Read adds a profile. Files are those of the module, relative to it. A block runs if it does in the tests of any package.
func (c Coverage) Read(profile io.Reader, module string) error {
	profiles, err := cover.ParseProfilesFromReader(profile)
	if err != nil {
		return fmt.Errorf("read coverage: %w", err)
	}
	for _, p := range profiles {
		file := strings.TrimPrefix(p.FileName, module+"/")
		if c[file] == nil {
			c[file] = map[block]bool{}
		}
		for _, b := range p.Blocks {
			at := block{b.StartLine, b.StartCol, b.EndLine, b.EndCol}
			c[file][at] = c[file][at] || b.Count > 0
		}
	}
	return nil
}

// Runs reports whether the tests run the place of a mutant. What is in no block, as the expressions of a case, may run.
func (c Coverage) Runs(m Mutant) bool {
	idle := false
	for b, runs := range c[m.File] {
		after := m.Line > b.fromLine || m.Line == b.fromLine && m.Column >= b.fromColumn
		before := m.Line < b.toLine || m.Line == b.toLine && m.Column < b.toColumn
		if after && before {
			if runs {
				return true
			}
			idle = true
		}
	}
	return !idle
}
