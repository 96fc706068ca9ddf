package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/examples"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// checkRow is a check as 'checks' and 'explain' tell it.
type checkRow struct {
	ID          string         `json:"id"`
	Slug        string         `json:"slug"`
	Severity    check.Severity `json:"severity"`
	Title       string         `json:"title"`
	Why         string         `json:"why"`
	Fix         string         `json:"fix"`
	Source      string         `json:"source"`
	Since       string         `json:"since"`
	Settles     bool           `json:"settles"`
	OptIn       bool           `json:"optIn"`
	PerFunction bool           `json:"perFunction"`
	Folds       []string       `json:"folds"`
	Example     exampleRow     `json:"example"`
}

// exampleRow is what makes a check fire, and what does not: JSON, both as texts.
type exampleRow struct {
	Given string `json:"given"`
	Bad   string `json:"bad"`
	Good  string `json:"good"`
}

func rowOf(c *check.Check) checkRow {
	e, _ := examples.Of(c.ID)
	return checkRow{
		ID: c.ID, Slug: c.Slug, Severity: c.Severity, Title: c.Title, Why: c.Why, Fix: c.Fix, Source: c.Source, Since: c.Since,
		Settles: c.Settles, OptIn: c.OptIn, PerFunction: c.PerFunction, Folds: append([]string{}, c.Folds...),
		Example: exampleRow(e),
	}
}

// eventRow is a row of the event table.
type eventRow struct {
	Source  string         `json:"source"`
	Name    string         `json:"name"`
	Look    bool           `json:"look"`
	Subject events.Subject `json:"subject"`
	Part    events.Part    `json:"part,omitzero"`
	Title   string         `json:"title"`
	Why     string         `json:"why,omitzero"`
}

func newChecks(w *world, f *format) *cobra.Command {
	return &cobra.Command{
		Use: "checks", Short: "list the checks", Args: between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
			byID := func(a, b *check.Check) int { return strings.Compare(a.ID, b.ID) }
			for _, c := range slices.SortedFunc(slices.Values(catalogue.Checks()), byID) {
				if *f == formatJSON {
					if err := writeJSON(w.out, rowOf(c)); err != nil {
						return err
					}
					continue
				}
				title := c.Title
				if c.OptIn {
					title += " (off by default)"
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", c.ID, c.Severity, c.Slug, title)
			}
			return t.Flush()
		},
	}
}

func newExplain(w *world, f *format) *cobra.Command {
	explain := &cobra.Command{
		Use: "explain RWnnn", Short: "describe a check: what it reports, why it matters, how to fix it", Args: between(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, ok := catalogue.Find(args[0])
			if !ok {
				return usagef("explain: check %q does not exist; 'rolewatch checks' lists the checks, and 'rolewatch rules' lists the rules of the policy language", args[0])
			}
			if *f == formatJSON {
				return writeJSON(w.out, rowOf(c))
			}
			return writeText(w.out, explanation(c, w.width))
		},
	}
	explain.AddCommand(newExplainRule(w, f))
	return explain
}

// usualWidth is how wide a text is where the output is not a terminal.
const usualWidth = 100

// explanation is a check for people to read.
func explanation(c *check.Check, width int) string {
	if width == 0 {
		width = usualWidth
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  (%s)\n%s\n", c.ID, c.Slug, c.Severity, c.Title)
	e, _ := examples.Of(c.ID)
	for _, p := range []struct{ head, text, block string }{
		{"Why it matters", c.Why, ""}, {"Example", e.Given, ""}, {"Reported", "", e.Bad}, {"Not reported", "", e.Good},
		{"How to fix it", c.Fix, ""}, {"How it is reported", page.Traits(c), ""}, {"Source", c.Source, ""}, {"Since", c.Since, ""},
	} {
		if p.text == "" && p.block == "" {
			continue
		}
		b.WriteString("\n" + p.head + "\n")
		if p.text != "" {
			for _, line := range message.Wrap(p.text, width-2) {
				b.WriteString("  " + line + "\n")
			}
		}
		for line := range strings.Lines(p.block) {
			b.WriteString("  " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	return b.String()
}

func newEvents(w *world, f *format) *cobra.Command {
	return &cobra.Command{
		Use: "events", Short: "list the CloudTrail events that are watched, and the failures that no event shows", Args: between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
			for _, e := range events.Catalog() {
				if *f == formatJSON {
					row := eventRow{e.Source, e.Name, e.Look, e.Subject, e.Part, e.Title, e.Why}
					if err := writeJSON(w.out, row); err != nil {
						return err
					}
					continue
				}
				reconciled := "reconciled"
				if !e.Look {
					reconciled = "not reconciled: " + e.Why
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", e.Source, e.Name, e.Title, reconciled)
			}
			if err := t.Flush(); err != nil || *f == formatJSON {
				return err
			}
			return writeText(w.out, withoutEvents(cmp.Or(w.width, usualWidth)))
		},
	}
}

// withoutEvents is the list of failures that no event shows, for people to read.
func withoutEvents(width int) string {
	var b strings.Builder
	b.WriteString("\nNo event shows these failures:\n")
	for _, one := range events.WithoutEvents() {
		b.WriteString("\n")
		for i, text := range []string{one.Failure, one.Why, one.FoundBy} {
			indent := strings.Repeat(" ", 2*min(i, 1))
			for _, line := range message.Wrap(text, width-len(indent)) {
				b.WriteString(indent + line + "\n")
			}
		}
	}
	return b.String()
}
