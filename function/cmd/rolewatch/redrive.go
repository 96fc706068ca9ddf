package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/spf13/cobra"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/redrive"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
	"github.com/rolewatch/rolewatch/function/internal/watch"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const aboutRedrive = `redrive sends the dead letters of the deployed stack back to its work queue, as they were before, and deletes them from the
dead-letter queue. Run it after you have fixed why they could not be handled. The result says why they were dead letters.

What the function cannot read, and what is too large for the queue, stays in the dead-letter queue, and the result says why. Ticks of the
schedule are deleted. An interrupted redrive loses nothing: it deletes a letter after it has sent it, and a letter that is sent twice
is handled once.

The queues are those of the stack rolewatch in the home Region, which is the configured Region or the one that --home names. With
--region, redrive reads the dead-letter queues of those Regions, which hold what could not be sent to the home Region.

It calls cloudformation:DescribeStacks (unless --queue and --dead-letters name the queues), sqs:ReceiveMessage, sqs:ChangeMessageVisibility,
sqs:SendMessage and sqs:DeleteMessage. With --dry-run it does not call the last two.

Exit codes: 0 nothing is left, 1 error, 2 wrong usage, 3 dead letters are left.` + deploy.StackName + ` in the home Region, which is the configured one, or the one that --home names. With --region, the
dead-letter queues of those Regions are read, which hold what could not be sent to the home Region.

It calls cloudformation:DescribeStacks (unless --queue and --dead-letters name the queues), sqs:ReceiveMessage, sqs:ChangeMessageVisibility,
sqs:SendMessage and sqs:DeleteMessage. --dry-run calls neither of the last two.

Exit codes: 0 nothing is left, 1 error, 2 wrong usage, 3 dead letters are left.`

// redriveFlags are the flags of redrive.
type redriveFlags struct {
	live                     liveFlags
	home, queue, deadLetters string
	dry                      bool
}

func newRedrive(w *world, f *format) *cobra.Command {
	var flags redriveFlags
	cmd := &cobra.Command{
		Use: "redrive", Short: "send dead letters of the deployed stack back to its queue", Long: aboutRedrive, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return redriveAll(cmd.Context(), w, *f, flags) },
	}
	cmd.Flags().StringVar(&flags.home, "home", "", "the home `REGION`, where the stack "+deploy.StackName+" is; the configured one without it")
	cmd.Flags().StringVar(&flags.queue, "queue", "", "the `URL` of the work queue, in place of the stack's")
	cmd.Flags().StringVar(&flags.deadLetters, "dead-letters", "", "the `URL` of the dead-letter queue, in place of the stack's")
	cmd.Flags().BoolVar(&flags.dry, "dry-run", false, "only print what would be done")
	flags.live.bind(cmd, "Regions whose dead-letter queues are read; without it, the home Region")
	return cmd
}

// redriven is what became of the letters of one dead-letter queue, as JSON has it.
type redriven struct {
	Region string `json:"region"`
	Queue  string `json:"queue"`
	DryRun bool   `json:"dryRun"`
	redrive.Result
}

func redriveAll(ctx context.Context, w *world, f format, flags redriveFlags) error {
	regions, err := flags.check()
	if err != nil {
		return err
	}
	cfg, err := awsaccount.LoadConfig(ctx, flags.home, flags.live.configuration(w)...)
	if err != nil {
		return err
	}
	home := cmp.Or(flags.home, cfg.Region, homeOf(regions))
	if home == "" {
		return errors.New("find the stack: no Region is set; name the home Region with --home or AWS_REGION")
	}
	if len(regions) == 0 {
		regions = []string{home}
	}
	work, err := flags.workQueue(ctx, cfg, home)
	if err != nil {
		return err
	}
	left := 0
	for _, region := range regions {
		dead, err := flags.deadQueue(ctx, cfg, home, region)
		if err != nil {
			return err
		}
		run := redrive.Run{
			Letters: sqsqueue.NewLetters(sqsIn(cfg, dead, region), dead), Queue: sqsqueue.New(sqsIn(cfg, work, home), work, dead),
			Readable: watch.Readable, Dry: flags.dry,
		}
		result, err := run.Do(ctx)
		done := redriven{region, dead, flags.dry, result}
		if err := errors.Join(err, done.write(w, f)); err != nil {
			return err
		}
		left += redrive.Total(result.Left)
	}
	if left > 0 {
		return errFound
	}
	return nil
}

// check gives the Regions that are named.
func (f redriveFlags) check() ([]string, error) {
	regions, err := named(f.live.regions)
	switch {
	case err != nil:
		return nil, err
	case f.home != "" && !awsfacts.IsRegion(f.home):
		return nil, usagef("--home: %q is not a Region", f.home)
	case f.deadLetters != "" && len(regions) > 1:
		return nil, usagef("redrive: --dead-letters names one queue, so that --region may name one Region at most")
	}
	for name, value := range map[string]string{"queue": f.queue, "dead-letters": f.deadLetters} {
		if u, err := url.Parse(value); value != "" && (err != nil || u.Host == "" || u.Path == "") {
			return nil, usagef("redrive: --%s: %q is not the URL of a queue", name, value)
		}
	}
	return regions, nil
}

func (f redriveFlags) workQueue(ctx context.Context, cfg aws.Config, home string) (string, error) {
	if f.queue != "" {
		return f.queue, nil
	}
	return outputOf(ctx, cfg, home, deploy.StackName, deploy.QueueOutput, "--home or --queue")
}

func (f redriveFlags) deadQueue(ctx context.Context, cfg aws.Config, home, region string) (string, error) {
	stack := deploy.StackName
	switch {
	case f.deadLetters != "":
		return f.deadLetters, nil
	case region != home:
		stack = deploy.RulesStackName(region)
	}
	return outputOf(ctx, cfg, region, stack, deploy.DeadLettersOutput, "--dead-letters")
}

// outputOf gives an output of a stack. Instead names the flags that do without it.
func outputOf(ctx context.Context, cfg aws.Config, region, stack, name, instead string) (string, error) {
	client := cloudformation.NewFromConfig(cfg, func(o *cloudformation.Options) { o.Region = region })
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		return "", fmt.Errorf("find the queues in the outputs of the stack %s in %s (%s does without): %w", stack, region, instead, err)
	}
	for _, s := range out.Stacks {
		for _, o := range s.Outputs {
			if aws.ToString(o.OutputKey) == name {
				return aws.ToString(o.OutputValue), nil
			}
		}
	}
	return "", fmt.Errorf("the stack %s in %s has no output %s: deploy this release, or use %s", stack, region, name, instead)
}

// sqsIn is a client for a queue: its URL says which Region it is in, except where it is an emulator's.
func sqsIn(cfg aws.Config, queue, region string) *sqs.Client {
	if u, err := url.Parse(queue); err == nil {
		if parts := strings.Split(u.Hostname(), "."); len(parts) > 2 && parts[0] == "sqs" && awsfacts.IsRegion(parts[1]) {
			region = parts[1]
		}
	}
	return sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.Region = region })
}

// mostWhys is how many reasons are printed; JSON has them all.
const mostWhys = 20

func (r redriven) write(w *world, f format) error {
	if f == formatJSON {
		return writeJSON(w.out, r)
	}
	sent, deleted := "sent to the work queue", "deleted"
	if r.DryRun {
		sent, deleted = "to be sent to the work queue", "to be deleted"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Region, words.Count(redrive.Total(r.Sent)+redrive.Total(r.Left)+r.Ticks, "dead letter"))
	for _, part := range []struct {
		what   string
		counts []redrive.Count
	}{{sent, r.Sent}, {"left in the dead-letter queue", r.Left}} {
		if len(part.counts) == 0 {
			continue
		}
		fmt.Fprintf(&b, "  %d %s\n", redrive.Total(part.counts), part.what)
		for i, c := range part.counts {
			if i == mostWhys {
				fmt.Fprintf(&b, "    %d for other reasons; --format json has all\n", redrive.Total(part.counts[i:]))
				break
			}
			fmt.Fprintf(&b, "    %d %s\n", c.Count, message.Line(c.Why))
		}
	}
	if r.Ticks > 0 {
		fmt.Fprintf(&b, "  %d %s: ticks of the schedule, which has ticked since\n", r.Ticks, deleted)
	}
	return writeText(w.out, b.String())
}
