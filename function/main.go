// Command function is rolewatch's Lambda. It reads its settings, makes the clients, wires the parts and starts; what it
// does with an invocation is in the packages below.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/awsself"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/eventhistory"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/intake"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/snstopic"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
	"github.com/rolewatch/rolewatch/function/internal/watch"
	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/settings"
)

func main() {
	log := lambdacontext.NewLogger()
	if settings.IsCommand(os.Getenv) {
		handle, err := wireCommand(context.Background(), os.Getenv, log)
		if err != nil {
			log.Error("start", "error", err.Error())
			os.Exit(1)
		}
		lambda.Start(handle)
	}
	in, err := wire(context.Background(), os.Getenv, beside, log)
	if err != nil {
		log.Error("start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(in)
}

// beside reads a file that was deployed with this binary.
func beside(name string) ([]byte, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(filepath.Dir(own), name))
}

// wiring is what the parts are made of.
type wiring struct {
	set   settings.Function
	known settings.Catalogue
	cfg   sdk.Config
	// partition and account are those that the function runs in, home is its Region, and own its ARN.
	partition, account, home, own string
	store                         *dynamostore.Store
	queue                         *sqsqueue.Queue
	publisher                     *snstopic.Publisher
	metrics                       *intake.Metrics
	log                           *slog.Logger
}

// wire makes the parts and puts them together.
func wire(ctx context.Context, getenv func(string) string, readFile func(string) ([]byte, error), log *slog.Logger) (*intake.Intake, error) {
	known := settings.Known()
	set, err := settings.FromEnvironment(getenv, readFile, known)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	partition, account, err := ownerOf(set.FindingsTopic)
	if err != nil {
		return nil, fmt.Errorf("read settings: ROLEWATCH_FINDINGS_TOPIC %q: %w", set.FindingsTopic, err)
	}
	cfg, err := awsaccount.LoadConfig(ctx, getenv("AWS_REGION"))
	if err != nil {
		return nil, err
	}
	for _, warning := range set.Warnings(time.Now()) {
		log.Warn("settings", "warning", warning)
	}
	if err := set.ForAccount(account); err != nil {
		log.Warn("settings", "warning", err.Error())
	}
	w := &wiring{
		set: set, known: known, cfg: cfg, partition: partition, account: account, home: getenv("AWS_REGION"), log: log,
		store: dynamostore.New(dynamodb.NewFromConfig(cfg), set.Table, time.Now), queue: sqsqueue.New(sqs.NewFromConfig(cfg), set.QueueURL, set.DeadLetterURL),
		publisher: snstopic.New(sns.NewFromConfig(cfg), topicsOf(set)), metrics: &intake.Metrics{Out: os.Stdout, Now: time.Now},
	}
	w.own = aws.FunctionName{Partition: partition, Region: w.home, Account: account, Name: getenv("AWS_LAMBDA_FUNCTION_NAME")}.ARN()
	w.store.Log = log
	if h := set.Organization.Hub; h != nil {
		if h.Account != account {
			return nil, fmt.Errorf("read settings: organization.hub.account %q: the function is in account %s", h.Account, account)
		}
		return w.hub(), nil
	}
	one, _ := w.ownWatch(set.Rules, organizations.NewFromConfig(cfg), w.queue)
	return &intake.Intake{Watch: watch.New(one), Queue: w.queue, Log: log, Flush: w.metrics.Flush}, nil
}

// ownWatch is the watch of the account that the function runs in, which checks the deployment, too; and what reads the account.
func (w *wiring) ownWatch(rules settings.Rules, policies organization.PoliciesAPI, queue *sqsqueue.Queue) (watch.Config, *awsaccount.Account) {
	reader := w.reader(w.cfg, w.account, rules, policies)
	c := w.watch(w.cfg, w.account, rules, reader)
	c.Account, c.Alias, c.Store, c.Queue = reader, reader.Alias, w.store, queue
	c.Deployment = awsself.New(w.cfg, awsself.Options{
		Stack: deploy.StackName, Partition: w.partition, Account: w.account, Home: w.home, Table: w.set.Table, Watched: w.set.Regions, Now: time.Now,
	})
	c.FunctionARN, c.CanaryEvery, c.Canary = w.own, w.set.Canary, awsself.Canary{Client: awslambda.NewFromConfig(w.cfg), ARN: w.own}
	c.ActionsAsOf = actions.AsOf()
	return c, reader
}

// reader reads an account with the credentials of a configuration.
func (w *wiring) reader(cfg sdk.Config, account string, rules settings.Rules, policies organization.PoliciesAPI) *awsaccount.Account {
	lambdas := map[string]*awslambda.Client{}
	for _, region := range w.set.Regions {
		lambdas[region] = awslambda.NewFromConfig(cfg, func(o *awslambda.Options) { o.Region = region })
	}
	facts := inforce.New(w.known, rules.InForce(w.known)).Reads()
	if keys, _ := rules.Owning(); len(keys) > 0 {
		facts = append(facts, check.FunctionTags)
	}
	return awsaccount.New(iam.NewFromConfig(cfg), lambdas, awsaccount.Options{
		Partition: w.partition, AccountID: account, Now: time.Now, Facts: awsaccount.FactsFor(facts), Organizations: policies,
	})
}

// watch is the watch of an account, but for what is read and written. Rules are what the settings say for that account.
func (w *wiring) watch(cfg sdk.Config, account string, rules settings.Rules, reader *awsaccount.Account) watch.Config {
	keys, ofAccount := rules.Owning()
	inForce := inforce.New(w.known, rules.InForce(w.known))
	set := w.set
	return watch.Config{
		Routing: set.Router(w.known), Owning: reconcile.Owning{Keys: keys, Account: ofAccount}, Places: placesOf(set), AccountName: rules.Account.Name, Mask: set.Mask(),
		Account: reader, Publisher: w.publisher,
		Trail:   eventhistory.New(cloudtrail.NewFromConfig(cfg)),
		Metrics: w.metrics, Rules: inForce, Catalogue: catalogue.Version(inForce.Checks()), Parameters: rules.Parameters(),
		Graph:  &danger.Graphs{Parameters: rules.Parameters(), Accepted: rules.Accepted()},
		Settle: set.Settle, AccountID: account, Partition: w.partition, Regions: set.Regions, Channels: settings.Channels(), Configured: set.Channels(), Docs: set.DocsURL,
		Digest: watch.Digest(set.Digest), AckCritical: set.AckCritical, OwnRoles: memberRoles(set), Now: time.Now, Log: w.log,
	}
}

// memberRoles are the roles of a member that only a StackSet changes; none without the hub of an organization, or where no StackSet deploys.
func memberRoles(set settings.Function) []string {
	if hub := set.Rules.Organization.Hub; hub == nil || hub.Deploy == settings.DeployNone {
		return nil
	}
	return []string{deploy.SenderRole, deploy.ReaderRole}
}

// topicsOf are the topics that messages and notices go to.
func topicsOf(set settings.Function) snstopic.Topics {
	topics := snstopic.Topics{Findings: set.FindingsTopic, Operations: set.OperationsTopic, Places: map[string]snstopic.PlaceTopic{}}
	for name, channel := range placesOf(set) {
		topics.Places[name] = snstopic.PlaceTopic{ARN: set.PlaceTopics[name], Channel: channel}
	}
	for _, c := range settings.Channels() {
		topics.Channels = append(topics.Channels, snstopic.ChannelTopic{Channel: c, ARN: set.ChannelTopics[c.Name]})
	}
	return topics
}

// placesOf are the places that routes lead to, each with the channel whose form messages have there; nil for the JSON and texts.
func placesOf(set settings.Function) map[string]*message.Channel {
	places := map[string]*message.Channel{}
	for _, p := range set.Places() {
		if places[p.Name] = nil; p.Chat() {
			places[p.Name] = &message.Chat
		}
	}
	return places
}

// ownerOf is the partition and account that a topic is in: those that rolewatch runs in, too.
func ownerOf(topic string) (partition, account string, err error) {
	arn, err := aws.ParseARN(topic)
	if err != nil || !aws.IsAccountID(arn.Account) || strings.Contains(arn.Resource, ":") {
		return "", "", fmt.Errorf("it is not the ARN of a topic")
	}
	return arn.Partition, arn.Account, nil
}
