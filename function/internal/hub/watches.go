package hub

import (
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// watches are those of the accounts that were handled last. A watch keeps what it has read of its account for a while, so that it is worth
// keeping; how many there are is bounded, because an execution environment lives for hours and meets every account.
type watches struct {
	limit int

	mu   sync.Mutex
	kept []keptWatch
}

type keptWatch struct {
	// of is the account as it was listed when the watch was made.
	of    Member
	watch *watch.Watch
}

// of gives the watch of an account, and makes one where none is kept or the account has another name or place now.
func (k *watches) of(m Member, create func(Member) *watch.Watch) *watch.Watch {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := slices.IndexFunc(k.kept, func(o keptWatch) bool { return o.of.ID == m.ID })
	var w keptWatch
	switch {
	case at >= 0 && k.kept[at].of.same(m):
		w = k.kept[at]
		k.kept = slices.Delete(k.kept, at, at+1)
	default:
		if at >= 0 {
			k.kept = slices.Delete(k.kept, at, at+1)
		}
		w = keptWatch{m, create(m)}
	}
	k.kept = append(k.kept, w)
	if n := len(k.kept) - k.limit; n > 0 {
		k.kept = slices.Delete(k.kept, 0, n)
	}
	return w.watch
}
