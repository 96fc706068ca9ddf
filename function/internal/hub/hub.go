// Package hub is what the deployed function does as the hub of an organization. It knows which accounts are watched, tells which of them an
// item is for, and hands it to the watch of that account, so that no account delays another. What EventBridge sends and what the function
// sends itself come by two queues: of the first it believes nothing but what it has validated, and puts it into the second. It lists the
// organization, has each account swept once a day, and notifies operations of accounts that it cannot read or that are silent. What becomes
// of a change is for package watch to decide, which knows one account.
package hub

import (
	"context"
	"log/slog"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// Queue is the work queue, for items of one account.
type Queue interface {
	// Send puts a body into the queue, to arrive after delay (at most 15 minutes).
	Send(ctx context.Context, body []byte, delay time.Duration) error
	// Resend is Send for a body that could not be handled since a time, in that many attempts.
	Resend(ctx context.Context, body []byte, delay time.Duration, since time.Time, attempt int) error
}

// store keeps what outlives an invocation.
type store interface {
	// Kept reads what is kept under a name, strongly consistent; what was never stored has revision 0. Keep writes it at the revision that it
	// was loaded with, and fails with finding.ErrConflict when that has moved on.
	Kept(ctx context.Context, name string) (body []byte, revision int64, err error)
	Keep(ctx context.Context, name string, body []byte, revision int64) error
	// Count adds to what is counted of an account in the minute of a time, and gives the sum.
	Count(ctx context.Context, account, what string, at time.Time, n int64) (int64, error)
	// Marks gives the times that are noted for an account, by name, strongly consistent. Mark notes one, unless a later one is noted.
	Marks(ctx context.Context, account string) (map[string]time.Time, error)
	Mark(ctx context.Context, account, name string, at time.Time) error
	// Episodes reads an account's open episodes, strongly consistent.
	Episodes(ctx context.Context, account string) (episode.Episodes, error)
	// Inventory reads the head of an account's inventory, strongly consistent, and InventoryPages its pages by their names, less those that are not
	// there.
	Inventory(ctx context.Context, account string) (inventory.Head, error)
	InventoryPages(ctx context.Context, account string, names []string) (map[string]inventory.Page, error)
}

// lister lists the accounts of the organization, call by call, and reads the tags of one.
type lister interface {
	Next(ctx context.Context, l *organization.Listing) error
	Tags(ctx context.Context, account string) (map[string]string, error)
}

// metrics takes what is counted.
type metrics interface {
	// Event counts a record by its event's name and what became of it.
	Event(name, outcome string)
}

// Config is what a hub works with.
type Config struct {
	// Account is the account that the hub is in. It is always watched.
	Account string
	// Choice says which accounts are watched.
	Choice organization.Choice
	// Named are the IDs of accounts and organizational units that the settings name for anything else.
	Named []string
	// Watch makes the watch of an account. It reads nothing.
	Watch func(m Member) *watch.Watch
	// Access says whether an account can be read: an *UnreadableError says why it cannot be. The hub's own account is not asked for.
	Access func(ctx context.Context, account string) error
	Store  store
	// Queue is the work queue, for items of an account.
	Queue func(account string) Queue
	// Lister lists the accounts. Tags says that their tags are read, too.
	Lister  lister
	Tags    bool
	Metrics metrics
	Limits  Limits
	Now     func() time.Time
	Log     *slog.Logger
}

// Hub hands items to the watches of accounts. It is safe for concurrent use as far as its ports are.
type Hub struct {
	Config
	watches   watches
	directory knownDirectory
	access    accesses
	busy      busy
	noted     noted
	tied      knownTies
}

// New makes a hub. Limits that are zero are the default ones.
func New(c Config) *Hub {
	c.Limits = c.Limits.orDefault()
	h := &Hub{Config: c}
	h.watches.limit = c.Limits.Watches
	return h
}

// UnreadableError says why an account cannot be read, and what to do about it.
type UnreadableError struct {
	// Why is a part of a sentence, and SettledBy is a sentence.
	Why, SettledBy string
}

func (e *UnreadableError) Error() string { return e.Why }
