package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy/rules"
)

// ruleRow is a rule as 'rules' and 'explain rule' write it in JSON.
type ruleRow struct {
	Number       int           `json:"number"`
	Section      rules.Section `json:"section"`
	Sentence     string        `json:"sentence"`
	Source       rules.Source  `json:"source"`
	URLs         []string      `json:"urls"`
	Undocumented string        `json:"undocumented,omitzero"`
}

func rowOfRule(r rules.Rule) ruleRow {
	return ruleRow{r.Number, r.Section, r.Sentence, r.Source, append([]string{}, r.URLs...), r.Undocumented}
}

func newRules(w *world, f *format) *cobra.Command {
	return &cobra.Command{
		Use: "rules", Short: "list the rules of the policy language", Args: between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
			for _, r := range rules.All() {
				if *f == formatJSON {
					if err := writeJSON(w.out, rowOfRule(r)); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(t, "%d\t%s\t%s\n", r.Number, r.Section, r.Sentence)
			}
			return t.Flush()
		},
	}
}

func newExplainRule(w *world, f *format) *cobra.Command {
	return &cobra.Command{
		Use: "rule NUMBER", Short: "describe a rule of the policy language, and where AWS documents it", Args: between(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			number, err := strconv.Atoi(args[0])
			r, ok := rules.Find(number)
			if err != nil || !ok {
				return usagef("explain rule: rule %q does not exist; rules are numbered 1 to %d, and 'rolewatch rules' lists them", args[0], len(rules.All()))
			}
			if *f == formatJSON {
				return writeJSON(w.out, rowOfRule(r))
			}
			return writeText(w.out, ruleExplanation(r, w.width))
		},
	}
}

// ruleExplanation is a rule for people to read.
func ruleExplanation(r rules.Rule, width int) string {
	if width == 0 {
		width = usualWidth
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Rule %d  (%s)\n", r.Number, r.Section)
	for _, text := range []string{r.Sentence, page.Provenance(r)} {
		b.WriteString("\n")
		for _, line := range message.Wrap(text, width-2) {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}
