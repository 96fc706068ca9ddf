package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// work is a work item of our own, as the queue carries it.
type work struct {
	// Job is "look", "sweep", "tick" or "count".
	Job string `json:"rolewatch"`
	// Roles are the ARNs of the roles to reconcile, and Changes what led to that.
	Roles   []string           `json:"roles,omitempty"`
	Changes []reconcile.Change `json:"changes,omitempty"`
	// Slice of Slices is set where one change touches more roles than one commit takes.
	Slice  int `json:"slice,omitempty"`
	Slices int `json:"slices,omitempty"`
	// Part is set on a confirming reconcile of a part of a slice.
	Part int `json:"part,omitempty"`
	// Change is the ID of the change that the slice belongs to, or whose slices are to be counted.
	Change string `json:"change,omitempty"`
	// Confirm marks the second reconcile, after the settle time.
	Confirm bool `json:"confirm,omitempty"`
	// Since is when something was denied first that the roles are reconciled for again, and Attempt how often that has happened.
	Since   time.Time `json:"since,omitzero"`
	Attempt int       `json:"attempt,omitempty"`
	// Deliver is set on a tick that is only to deliver what the outbox holds: the count of such ticks for it.
	Deliver int `json:"deliver,omitempty"`
	// Users says that the users of the account are to be read again.
	Users bool `json:"users,omitempty"`
	// Others says that what is known of other accounts is to be read again.
	Others bool `json:"others,omitempty"`
	// Sweep is set on a sweep's steps.
	Sweep *sweepStep `json:"sweep,omitempty"`
}

// The jobs.
const (
	jobLook  = "look"
	jobSweep = "sweep"
	jobTick  = "tick"
	jobCount = "count"
)

// workPrefix is how every work item starts; CloudTrail's records and EventBridge's envelopes never do.
var workPrefix = []byte(`{"rolewatch":`)

// parseWork reads a work item; false when the body is none.
func parseWork(body []byte) (work, bool, error) {
	var w work
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), workPrefix) {
		return w, false, nil
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return w, true, fmt.Errorf("parse work item: %w", err)
	}
	switch {
	case w.Job == jobTick, w.Job == jobCount && w.Change != "", w.Job == jobLook && (len(w.Roles) > 0 || w.Users || w.Others), w.Job == jobSweep && w.Sweep != nil:
		return w, true, nil
	}
	return w, true, fmt.Errorf("parse work item: field rolewatch: %q is not a complete job", w.Job)
}

func (w work) body() ([]byte, error) { return json.Marshal(w, json.Deterministic(true)) }

// acceptWork turns a work item into an entry, or does it where it does not name roles to reconcile.
func (w *Watch) acceptWork(ctx context.Context, job work) (*entry, error) {
	switch job.Job {
	case jobTick:
		if job.Deliver > 0 {
			return nil, w.drain(ctx, job.Deliver)
		}
		return nil, errors.Join(w.tick(ctx), w.checkSelf(ctx))
	case jobSweep:
		return nil, w.sweep(ctx, *job.Sweep)
	case jobCount:
		return nil, w.waitedFor(ctx, job.Change)
	}
	if job.Others && w.Others == nil {
		return nil, nil // There is no hub any more.
	}
	e := &entry{roles: map[string]roleRef{}, changes: job.Changes, work: &job, users: job.Users, graph: job.Others, others: job.Others}
	for _, arn := range job.Roles {
		ref, err := role.ParseRef(arn)
		if err != nil {
			return nil, errDead{fmt.Errorf("parse work item: field roles: %w", err)}
		}
		e.add(ref)
	}
	return e, nil
}

// outgoing is a work item for the outbox, to arrive at due.
func (w work) outgoing(id string, now, due time.Time) (message.Outgoing, error) {
	body, err := w.body()
	if err != nil {
		return message.Outgoing{}, fmt.Errorf("write work item: %w", err)
	}
	return message.Outgoing{ID: id, Kind: message.KindWork, Work: body, Due: due, Created: now}, nil
}
