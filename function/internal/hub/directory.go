package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/singleflight"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

const (
	// directoryFor is how long the directory is taken from memory.
	directoryFor = time.Minute
	// listEvery is a little less than an hour, so that the fourth tick after a listing is not too early by seconds.
	listEvery = 55 * time.Minute
	// listAgain is how old the listing is at least when a record of an account that it lacks has the organization listed again.
	listAgain = 5 * time.Minute
	// attempts is how often something is changed that somebody else changes at the same time.
	attempts = 5
)

// knownDirectory is the directory as it was read last.
type knownDirectory struct {
	reading singleflight.Group

	mu        sync.Mutex
	directory *Directory
	read      time.Time
}

// known gives the directory, which is read anew where it was read longer ago than that.
func (h *Hub) known(ctx context.Context, age time.Duration) (*Directory, error) {
	if d := h.directory.lately(h.Now(), age); d != nil {
		return d, nil
	}
	// The accounts of a batch are handled at the same time, and one of them reads for all.
	d, err, _ := h.directory.reading.Do("", func() (any, error) {
		now := h.Now()
		d, _, err := h.loadDirectory(ctx)
		if err != nil {
			return nil, err
		}
		h.directory.put(d, now)
		return d, nil
	})
	if err != nil {
		return nil, err
	}
	return d.(*Directory), nil
}

// lately is the directory if it was read less than that long ago, and nil otherwise.
func (k *knownDirectory) lately(now time.Time, age time.Duration) *Directory {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.directory == nil || now.Sub(k.read) >= age {
		return nil
	}
	return k.directory
}

func (k *knownDirectory) put(d *Directory, read time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.directory, k.read = d, read
}

// Directory reads what is kept of the accounts of the organization.
func (h *Hub) Directory(ctx context.Context) (*Directory, error) {
	d, _, err := h.loadDirectory(ctx)
	return d, err
}

// Keeper keeps what a hub keeps by name.
type Keeper interface {
	Kept(ctx context.Context, name string) (body []byte, revision int64, err error)
}

// Members are the accounts that a hub watches, and those whose findings are still to be resolved.
func Members(ctx context.Context, s Keeper) ([]string, error) {
	d, _, err := ReadDirectory(ctx, s)
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(d.Watched), d.left()...), nil
}

// ReadDirectory reads the directory of a hub from its store.
func ReadDirectory(ctx context.Context, s Keeper) (*Directory, int64, error) {
	body, revision, err := s.Kept(ctx, deploy.HubDirectory)
	if err != nil {
		return nil, 0, fmt.Errorf("read the accounts of the organization: %w", err)
	}
	d := &Directory{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, d); err != nil {
			return nil, 0, fmt.Errorf("read the accounts of the organization: %w", err)
		}
	}
	d.workOut()
	return d, revision, nil
}

// loadDirectory reads the directory. Before the first listing, the accounts are watched that are named, and the hub's own.
func (h *Hub) loadDirectory(ctx context.Context) (*Directory, int64, error) {
	d, revision, err := ReadDirectory(ctx, h.Store)
	if err != nil {
		return nil, 0, err
	}
	if d.Listed.IsZero() {
		d.Watched = h.alwaysWatched(h.Choice.Accounts)
	}
	return d, revision, nil
}

// alwaysWatched adds the hub's own account, in order.
func (h *Hub) alwaysWatched(ids []string) []string {
	all := append(slices.Clone(ids), h.Account)
	slices.Sort(all)
	return slices.Compact(all)
}

// changeDirectory changes the directory as it is kept; it stays as it is where change reports that nothing changed.
func (h *Hub) changeDirectory(ctx context.Context, change func(*Directory) bool) error {
	for range attempts {
		d, revision, err := h.loadDirectory(ctx)
		if err != nil {
			return err
		}
		if !change(d) {
			return nil
		}
		body, err := json.Marshal(d, json.Deterministic(true))
		if err != nil {
			return fmt.Errorf("keep the accounts of the organization: %w", err)
		}
		err = h.Store.Keep(ctx, deploy.HubDirectory, body, revision)
		if errors.Is(err, finding.ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("keep the accounts of the organization: %w", err)
		}
		d.workOut()
		h.directory.put(d, h.Now())
		return nil
	}
	return fmt.Errorf("keep the accounts of the organization: %w", finding.ErrConflict)
}

// member gives an account that is watched; false for any other. One that is not known is looked for in what is kept now.
func (h *Hub) member(ctx context.Context, account string) (Member, bool, error) {
	for _, age := range []time.Duration{directoryFor, 0} {
		d, err := h.known(ctx, age)
		if err != nil {
			return Member{}, false, err
		}
		if d.watches(account) {
			return d.member(account), true, nil
		}
		if n, ok := d.Notes[account]; ok && !n.Left.IsZero() {
			return d.member(account), true, nil // Its findings are still to be resolved.
		}
	}
	d, err := h.known(ctx, directoryFor)
	if err != nil {
		return Member{}, false, err
	}
	return d.member(account), false, nil
}

// Organization is the organization as it was listed when it was read last; empty where it was not.
func (h *Hub) Organization() *organization.Organization {
	h.directory.mu.Lock()
	defer h.directory.mu.Unlock()
	if h.directory.directory == nil {
		return &organization.Organization{}
	}
	return &h.directory.directory.Organization
}

// own is the watch of the hub's own account, which reports what concerns the hub.
func (h *Hub) own() *watch.Watch {
	d, err := h.known(context.Background(), directoryFor)
	m := Member{}
	if err == nil {
		m = d.member(h.Account)
	}
	m.ID = h.Account
	return h.watches.of(m, h.Watch)
}
