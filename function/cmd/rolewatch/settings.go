package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/settings"
)

// ruleFlags are the flags that say which checks run, and how.
type ruleFlags struct {
	file   string
	checks []string
}

// bind puts the flags on a command.
func (f *ruleFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "settings", "", "file with the checks' settings: a JSON object as under \"rolewatch\" in cdk.json, or cdk.json itself")
	cmd.Flags().StringSliceVar(&f.checks, "checks", nil, "run only these checks, whether they are on or off: IDs, or the beginning of IDs (RW2,RW301)")
}

// ruling is what the flags came to.
type ruling struct {
	set        *inforce.Set
	parameters check.Parameters
	accepted   []reach.Acceptance
	now        func() time.Time
	// routed says who is told of what, and standard names in words what receives what no route receives.
	routed   settings.Routed
	standard string
	// others is what is known of the other accounts of an organization for the graph of one; nil where accounts are looked at alone. With it,
	// organization is the ID of theirs.
	others       func(account string) *reach.Others
	organization string
}

// readSettings reads a file of settings: cdk.json, or one with the object that it has under "rolewatch".
func readSettings(file string) (settings.Stack, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return settings.Stack{}, fmt.Errorf("read settings: %w", err)
	}
	set, err := settings.StackFromFile(text, settings.Known())
	if err != nil {
		return settings.Stack{}, fmt.Errorf("read settings %s:\n%w", file, err)
	}
	return set, nil
}

// load reads the flags, and tells what runs where somebody chose it.
func (f *ruleFlags) load(cmd *cobra.Command, w *world) (ruling, error) {
	known := settings.Known()
	var set settings.Stack
	if f.file != "" {
		var err error
		if set, err = readSettings(f.file); err != nil {
			return ruling{}, err
		}
		for _, warning := range set.Rules.Warnings(w.now()) {
			fmt.Fprintf(w.err, "rolewatch: %s: %s\n", f.file, message.Line(warning))
		}
	}
	rules := set.Rules
	out := rulingOf(w, rules)
	out.routed, out.standard = rules.Routed, set.DefaultPlaces()
	if cmd.Flags().Changed("checks") {
		var err error
		in := rules.InForce(known)
		in.Only, err = settings.Select(f.checks, known)
		if err == nil && len(in.Only) == 0 {
			err = errors.New("it names no check")
		}
		if err != nil {
			return ruling{}, usagef("%s: --checks: %w", cmd.Name(), err)
		}
		out.set = inforce.New(known, in)
	}
	if f.file != "" || cmd.Flags().Changed("checks") {
		fmt.Fprintf(w.err, "rolewatch: %d of %s run: %s\n", len(out.set.Checks()), words.Count(len(known), "check"), ranges(out.set.Checks(), known))
	}
	return out, nil
}

// rulingOf is what settings come to, for all checks that are in force.
func rulingOf(w *world, rules settings.Rules) ruling {
	known := settings.Known()
	return ruling{set: inforce.New(known, rules.InForce(known)), parameters: rules.Parameters(), accepted: rules.Accepted(), now: w.now}
}

// ranges names checks, those that follow each other in the catalogue as one range.
func ranges(checks []*check.Check, known settings.Catalogue) string {
	if len(checks) == 0 {
		return "none"
	}
	place := func(id string) int {
		return slices.IndexFunc(known, func(c *check.Check) bool { return c.ID == id })
	}
	var out []string
	for i := 0; i < len(checks); {
		j := i
		for j+1 < len(checks) && place(checks[j+1].ID) == place(checks[j].ID)+1 && checks[j+1].ID[:3] == checks[i].ID[:3] {
			j++
		}
		name := checks[i].ID
		if j > i {
			name += " to " + checks[j].ID
		}
		out = append(out, name)
		i = j + 1
	}
	return strings.Join(out, ", ")
}

// scanning is how a scan goes by what the flags came to.
func (r ruling) scanning(progress func(string)) scan.Options {
	now := r.now()
	return scan.Options{
		Rules: r.set, Parameters: r.parameters, Now: now, Progress: progress,
		Graph: func(l reach.Listing) *reach.Graph {
			return danger.NewGraph(l, now.UTC().Truncate(time.Second), r.graphParameters(), r.accepted...)
		},
	}
}

// graphParameters are the parameters with the organization that the accounts were found in.
func (r ruling) graphParameters() check.Parameters {
	p := r.parameters
	p.Organization = cmp.Or(p.Organization, r.organization)
	return p
}

// exceptedLine is an excepted finding in one line.
func exceptedLine(e scan.Excepted) string {
	if e.Exception.Tag == "" {
		return message.Line(fmt.Sprintf("accepted: %s %s: %s (until %s, the power of %s: %s)",
			e.Check, e.Severity, e.Title, e.Exception.Until.UTC().Format(time.DateTime), e.Exception.Resource, e.Exception.Reason))
	}
	return message.Line(fmt.Sprintf("excepted: %s %s: %s (until %s, tag %s: %s)",
		e.Check, e.Severity, e.Title, e.Exception.Until.UTC().Format(time.DateTime), e.Exception.Tag, e.Exception.Reason))
}
