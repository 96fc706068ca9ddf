package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/message/terminal"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

const aboutScan = `scan checks every execution role and function of an account now: the account of the credentials at hand (those of
the AWS SDK's default chain), in all Regions that it has enabled or in those that --region names, or an export of one,
a folder of AWS CLI outputs:

  aws iam get-account-authorization-details            > DIR/iam.json
  aws lambda list-functions --function-version ALL     > DIR/functions.json    (functions-REGION.json for each Region)
  aws lambda list-event-source-mappings                > DIR/event-source-mappings.json
  aws lambda list-function-event-invoke-configs ...    > DIR/invoke-configs-NAME.json
  aws lambda list-function-url-configs ...             > DIR/function-urls-NAME.json
  aws lambda list-aliases ...                          > DIR/aliases-NAME.json
  aws lambda get-policy --function-name NAME           > DIR/function-policies/NAME.json

What is not there is unknown, and said once. The live account is only read. The exit code is 3 when something was found.`

// scanned is what a scan has to tell.
type scanned struct{ scan.Result }

func newScan(w *world, f *format) *cobra.Command {
	var dir string
	var flags ruleFlags
	var live liveFlags
	cmd := &cobra.Command{
		Use: "scan [--account DIR]", Short: "check every role and function of an account", Long: aboutScan, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir != "" {
				if err := live.refuse("scan"); err != nil {
					return err
				}
			}
			rules, err := flags.load(cmd, w)
			if err != nil {
				return err
			}
			var account scan.Account
			if dir != "" {
				account, err = export.Read(dir)
			} else {
				account, err = openLive(cmd.Context(), w, live, rules)
			}
			if err != nil {
				return err
			}
			bar, tell := newSpinner(w)
			result, err := scan.Run(cmd.Context(), account, rules.scanning(tell))
			bar.clear()
			return (&scanned{result}).tell(w, *f, err)
		},
	}
	cmd.Flags().StringVar(&dir, "account", "", "folder with the account's export; without it the live account is scanned")
	live.bind(cmd, "Regions of the live account whose functions are looked at; all that are enabled without it")
	flags.bind(cmd)
	return cmd
}

// tell writes what was found. A scan that broke off tells what it has, and that there may be more.
func (s *scanned) tell(w *world, f format, broken error) error {
	if broken != nil && s.Tally.Roles == 0 {
		return fmt.Errorf("the scan broke off before it looked at a role: %w", broken)
	}
	write := s.writeText
	if f == formatJSON {
		write = s.writeJSON
	}
	if err := write(w); err != nil {
		return err
	}
	switch {
	case broken != nil:
		return fmt.Errorf("the scan broke off, and what it told is not all there is: %w", broken)
	case len(s.Findings) > 0:
		return errFound
	}
	return nil
}

func (s *scanned) writeJSON(w *world) error {
	for _, f := range s.Findings {
		if err := writeJSON(w.out, f); err != nil {
			return err
		}
	}
	for _, e := range s.Excepted {
		if err := writeJSON(w.out, map[string]scan.Excepted{"excepted": e}); err != nil {
			return err
		}
	}
	for _, u := range s.Unknowns {
		if err := writeJSON(w.out, map[string]scan.Unknown{"unknown": u}); err != nil {
			return err
		}
	}
	return writeJSON(w.out, map[string]scan.Tally{"summary": s.Tally})
}

func (s *scanned) writeText(w *world) error {
	var b strings.Builder
	for _, f := range s.Findings {
		b.WriteString(strings.TrimRight(terminal.Finding(f, w.terminal()), "\n") + "\n\n")
	}
	for _, e := range s.Excepted {
		b.WriteString(exceptedLine(e) + "\n")
	}
	for _, u := range s.Unknowns {
		b.WriteString("not known: " + message.Line(u.Missing))
		if len(u.Checks) > 0 {
			fmt.Fprintf(&b, " (%s; %s)", strings.Join(u.Checks, ", "), count(u.Roles, "role"))
		} else if u.Roles > 0 {
			fmt.Fprintf(&b, " (%s)", count(u.Roles, "role"))
		}
		b.WriteString("\n")
	}
	if len(s.Unknowns)+len(s.Excepted) > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%s, %s in scope: %s, %d excepted, %d not known\n", count(s.Tally.Functions, "function"), count(s.Tally.Roles, "role"),
		count(s.Tally.Findings, "finding"), s.Tally.Excepted, s.Tally.Unknown)
	return writeText(w.out, b.String())
}
