package watch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// chaos lets calls of the ports fail before or after their effect, or end the invocation there, by chance.
type chaos struct {
	random *rand.Rand
	// rate is how likely a call fails, and crashes is how likely one that fails ends the invocation. Zero is calm.
	rate, crashes float64
	// struck counts the faults by port and method, and what they did.
	struck map[string]int
	// entries are those that were committed for the digest, and taken by it, by ID with how often.
	entries, taken map[string]int
	// committed are the findings messages in the order in which they were committed.
	committed []message.Outgoing
	// repeats counts the faults that may have something published twice.
	repeats int
}

// crash is what ends an invocation.
type crash struct{ call string }

var errFault = errors.New("InternalFailure")

func (c *chaos) strike(call, when string) error {
	rate := c.rate
	switch call {
	case "Resend":
		rate /= 4 // Where SQS fails as well, receives are used up.
	case "Acts", "ActedRoles":
		rate /= 4 // They are read as often as states and by each tick, and other calls are to fail, too.
	case "FinishSweep", "OpenRoles":
		rate *= 4 // A sweep ends once, after many calls that may fail.
	}
	if rate == 0 || c.random.Float64() >= rate {
		return nil
	}
	end := c.random.Float64() < c.crashes
	if end || call == "Publish" && when == "after" || call == "Delivered" {
		c.repeats++
	}
	c.struck[call+" "+when]++
	if end {
		panic(crash{call + " " + when})
	}
	return fmt.Errorf("%s, %s its effect: %w", call, when, errFault)
}

// do makes a call that may fail.
func (c *chaos) do(call string, f func() error) error {
	_, err := give(c, call, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// give is do for a call with a result.
func give[T any](c *chaos, call string, f func() (T, error)) (T, error) {
	var zero T
	if err := c.strike(call, "before"); err != nil {
		return zero, err
	}
	out, err := f()
	if err != nil {
		return out, err
	}
	if err := c.strike(call, "after"); err != nil {
		return zero, err
	}
	return out, nil
}

// pair carries two results.
type pair[A, B any] struct {
	a A
	b B
}

func two[A, B any](c *chaos, call string, f func() (A, B, error)) (A, B, error) {
	p, err := give(c, call, func() (pair[A, B], error) {
		a, b, err := f()
		return pair[A, B]{a, b}, err
	})
	return p.a, p.b, err
}

// The ports, each method of which may fail.
type (
	chaosAccount struct {
		*chaos
		real *cloud
	}
	chaosStore struct {
		*chaos
		real *memory.Store
	}
	chaosQueue struct {
		*chaos
		real *memory.Queue
	}
	chaosPublisher struct {
		*chaos
		real *memory.Publisher
	}
)

func (p chaosAccount) Role(ctx context.Context, ref role.Ref) (role.Snapshot, error) {
	return give(p.chaos, "Role", func() (role.Snapshot, error) { return p.real.Role(ctx, ref) })
}

func (p chaosAccount) PolicyRoles(ctx context.Context, arn string) ([]role.Ref, error) {
	return give(p.chaos, "PolicyRoles", func() ([]role.Ref, error) { return p.real.PolicyRoles(ctx, arn) })
}

func (p chaosAccount) Function(ctx context.Context, arn string) ([]role.Function, error) {
	return give(p.chaos, "Function", func() ([]role.Function, error) { return p.real.Function(ctx, arn) })
}

func (p chaosAccount) MappingFunction(ctx context.Context, region, id string) (string, error) {
	return give(p.chaos, "MappingFunction", func() (string, error) { return p.real.MappingFunction(ctx, region, id) })
}

func (p chaosAccount) RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	return two(p.chaos, "RolePage", func() ([]role.Snapshot, string, error) { return p.real.RolePage(ctx, marker) })
}

func (p chaosAccount) FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error) {
	return two(p.chaos, "FunctionPage", func() ([]role.Function, string, error) { return p.real.FunctionPage(ctx, region, marker) })
}

func (p chaosAccount) Providers(ctx context.Context, anew string) (role.Providers, error) {
	all, err := give(p.chaos, "Providers", func() (role.Providers, error) { return p.real.Providers(ctx, anew) })
	if anew == "" && errors.Is(err, errFault) {
		return role.NoProviders(role.Because("lambda:ListCapacityProviders failed")), nil
	}
	return all, err
}

func (p chaosStore) Search(ctx context.Context) error {
	return p.do("Search", func() error { return p.real.Search(ctx) })
}

func (p chaosStore) LoadNoted(ctx context.Context, account string, keys []string) (states []finding.State, marks map[string]time.Time, err error) {
	states, err = give(p.chaos, "LoadNoted", func() ([]finding.State, error) {
		states, marks, err = p.real.LoadNoted(ctx, account, keys)
		return states, err
	})
	return states, marks, err
}

func (p chaosStore) Load(ctx context.Context, keys []string) ([]finding.State, error) {
	return give(p.chaos, "Load", func() ([]finding.State, error) { return p.real.Load(ctx, keys) })
}

func (p chaosStore) Commit(ctx context.Context, states []finding.State, out []message.Outgoing, leased time.Time) error {
	return p.do("Commit", func() error { return p.noted(out, p.real.Commit(ctx, states, out, leased)) })
}

func (p chaosStore) CommitTally(ctx context.Context, tally finding.Tally, states []finding.State, out []message.Outgoing, leased time.Time) error {
	return p.do("CommitTally", func() error { return p.noted(out, p.real.CommitTally(ctx, tally, states, out, leased)) })
}

// noted keeps the messages of a commit that went through.
func (c *chaos) noted(out []message.Outgoing, err error) error {
	for _, o := range out {
		if err == nil && o.Kind == message.KindFindings {
			c.committed = append(c.committed, o)
		}
		if err == nil && o.Kind == message.KindDigest {
			c.entries[o.ID]++
		}
	}
	return err
}

func (p chaosStore) Tally(ctx context.Context, account string) (finding.Tally, error) {
	return give(p.chaos, "Tally", func() (finding.Tally, error) { return p.real.Tally(ctx, account) })
}

func (p chaosStore) Acts(ctx context.Context, keys []string) (map[string][]finding.Act, error) {
	return give(p.chaos, "Acts", func() (map[string][]finding.Act, error) { return p.real.Acts(ctx, keys) })
}

func (p chaosStore) ActedRoles(ctx context.Context) ([]string, error) {
	return give(p.chaos, "ActedRoles", func() ([]string, error) { return p.real.ActedRoles(ctx) })
}

func (p chaosStore) OpenRoles(ctx context.Context) ([]string, error) {
	return give(p.chaos, "OpenRoles", func() ([]string, error) { return p.real.OpenRoles(ctx) })
}

func (p chaosStore) SaveDocuments(ctx context.Context, texts []string) error {
	return p.do("SaveDocuments", func() error { return p.real.SaveDocuments(ctx, texts) })
}

func (p chaosStore) Document(ctx context.Context, hash string) (string, bool, error) {
	return two(p.chaos, "Document", func() (string, bool, error) { return p.real.Document(ctx, hash) })
}

func (p chaosStore) Outbox(ctx context.Context, now time.Time) ([]message.Outgoing, error) {
	return give(p.chaos, "Outbox", func() ([]message.Outgoing, error) { return p.real.Outbox(ctx, now) })
}

func (p chaosStore) Lease(ctx context.Context, id string, now, until time.Time) (bool, error) {
	return give(p.chaos, "Lease", func() (bool, error) { return p.real.Lease(ctx, id, now, until) })
}

func (p chaosStore) Delivered(ctx context.Context, id string) error {
	return p.do("Delivered", func() error { return p.real.Delivered(ctx, id) })
}

func (p chaosStore) NoticeOnce(ctx context.Context, account, key string, out message.Outgoing, leased time.Time) (bool, error) {
	return give(p.chaos, "NoticeOnce", func() (bool, error) { return p.real.NoticeOnce(ctx, account, key, out, leased) })
}

func (p chaosStore) Episodes(ctx context.Context, account string) (episode.Episodes, error) {
	return give(p.chaos, "Episodes", func() (episode.Episodes, error) { return p.real.Episodes(ctx, account) })
}

func (p chaosStore) CommitEpisodes(ctx context.Context, episodes episode.Episodes, out []message.Outgoing, leased time.Time) error {
	return p.do("CommitEpisodes", func() error { return p.real.CommitEpisodes(ctx, episodes, out, leased) })
}

func (p chaosStore) Change(ctx context.Context, account, id string) (fanin.Change, error) {
	return give(p.chaos, "Change", func() (fanin.Change, error) { return p.real.Change(ctx, account, id) })
}

func (p chaosStore) CommitChange(ctx context.Context, change fanin.Change, out []message.Outgoing, leased time.Time) error {
	return p.do("CommitChange", func() error { return p.real.CommitChange(ctx, change, out, leased) })
}

func (p chaosStore) CommitSlices(ctx context.Context, account string, slices map[string]fanin.Slice, tally *finding.Tally, states []finding.State, out []message.Outgoing, leased time.Time) error {
	return p.do("CommitSlices", func() error {
		return p.noted(out, p.real.CommitSlices(ctx, account, slices, tally, states, out, leased))
	})
}

func (p chaosStore) Slices(ctx context.Context, account, id string) ([]fanin.Slice, error) {
	return give(p.chaos, "Slices", func() ([]fanin.Slice, error) { return p.real.Slices(ctx, account, id) })
}

func (p chaosStore) Digest(ctx context.Context, account string) ([]message.Outgoing, error) {
	return give(p.chaos, "Digest", func() ([]message.Outgoing, error) { return p.real.Digest(ctx, account) })
}

func (p chaosStore) CommitDigest(ctx context.Context, taken, out []message.Outgoing, leased time.Time) error {
	return p.do("CommitDigest", func() error {
		err := p.noted(out, p.real.CommitDigest(ctx, taken, out, leased))
		if err == nil {
			for _, o := range taken {
				p.taken[o.ID]++
			}
		}
		return err
	})
}

func (p chaosStore) Marks(ctx context.Context, account string) (map[string]time.Time, error) {
	return give(p.chaos, "Marks", func() (map[string]time.Time, error) { return p.real.Marks(ctx, account) })
}

func (p chaosStore) Mark(ctx context.Context, account, name string, at time.Time) error {
	return p.do("Mark", func() error { return p.real.Mark(ctx, account, name, at) })
}

func (p chaosStore) Users(ctx context.Context, account, key string) (role.Users, error) {
	return give(p.chaos, "Users", func() (role.Users, error) { return p.real.Users(ctx, account, key) })
}

func (p chaosStore) Versions(ctx context.Context, arn string) ([]role.Function, error) {
	return give(p.chaos, "Versions", func() ([]role.Function, error) { return p.real.Versions(ctx, arn) })
}

func (p chaosStore) PutVersions(ctx context.Context, account, arn string, versions []role.Function) error {
	return p.do("PutVersions", func() error { return p.real.PutVersions(ctx, account, arn, versions) })
}

func (p chaosStore) PutSwept(ctx context.Context, generation int64, versions []role.Function) error {
	return p.do("PutSwept", func() error { return p.real.PutSwept(ctx, generation, versions) })
}

func (p chaosStore) Refused(ctx context.Context, arn string) ([]string, error) {
	return give(p.chaos, "Refused", func() ([]string, error) { return p.real.Refused(ctx, arn) })
}

func (p chaosStore) PutRefused(ctx context.Context, arn, roleARN string) error {
	return p.do("PutRefused", func() error { return p.real.PutRefused(ctx, arn, roleARN) })
}

func (p chaosStore) DropRefused(ctx context.Context, arn, roleARN string) error {
	return p.do("DropRefused", func() error { return p.real.DropRefused(ctx, arn, roleARN) })
}

func (p chaosStore) SweepState(ctx context.Context, account string) (watch.Sweep, error) {
	return give(p.chaos, "SweepState", func() (watch.Sweep, error) { return p.real.SweepState(ctx, account) })
}

func (p chaosStore) StartSweep(ctx context.Context, account string, now, until time.Time) (int64, bool, error) {
	return two(p.chaos, "StartSweep", func() (int64, bool, error) { return p.real.StartSweep(ctx, account, now, until) })
}

func (p chaosStore) IndexBuilt(ctx context.Context, account string, generation int64) error {
	return p.do("IndexBuilt", func() error { return p.real.IndexBuilt(ctx, account, generation) })
}

func (p chaosStore) FinishSweep(ctx context.Context, account string, generation int64, started time.Time) error {
	return p.do("FinishSweep", func() error { return p.real.FinishSweep(ctx, account, generation, started) })
}

func (p chaosStore) Inventory(ctx context.Context, account string) (inventory.Head, error) {
	return give(p.chaos, "Inventory", func() (inventory.Head, error) { return p.real.Inventory(ctx, account) })
}

func (p chaosStore) InventoryPages(ctx context.Context, account string, names []string) (map[string]inventory.Page, error) {
	return give(p.chaos, "InventoryPages", func() (map[string]inventory.Page, error) { return p.real.InventoryPages(ctx, account, names) })
}

func (p chaosStore) PutInventoryPage(ctx context.Context, account, name string, page inventory.Page) error {
	return p.do("PutInventoryPage", func() error { return p.real.PutInventoryPage(ctx, account, name, page) })
}

func (p chaosStore) DropInventoryPages(ctx context.Context, account string, names []string) error {
	return p.do("DropInventoryPages", func() error { return p.real.DropInventoryPages(ctx, account, names) })
}

func (p chaosStore) CommitInventory(ctx context.Context, head inventory.Head, changes []fanin.Change, out []message.Outgoing, leased time.Time) error {
	return p.do("CommitInventory", func() error { return p.noted(out, p.real.CommitInventory(ctx, head, changes, out, leased)) })
}

func (p chaosQueue) Send(ctx context.Context, body []byte, delay time.Duration) error {
	return p.do("Send", func() error { return p.real.Send(ctx, body, delay) })
}

func (p chaosQueue) Resend(ctx context.Context, body []byte, delay time.Duration, since time.Time, attempt int) error {
	return p.do("Resend", func() error { return p.real.Resend(ctx, body, delay, since, attempt) })
}

func (p chaosPublisher) Publish(ctx context.Context, out message.Outgoing) error {
	return p.do("Publish", func() error { return p.real.Publish(ctx, out) })
}
