// Package memory is a store, a queue and a publisher that live in memory, for replays and tests. They keep the
// promises of the real ones: a state is committed only at its revision, states and messages together or not at all,
// what is handed out is a copy, and a lease lapses. It owns no rule of its own about what is stored.
package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// maxTransaction is how many items one DynamoDB transaction holds (TransactWriteItems in the API reference). Commits
// are held to it here, so that what passes in memory passes there.
const maxTransaction = 100

// Hooks let a test stand in the way of a store. A nil hook does nothing.
type Hooks struct {
	// Load runs before states are read.
	Load func(keys []string) error
	// Unread says why the state of a role cannot be read, as when a newer release stored it; nil for one that can be.
	Unread func(key string) error
	// BeforeCommit runs before anything is written: its error is the commit's, and nothing is committed.
	BeforeCommit func(states []finding.State, out []message.Outgoing) error
	// AfterCommit runs when all is written: its error is the commit's, as when an answer is lost on its way back.
	AfterCommit func(states []finding.State, out []message.Outgoing) error
	// Delivered runs before a message is taken out of the outbox: its error is that of the call, and the message stays.
	Delivered func(id string) error
	// CommitEpisodes runs before the open episodes are written: its error is the commit's, and nothing is committed.
	CommitEpisodes func(out []message.Outgoing) error
	// CommitChange runs before a change to many roles is written: its error is the commit's, and nothing is committed.
	CommitChange func(out []message.Outgoing) error
	// CommitDigest runs before the digest takes its entries: its error is the commit's, and nothing is committed.
	CommitDigest func(out []message.Outgoing) error
	// Inventory says why what is stored of an inventory cannot be read: its head, for an empty name, or a page; nil for what can be.
	Inventory func(page string) error
	// BeforeInventory runs before an inventory is written: its error is the commit's, and nothing is committed. AfterInventory runs when all
	// is written, as AfterCommit does.
	BeforeInventory, AfterInventory func(out []message.Outgoing) error
	// Marks may change the times that are read with states; nil is that they cannot be read.
	Marks func(marks map[string]time.Time) map[string]time.Time
	// Users may change what the index says, as an index that lags behind its table does.
	Users func(roleKey string, users role.Users) role.Users
}

// Store keeps states, the outbox, the index of who uses which role, and the sweeps. It is safe for concurrent use.
type Store struct {
	*data
	// account is set where the store is that of a member of an organization.
	account string
}

// Of is the store as the watch of a member of an organization has it: the roles with findings or acts, and the outbox, are those of that
// account. The account of the hub has the store itself, and an empty account gives that.
func (s *Store) Of(account string) *Store { return &Store{s.data, account} }

// data is what a store and those of members share.
type data struct {
	Hooks Hooks

	mu sync.Mutex
	// member is the member whose watch committed the state of a role, by its key.
	member map[string]string
	// actor is that of the acts about a role.
	actor     map[string]string
	states    map[string]finding.State
	outbox    map[string]storedOutgoing
	sequence  int64
	documents map[string]string
	// saved is the order in which documents came: the oldest go when there are too many.
	saved    []string
	notices  map[notice]bool
	sweeps   map[string]finding.Sweep
	tallies  map[string]finding.Tally
	episodes map[string]episode.Episodes
	changes  map[changeName]fanin.Change
	slices   map[changeName][]fanin.Slice
	marks    map[string]map[string]time.Time
	// digest are the entries of the next digest, by ID.
	digest map[string]message.Outgoing
	// acts are what people decided about findings, by role, and calls the calls of the command function.
	acts  map[string][]finding.Act
	calls []finding.Call
	index index
	heads map[string]inventory.Head
	pages map[pageName]inventory.Page
	// kept is what a hub keeps by name, and counted what it counts by account and minute.
	kept    map[string]kept
	counted map[countedKey]int64
}

type storedOutgoing struct {
	out      message.Outgoing
	leased   time.Time
	sequence int64
	account  string
}

type notice struct{ account, key string }

// NewStore is an empty store.
func NewStore() *Store {
	return &Store{data: &data{
		kept:      map[string]kept{},
		counted:   map[countedKey]int64{},
		member:    map[string]string{},
		actor:     map[string]string{},
		states:    map[string]finding.State{},
		outbox:    map[string]storedOutgoing{},
		documents: map[string]string{},
		notices:   map[notice]bool{},
		sweeps:    map[string]finding.Sweep{},
		tallies:   map[string]finding.Tally{},
		episodes:  map[string]episode.Episodes{},
		changes:   map[changeName]fanin.Change{},
		slices:    map[changeName][]fanin.Slice{},
		marks:     map[string]map[string]time.Time{},
		digest:    map[string]message.Outgoing{},
		acts:      map[string][]finding.Act{},
		index:     newIndex(),
		heads:     map[string]inventory.Head{},
		pages:     map[pageName]inventory.Page{},
	}}
}

// Load reads states in the order of keys; one that was never stored has its Key and Revision 0. If states cannot be read, those have
// their Key and Revision finding.NotRead, and the error is a *finding.UnreadError.
func (s *Store) Load(ctx context.Context, keys []string) ([]finding.State, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.Hooks.Load != nil {
		if err := s.Hooks.Load(keys); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	states := make([]finding.State, len(keys))
	unread := map[string]error{}
	for i, key := range keys {
		if s.Hooks.Unread != nil {
			if err := s.Hooks.Unread(key); err != nil {
				states[i], unread[key] = finding.State{Key: key, Revision: finding.NotRead}, err
				continue
			}
		}
		states[i] = clone(s.states[key])
		states[i].Key = key
	}
	if len(unread) > 0 {
		return states, &finding.UnreadError{Roles: unread}
	}
	return states, nil
}

// Commit writes states, each only at the revision that it was loaded with, and puts out into the outbox, leased until
// then: all or nothing. It fails with finding.ErrConflict when a revision has moved on.
func (s *Store) Commit(ctx context.Context, states []finding.State, out []message.Outgoing, leased time.Time) error {
	return s.hooked(ctx, with{}, states, out, leased)
}

// allowed runs the hook that stands in the way of a commit, if there is one.
func allowed(ctx context.Context, hook func([]message.Outgoing) error, out []message.Outgoing) error {
	if err := ctx.Err(); err != nil || hook == nil {
		return err
	}
	return hook(out)
}

// with is what is committed together with states.
type with struct {
	tally *finding.Tally
	// slices are committed of one change each.
	slices map[changeName]fanin.Slice
}

func (s *Store) hooked(ctx context.Context, more with, states []finding.State, out []message.Outgoing, leased time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.Hooks.BeforeCommit != nil {
		if err := s.Hooks.BeforeCommit(states, out); err != nil {
			return err
		}
	}
	if err := s.commit(more, states, out, leased); err != nil {
		return err
	}
	if s.Hooks.AfterCommit != nil {
		return s.Hooks.AfterCommit(states, out)
	}
	return nil
}

func (s *Store) commit(more with, states []finding.State, out []message.Outgoing, leased time.Time) error {
	n := len(states) + len(out)
	if more.tally != nil {
		n++
	}
	n += 2 * len(more.slices)
	if n > maxTransaction {
		return fmt.Errorf("commit states: %d items, a transaction holds at most %d", n, maxTransaction)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if tally := more.tally; tally != nil && s.tallies[tally.Account].Revision != tally.Revision {
		return fmt.Errorf("commit tally of account %s: %w", tally.Account, finding.ErrConflict)
	}
	for of, slice := range more.slices {
		if slices.ContainsFunc(s.slices[of], func(o fanin.Slice) bool { return o.Number == slice.Number && o.Part == slice.Part }) {
			return fmt.Errorf("commit slice %d of change %s: %w", slice.Number, of.id, finding.ErrConflict)
		}
	}
	seen := make(map[string]bool, len(states))
	for _, state := range states {
		switch {
		case state.Key == "":
			return errors.New("commit states: a state has no key")
		case seen[state.Key]:
			return fmt.Errorf("commit states: %s is there twice", state.Key)
		case s.states[state.Key].Revision != state.Revision:
			return fmt.Errorf("commit state of %s: %w", state.Key, finding.ErrConflict)
		}
		seen[state.Key] = true
	}
	for _, state := range states {
		state = clone(state)
		state.Revision++
		s.states[state.Key], s.member[state.Key] = state, s.account
	}
	for _, o := range out {
		s.put(o, leased)
	}
	if more.tally != nil {
		s.putTally(*more.tally)
	}
	for of, slice := range more.slices {
		s.putSlice(of, slice)
	}
	return nil
}

// OpenRoles lists the keys of roles that have findings, in order.
func (s *Store) OpenRoles(ctx context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key, stored := range s.states {
		if len(stored.Findings) > 0 && s.member[key] == s.account {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, ctx.Err()
}

// maxDocuments bounds the documents that are kept, so that a long replay does not hold every text that ever was.
const maxDocuments = 10_000

// SaveDocuments keeps policy texts by their hash, the newest of them.
func (s *Store) SaveDocuments(ctx context.Context, texts []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range texts {
		hash := role.HashText(text)
		if _, ok := s.documents[hash]; ok {
			continue
		}
		s.documents[hash] = text
		if s.saved = append(s.saved, hash); len(s.saved) > maxDocuments {
			delete(s.documents, s.saved[0])
			s.saved = s.saved[1:]
		}
	}
	return ctx.Err()
}

// Document gives a saved text by its hash; false when there is none.
func (s *Store) Document(ctx context.Context, hash string) (string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.documents[hash]
	return text, ok, ctx.Err()
}
