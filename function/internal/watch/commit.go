package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// commit writes the roles' states and what is to be sent in one transaction, work items for what is left to a later reconcile among
// it, and then sends it.
func (w *Watch) commit(ctx context.Context, g group, roles []decided, retries []message.Outgoing, now time.Time) error {
	w.direct(g, roles)
	w.splitDigest(roles, now)
	id := w.messageID(roles)
	out, err := w.confirmation(g, roles, id, now)
	if err != nil {
		return err
	}
	put, err := w.slicesPut(ctx, g, roles, len(out) > 0)
	if err != nil {
		return err
	}
	if len(put.slices)+len(roles)+len(retries) == 0 {
		return nil
	}
	out = append(out, retries...)
	for _, upgrade := range []bool{false, true} {
		for _, m := range w.compose(ctx, g, roles, now, composing{id: id, upgrade: upgrade, change: put.folded}) {
			out = append(out, m.ByTopic(w.Configured)...)
		}
	}
	out = append(out, w.digestEntries(g, roles, id, now)...)
	out = append(out, w.actNotices(roles, now)...)
	out = append(out, w.tagNotice(roles, now)...)
	if err := w.saveTexts(ctx, roles); err != nil {
		return err
	}
	states := make([]finding.State, len(roles))
	for i, d := range roles {
		states[i] = d.Next
	}
	w.insure(ctx, out)
	if err := w.save(ctx, roles, put.slices, states, out, now); err != nil {
		return fmt.Errorf("commit %d roles: %w", len(states), err)
	}
	for _, d := range roles {
		w.count(d)
		for _, t := range d.Transitions {
			w.Metrics.Finding(t.Finding.Check, t.Finding.Severity.String(), string(t.Kind))
		}
	}
	// What is left in the outbox fails no record: that would reconcile the roles again for nothing.
	for _, o := range w.deliverAll(ctx, out) {
		if o.Topic == message.TopicFindings {
			w.latency(g, now)
		}
	}
	if put.folded != nil && put.folded.Sweep {
		return w.countChange(ctx, put.folded.ID)
	}
	return nil
}

// latency measures from the newest change to publishing.
func (w *Watch) latency(g group, now time.Time) {
	if n := len(g.changes); n > 0 {
		w.Metrics.Told(now.Sub(g.changes[n-1].Time))
	}
}

// confirmation is the delayed work item for the roles that are to be confirmed, whatever was found; none where it is under
// way already. It carries the changes, so that what only the confirming reconcile finds has its cause.
func (w *Watch) confirmation(g group, roles []decided, id string, now time.Time) ([]message.Outgoing, error) {
	var due time.Time
	states := make([]finding.State, len(roles))
	job := work{Job: jobLook, Confirm: true, Slice: g.slice, Slices: g.slices, Part: g.part, Change: strings.TrimSuffix(g.change, settled)}
	for i, d := range roles {
		states[i] = d.Next
		if d.ConfirmAt.IsZero() {
			continue
		}
		job.Roles = append(job.Roles, d.Next.ARN)
		if d.ConfirmAt.After(due) {
			due = d.ConfirmAt
		}
	}
	if len(job.Roles) == 0 {
		return nil, nil
	}
	job.Changes = reconcile.Sealed(g.changes, states...)
	o, err := job.outgoing("confirm-"+id, now, due)
	return []message.Outgoing{o}, err
}

// messageID is the same for the same commit, however often it is tried: it is made of the roles and their revisions.
func (w *Watch) messageID(roles []decided) string {
	var parts []string
	for _, d := range roles {
		parts = append(parts, d.Next.Key+"@"+strconv.FormatInt(d.Next.Revision+1, 10))
	}
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:16])
}

// saveTexts keeps the texts of policies that are new, so that later decisions know what a part was before.
func (w *Watch) saveTexts(ctx context.Context, roles []decided) error {
	var texts []string
	for _, d := range roles {
		texts = append(texts, d.Texts...)
	}
	slices.Sort(texts)
	if texts = slices.Compact(texts); len(texts) == 0 {
		return nil
	}
	if err := w.Store.SaveDocuments(ctx, texts); err != nil {
		return fmt.Errorf("save %d documents: %w", len(texts), err)
	}
	return nil
}
