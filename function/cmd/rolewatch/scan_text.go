package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message/terminal"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// A list of up to mostPrinted is printed whole. Of a longer one only the first fewPrinted are, without --details: the table
// and the gravest findings fit on a screen, and half a million lines are read by nobody.
const mostPrinted, fewPrinted = 50, 10

// writeText prints what stands last on the screen last: the table by check, the summary, and what was not printed.
func (p *scanPrinter) writeText(r scan.Result, hidden *hidden) error {
	var b strings.Builder
	var rest []string
	for _, f := range shorten(r.Findings, p.details, "finding", &rest, gravest) {
		b.WriteString(strings.TrimRight(terminal.Finding(f, p.terminal()), "\n") + "\n\n")
	}
	for _, e := range shorten(r.Excepted, p.details, "excepted finding", &rest, head) {
		b.WriteString(exceptedLine(e) + "\n")
	}
	b.WriteString(unknownTexts(shorten(r.Unknowns, p.details, "unknown input", &rest, broadest), p.width, p.details))
	if len(r.Unknowns)+len(r.Excepted) > 0 {
		b.WriteString("\n")
	}
	if rows := tableOf(r.Findings); len(rows) > 0 {
		b.WriteString(table(rows, p.width) + "\n")
	}
	fmt.Fprintf(&b, "%s, %s in scope: %s, %d excepted, %d not known\n", words.Count(r.Tally.Functions, "function"), words.Count(r.Tally.Roles, "role"),
		words.Count(r.Tally.Findings, "finding"), r.Tally.Excepted, r.Tally.Unknown)
	if hidden != nil {
		fmt.Fprintf(&b, "less severe than %s, hidden by --severity: %s, %d excepted\n", p.severity, words.Count(hidden.Findings, "finding"), hidden.Excepted)
	}
	if len(rest) > 0 {
		fmt.Fprintf(&b, "not printed: %s; --details prints everything\n", strings.Join(rest, ", "))
	}
	return writeText(p.out, b.String())
}

// shorten gives what to print of a list, and adds to rest how much of it is not printed. choose picks from a long list.
func shorten[T any](list []T, details bool, what string, rest *[]string, choose func([]T) []T) []T {
	if details || len(list) <= mostPrinted {
		return list
	}
	*rest = append(*rest, words.Count(len(list)-fewPrinted, what))
	return choose(list)
}

// head is the beginning of a long list.
func head[T any](list []T) []T { return list[:fewPrinted] }

// gravest chooses from findings by their severity, and among those of one severity from as many checks as there are: ten
// roles with the same finding say less. The order stays.
func gravest(findings []finding.Finding) []finding.Finding {
	return gravestOf(findings, func(f *finding.Finding) (check.Severity, string) { return f.Severity, f.Check })
}

// gravestOf is gravest for whatever has a severity and a check.
func gravestOf[T any](list []T, of func(*T) (check.Severity, string)) []T {
	seen := map[string]int{}
	before, severities := make([]int, len(list)), make([]check.Severity, len(list))
	for i := range list {
		severity, id := of(&list[i])
		before[i], severities[i] = seen[id], severity
		seen[id]++
	}
	return pick(list, func(a, b int) int {
		return cmp.Or(cmp.Compare(severities[b], severities[a]), cmp.Compare(before[a], before[b]))
	})
}

// broadest chooses from unknown inputs those of the account as a whole, and then those that the most roles lack. The order
// stays.
func broadest(unknowns []scan.Unknown) []scan.Unknown {
	return pick(unknowns, func(a, b int) int {
		x, y := unknowns[a], unknowns[b]
		return cmp.Or(cmp.Compare(min(len(x.Checks), 1), min(len(y.Checks), 1)), cmp.Compare(y.Roles, x.Roles))
	})
}

// pick gives the few places of a list that an order puts first, in the order of the list.
func pick[T any](list []T, compare func(a, b int) int) []T {
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, compare)
	places = head(places)
	slices.Sort(places)
	var out []T
	for _, i := range places {
		out = append(out, list[i])
	}
	return out
}
