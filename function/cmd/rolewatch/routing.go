package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/routing"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/settings"
)

const aboutSettings = `settings reads a file of settings, as 'cdk synth' does, and reports every mistake with its key.

With --explain ROLE, the name or ARN of a role, it prints where a finding of that role would go, and why: by severity, by what happens to
the finding (opened, changed, resolved), and by check where that makes a difference. It reads the tags of the role and of its functions
from the account of your AWS credentials, or from an export of an account (--account, as for scan).

With --account and the ID of an account that the hub of an organization watches, it prints the settings that are in force there, each with
the entry of organization.overrides that it is from.

When the tags were changed, and by whom, only the deployed function knows. While a tag is younger than 24 hours, or was set by whoever
caused the finding or by the role itself, it does not route, and the finding goes to the default.`

// explaining are the flags of settings.
type explaining struct {
	file, role, dir string
	units           []string
}

func newSettings(w *world, f *format) *cobra.Command {
	flags := explaining{}
	var live liveFlags
	cmd := &cobra.Command{
		Use: "settings [--settings FILE] [--explain ROLE]", Short: "check a file of settings, or explain where findings of a role go", Long: aboutSettings, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("explain") && flags.role == "" {
				return usagef("settings: --explain needs the name or ARN of a role")
			}
			if len(flags.units) > 0 && (flags.role != "" || !aws.IsAccountID(flags.dir)) {
				return usagef("settings: --%s needs --account with the ID of an account, and no --explain", flagUnits)
			}
			if flags.dir != "" && (flags.role != "" || !aws.IsAccountID(flags.dir)) {
				if err := live.refuse("settings"); err != nil {
					return err
				}
			}
			set, err := flags.read(w)
			if err != nil {
				return err
			}
			if flags.role == "" && aws.IsAccountID(flags.dir) {
				return settingsOfAccount(cmd.Context(), w, *f, set, flags.dir, flags.units, live)
			}
			if flags.role == "" {
				return settingsSummary(w, *f, set)
			}
			snapshot, account, err := flags.snapshot(cmd.Context(), w, live, set)
			if err != nil {
				return err
			}
			e := explainRole(set, snapshot, account)
			if *f == formatJSON {
				return writeJSON(w.out, e)
			}
			return writeText(w.out, e.text())
		},
	}
	cmd.Flags().StringVar(&flags.file, "settings", "cdk.json", "file with the settings: a JSON object as under \"rolewatch\" in cdk.json, or cdk.json itself")
	cmd.Flags().StringVar(&flags.role, "explain", "", "name or ARN of the `ROLE` of which to explain where its findings go")
	cmd.Flags().StringVar(&flags.dir, "account", "", "`ID` of an account of which to print the settings that are in force there; with --explain, folder with an export of the account, or else the live account is read")
	cmd.Flags().StringSliceVar(&flags.units, flagUnits, nil, "with --account ID: `IDs` of the root and the organizational units that the account is in, from the root down; without it, AWS Organizations is asked where overrides name units")
	live.bind(cmd, "Regions of the live account whose functions are read; without it, those of the settings")
	return cmd
}

func (e explaining) read(w *world) (settings.Stack, error) {
	set, err := readSettings(e.file)
	if err != nil {
		return set, err
	}
	for _, warning := range set.Warnings(w.now()) {
		fmt.Fprintf(w.err, "rolewatch: %s: %s\n", e.file, message.Line(warning))
	}
	return set, nil
}

// settingsSummary says that the settings have no mistake, and what they come to.
func settingsSummary(w *world, f format, set settings.Stack) error {
	known := settings.Known()
	running := inforce.New(known, set.InForce(known)).Checks()
	if f == formatJSON {
		return writeJSON(w.out, map[string]any{"checks": len(running), "routes": len(set.Routes), "places": len(set.Places())})
	}
	text := fmt.Sprintf("no mistake; %d of %s run; %s to %s, next to the default\n", len(running), words.Count(len(known), "check"), words.Count(len(set.Routes), "route"), words.Count(len(set.Places()), "place"))
	return writeText(w.out, text)
}

// functionLister is an account of which functions are listed by pages.
type functionLister interface {
	FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error)
	Role(ctx context.Context, ref role.Ref) (role.Snapshot, error)
	Users(key string) role.Users
}

// snapshot reads the role with its functions, and gives the ID of the account.
func (e explaining) snapshot(ctx context.Context, w *world, flags liveFlags, set settings.Stack) (role.Snapshot, string, error) {
	var from functionLister
	var partition, account string
	var regions []string
	if e.dir != "" {
		base, err := export.Read(e.dir)
		if err != nil {
			return role.Snapshot{}, "", err
		}
		from, partition, account, regions = base, base.Partition(), base.ID(), base.Regions()
	} else {
		if len(flags.regions) == 0 {
			flags.regions = set.Regions
		}
		who, err := whoIs(ctx, w, flags)
		if err != nil {
			return role.Snapshot{}, "", err
		}
		from = &live{Account: who.read(w.now, []check.Fact{check.FunctionTags, check.Functions, check.RoleTags}), regions: who.regions, users: map[string][]role.Function{}}
		partition, account, regions = who.partition, who.account, who.regions
	}
	ref, err := roleRefOf(e.role, partition, account)
	if err != nil {
		return role.Snapshot{}, "", err
	}
	for _, region := range regions {
		for marker := ""; ; {
			_, next, err := from.FunctionPage(ctx, region, marker)
			if err != nil && !errors.Is(err, role.ErrUnread) {
				return role.Snapshot{}, "", err
			}
			if marker = next; marker == "" {
				break
			}
		}
	}
	snapshot, err := from.Role(ctx, ref)
	if err != nil {
		return snapshot, "", fmt.Errorf("read role %s: %w", e.role, err)
	}
	if snapshot.Exists() == role.Absent {
		return snapshot, "", fmt.Errorf("the role %s does not exist in account %s", e.role, account)
	}
	snapshot.Users = from.Users(ref.Key())
	return snapshot, account, nil
}

func roleRefOf(text, partition, account string) (role.Ref, error) {
	if aws.IsARN(text) {
		ref, err := role.ParseRef(text)
		if err != nil {
			return ref, usagef("settings: --explain: %w", err)
		}
		return ref, nil
	}
	return role.Ref{Partition: partition, Account: account, Name: text}, nil
}

// roleRoutes is where findings of a role go.
type roleRoutes struct {
	Role      string          `json:"role"`
	Functions int             `json:"functions"`
	Owners    []finding.Owner `json:"owners"`
	// Unread says what of the tags is unknown.
	Unread []string    `json:"unread,omitempty"`
	Cases  []routeCase `json:"cases"`
}

// routeCase is what goes to the same routes for the same reasons.
type routeCase struct {
	Severity string   `json:"severity"`
	Kinds    []string `json:"kinds"`
	Checks   []string `json:"checks"`
	// Receivers are names of routes, and Places what they lead to.
	Receivers []string         `json:"receivers"`
	Places    []string         `json:"places"`
	Reasons   []routing.Reason `json:"reasons"`
	named     string
}

// explainRole decides for every check that runs, each severity that its findings can have and each kind, as if the tags were settled.
func explainRole(set settings.Stack, s role.Snapshot, account string) roleRoutes {
	keys, ofAccount := set.Owning()
	e := roleRoutes{Role: s.ARN(), Owners: reconcile.OwnersOf(&s, reconcile.Owning{Keys: keys, Account: ofAccount}), Cases: []routeCase{}}
	for i := range e.Owners {
		e.Owners[i].Standing = finding.Settled
	}
	var regions []string
	seen := map[string]bool{}
	if s.Tags.State() == role.Unknown {
		e.Unread = append(e.Unread, "the tags of the role: "+s.Tags.Why())
	}
	for _, fn := range s.Users.List {
		if arn, err := aws.ParseARN(fn.ARN); err == nil && !slices.Contains(regions, arn.Region) {
			regions = append(regions, arn.Region)
		}
		if !seen[fn.ARN] && len(keys) > 0 && fn.Config.Tags.State() == role.Unknown {
			e.Unread = append(e.Unread, "the tags of the function "+fn.Name()+": "+fn.Config.Tags.Why())
		}
		seen[fn.ARN] = true
	}
	e.Functions = len(seen)
	x := explainer{set: set, router: set.Router(settings.Known()), owners: e.Owners, regions: regions, account: account}
	e.Cases = x.cases()
	return e
}

func (e roleRoutes) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n", e.Role, words.Count(e.Functions, "function"))
	for _, o := range e.Owners {
		fmt.Fprintf(&b, "  tag %s=%s of %s\n", o.Tag, o.Value, o.Of)
	}
	if len(e.Owners) == 0 {
		b.WriteString("  no owner tag\n")
	}
	for _, u := range e.Unread {
		fmt.Fprintf(&b, "  unknown: %s\n", u)
	}
	severity := ""
	for _, c := range e.Cases {
		if c.Severity != severity {
			severity = c.Severity
			fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(severity))
		}
		fmt.Fprintf(&b, "  %s, %s → %s\n", c.named, strings.Join(c.Kinds, ", "), strings.Join(c.Places, "; "))
		for _, r := range c.Reasons {
			verb := "receives"
			if !r.Receives {
				verb = "does not receive"
			}
			fmt.Fprintf(&b, "      %s %s: %s\n", r.Route, verb, r.Why)
		}
	}
	b.WriteString("\nWhile one of these tags is younger than 24 hours, or was set by whoever caused the finding or by the role itself, it does not route: the finding\n" +
		"goes to the default. While its age is unknown, the finding goes to the route and to the default.\n")
	return message.Block(b.String())
}
