package main

import (
	"cmp"
	"fmt"
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
	cells := [][6]string{{"SEVERITY", "CHECK", "FINDINGS", "ROLES", "FUNCTIONS", "TITLE"}}
	for _, r := range rows {
		cells = append(cells, [6]string{
			r.severity.String(), r.check, strconv.Itoa(r.findings), strconv.Itoa(len(r.roles)), strconv.Itoa(len(r.functions)), titleOf(r.check),
		})
	}
	var widths [6]int
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range cells {
		head := fmt.Sprintf("%-*s  %-*s  %*s  %*s  %*s  ", widths[0], row[0], widths[1], row[1], widths[2], row[2], widths[3], row[3], widths[4], row[4])
		lines := []string{row[5]}
		if width > 0 {
			lines = message.Wrap(row[5], max(width-len(head), leastTitle))
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
