package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// tableRow counts the findings of one check that have the same severity.
type tableRow struct {
	severity         check.Severity
	check            string
	findings         int
	roles, functions map[string]bool
}

// tableOf sums findings up: the most severe first, and among those of one severity the check with the most findings.
func tableOf(findings []finding.Finding) []*tableRow {
	type key struct {
		severity check.Severity
		check    string
	}
	byKey := map[key]*tableRow{}
	var rows []*tableRow
	for _, f := range findings {
		k := key{f.Severity, f.Check}
		row := byKey[k]
		if row == nil {
			row = &tableRow{severity: f.Severity, check: f.Check, roles: map[string]bool{}, functions: map[string]bool{}}
			byKey[k] = row
			rows = append(rows, row)
		}
		row.findings++
		row.roles[f.Role] = true
		for _, fn := range f.Functions {
			row.functions[fn.ARN] = true
		}
	}
	slices.SortFunc(rows, func(a, b *tableRow) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.findings, a.findings), cmp.Compare(a.check, b.check))
	})
	return rows
}

// leastTitle is the least width that a title is set in, in columns.
const leastTitle = 20

// table sets rows for people to read. Titles come last and are wrapped to the terminal's width, or left on one line where
// there is no terminal.
func table(rows []*tableRow, width int) string {
	cells := [][]string{{"SEVERITY", "CHECK", "FINDINGS", "ROLES", "FUNCTIONS", "TITLE"}}
	for _, r := range rows {
		cells = append(cells, []string{
			r.severity.String(), r.check, strconv.Itoa(r.findings), strconv.Itoa(len(r.roles)), strconv.Itoa(len(r.functions)), titleOf(r.check),
		})
	}
	return titled(cells, 2, width)
}

// titled sets rows in columns, the first few to the left and the others to the right, with a title as the last one, which is wrapped.
func titled(cells [][]string, left, width int) string {
	widths, last := widthsOf(cells), len(cells[0])-1
	var b strings.Builder
	for _, row := range cells {
		head := columns(row[:last], widths, left)
		lines := []string{row[last]}
		if width > 0 {
			lines = message.Wrap(row[last], max(width-len(head), leastTitle))
		}
		for _, line := range lines {
			b.WriteString(head + line + "\n")
			head = strings.Repeat(" ", len(head))
		}
	}
	return b.String()
}

// titleOf is the title of a check, for any role; empty for an ID that is not in the catalogue.
func titleOf(id string) string {
	if c, ok := catalogue.Find(id); ok {
		return c.Title
	}
	return ""
}
