package sample

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Coverage is what tests run of a package, as a profile of the Go command says.
type Coverage map[string][]block

type block struct{ fromLine, fromColumn, toLine, toColumn int }

// ReadCoverage reads a profile. Files are those of the module, relative to it; blocks that did not run are left out.
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
		if name := strings.TrimPrefix(file, module+"/"); count > 0 {
			out[name] = append(out[name], b)
		}
	}
	return out, lines.Err()
}

// Runs reports whether the tests run the place of a mutant.
func (c Coverage) Runs(m Mutant) bool {
	return m.Declared || slices.ContainsFunc(c[m.File], func(b block) bool {
		after := m.Line > b.fromLine || m.Line == b.fromLine && m.Column >= b.fromColumn
		before := m.Line < b.toLine || m.Line == b.toLine && m.Column < b.toColumn
		return after && before
	})
}
