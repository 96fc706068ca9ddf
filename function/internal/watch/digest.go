package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/routing"
)

// Digest is when people receive what is of medium and low severity: once a day at the first tick after a time, At since midnight in UTC;
// or at once, as anything else, where Daily is not set.
type Digest struct {
	Daily bool
	At    time.Duration
}

const (
	// digestMark is when the last digest was due that was sent.
	digestMark = "digest"
	// digestTakes is how many entries one transaction takes: with what it puts there are fewer than 100 items.
	digestTakes = 80
	// digestLate is how long after something was left to the digest it is published, at the latest, as far as is remembered: a day, and another
	// one where topics refuse.
	digestLate = 48 * time.Hour
)

// due is the newest time at which a digest was due.
func (d Digest) due(now time.Time) time.Time {
	at := now.UTC().Truncate(24 * time.Hour).Add(d.At)
	if at.After(now) {
		at = at.Add(-24 * time.Hour)
	}
	return at
}

// splitDigest decides of each transition whether people are told of it in the digest, and notes it on the findings: one that was reported at
// once stays so, and one that gets more severe leaves the digest. Upgrades have a message of their own.
func (w *Watch) splitDigest(roles []decided, at time.Time) {
	for i := range roles {
		d := &roles[i]
		d.digest, d.steps, d.quiet = nil, nil, nil
		if !w.Digest.Daily && len(d.Transitions) == 0 {
			for j := range d.Next.Findings {
				d.Next.Findings[j].Digested = false
			}
			continue
		}
		ended := slices.DeleteFunc(slices.Clone(d.before.EndedInDigest), func(e finding.Ended) bool { return at.Sub(e.At) >= digestLate })
		before := digestedBefore(&d.before, ended)
		d.digest, d.quiet = map[string]bool{}, map[string]bool{}
		now := map[string]bool{}
		for j := range d.Next.Findings {
			f := &d.Next.Findings[j]
			was, known := before[f.ID]
			f.Digested = w.Digest.Daily && f.Severity < check.High && (was || !known)
			now[f.ID] = f.Digested
		}
		for _, t := range d.Transitions {
			id := t.Finding.ID
			digested := now[id]
			if t.Kind == finding.KindResolved {
				digested = w.Digest.Daily && before[id]
			}
			again := t.Kind == finding.KindOpened && slices.ContainsFunc(ended, func(e finding.Ended) bool { return e.ID == id })
			step := message.DigestStep{Kind: t.Kind, Finding: t.Finding, Revision: d.Next.Revision + 1}
			left := step
			left.Left = true
			if t.Quiet && !t.Upgrade {
				d.quiet[id] = true
			}
			switch {
			case again && (t.Upgrade || t.Quiet):
				d.steps = append(d.steps, left)
			case t.Upgrade && (!before[id] || digested && t.Kind != finding.KindResolved), t.Quiet && !t.Upgrade:
			case digested && !t.Upgrade:
				d.digest[id] = true
				d.steps = append(d.steps, step)
				if t.Kind == finding.KindResolved {
					ended = append(ended, finding.Ended{ID: id, At: at})
				}
			case before[id]: // The message about the upgrade, or one at once, reports it.
				d.steps = append(d.steps, left)
			}
		}
		d.Next.EndedInDigest = ended
	}
}

// digestedBefore says of each finding that was remembered, and of those whose end was left to the digest, whether people are told of it there.
func digestedBefore(s *finding.State, ended []finding.Ended) map[string]bool {
	out := map[string]bool{}
	for _, e := range ended {
		out[e.ID] = true
	}
	for _, f := range s.Flaps {
		if f.Ended != nil {
			out[f.ID] = f.Ended.Digested
		}
	}
	for _, f := range s.Findings {
		out[f.ID] = f.Digested
	}
	return out
}

// digestEntries is what a commit leaves to the digest.
func (w *Watch) digestEntries(g group, roles []decided, id string, now time.Time) []message.Outgoing {
	var steps []message.DigestStep
	for _, d := range roles {
		steps = append(steps, d.steps...)
	}
	if len(steps) == 0 {
		return nil
	}
	return entriesOf(id, now, message.DigestEntries(w.AccountID, steps, changesOf(g, roles)))
}

func entriesOf(id string, created time.Time, entries []message.DigestEntry) []message.Outgoing {
	var out []message.Outgoing
	for i, e := range entries {
		out = append(out, message.Outgoing{ID: fmt.Sprintf("%s-%04d", id, i), Kind: message.KindDigest, Digest: &e, Created: created})
	}
	return out
}

// reportDigest sends the digest where one is due: once a day, what was committed before the time of the day.
func (w *Watch) reportDigest(ctx context.Context) error {
	if !w.Digest.Daily {
		return nil
	}
	due := w.Digest.due(w.Now())
	marks, err := w.Store.Marks(ctx, w.AccountID)
	if err != nil {
		return fmt.Errorf("read when the last digest was sent: %w", err)
	}
	if !marks[digestMark].Before(due) {
		return nil
	}
	if more, err := w.takeDigest(ctx, due); err != nil || more {
		return err
	}
	return w.Store.Mark(ctx, w.AccountID, digestMark, due)
}

// takeDigest sends the entries of the digest, and takes them away in the same transaction, where the first of them was committed before
// a time. What cannot be read stays. More says that some are left to another message.
func (w *Watch) takeDigest(ctx context.Context, before time.Time) (more bool, err error) {
	all, unread := w.Store.Digest(ctx, w.AccountID)
	if len(all) == 0 || !all[0].Created.Before(before) {
		return false, unread
	}
	entries, more, err := w.packDigest(ctx, all)
	if err == nil {
		err = w.sendDigest(ctx, entries, w.Now())
	}
	if err != nil {
		return false, errors.Join(unread, fmt.Errorf("report the digest: %w", err))
	}
	return more, unread
}

// packDigest puts entries together until one transaction takes them all. More says that it cannot take all of them.
func (w *Watch) packDigest(ctx context.Context, entries []message.Outgoing) (packed []message.Outgoing, more bool, err error) {
	for len(entries) > digestTakes {
		taken := entries[:digestTakes]
		var list []message.DigestEntry
		for _, o := range taken {
			list = append(list, *o.Digest)
		}
		packed := message.Pack(list)
		if len(taken)+len(packed) > digestTakes+digestTakes/5 {
			return taken, true, nil
		}
		// The entries keep their place among the others.
		out := entriesOf(digestID(taken), taken[0].Created, packed)
		if err := w.Store.CommitDigest(ctx, taken, out, w.leased()); err != nil {
			return nil, false, err
		}
		entries = slices.Concat(out, entries[digestTakes:])
	}
	return entries, false, nil
}

// digestID is the same for the same entries.
func digestID(entries []message.Outgoing) string {
	var ids []string
	for _, o := range entries {
		ids = append(ids, o.ID)
	}
	sum := sha256.Sum256([]byte(strings.Join(ids, "\n")))
	return hex.EncodeToString(sum[:12])
}

// sendDigest commits the digest of entries, and publishes it.
func (w *Watch) sendDigest(ctx context.Context, entries []message.Outgoing, now time.Time) error {
	in := message.DigestInput{
		ID: "digest-" + now.UTC().Format("20060102") + "-" + digestID(entries), Time: now, Since: entries[0].Created, Account: w.AccountID, AccountName: w.accountName(ctx), OU: w.OU, Docs: w.Docs,
		Channels: w.Channels,
	}
	var all []message.DigestEntry
	var steps []finding.Finding
	for _, o := range entries {
		all = append(all, *o.Digest)
		for _, s := range o.Digest.Steps {
			steps = append(steps, s.Finding)
		}
	}
	var out []message.Outgoing
	in.Entries = message.Only(all, w.to(routing.Default))
	if m, ok := message.BuildDigest(in); ok {
		rendered := message.Render(m, message.Options{Channels: w.Configured, Mask: w.Mask})
		out = message.Outgoing{ID: m.ID, Kind: message.KindFindings, Rendered: &rendered, Created: now}.ByTopic(w.Configured)
	}
	id := in.ID
	for _, place := range w.placeNames(steps) {
		in.ID, in.Entries = id+"-"+place, message.Only(all, w.to(place))
		if m, ok := message.BuildDigest(in); ok {
			out = append(out, w.forPlace(place, m, "", now))
		}
	}
	w.insure(ctx, out)
	if err := w.Store.CommitDigest(ctx, entries, out, w.leased()); err != nil {
		return err
	}
	w.Log.Info("digest", "entries", len(entries), "messages", len(out))
	w.deliverAll(ctx, out)
	return nil
}
