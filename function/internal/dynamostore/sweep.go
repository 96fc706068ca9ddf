package dynamostore

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// indexedFor is how long it is taken for granted which generation's index is whole. It matters only to which entries are
// left out as outdated: an index that is whole never ceases to be.
const indexedFor = time.Minute

func sweepKey(account string) item { return keyOf(prefixAccount+account, sortSweep) }

// SweepState tells of an account's sweeps.
func (s *Store) SweepState(ctx context.Context, account string) (finding.Sweep, error) {
	i, err := s.get(ctx, sweepKey(account))
	if err != nil {
		return finding.Sweep{}, fmt.Errorf("read the sweep of account %s: %w", account, err)
	}
	r := read(i)
	sweep := finding.Sweep{
		Generation: r.number(generationKey), Complete: r.number("complete"), Indexed: r.number("indexed"),
		CompletedAt: r.when("completedAt"), LeasedUntil: r.instant("leased"),
	}
	if *r.err != nil {
		return finding.Sweep{}, fmt.Errorf("read the sweep of account %s: %w", account, *r.err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexed[account] = indexedRead{sweep.Indexed, s.now()}
	return sweep, nil
}

// wholeIndex is the newest generation whose index is whole, 0 when there is none. That there is none is never taken from
// memory: a look that believed it for a minute too long would leave to the sweep a role that the sweep is through with.
func (s *Store) wholeIndex(ctx context.Context, account string) (int64, error) {
	s.mu.Lock()
	known := s.indexed[account]
	s.mu.Unlock()
	if known.generation > 0 && s.now().Sub(known.read) < indexedFor {
		return known.generation, nil
	}
	sweep, err := s.SweepState(ctx, account)
	return sweep.Indexed, err
}

// StartSweep leases a new generation until then; false when another sweep is under way.
func (s *Store) StartSweep(ctx context.Context, account string, now, until time.Time) (int64, bool, error) {
	// A request whose answer was lost is sent again, and must not find its own lease in the way.
	i, err := s.update(ctx, sweepKey(account), "SET #leased = :until, #starter = :starter, #"+schemaKey+" = :"+schemaKey+" ADD #generation :one",
		"attribute_not_exists(#leased) OR #leased <= :now OR #starter = :starter",
		item{":until": instant(until), ":now": instant(now), ":one": number(1), ":starter": text(rand.Text())})
	if err != nil {
		return 0, false, fmt.Errorf("start a sweep of account %s: %w", account, err)
	}
	if i == nil {
		return 0, false, nil
	}
	r := read(i)
	generation := r.number(generationKey)
	if generation < 1 && *r.err == nil {
		r.fail(generationKey, "count")
	}
	if *r.err != nil {
		return 0, false, fmt.Errorf("start a sweep of account %s: %w", account, *r.err)
	}
	return generation, true, nil
}

// IndexBuilt notes that the index holds every function as of a generation: entries that neither its sweep nor an event
// since has written count no more. A generation that a newer one has overtaken changes nothing.
func (s *Store) IndexBuilt(ctx context.Context, account string, generation int64) error {
	done, err := s.updateSweep(ctx, account, generation, "SET #indexed = :generation", nil)
	if err != nil {
		return fmt.Errorf("note that the index of account %s is whole: %w", account, err)
	}
	if done {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.indexed[account] = indexedRead{generation, s.now()}
	}
	return nil
}

// FinishSweep notes that a generation is complete and gives up its lease, and then looks for items that are no longer used. A
// generation that a newer one has overtaken changes nothing.
func (s *Store) FinishSweep(ctx context.Context, account string, generation int64, started time.Time) error {
	done, err := s.updateSweep(ctx, account, generation, "SET #complete = :generation, #completedAt = :started REMOVE #leased", item{":started": when(started)})
	if err != nil {
		return fmt.Errorf("finish the sweep of account %s: %w", account, err)
	}
	if !done {
		return nil
	}
	if s.account != "" {
		return nil // The sweep of the hub's own account searches the table, once for all.
	}
	// What is not used costs little, and the next sweep looks again: the sweep is complete either way.
	if err := s.search(ctx, true); err != nil {
		s.Log.Warn("the search for items that are no longer used is not done: a tick goes on with it, or the next sweep tries again", "error", err.Error())
	}
	return nil
}

// updateSweep changes the sweep's item while this generation is the newest; false when it is not.
func (s *Store) updateSweep(ctx context.Context, account string, generation int64, update string, values item) (bool, error) {
	all := item{":generation": number(generation)}
	maps.Copy(all, values)
	i, err := s.update(ctx, sweepKey(account), update, "#generation = :generation", all)
	return i != nil, err
}
