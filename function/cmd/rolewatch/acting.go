package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// commandFlags find the command function of a deployed rolewatch.
type commandFlags struct {
	live     liveFlags
	function string
}

func (f *commandFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.function, "function", "", "`NAME` of the command function, in place of the one in the outputs of the stack "+deploy.StackName)
	f.live.bind(cmd, "home Region of the deployment; without it, the configured Region")
}

// caller calls the command function.
type caller struct {
	client *lambda.Client
	// me is the ARN of the credentials, which calls give as who they are by.
	name, me string
}

// open finds the command function.
func (f *commandFlags) open(ctx context.Context, w *world) (*caller, error) {
	if len(f.live.regions) > 1 {
		return nil, usagef("--region names one Region: the home Region of the deployment")
	}
	regions, err := named(f.live.regions)
	if err != nil {
		return nil, err
	}
	cfg, err := awsaccount.LoadConfig(ctx, homeOf(regions), f.live.configuration(w)...)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, errors.New("find the command function: no Region is set; set the home Region with --region or AWS_REGION")
	}
	// In CloudTrail, the calls of a person differ from those of the deployed function.
	cfg.AppID = deploy.StackName + "-cli"
	return openCaller(ctx, cfg, f.function)
}

func openCaller(ctx context.Context, cfg aws.Config, name string) (*caller, error) {
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("find who the credentials are of: %w", err)
	}
	if name == "" {
		name, err = outputOf(ctx, cfg, cfg.Region, deploy.StackName, deploy.CommandOutput, "--function")
		if err != nil {
			return nil, fmt.Errorf("%w. A deployment has a command function where the setting ackPrincipals names somebody", err)
		}
	}
	return &caller{lambda.NewFromConfig(cfg), name, aws.ToString(me.Arn)}, nil
}

// call calls the function. A call that it refuses is an answer.
func (c *caller) call(ctx context.Context, r command.Request) (command.Answer, error) {
	r.By = c.me[:min(len(c.me), finding.MostBy)]
	payload, err := json.Marshal(r)
	if err != nil {
		return command.Answer{}, err
	}
	out, err := c.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &c.name, Payload: payload})
	if _, denied := awsaccount.RefusedFirst("lambda:InvokeFunction", err); err != nil && denied {
		return command.Answer{}, fmt.Errorf("call the command function %s as %s: %w. The setting ackPrincipals says who may", c.name, c.me, err)
	}
	var gone *types.ResourceNotFoundException
	if errors.As(err, &gone) {
		return command.Answer{}, fmt.Errorf("call the command function: there is no function %s in this Region: name the home Region with --region", c.name)
	}
	if err != nil {
		return command.Answer{}, fmt.Errorf("call the command function %s: %w", c.name, err)
	}
	if out.FunctionError != nil {
		return command.Answer{}, fmt.Errorf("the command function %s failed: %s", c.name, message.Line(string(out.Payload)))
	}
	var a command.Answer
	if err := json.Unmarshal(out.Payload, &a); err != nil || a.Text == "" {
		return command.Answer{}, fmt.Errorf("the function %s does not answer as rolewatch's command function does: %s", c.name, message.Line(string(out.Payload)))
	}
	return a, nil
}

// hexOf is the hexadecimal part of a finding's ID, given whole or as that part.
func hexOf(id string) (string, error) {
	_, hex, whole := strings.Cut(id, "-")
	if !whole {
		hex = id
	}
	if !finding.IsHexID(hex) {
		return "", usagef("%q is not the ID of a finding, such as RW301-0a1b2c3d4e5f", id)
	}
	return hex, nil
}

// verb is a command that does something about one finding.
type verb struct {
	use, short, about, act string
	// reason and until say that it takes them, and needed that it does nothing without.
	reason, until, needed bool
}

const aboutVerbs = `

The finding is named by its ID, RW301-0a1b2c3d4e5f, or by the part after the hyphen: messages have it, and 'rolewatch findings' lists it.
What is done is posted to the thread of the finding and to operations, with the ARN of your credentials as who did it.

It calls cloudformation:DescribeStacks (unless --function names the function), sts:GetCallerIdentity and lambda:InvokeFunction. Who may
invoke the function is in the setting ackPrincipals.`

var verbs = []verb{
	{
		use: "ack FINDING", short: "acknowledge a finding of the deployed rolewatch", act: command.Acknowledge, reason: true, until: true,
		about: `ack says that somebody is working on a finding. For 7 days at most, it is not reported to people again, unless it becomes more severe, its
statements say something else, or another function or actor is behind it. It ends when the finding is resolved. A critical finding can
be acknowledged only where the setting slack.ackCritical allows it.`,
	},
	{
		use: "accept FINDING --reason TEXT --until DAY", short: "accept a risk that the deployed rolewatch found", act: command.Accept, reason: true, until: true, needed: true,
		about: `accept says that the risk of a finding is taken, for a reason and until a day, 180 days ahead at most. The finding is not reported to people
until then, unless it becomes more severe, its statements say something else, or another function or actor is behind it.`,
	},
	{
		use: "reopen FINDING", short: "end an acknowledgement or an acceptance", act: command.Reopen, reason: true,
		about: `reopen ends the acknowledgement of a finding, or the acceptance of its risk: it is reported to people again.`,
	},
	{
		use: "recheck FINDING", short: "have the deployed rolewatch read the role of a finding again", act: command.Recheck,
		about: `recheck has the deployed rolewatch read the role of a finding again. What has changed is reported as ever; if nothing has, nothing is sent.`,
	},
}

func newVerb(w *world, f *format, v verb) *cobra.Command {
	var flags commandFlags
	r := command.Request{Act: v.act}
	cmd := &cobra.Command{
		Use: v.use, Short: v.short, Long: v.about + aboutVerbs, Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if r.Finding, err = hexOf(args[0]); err != nil {
				return err
			}
			if v.needed && (strings.TrimSpace(r.Reason) == "" || r.Until == "") {
				return usagef("%s: --reason and --until are required", cmd.Name())
			}
			c, err := flags.open(cmd.Context(), w)
			if err != nil {
				return err
			}
			a, err := c.call(cmd.Context(), r)
			if err != nil {
				return err
			}
			if a.Refused {
				return errors.New(message.Line(a.Text))
			}
			if *f == formatJSON {
				return writeJSON(w.out, a)
			}
			return writeText(w.out, message.Line(a.Text)+"\n")
		},
	}
	if v.reason {
		cmd.Flags().StringVar(&r.Reason, "reason", "", "why, in at most 500 bytes")
	}
	if v.until {
		cmd.Flags().StringVar(&r.Until, "until", "", "the last `DAY` in UTC, or a time such as 2026-12-31T18:00:00Z")
	}
	flags.bind(cmd)
	return cmd
}
