package main

import (
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
does not support it, is not in it. The file not-read.json and the standard error list it, with the reason.`

func newExport(w *world) *cobra.Command {
	var live liveFlags
	cmd := &cobra.Command{
		Use: "export DIR", Short: "write an account into files that the other commands read", Long: aboutExport, Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			who, err := whoAmI(ctx, w, live)
			if err != nil {
				return err
			}
			account := who.read(w.now, nil)
			bar, tell := newSpinner(w)
			missing, err := capture.Write(ctx, capture.Source{
				IAM: iam.NewFromConfig(who.cfg), Lambdas: who.lambdas(), Roles: account.RolePage, Limits: account.Limits, Tell: tell,
			}, args[0])
			bar.clear()
			if err != nil {
				return err
			}
			for _, what := range missing {
				fmt.Fprintf(w.err, "rolewatch: not written: %s\n", message.Line(what))
			}
			return nil
		},
	}
	live.bind(cmd, "Regions to export; without it, all that are enabled")
	return cmd
}

// lambdas are Lambda's clients, one for each Region.
func (i identity) lambdas() map[string]*lambda.Client {
	out := map[string]*lambda.Client{}
	for _, region := range i.regions {
		out[region] = lambda.NewFromConfig(i.cfg, func(o *lambda.Options) { o.Region = region })
	}
	return out
}
