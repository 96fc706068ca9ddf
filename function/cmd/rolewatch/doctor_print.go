package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// doctorRow is a result of doctor in JSON.
type doctorRow struct {
	// ID names what was looked at, the same each time.
	ID     string           `json:"id"`
	Status selfcheck.Status `json:"status"`
	What   string           `json:"what"`
	// Why says why it is unknown; Key is that of the episode that the function reports, Means what is wrong means, and Fix what fixes it.
	Why   string `json:"why,omitzero"`
	Key   string `json:"key,omitzero"`
	Means string `json:"means,omitzero"`
	Fix   string `json:"fix,omitzero"`
}

// doctorSummary is the last line of doctor in JSON.
type doctorSummary struct {
	OK      int `json:"ok"`
	Wrong   int `json:"wrong"`
	Unknown int `json:"unknown"`
}

// print prints what was found.
func (d *deployment) print(results []selfcheck.Result, f format) error {
	rows := make([]doctorRow, len(results))
	for i, r := range results {
		rows[i] = doctorRowOf(r)
	}
	return d.printRows(rows, f)
}

func doctorRowOf(r selfcheck.Result) doctorRow {
	return doctorRow{ID: strings.TrimPrefix(r.Scope, "self:"), Status: r.Status, What: r.What, Why: r.Why.String(), Key: r.Trouble.Key, Means: r.Trouble.Text, Fix: r.Fix}
}

// printRows prints rows and their number, what is wrong last, where it is read first on a terminal.
func (w *world) printRows(rows []doctorRow, f format) error {
	order := []selfcheck.Status{selfcheck.OK, selfcheck.Unknown, selfcheck.Wrong}
	slices.SortStableFunc(rows, func(a, b doctorRow) int { return slices.Index(order, a.Status) - slices.Index(order, b.Status) })
	var sum doctorSummary
	for _, r := range rows {
		switch r.Status {
		case selfcheck.OK:
			sum.OK++
		case selfcheck.Wrong:
			sum.Wrong++
		default:
			sum.Unknown++
		}
		if err := w.printRow(r, f); err != nil {
			return err
		}
	}
	err := writeText(w.out, fmt.Sprintf("%d ok, %d wrong, %d unknown\n", sum.OK, sum.Wrong, sum.Unknown))
	if f == formatJSON {
		err = writeJSON(w.out, map[string]doctorSummary{"summary": sum})
	}
	if err == nil && sum.Wrong > 0 {
		return errFound
	}
	return err
}

func (w *world) printRow(row doctorRow, f format) error {
	if f == formatJSON {
		return writeJSON(w.out, row)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-7s  %s\n", row.Status, message.Line(row.What))
	width := w.width
	if width == 0 {
		width = usualWidth
	}
	const indent = "         "
	for _, text := range []string{row.Why, row.Means} {
		if text == "" {
			continue
		}
		for _, line := range message.Wrap(text, width-len(indent)) {
			b.WriteString(indent + line + "\n")
		}
	}
	// A command stands on a line of its own, so that it can be copied.
	if row.Fix != "" {
		b.WriteString(indent + "Fix: " + message.Line(row.Fix) + "\n")
	}
	return writeText(w.out, b.String())
}
