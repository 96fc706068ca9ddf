package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

const aboutScan = `scan checks every execution role and function of an account as it is now: the account of your credentials (the default chain of the
AWS SDK), in all Regions that it has enabled or in those that --region names, or an export of an account, which is a folder of AWS CLI
outputs:

  aws iam get-account-authorization-details            > DIR/iam.json
  aws lambda list-functions --function-version ALL     > DIR/functions.json    (functions-REGION.json for each Region)
  aws lambda list-event-source-mappings                > DIR/event-source-mappings.json
  aws lambda list-capacity-providers                   > DIR/capacity-providers-REGION.json
  aws lambda list-function-event-invoke-configs ...    > DIR/invoke-configs-NAME.json
  aws lambda list-function-url-configs ...             > DIR/function-urls-NAME.json
  aws lambda list-aliases ...                          > DIR/aliases-NAME.json
  aws lambda get-policy --function-name NAME           > DIR/function-policies/NAME.json

and DIR/organization.json with the policies of the organization, a list for each level from the root to the account:

  {"scps": [[POLICY, ...], ...], "rcps": [[POLICY, ...], ...]}

If a file is missing, its contents are treated as unknown, and scan reports that once. scan only reads the account.

With --organization, scan checks all accounts of the organization that your credentials are in: those of the management account, or of a
delegated administrator. It assumes the role --role in each account, with a session policy that only allows reads, and uses your own
credentials in your own account. An account whose role cannot be assumed is reported as not read, and the others are scanned. --account
with a folder that 'export --organization' wrote scans the accounts there. Both take --accounts, --ou and --except.

The output ends with a table of severity, check, and the number of findings, roles and functions. If there are more than 50
findings, scan prints only the ten most severe, from as many different checks as possible. Lists of more than 50 exceptions or unknown inputs
are cut to ten. The last line says what is not printed. --details prints everything, and --format json always does.

The exit code is 3 when there is a finding: of any severity, or of at least that of --fail-on. Findings that --severity hides
count toward the exit code. Findings that an exception covers do not. Without a finding it is 1 when an account of the organization was
not read.`

func newScan(w *world, f *format) *cobra.Command {
	var dir string
	var flags ruleFlags
	var live liveFlags
	var severity, failOn severityFlag
	var details bool
	var many accountsFlags
	var home string
	cmd := &cobra.Command{
		Use: "scan [--account DIR|--organization]", Short: "check every execution role of an account", Long: aboutScan, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, choice, err := many.folder("scan", dir, live)
			if err != nil {
				return err
			}
			if home != "" && (dir != "" || many.organization) {
				return usagef("scan: --home is for one live account: an export is read without credentials, and an organization has several deployments")
			}
			if details && *f == formatJSON {
				return usagef("scan: --details is for --format text; --format json always has every finding")
			}
			rules, err := flags.load(cmd, w)
			if err != nil {
				return err
			}
			printer := scanPrinter{world: w, format: *f, details: details, severity: severity.Severity, failOn: failOn.Severity, home: home}
			switch {
			case folder != nil:
				return scanFolder(cmd.Context(), w, folder, choice, many, rules, &printer)
			case many.organization:
				return scanOrganization(cmd.Context(), w, live, many, choice, rules, &printer)
			}
			return scanOne(cmd.Context(), w, dir, live, rules, &printer)
		},
	}
	cmd.Flags().StringVar(&dir, "account", "", "folder with an export of the account, or with those of the accounts of an organization; without it, the live account is scanned")
	live.bind(cmd, "Regions of the live account whose functions are read; without it, all that are enabled")
	cmd.Flags().StringVar(&home, "home", "", "the home `REGION` of a deployed rolewatch: findings that are acknowledged or accepted there are shown as such, and count all the same")
	cmd.Flags().Var(&severity, "severity", "show only findings of at least this severity; the summary counts the others")
	cmd.Flags().Var(&failOn, "fail-on", "exit with 3 only if there is a finding of at least this severity, shown or not; without it, of any severity")
	cmd.Flags().BoolVar(&details, "details", false, "print every finding, exception and unknown input, however many there are")
	flags.bind(cmd)
	many.bind(cmd, "scan")
	return cmd
}

// scanOne scans one account: the export in a folder, or the live one where no folder is named.
func scanOne(ctx context.Context, w *world, dir string, live liveFlags, rules ruling, printer *scanPrinter) error {
	var account scan.Account
	var err error
	if dir != "" {
		account, err = export.Read(dir)
		makeRoom()
	} else {
		account, err = openLive(ctx, w, live, rules)
	}
	if err != nil {
		return err
	}
	bar, tell := newSpinner(w)
	result, err := scan.Run(ctx, account, rules.scanning(tell))
	bar.clear()
	if printer.home != "" && err == nil {
		if err := markDecided(ctx, w, live, printer.home, &result); err != nil {
			fmt.Fprintf(w.err, "rolewatch: what was decided about findings is not known: %v\n", err)
		}
	}
	return printer.print(result, err)
}

// scanPrinter prints the result of a scan.
type scanPrinter struct {
	*world
	format format
	// details prints all of a long result.
	details bool
	// severity is the least that is shown, and failOn the least that counts for the exit code; zero stands for any.
	severity, failOn check.Severity
	// home is the Region of a deployment that says what was decided about findings; empty for none.
	home string
}

// hidden counts what --severity keeps from being shown.
type hidden struct {
	Findings int `json:"findings"`
	Excepted int `json:"excepted"`
}

// scanSummary is the last line of a scan in JSON. Hidden is there with --severity only.
type scanSummary struct {
	scan.Tally
	Hidden *hidden `json:"hidden,omitzero"`
}

// print prints a result. A scan that broke off prints what it has, and that there may be more.
func (p *scanPrinter) print(r scan.Result, broken error) error {
	if broken != nil && r.Tally.Roles == 0 {
		return fmt.Errorf("the scan stopped before it read a role: %w", broken)
	}
	failed := p.fails(r)
	hidden := p.hide(&r)
	write := p.writeText
	if p.format == formatJSON {
		write = p.writeJSON
	}
	if err := write(r, hidden); err != nil {
		return err
	}
	switch {
	case broken != nil:
		return fmt.Errorf("the scan stopped, and there may be more to find: %w", broken)
	case failed:
		return errFound
	}
	return nil
}

// fails reports whether a result has a finding that counts for the exit code.
func (p *scanPrinter) fails(r scan.Result) bool {
	return slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Severity >= p.failOn })
}

// hide takes out of a result what is less severe than what is to be shown. It returns nil where nothing is to be hidden.
func (p *scanPrinter) hide(r *scan.Result) *hidden {
	if p.severity == 0 {
		return nil
	}
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f finding.Finding) bool { return f.Severity < p.severity })
	r.Excepted = slices.DeleteFunc(slices.Clone(r.Excepted), func(e scan.Excepted) bool { return e.Severity < p.severity })
	return &hidden{Findings: r.Tally.Findings - len(r.Findings), Excepted: r.Tally.Excepted - len(r.Excepted)}
}

func (p *scanPrinter) writeJSON(r scan.Result, hidden *hidden) error {
	if err := p.writeLines(r); err != nil {
		return err
	}
	return writeJSON(p.out, map[string]scanSummary{"summary": {r.Tally, hidden}})
}

// writeLines writes what was found, a line each.
func (p *scanPrinter) writeLines(r scan.Result) error {
	if err := writeAllJSON(p.out, r.Findings); err != nil {
		return err
	}
	for _, e := range r.Excepted {
		if err := writeJSON(p.out, map[string]scan.Excepted{"excepted": e}); err != nil {
			return err
		}
	}
	for _, u := range r.Unknowns {
		if err := writeJSON(p.out, map[string]scan.Unknown{"unknown": u}); err != nil {
			return err
		}
	}
	return nil
}
