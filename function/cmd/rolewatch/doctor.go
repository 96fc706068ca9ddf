package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awsself"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
	"github.com/rolewatch/rolewatch/function/settings"
)

const aboutDoctor = `doctor says whether a deployed rolewatch sees changes, and whether its messages arrive: whether a trail delivers records in each
Region, the stacks, rules, bus, queue mapping, function and table are complete, the function's role allows what it needs, the dead-letter
queues are empty, the topics have subscribers, heartbeats arrive, and the daily sweep completes. In the hub of an organization, it also
prints a line for each member: when its last record and heartbeat arrived, its last sweep, the version of its stack, and what is wrong. The function makes the same checks each
hour, and reports to its operations topic.

  rolewatch doctor --region us-east-1
  rolewatch doctor --canary
  rolewatch doctor --send-test

doctor prints a line for each check: ok; wrong, with what it means and what fixes it; or unknown, with the reason. It only reads, with your
credentials, and finds the parts of the deployment through the stacks of CloudFormation. --region names the home Region.

Two flags write, and say so before they do. --canary tags the function of rolewatch and waits until the function has received the
record of that call, which shows that trail, rule, queue and function work together. --send-test publishes a message to each topic,
marked as a test.

The exit code is 3 when something is wrong. Unknown results do not affect the exit code.`

// doctorFlags are the flags of doctor that say what it does.
type doctorFlags struct {
	stack            string
	canary, sendTest bool
	wait             time.Duration
}

func newDoctor(w *world, f *format) *cobra.Command {
	var flags doctorFlags
	var live liveFlags
	cmd := &cobra.Command{
		Use: "doctor", Short: "say whether a deployed rolewatch sees changes and reports them", Long: aboutDoctor, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(live.regions) > 1 {
				return usagef("doctor: --region names one Region: the home Region of the stack")
			}
			if flags.stack == "" {
				return usagef("doctor: --stack is empty")
			}
			who, err := whoIs(cmd.Context(), w, live)
			if err != nil {
				return err
			}
			d, err := openDeployment(cmd.Context(), w, who, flags)
			if err != nil {
				return err
			}
			return d.run(cmd.Context(), *f)
		},
	}
	live.bind(cmd, "home Region of the stack; without it, the configured Region")
	cmd.Flags().StringVar(&flags.stack, "stack", deploy.StackName, "`NAME` of the home stack")
	cmd.Flags().BoolVar(&flags.canary, "canary", false, "tag the function, and wait until the record of that call arrives")
	cmd.Flags().DurationVar(&flags.wait, "wait", selfcheck.CanaryTime, "how long to wait for the record")
	cmd.Flags().BoolVar(&flags.sendTest, "send-test", false, "publish a message that is marked as a test to each topic")
	return cmd
}

// deployment is a deployed rolewatch as doctor sees it.
type deployment struct {
	*world
	identity
	flags  doctorFlags
	reader *awsself.Reader
	// store is nil where the name of the table is not known, and noStore says why.
	store   *dynamostore.Store
	noStore role.Reason
	// hub says that it is the hub of an organization.
	hub bool
}

// openDeployment finds a deployment by its home stack.
func openDeployment(ctx context.Context, w *world, who identity, flags doctorFlags) (*deployment, error) {
	d := &deployment{world: w, identity: who, flags: flags}
	o := awsself.Options{Stack: flags.stack, Partition: who.partition, Account: who.account, Home: who.regions[0], Now: w.now}
	env := awsself.New(who.cfg, o).Environment(ctx)
	known, read := env.Get()
	switch {
	case env.State() == role.Absent:
		return nil, fmt.Errorf("find the deployment: account %s has no stack %s in %s; name its Region with --region, or the stack with --stack", who.account, flags.stack, o.Home)
	case read:
		getenv := func(name string) string { return known[name] }
		o.Table, o.Watched = settings.Deployed(getenv)
		d.hub = settings.IsHub(getenv)
	}
	if len(o.Watched) == 0 {
		o.Watched = []string{o.Home}
	}
	d.reader = awsself.New(who.cfg, o)
	if d.noStore = role.Because("the name of the table is not known: " + env.Why()); o.Table != "" {
		d.store = dynamostore.New(dynamodb.NewFromConfig(who.cfg), o.Table, w.now)
	}
	if !read {
		fmt.Fprintf(w.err, "rolewatch: the settings of the function are unknown: %s. Only %s is checked.\n", env.Why(), o.Home)
	}
	return d, nil
}

// run does what the flags ask for.
func (d *deployment) run(ctx context.Context, f format) error {
	facts := d.reader.Read(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.readTable(ctx, facts)
	results := append(selfcheck.Judge(facts), d.permissions(ctx, facts), selfcheck.ActionList(facts))
	results = append(results, d.members(ctx)...)
	if d.flags.sendTest {
		results = append(results, d.sendTest(ctx, facts)...)
	}
	if d.flags.canary {
		result, err := d.sendCanary(ctx, facts)
		if err != nil {
			return err
		}
		results = append(results, result)
	}
	return d.print(results, f)
}

// readTable reads what the function has noted in the table.
func (d *deployment) readTable(ctx context.Context, facts *selfcheck.Facts) {
	facts.Marks, facts.Sweep = role.NotRead[map[string]time.Time](d.noStore), role.NotRead[finding.Sweep](d.noStore)
	if d.store == nil {
		return
	}
	marks, err := d.store.Marks(ctx, d.account)
	if facts.Marks = role.Have(marks); err != nil {
		facts.Marks = role.NotRead[map[string]time.Time](unreadTable(err))
	}
	sweep, err := d.store.SweepState(ctx, d.account)
	if facts.Sweep = role.Have(sweep); err != nil {
		facts.Sweep = role.NotRead[finding.Sweep](unreadTable(err))
	}
}

func unreadTable(err error) role.Reason {
	var unread *role.UnreadError
	if errors.As(err, &unread) {
		return unread.Why
	}
	return role.Because(err.Error())
}
