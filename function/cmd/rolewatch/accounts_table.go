package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// accountFinding is a finding with its account.
type accountFinding struct {
	account organization.Account
	finding.Finding
}

// severities are those of the table of accounts, the gravest first.
var severities = []check.Severity{check.Critical, check.High, check.Medium, check.Low}

// accountTable is a table with a row for each account, those with the gravest findings first.
func (t *accountsText) accountTable(details bool, rest *[]string) string {
	rows := slices.Clone(t.rows)
	if len(rows) == 0 {
		return ""
	}
	slices.SortStableFunc(rows, func(a, b accountRow) int {
		for _, s := range severities {
			if c := cmp.Compare(b.bySeverity[s], a.bySeverity[s]); c != 0 {
				return c
			}
		}
		return cmp.Or(cmp.Compare(b.unread(), a.unread()), cmp.Compare(a.ID, b.ID))
	})
	cells := [][]string{{"ACCOUNT", "NAME", "OU", "CRITICAL", "HIGH", "MEDIUM", "LOW", "ROLES", "NOT KNOWN"}}
	for _, r := range shorten(rows, details, "account row", rest, head) {
		row := []string{r.ID, message.Line(r.Name), message.Line(r.OU)}
		for _, s := range severities {
			row = append(row, strconv.Itoa(r.bySeverity[s]))
		}
		unknown := strconv.Itoa(r.tally.Unknown)
		if r.trouble != nil {
			unknown = "not read"
			if r.trouble.Partial {
				unknown = "partly read"
			}
		}
		cells = append(cells, append(row, strconv.Itoa(r.tally.Roles), unknown))
	}
	return aligned(cells, 3) + "\n"
}

// unread is greater for an account that was not read: it may have anything.
func (r *accountRow) unread() int {
	if r.trouble != nil {
		return 1
	}
	return 0
}

// checkTable is the table by check over all accounts, in the order of that of one account.
func (t *accountsText) checkTable(width int) string {
	if len(t.checks) == 0 {
		return ""
	}
	keys := slices.SortedFunc(maps.Keys(t.checks), func(a, b checkKey) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(t.checks[b].findings, t.checks[a].findings), cmp.Compare(a.check, b.check))
	})
	cells := [][]string{{"SEVERITY", "CHECK", "FINDINGS", "ACCOUNTS", "ROLES", "FUNCTIONS", "TITLE"}}
	for _, k := range keys {
		c := t.checks[k]
		cells = append(cells, []string{
			k.severity.String(), k.check, strconv.Itoa(c.findings), strconv.Itoa(c.accounts), strconv.Itoa(c.roles), strconv.Itoa(c.functions), titleOf(k.check),
		})
	}
	return titled(cells, 2, width) + "\n"
}

// aligned sets rows in columns, the first few to the left and the others to the right.
func aligned(cells [][]string, left int) string {
	widths := widthsOf(cells)
	var b strings.Builder
	for _, row := range cells {
		b.WriteString(strings.TrimRight(columns(row, widths, left), " ") + "\n")
	}
	return b.String()
}

func widthsOf(cells [][]string) []int {
	widths := make([]int, len(cells[0]))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	return widths
}

// columns sets a row in columns of some widths.
func columns(row []string, widths []int, left int) string {
	var b strings.Builder
	for i, cell := range row {
		if i < left {
			fmt.Fprintf(&b, "%-*s  ", widths[i], cell)
		} else {
			fmt.Fprintf(&b, "%*s  ", widths[i], cell)
		}
	}
	return b.String()
}
