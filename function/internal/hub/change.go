package hub

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// listAfter is how long a listing waits for a change of the organization, so that it shows it.
const listAfter = 30 * time.Second

// handleChanges hands items to the watch of an account, less the records of the management account about the organization: those bear on other
// accounts.
func (h *Hub) handleChanges(ctx context.Context, w *watch.Watch, m Member, items []watch.Item) []watch.Outcome {
	outcomes := make([]watch.Outcome, len(items))
	var rest []watch.Item
	var at []int
	for i, item := range items {
		c := organizationChange(m, item)
		if c == nil {
			if err := h.ownLeaving(ctx, m, item); err != nil {
				outcomes[i] = w.Failed(ctx, item, err)
				continue
			}
			rest, at = append(rest, item), append(at, i)
			continue
		}
		if err := h.organizationChanged(ctx, c); err != nil {
			outcomes[i] = w.Failed(ctx, item, err)
		}
	}
	if len(rest) > 0 {
		for i, o := range w.Handle(ctx, rest) {
			outcomes[at[i]] = o
		}
	}
	return outcomes
}

// unknown is what becomes of an item of an account that is not watched. The management account has the records about the organization, whether
// it is watched or not.
func (h *Hub) unknown(ctx context.Context, m Member, item watch.Item) watch.Outcome {
	c := organizationChange(m, item)
	if c == nil {
		return h.strange(ctx, item)
	}
	if err := h.organizationChanged(ctx, c); err != nil {
		return h.own().Failed(ctx, item, err)
	}
	return watch.Outcome{}
}

// organizationChange is the record of the management account about the organization that an item is; nil where it is anything else.
func organizationChange(m Member, item watch.Item) *events.Change {
	if !m.Management || !bytes.Contains(item.Body, []byte(aws.OrganizationsService)) {
		return nil
	}
	c, err := events.Parse(item.Body)
	if err != nil || c.Event.Subject != events.SubjectOrganization || !c.Event.Look || c.Failed() {
		return nil
	}
	return c
}

// organizationChanged has the accounts swept that a change of a policy, or of where an account is, bears on: as many at the same time as may
// be, one after another. An account that moves, joins or leaves is in another place of the listing, too.
func (h *Hub) organizationChanged(ctx context.Context, c *events.Change) error {
	o := c.Organization
	if o.Account != "" || o.Policy == "" && o.Target == "" {
		if err := h.Queue(h.Account).Send(ctx, job{Job: jobList}.body(), listAfter); err != nil {
			return err
		}
	}
	if err := h.noteLeaves(ctx, c); err != nil {
		return err
	}
	if !o.Binds() {
		return nil
	}
	d, err := h.known(ctx, directoryFor)
	if err != nil {
		return err
	}
	target := o.Target
	if o.Account != "" {
		target = o.Account
	}
	var accounts []string
	for _, id := range d.Below(target) {
		if d.watches(id) {
			accounts = append(accounts, id)
		}
	}
	h.Log.Info("the organization changed", "event", c.Name, "eventId", c.ID, "actor", c.Actor.ARN, "target", target, "accounts", len(accounts))
	now := h.Now()
	return errors.Join(h.policiesChanged(ctx, accounts, now), h.askSweeps(ctx, accounts, now))
}

// policiesChanged notes for accounts that the policies changed that bind them: no execution environment uses then what it has read before.
func (h *Hub) policiesChanged(ctx context.Context, accounts []string, at time.Time) error {
	errs := make([]error, len(accounts))
	parallel.AtMost(len(accounts), statusAtOnce, func(i int) { errs[i] = h.Store.Mark(ctx, accounts[i], watch.MarkPolicies, at) })
	return errors.Join(errs...)
}

// ownLeaving takes in that a member leaves the organization by a call of its own, whose record is the member's.
func (h *Hub) ownLeaving(ctx context.Context, m Member, item watch.Item) error {
	if m.Management || !bytes.Contains(item.Body, []byte(aws.OrganizationsService)) {
		return nil
	}
	c, err := events.Parse(item.Body)
	if err != nil || c.Failed() || !c.LeavesOrganization() || c.Organization.Account != m.ID {
		return nil // The watch of the member judges it.
	}
	if err := h.noteLeaves(ctx, c); err != nil {
		return err
	}
	return h.Queue(h.Account).Send(ctx, job{Job: jobList}.body(), listAfter)
}

// noteLeaves notes that a record says that an account is closed or leaves the organization. The listing says whether it has.
func (h *Hub) noteLeaves(ctx context.Context, c *events.Change) error {
	if !c.LeavesOrganization() {
		return nil
	}
	return h.changeDirectory(ctx, func(d *Directory) bool {
		n, noted := d.Notes[c.Organization.Account]
		if !noted || !n.Left.IsZero() {
			return false
		}
		n.Event, n.At = c.Name, h.Now()
		d.Notes[c.Organization.Account] = n
		return true
	})
}
