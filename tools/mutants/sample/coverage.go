package sample

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Coverage is what tests run of a package, as a profile of the Go command says: by file, whether its blocks run.
type Coverage map[string]map[block]bool

type block struct{ fromLine, fromColumn, toLine, toColumn int }

// ReadCoverage reads a profile. Files are those of the module, relative to it. A block runs if it does in the tests of any package.
func ReadCoverage(r io.Reader, module string) (Coverage, error) {
	out := Coverage{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text := lines.Text()
		if strings.HasPrefix(text, "mode:") {
			continue
		}
		file, rest, found := strings.Cut(text, ":")
		var b block
		var statements, count int
		if _, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.fromLine, &b.fromColumn, &b.toLine, &b.toColumn, &statements, &count); err != nil || !found {
			return nil, fmt.Errorf("read coverage: %q: %w", text, err)
		}
		name := strings.TrimPrefix(file, module+"/")
		if out[name] == nil {
			out[name] = map[block]bool{}
		}
		out[name][b] = out[name][b] || count > 0
	}
	return out, lines.Err()
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
