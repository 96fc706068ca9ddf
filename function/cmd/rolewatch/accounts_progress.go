package main

import (
	"fmt"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// tracker shows how far accounts are that are read at the same time. It is safe for concurrent use.
type tracker struct {
	mu          sync.Mutex
	bar         *bar
	show        func(string)
	total, done int
}

func newTracker(w *world, total int) *tracker {
	t := &tracker{total: total}
	t.bar, t.show = newSpinner(w)
	return t
}

// tell shows what is done with an account.
func (t *tracker) tell(a organization.Account, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.show(fmt.Sprintf("%d of %d accounts; %s: %s", t.done, t.total, message.Line(a.String()), text))
}

// end counts an account that is done.
func (t *tracker) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
}

// aside takes the progress off the screen while something is printed.
func (t *tracker) aside(print func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bar.clear()
	print()
}

func (t *tracker) clear() { t.aside(func() {}) }
