// Package watch is the use case: what becomes of a change. It resolves changes to roles, reads each role, has package
// reconcile decide what becomes of it, commits, and publishes. It declares what it needs of an account, a store, a queue
// and a publisher, and knows no AWS client, clock or environment.
package watch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/routing"
)

const (
	// staleRetry is how soon a record that the snapshot did not show yet is retried, and staleRetryLast how late at most.
	staleRetry, staleRetryLast = 5 * time.Second, time.Minute
	// sliceRoles is how many roles are one commit, and so one message. DynamoDB takes 100 items in a transaction.
	sliceRoles = 50
	// attempts is how often a reconcile is tried when somebody else commits first.
	attempts = 5
)

// Config is what a watch works with.
type Config struct {
	Account   account
	Store     store
	Queue     queue
	Publisher publisher
	Metrics   metrics
	// Trail is asked who made a change of which no record was delivered; nil where nobody can be asked, and nobody is told then. Wait
	// waits between two calls to it; nil waits by the clock of the machine.
	Trail trail
	Wait  func(ctx context.Context, d time.Duration) error
	// Deployment is what rolewatch consists of, which ticks check; nil where it is not deployed. FunctionARN is the ARN of its own
	// function. Where Canary is set, ticks send one each CanaryEvery.
	Deployment  deployment
	FunctionARN string
	Canary      canary
	CanaryEvery time.Duration
	// Rules are the checks in force, and what is excepted of what they find; Catalogue is the version of the list.
	Rules     *inforce.Set
	Catalogue string
	// Parameters are what checks are told of the account's owner.
	Parameters check.Parameters
	// Graph builds the graph of the account, from which checks learn what a role can become; nil judges each role alone. Recorded says, where
	// the account is built from records, why not all of it is known; where it is empty, there is no graph before a sweep has listed the account.
	Graph    graphBuilder
	Recorded string
	// Others is what the hub of an organization knows of the other accounts; nil for an account alone.
	Others others
	// Settle is the settle time: how long a fault may be a deployment in progress.
	Settle time.Duration
	// AccountID and Partition are the account's own; Regions are those whose functions a sweep lists.
	AccountID, Partition string
	Regions              []string
	// OwnRoles are the names of rolewatch's roles in the account that only a StackSet changes; none where no hub watches it.
	OwnRoles []string
	// MaySweep says whether a sweep may start that is due by the clock, where the last one is as it is given; nil has one start each day.
	// SweepDone is called when one is complete, or cannot be done.
	MaySweep  func(ctx context.Context, last Sweep) (bool, error)
	SweepDone func(ctx context.Context) error
	// ActionsAsOf is the day of the list of AWS actions that policies are judged by. Operations are told once it is old; zero tells
	// nobody.
	ActionsAsOf time.Time
	// Channels are those there are, next to machines, e-mail and text messages: a message fits with all of them, and notices
	// are rendered for all. Configured are those that have a topic of their own: messages are rendered for these.
	Channels, Configured []message.Channel
	// Digest is when people receive what is of medium and low severity.
	Digest Digest
	// AckCritical says that a critical finding may be acknowledged.
	AckCritical bool
	// Routing says who is told of what, and Owning which tags name an owner. Places are what routes lead to, by name, each with the channel
	// whose form messages have there; nil for one that takes the JSON, and texts for e-mail and text messages.
	Routing routing.Rules
	Owning  reconcile.Owning
	Places  map[string]*message.Channel
	// AccountName is what people call the account; where it is empty, Alias asks for the account's alias, if it is set. Mask says that people
	// are not told who acted.
	AccountName string
	// OU is where the account is in its organization, by the names of the root and the organizational units, and Units are the IDs of those;
	// empty where that is not known.
	OU    string
	Units []string
	Alias func(ctx context.Context) (string, error)
	Mask  bool
	// Docs is the address of the documentation of the checks, which messages link to; empty for none.
	Docs string
	Now  func() time.Time
	Log  *slog.Logger
}

// graphBuilder builds graphs of the account.
type graphBuilder interface {
	Build(l reach.Listing, now time.Time) *reach.Graph
	// MayStep reports whether a role or user could have a step to another one by its own policies, or its trust policy names one that then
	// needs none. Where no node may, the graph has no steps.
	MayStep(n *reach.Node) bool
	// Survey finds what connects the account with others, and what those can get into.
	Survey(l reach.Listing, now time.Time) *reach.Survey
}

// metrics takes what is counted and timed.
type metrics interface {
	// Event counts a record by its event's name and what became of it.
	Event(name, outcome string)
	// Reconciled counts one reconcile of a role by the word of its outcome.
	Reconciled(outcome string)
	// Finding counts a transition by check and severity.
	Finding(check, severity, transition string)
	// SweepCompleted counts a sweep that completed.
	SweepCompleted()
	// Told measures the time from a change's eventTime to publishing.
	Told(latency time.Duration)
	// Requeued counts an item that could not be handled for a minute or longer and was put back into the queue.
	Requeued()
}

// Watch handles changes. It is safe for concurrent use as far as its ports are.
type Watch struct {
	Config
	settings *reconcile.Settings
	episodes knownEpisodes
	graphs   graphs
	naming   naming
	recent   recent
	unsent   unsent
}

// New makes a watch.
func New(c Config) *Watch {
	settings := reconcile.NewSettings(c.Rules, c.Catalogue, c.Parameters, c.Settle).WithOwners(c.Owning)
	settings.AckCritical = c.AckCritical
	return &Watch{Config: c, settings: settings}
}

// Item is one thing that the queue delivered: a CloudTrail record, or a work item of our own.
type Item struct {
	ID   string
	Body []byte
	// Change is Body parsed, where whoever hands it over has done so already; nil otherwise.
	Change *events.Change
	// Receives counts deliveries, this one included.
	Receives int
	// Since is when the item could not be handled first, and Attempt how often that has happened; zero for one that is new.
	Since   time.Time
	Attempt int
	// Account is the account that the item was sent for, in the queue of a hub; empty where none is named. Record says that the item came by
	// the queue of a hub that takes what EventBridge sends. A watch reads neither.
	Account string
	Record  bool
}

// Outcome is what becomes of an item. The zero value is "handled".
type Outcome struct {
	// Err says that the item must come again, after RetryAfter.
	Err        error
	RetryAfter time.Duration
	// Dead says why the item can never be handled; its body belongs in the dead-letter queue.
	Dead string
}

// entry is an item on its way.
type entry struct {
	index   int
	changes []reconcile.Change
	// work is set for a work item.
	work *work
	// roles are those to reconcile, by key, and functions what was read of the functions that the item names.
	roles     map[string]roleRef
	functions []refreshed
	// pointers led to some of the roles.
	pointers []pointer
	// users says that the users of the account are to be read again, and graph that the item may bear on them.
	users, graph bool
	// others says that other accounts have changed.
	others bool
	// unread is why the record has to come again: a call was denied that its roles are found by.
	unread error
}

// Handle takes a batch and says, item by item, what became of it. Changes to one role are one reconcile: if that fails,
// every item that went into it is retried, and no other.
func (w *Watch) Handle(ctx context.Context, items []Item) []Outcome {
	outcomes := make([]Outcome, len(items))
	work, cancel := untilAnswer(ctx)
	defer cancel()
	var entries []*entry
	for i, item := range items {
		e, err := w.accept(work, item)
		switch {
		case err != nil:
			outcomes[i] = w.failed(ctx, item, err)
		case e != nil && len(e.roles) == 0 && !e.users && !e.graph:
			outcomes[i] = w.unreadAgain(ctx, item, e.unread)
		case e != nil:
			e.index = i
			entries = append(entries, e)
		}
	}
	for _, group := range groups(entries) {
		err := errNoTime
		if hasTime(work, deploy.ReconcileMargin) {
			err = w.handleGroup(work, group)
		}
		for _, e := range group {
			switch {
			case err != nil:
				outcomes[e.index] = w.failed(ctx, items[e.index], err)
			case e.unread != nil:
				outcomes[e.index] = w.unreadAgain(ctx, items[e.index], e.unread)
			}
		}
	}
	return outcomes
}

// accept reads one item and finds the roles that it bears on. Nil is an item that leads to no reconcile.
func (w *Watch) accept(ctx context.Context, item Item) (*entry, error) {
	b, err := content{change: item.Change}, error(nil)
	if item.Change == nil {
		b, err = parseBody(item.Body)
	}
	c := b.change
	switch {
	case err != nil:
	case b.work != nil:
		return w.acceptWork(ctx, *b.work)
	case b.signal != nil && b.signal.Command != nil:
		return w.acceptCommand(*b.signal)
	case b.signal != nil:
		return nil, w.acceptSignal(ctx, *b.signal)
	}
	if errors.Is(err, events.ErrNotListed) {
		w.Log.Debug("not listed", "item", item.ID, "error", err.Error())
		w.Metrics.Event("other", "notListed")
		return nil, nil
	}
	if err != nil {
		if b.record {
			w.Metrics.Event("malformed", "dead")
		}
		return nil, errDead{err}
	}
	if item.Change == nil {
		if outcome, t := w.foreign(c); outcome != "" {
			w.Metrics.Event(c.Event.Name, outcome)
			w.Log.Warn("not ours", "item", item.ID, "eventId", c.ID, "account", c.Account, "sender", c.Sender, "region", c.Region)
			return nil, w.tried(ctx, "", t)
		}
	}
	if err := w.noteCanary(ctx, c); err != nil {
		return nil, err
	}
	if err := w.ownRole(ctx, c); err != nil {
		return nil, err
	}
	e, err := w.resolve(ctx, c)
	if err != nil {
		w.Metrics.Event(c.Event.Name, "failed")
		return nil, err
	}
	if e == nil {
		w.Metrics.Event(c.Event.Name, "noLook")
		return nil, nil
	}
	w.Metrics.Event(c.Event.Name, "look")
	return e, nil
}
