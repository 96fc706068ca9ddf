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
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// commit writes the roles' states and what is to be sent in one transaction, and then sends it.
func (w *Watch) commit(ctx context.Context, g group, seen []*sight, now time.Time) error {
	var states []finding.State
	var kept []*sight
	for _, s := range seen {
		if s.decision == "outOfScope" || s.decision == "waitsForSweep" {
			w.decided(s.shot.Ref, s.decision, 0)
			continue
		}
		kept = append(kept, s)
	}
	if len(kept) == 0 {
		return nil
	}
	out, err := w.confirmation(g, kept, now)
	if err != nil {
		return err
	}
	if m, ok := w.compose(g, kept, now); ok {
		out = append(out, m)
	}
	if err := w.saveDocuments(ctx, kept); err != nil {
		return err
	}
	for _, s := range kept {
		states = append(states, s.after)
	}
	if err := w.Store.Commit(ctx, states, out, now.Add(outboxLease)); err != nil {
		return fmt.Errorf("commit %d roles: %w", len(states), err)
	}
	for _, s := range kept {
		w.decided(s.shot.Ref, s.decision, len(s.told))
		for _, t := range s.told {
			w.Metrics.Finding(t.Finding.Check, string(t.Kind))
		}
	}
	for _, o := range out {
		if err := w.deliver(ctx, o); err != nil {
			// It is in the outbox: a tick sends it. Failing the records would look at the roles again for nothing.
			w.Log.Error("left in the outbox", "id", o.ID, "error", err.Error())
			continue
		}
		if o.Kind == message.KindFindings {
			w.latency(g, now)
		}
	}
	return nil
}

// latency measures from the newest change to publishing.
func (w *Watch) latency(g group, now time.Time) {
	if n := len(g.changes); n > 0 {
		w.Metrics.Told(now.Sub(g.changes[n-1].Time))
	}
}

// confirmation is the delayed work item for the roles whose newest change is younger than the settle time, whatever
// was found: none where it is under way already. It carries the changes, so that what only the second look sees has its
// cause.
func (w *Watch) confirmation(g group, seen []*sight, now time.Time) ([]message.Outgoing, error) {
	var due time.Time
	job := work{Job: jobLook, Confirm: true, Changes: sealed(g.changes)}
	for _, s := range seen {
		at := s.after.Newest.Add(w.Settle)
		if s.after.Newest.IsZero() || !at.After(now) {
			continue
		}
		if at.Equal(s.before.ConfirmAt) {
			continue
		}
		s.after.ConfirmAt = at
		job.Roles = append(job.Roles, s.after.ARN)
		if at.After(due) {
			due = at
		}
	}
	if len(job.Roles) == 0 {
		return nil, nil
	}
	o, err := job.outgoing("confirm-"+w.messageID(seen), now, due)
	return []message.Outgoing{o}, err
}

// messageID is the same for the same commit, however often it is tried: it is made of the roles and their revisions.
func (w *Watch) messageID(seen []*sight) string {
	var parts []string
	for _, s := range seen {
		parts = append(parts, s.after.Key+"@"+strconv.FormatInt(s.before.Revision+1, 10))
	}
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:16])
}

// compose makes the message of what these looks have to tell; false when that is nothing.
func (w *Watch) compose(g group, seen []*sight, now time.Time) (message.Outgoing, bool) {
	in := message.Input{
		ID: w.messageID(seen), Time: now, Account: w.AccountID, Slice: g.slice, Slices: g.slices,
		OldestOpen: map[string]time.Time{}, Channels: w.Channels,
	}
	told := 0
	for _, s := range seen {
		news := map[string]bool{}
		for _, t := range s.told {
			told++
			news[t.Finding.ID] = true
			switch t.Kind {
			case finding.KindOpened:
				in.Opened = append(in.Opened, t.Finding)
			case finding.KindChanged:
				in.Changed = append(in.Changed, t.Finding)
			case finding.KindResolved:
				in.Resolved = append(in.Resolved, t.Finding)
			}
		}
		for _, f := range s.after.Findings {
			if f.Status != finding.Pending && !news[f.ID] {
				in.StillOpen++
			}
		}
		in.OldestOpen[s.after.ARN] = s.thread
	}
	if told == 0 {
		return message.Outgoing{}, false
	}
	in.Changes = changesOf(g, seen)
	m := message.Build(in)
	region := ""
	if len(in.Changes) > 0 {
		region = in.Changes[len(in.Changes)-1].Region
	}
	rendered := message.Render(m, message.Options{Region: region, Channels: w.Channels})
	return message.Outgoing{ID: m.ID, Kind: message.KindFindings, Rendered: &rendered, Created: now}, true
}

// changesOf are the changes behind a message: those of this look, and those that a finding told of names as its cause.
func changesOf(g group, seen []*sight) []finding.Change {
	var out []finding.Change
	have := map[string]bool{}
	add := func(c finding.Change) {
		if !have[c.EventID] {
			have[c.EventID] = true
			out = append(out, c)
		}
	}
	for _, c := range g.changes {
		add(c.Change)
	}
	for _, s := range seen {
		causes := map[string]bool{}
		for _, t := range s.told {
			if t.Finding.Cause != nil && t.Kind != finding.KindResolved {
				causes[t.Finding.Cause.EventID] = true
			}
		}
		for _, c := range slices.Concat(s.before.Changes, s.after.Changes) {
			if causes[c.EventID] {
				add(c)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b finding.Change) int { return a.Time.Compare(b.Time) })
	return out
}

// saveDocuments keeps the texts of parts that are new, so that later looks can tell what a part was before.
func (w *Watch) saveDocuments(ctx context.Context, seen []*sight) error {
	var texts []string
	add := func(s *sight, p role.Policy) {
		if text, ok := p.Text.Get(); ok && s.before.Parts[p.Part].Hash != p.Hash() {
			texts = append(texts, text)
		}
	}
	for _, s := range seen {
		for _, m := range []role.Maybe[role.Policy]{s.shot.Trust, s.shot.Boundary} {
			if p, ok := m.Get(); ok {
				add(s, p)
			}
		}
		for _, p := range slices.Concat(s.shot.Inline.Or(nil), s.shot.Attached.Or(nil)) {
			add(s, p)
		}
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
