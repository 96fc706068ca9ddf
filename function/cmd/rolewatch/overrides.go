package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/settings"
)

// settingsOfAccount prints the settings that are in force in an account, and which override each of them is from.
func settingsOfAccount(ctx context.Context, w *world, f format, set settings.Stack, account string, units []string, live liveFlags) error {
	if units == nil && slices.ContainsFunc(set.Organization.Overridden(), func(id string) bool { return !awsfacts.IsAccountID(id) }) {
		who, err := whoIs(ctx, w, live)
		if err != nil {
			return fmt.Errorf("find the organizational units of account %s: %w; name them with --%s", account, err, flagUnits)
		}
		if units, err = organization.UnitsAbove(ctx, organizations.NewFromConfig(who.cfg), account); err != nil {
			return fmt.Errorf("%w; name them with --%s", err, flagUnits)
		}
	}
	lines := set.Rules.Explain(account, units)
	if f == formatJSON {
		for _, l := range lines {
			if err := writeJSON(w.out, l); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Settings in force in account %s", account)
	if len(units) > 0 {
		fmt.Fprintf(&b, ", which is in %s", strings.Join(units, " > "))
	}
	b.WriteString(":\n")
	for _, l := range lines {
		from := "all accounts"
		if l.From != "" {
			from = "organization.overrides." + l.From
		}
		fmt.Fprintf(&b, "  %-24s %s  (%s)\n", l.Key, message.Line(string(l.Value)), from)
	}
	return writeText(w.out, b.String())
}
