package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const aboutFindings = `findings lists what the deployed rolewatch has found and is not resolved: what is open, acknowledged and accepted, by whom, and until when.
The gravest come first. An accepted risk that is not there at the moment is listed as well, as long as it is accepted.

It calls cloudformation:DescribeStacks (unless --function names the function), sts:GetCallerIdentity and lambda:InvokeFunction. Who may
invoke the function is in the setting ackPrincipals.`

// The states of a finding in a list. Acknowledged and accepted are finding.ActKind's.
const stateOpen = "open"

// deployedFinding is a finding of the deployed rolewatch, as JSON has it.
type deployedFinding struct {
	State string `json:"state"`
	Title string `json:"title,omitempty"`
	command.Listed
}

// findingsFlags are what is shown.
type findingsFlags struct {
	commandFlags
	roles, checks, states []string
	severity              severityFlag
}

func newFindings(w *world, f *format) *cobra.Command {
	var flags findingsFlags
	cmd := &cobra.Command{
		Use: "findings", Short: "list what the deployed rolewatch has found: open, acknowledged and accepted", Long: aboutFindings, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			c, err := flags.open(cmd.Context(), w)
			if err != nil {
				return err
			}
			list, err := c.list(cmd.Context())
			if err != nil {
				return err
			}
			return flags.print(w, *f, list)
		},
	}
	cmd.Flags().StringSliceVar(&flags.roles, "role", nil, "only findings of roles with this `NAME` or ARN")
	cmd.Flags().StringSliceVar(&flags.checks, "check", nil, "only findings of checks whose `ID` begins so")
	cmd.Flags().StringSliceVar(&flags.states, "state", nil, "only findings in this `STATE`: open, acknowledged or accepted")
	cmd.Flags().Var(&flags.severity, "severity", "only findings of at least this severity")
	flags.bind(cmd)
	return cmd
}

func (f *findingsFlags) check() error {
	for _, s := range f.states {
		if s != stateOpen && s != string(finding.Acknowledged) && s != string(finding.Accepted) {
			return usagef("findings: --state: %q is neither open, acknowledged nor accepted", s)
		}
	}
	return nil
}

// list is all that the command function lists, the gravest first.
func (c *caller) list(ctx context.Context) ([]deployedFinding, error) {
	titles := map[string]string{}
	for _, ck := range catalogue.Checks() {
		titles[ck.ID] = ck.Title
	}
	var out []deployedFinding
	after := ""
	for {
		a, err := c.call(ctx, command.Request{Act: command.List, After: after})
		if err != nil {
			return nil, err
		}
		if a.Refused {
			return nil, errors.New(message.Line(a.Text))
		}
		for _, one := range a.Findings {
			l := deployedFinding{State: stateOpen, Title: titles[one.Check], Listed: one}
			if one.Handled.Holds() {
				l.State = string(one.Handled.As)
			}
			out = append(out, l)
		}
		if a.Next <= after {
			break
		}
		after = a.Next
	}
	slices.SortStableFunc(out, func(a, b deployedFinding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Role, b.Role), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// shows reports whether the flags ask for a finding.
func (f *findingsFlags) shows(l deployedFinding) bool {
	name := message.RoleName(l.Role)
	return l.Severity >= f.severity.Severity &&
		(len(f.roles) == 0 || slices.Contains(f.roles, name) || slices.Contains(f.roles, l.Role)) &&
		(len(f.states) == 0 || slices.Contains(f.states, l.State)) &&
		(len(f.checks) == 0 || slices.ContainsFunc(f.checks, func(c string) bool { return strings.HasPrefix(l.Check, c) }))
}

func (f *findingsFlags) print(w *world, as format, list []deployedFinding) error {
	counts, shown := map[string]int{}, 0
	var b strings.Builder
	for _, l := range list {
		if !f.shows(l) {
			continue
		}
		counts[l.State]++
		shown++
		if as == formatJSON {
			if err := writeJSON(w.out, l); err != nil {
				return err
			}
			continue
		}
		b.WriteString(l.text())
	}
	if as == formatJSON {
		return nil
	}
	fmt.Fprintf(&b, "%s: %d open, %d acknowledged, %d accepted\n", words.Count(shown, "finding"), counts[stateOpen], counts[string(finding.Acknowledged)], counts[string(finding.Accepted)])
	return writeText(w.out, b.String())
}

// text is a finding in a few lines.
func (l deployedFinding) text() string {
	head := strings.ToUpper(l.Severity.String())
	if l.Status == finding.Resolved {
		head = "NOT THERE"
	}
	out := fmt.Sprintf("%-9s %s  %s", head, l.ID, message.Line(message.RoleName(l.Role)))
	if l.Functions > 0 {
		out += " (" + words.Count(l.Functions, "function") + ")"
	}
	if !l.FirstSeen.IsZero() {
		out += ", since " + l.FirstSeen.UTC().Format(time.RFC3339)
	}
	if l.Status == finding.Unknown {
		out += ", not verified"
	}
	if l.Title != "" {
		out += "\n          " + l.Title
	}
	if l.Handled != nil {
		out += "\n          " + message.Line(finding.HandledText(*l.Handled))
	}
	return out + "\n"
}

// mark notes on what a scan found what was decided about it in the deployment.
func (c *caller) mark(ctx context.Context, r *scan.Result) error {
	list, err := c.list(ctx)
	if err != nil {
		return err
	}
	for _, l := range list {
		for i := range r.Findings {
			if r.Findings[i].ID == l.ID && l.Handled.Holds() {
				r.Findings[i].Handled = l.Handled
			}
		}
	}
	return nil
}

// markDecided is mark for the deployment whose home is in a Region, with the credentials of a scan.
func markDecided(ctx context.Context, w *world, live liveFlags, home string, r *scan.Result) error {
	flags := commandFlags{live: liveFlags{regions: []string{home}, profile: live.profile}}
	c, err := flags.open(ctx, w)
	if err != nil {
		return err
	}
	return c.mark(ctx, r)
}
