package watch

import (
	"errors"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
)

// content is what an item of the queue says: one of a work item, a signal of a stack, and a record.
type content struct {
	work   *work
	signal *deploy.Signal
	change *events.Change
	// record says that it is neither of the first two, and so a record, whether it could be read or not.
	record bool
}

// parseBody reads an item of the queue.
func parseBody(text []byte) (c content, err error) {
	job, ours, err := parseWork(text)
	if ours || err != nil {
		return content{work: &job}, err
	}
	signal, ok, err := deploy.ParseSignal(text)
	if ok || err != nil {
		return content{signal: &signal}, err
	}
	change, err := events.Parse(text)
	return content{change: change, record: true}, err
}

// Readable reports whether a watch can read a body: the error is that for which it would be a dead letter. Tick says that the body is the
// schedule's tick.
func Readable(text []byte) (tick bool, err error) {
	b, err := parseBody(text)
	if errors.Is(err, events.ErrNotListed) {
		return false, nil // It is dropped, as any record of another event.
	}
	return b.work != nil && b.work.Job == jobTick, err
}
