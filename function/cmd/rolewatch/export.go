package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/capture"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

const aboutExport = `export writes the account of your credentials into a folder of AWS CLI outputs, which 'scan --account' and 'replay --account' read.
It only reads the account. It omits the values of environment variables and the location of code.

DIR must be empty or not exist. It is written completely or not at all. What cannot be read, because a call is denied or the endpoint
does not support it, is not in it. The file not-read.json and the standard error list it, with the reason.

With --organization, DIR gets a folder for each account of your organization, named by its ID, and the file accounts.json. Each folder
is written completely or not at all. An account that is in DIR already is not read again, unless --refresh is given: run the command again
to go on after an interruption or a failure. 'scan --account DIR' scans all of them.`

func newExport(w *world) *cobra.Command {
	var live liveFlags
	var many accountsFlags
	var refresh bool
	cmd := &cobra.Command{
		Use: "export DIR", Short: "write an account into files that the other commands read", Long: aboutExport, Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			choice, err := many.choice("export", false)
			if err != nil {
				return err
			}
			if many.organization {
				return exportOrganization(cmd.Context(), w, live, many, choice, refresh, args[0])
			}
			if refresh {
				return usagef("export: --refresh needs --%s", flagOrganization)
			}
			return exportOne(cmd.Context(), w, live, args[0])
		},
	}
	live.bind(cmd, "Regions to export; without it, all that are enabled")
	cmd.Flags().BoolVar(&refresh, "refresh", false, "with --organization, also read the accounts that are in the folder already")
	many.bind(cmd, "export")
	return cmd
}

// exportOne exports the account of the credentials at hand.
func exportOne(ctx context.Context, w *world, live liveFlags, dir string) error {
	who, err := whoAmI(ctx, w, live)
	if err != nil {
		return err
	}
	bar, tell := newSpinner(w)
	missing, err := capture.Write(ctx, who.source(w, tell), dir)
	bar.clear()
	if err != nil {
		return err
	}
	for _, what := range missing {
		fmt.Fprintf(w.err, "rolewatch: not written: %s\n", message.Line(what))
	}
	return nil
}

// source is the account as it is written down.
func (i identity) source(w *world, tell func(string)) capture.Source {
	account := i.read(w.now, nil)
	return capture.Source{IAM: iam.NewFromConfig(i.cfg), Lambdas: i.lambdas(), Roles: account.RolePage, Limits: account.Limits, Tell: tell}
}

// lambdas are Lambda's clients, one for each Region.
func (i identity) lambdas() map[string]*lambda.Client {
	out := map[string]*lambda.Client{}
	for _, region := range i.regions {
		out[region] = lambda.NewFromConfig(i.cfg, func(o *lambda.Options) { o.Region = region })
	}
	return out
}
