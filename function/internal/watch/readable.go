package watch

import (
	"errors"

	"github.com/rolewatch/rolewatch/events"
)

// Readable reports whether a watch can read a body, as a record or as a work item: the error is that for which it would be a dead
// letter. Tick says that the body is the schedule's tick.
func Readable(body []byte) (tick bool, err error) {
	job, ours, err := parseWork(body)
	if ours || err != nil {
		return job.Job == jobTick, err
	}
	if _, err = events.Parse(body); errors.Is(err, events.ErrNotListed) {
		return false, nil // It is dropped, as any record of another event.
	}
	return false, err
}
