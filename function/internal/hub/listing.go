package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/organization"
)

const (
	// listingName is what a listing is kept under that is not done yet.
	listingName = "listing"
	// listingFor is how long ago a listing may have begun that goes on: what it has listed first is not much older than that.
	listingFor = 2 * time.Hour
	// throttledFor is how long it waits after a call that was throttled.
	throttledFor = time.Minute
	// listMargin is what a listing leaves of an invocation, to keep how far it is.
	listMargin = 15 * time.Second
)

// listing is a listing of the organization that goes over several invocations.
type listing struct {
	organization.Listing
	Began time.Time `json:"began"`
}

// listAll lists the organization, or goes on with a listing that is not done. It gives nil where it is not done yet: then a work item goes on.
func (h *Hub) listAll(ctx context.Context, began time.Time) (*organization.Organization, error) {
	l, revision, err := h.loadListing(ctx)
	if err != nil {
		return nil, err
	}
	for !l.Done() {
		err := errNoTime
		if h.mayList(ctx, began) {
			err = h.Lister.Next(ctx, &l.Listing)
		}
		switch {
		case errors.Is(err, errNoTime):
			return nil, h.pauseListing(ctx, l, revision, 0)
		case organization.IsThrottled(err):
			h.Log.Info("AWS Organizations throttles the listing", "accounts", len(l.Accounts), "units", len(l.Units), "error", err.Error())
			return nil, h.pauseListing(ctx, l, revision, throttledFor)
		case err != nil:
			return nil, &unlistedError{err}
		}
	}
	if revision > 0 {
		// Who else goes on with it finds that it is done.
		if err := h.Store.Keep(ctx, listingName, nil, revision); err != nil && !errors.Is(err, finding.ErrConflict) {
			return nil, err
		}
	}
	return &l.Organization, nil
}

// unlistedError says why AWS Organizations does not list the organization.
type unlistedError struct{ error }

func (e *unlistedError) Unwrap() error { return e.error }

var errNoTime = errors.New("the time for the listing is over")

// mayList reports whether another call may be made in this invocation.
func (h *Hub) mayList(ctx context.Context, began time.Time) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < listMargin {
		return false
	}
	return h.Now().Sub(began) < h.Limits.ListTime
}

// loadListing reads the listing that is under way; one that began long ago begins anew.
func (h *Hub) loadListing(ctx context.Context) (*listing, int64, error) {
	body, revision, err := h.Store.Kept(ctx, listingName)
	if err != nil {
		return nil, 0, fmt.Errorf("read how far the listing of the organization is: %w", err)
	}
	l := &listing{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, l); err != nil {
			h.Log.Error("how far the listing of the organization is cannot be read: it starts again", "error", err.Error())
			l = &listing{}
		}
	}
	if now := h.Now(); now.Sub(l.Began) >= listingFor {
		l = &listing{Began: now}
	}
	return l, revision, nil
}

// pauseListing keeps how far the listing is, and sends the item that goes on. Where another invocation went on with the same listing, that one
// does.
func (h *Hub) pauseListing(ctx context.Context, l *listing, revision int64, delay time.Duration) error {
	body, err := json.Marshal(l, json.Deterministic(true))
	if err == nil {
		err = h.Store.Keep(ctx, listingName, body, revision)
	}
	switch {
	case errors.Is(err, finding.ErrConflict):
		return nil
	case err != nil:
		return fmt.Errorf("note how far the listing of the organization is: %w", err)
	}
	return h.Queue(h.Account).Send(ctx, job{Job: jobList}.body(), delay)
}
