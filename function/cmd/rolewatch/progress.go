package main

import (
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/rolewatch/rolewatch/function/internal/history"
)

// patience is how long work may take before progress is shown.
const patience = time.Second

// bar shows how far a log is read. It is nil where nobody would see it.
type bar struct {
	shown *progressbar.ProgressBar
}

// newBar shows progress on the error output, if that is a terminal and once the work has taken over a second.
func newBar(w *world, log *history.Log) *bar {
	if !w.progress {
		return nil
	}
	b := &bar{}
	began := w.now()
	log.Progress = func(done, total int64) {
		if b.shown == nil {
			if w.now().Sub(began) < patience {
				return
			}
			b.shown = progressbar.NewOptions64(total, progressbar.OptionSetWriter(w.err), progressbar.OptionShowBytes(true),
				progressbar.OptionSetDescription("replaying"), progressbar.OptionThrottle(100*time.Millisecond),
				progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
			_ = b.shown.RenderBlank()
		}
		_ = b.shown.Set64(min(done, total))
	}
	return b
}

// newSpinner shows that work goes on whose end is not known, likewise. What it says is told by tell.
func newSpinner(w *world) (b *bar, tell func(string)) {
	if !w.progress {
		return nil, func(string) {}
	}
	b = &bar{}
	began := w.now()
	return b, func(text string) {
		if b.shown == nil {
			if w.now().Sub(began) < patience {
				return
			}
			// A spinner that turns by itself would draw over what is printed after clear.
			b.shown = progressbar.NewOptions(-1, progressbar.OptionSetWriter(w.err), progressbar.OptionThrottle(100*time.Millisecond),
				progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14), progressbar.OptionSetSpinnerChangeInterval(0))
		}
		b.shown.Describe(text)
		_ = b.shown.Add(1)
	}
}

// clear takes the bar off the line, so that something can be printed there.
func (b *bar) clear() {
	if b != nil && b.shown != nil {
		_ = b.shown.Clear()
	}
}
