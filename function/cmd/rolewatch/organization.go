package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/prerequisite"
)

const aboutOrganizationCheck = `check says whether the organization has what the deployment of a hub needs: the accounts and organizational units of the settings, trusted
access and a delegated administrator for AWS CloudFormation StackSets, and policies that the hub's account may read. 'make deploy' runs it first.

  rolewatch organization check
  rolewatch organization check --settings deploy/cdk.json

check prints a line for each prerequisite: ok; wrong, with what it means and the command that fixes it; or unknown, with the reason. It only
reads, with your credentials: those of the hub's account. Settings without organization.hub have no prerequisites.

The exit code is 3 when something is wrong. Unknown results do not affect the exit code.`

func newOrganization(w *world, f *format) *cobra.Command {
	cmd := &cobra.Command{
		Use: "organization", Short: "work with the hub of an organization", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newOrganizationCheck(w, f))
	return cmd
}

func newOrganizationCheck(w *world, f *format) *cobra.Command {
	var live liveFlags
	file := "cdk.json"
	cmd := &cobra.Command{
		Use: "check", Short: "say whether an organization has what the deployment of a hub needs", Long: aboutOrganizationCheck, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := readSettings(file)
			if err != nil {
				return err
			}
			if set.Organization.Hub == nil {
				fmt.Fprintf(w.err, "rolewatch: %s has no organization.hub: the deployment watches its own account, and has no prerequisites in an organization\n", file)
				return nil
			}
			who, err := whoIs(cmd.Context(), w, live)
			if err != nil {
				return err
			}
			results, err := prerequisite.Check(cmd.Context(), organizations.NewFromConfig(who.cfg), prerequisite.Hub{
				Hub: *set.Organization.Hub, Organization: set.Organization.ID, Account: who.account,
			})
			if err != nil {
				return err
			}
			return w.printRows(prerequisiteRows(results), *f)
		},
	}
	live.bind(cmd, "Region whose endpoint is called; without it, the configured Region")
	cmd.Flags().StringVar(&file, "settings", file, "cdk.json, or a file with the object that it has under \"rolewatch\"")
	return cmd
}

func prerequisiteRows(results []prerequisite.Result) (rows []doctorRow) {
	for _, r := range results {
		rows = append(rows, doctorRow{ID: r.ID, Status: r.Status, What: r.What, Why: r.Why.String(), Means: r.Means, Fix: r.Fix})
	}
	return rows
}
