package watch

import (
	"context"
	"sync"
	"time"
)

// namedFor is how long the alias of the account is remembered, or that it could not be read.
const namedFor = time.Hour

// naming is what was last read of the name of the account.
type naming struct {
	mu    sync.Mutex
	name  string
	asked time.Time
}

// accountName is what people call the account: as the settings have it, else its alias; empty where it has none. That it cannot be read keeps
// no message back.
func (w *Watch) accountName(ctx context.Context) string {
	if w.AccountName != "" || w.Alias == nil {
		return w.AccountName
	}
	w.naming.mu.Lock()
	defer w.naming.mu.Unlock()
	now := w.Now()
	if !w.naming.asked.IsZero() && now.Sub(w.naming.asked) < namedFor {
		return w.naming.name
	}
	name, err := w.Alias(ctx)
	if err != nil {
		w.Log.Info("the alias of the account is not known", "error", err.Error())
		name = w.naming.name
	}
	w.naming.name, w.naming.asked = name, now
	return name
}
