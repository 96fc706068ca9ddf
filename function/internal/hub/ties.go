package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

const (
	// tiesName is what the ties of the accounts are kept under.
	tiesName = "ties"
	// tiesFor is how long they are taken from memory.
	tiesFor = time.Minute
	// tiesAttempts is how often the ties are changed that somebody else changes at the same time.
	tiesAttempts = 10
)

// tied is an account as others know it.
type tied struct {
	reach.Ties
	// Page is the page of its inventory that has what others can get into; empty where that is nothing. Listed is when it was listed.
	Page   string    `json:"page,omitempty"`
	Listed time.Time `json:"listed"`
}

// allTies are the ties of the accounts that were swept, by ID.
type allTies map[string]tied

// of are the ties alone.
func (t allTies) of() map[string]reach.Ties {
	out := make(map[string]reach.Ties, len(t))
	for id, one := range t {
		out[id] = one.Ties
	}
	return out
}

// knownTies are the ties as they were read last.
type knownTies struct {
	mu   sync.Mutex
	ties allTies
	read time.Time
}

// get gives the ties where they were read within a time; nil where they were not.
func (k *knownTies) get(now time.Time, within time.Duration) allTies {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Sub(k.read) >= within {
		return nil
	}
	return k.ties
}

// set keeps ties that were read at a time, unless later ones are kept.
func (k *knownTies) set(ties allTies, read time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ties == nil || !read.Before(k.read) {
		k.ties, k.read = ties, read
	}
}

// ties gives the ties of all accounts, which are not to be changed. Anew uses none that were read before. Accounts do not wait for each other
// while they are read.
func (h *Hub) ties(ctx context.Context, anew bool) (allTies, error) {
	now := h.Now()
	if known := h.tied.get(now, tiesFor); known != nil && !anew {
		return known, nil
	}
	ties, _, err := h.loadTies(ctx)
	if err != nil {
		return nil, err
	}
	h.tied.set(ties, now)
	return ties, nil
}

func (h *Hub) loadTies(ctx context.Context) (allTies, int64, error) {
	body, revision, err := h.Store.Kept(ctx, tiesName)
	if err != nil {
		return nil, 0, fmt.Errorf("read what connects the accounts: %w", err)
	}
	ties := allTies{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &ties); err != nil {
			return nil, 0, fmt.Errorf("read what connects the accounts: %w", err)
		}
	}
	return ties, revision, nil
}

// changeTies changes the ties as they are kept, and gives them; they stay as they are where change reports that nothing changed.
func (h *Hub) changeTies(ctx context.Context, change func(allTies) bool) (allTies, error) {
	for range tiesAttempts {
		ties, revision, err := h.loadTies(ctx)
		if err != nil {
			return nil, err
		}
		if !change(ties) {
			return ties, nil
		}
		body, err := json.Marshal(ties, json.Deterministic(true))
		if err != nil {
			return nil, fmt.Errorf("keep what connects the accounts: %w", err)
		}
		err = h.Store.Keep(ctx, tiesName, body, revision)
		if errors.Is(err, finding.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("keep what connects the accounts: %w", err)
		}
		return ties, nil
	}
	return nil, fmt.Errorf("keep what connects the accounts: %w", finding.ErrConflict)
}
