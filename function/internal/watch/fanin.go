package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// settled ends the ID of what a change comes to after the settle time: it is reported apart from what is reported at once.
const settled = "-settled"

// changeID is the same for the same records, in whatever order and however often they come.
func changeID(changes []reconcile.Change) string {
	var ids []string
	for i := range changes {
		ids = append(ids, changes[i].EventID)
	}
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(ids), "\n")))
	return hex.EncodeToString(sum[:12])
}

// startChange notes that a change is reconciled in slices, and has the slices counted when the time has come, however many of them come
// through. A change that comes again changes nothing.
func (w *Watch) startChange(ctx context.Context, id string, g group, count int) error {
	now := w.Now()
	for suffix, after := range map[string]time.Duration{"": 0, settled: w.Settle} {
		change := fanin.Change{Account: w.AccountID, ID: id + suffix, Slices: count, Roles: len(g.refs), Started: now.Add(after)}
		for i := range g.changes {
			change.Changes = append(change.Changes, g.changes[i].Change)
		}
		due := now.Add(min(after+fanin.FirstAfter, deploy.MaxDelay))
		o, err := countOf(change.ID).outgoing("count-"+change.ID, now, due)
		if err != nil {
			return err
		}
		out := []message.Outgoing{o}
		switch err := w.Store.CommitChange(ctx, change, out, w.leased()); {
		case errors.Is(err, finding.ErrConflict):
			continue
		case err != nil:
			return fmt.Errorf("note a change to %d roles: %w", len(g.refs), err)
		}
		w.deliverAll(ctx, out)
	}
	return nil
}

// countOf is the work item that has the slices of a change counted.
func countOf(change string) work { return work{Job: jobCount, Change: change} }

// slicesPut are the slices that are committed with roles, by the ID of the change, and the change whose message tells people of them; nil where
// they receive a message about these roles.
type slicesPut struct {
	slices map[string]fanin.Slice
	folded *fanin.Change
}

// slicesPut is what a group puts. Confirmed says that a work item confirms what is committed.
func (w *Watch) slicesPut(ctx context.Context, g group, roles []decided, confirmed bool) (put slicesPut, err error) {
	slice, change, err := w.sliceOf(ctx, g, roles)
	if err != nil || slice == nil {
		return put, err
	}
	put.slices = map[string]fanin.Slice{change.ID: *slice}
	if g.swept != nil {
		if slice.Number > 1 {
			put.folded = change
		}
		return put, nil
	}
	put.folded = change
	if confirmed {
		return put, nil
	}
	never, err := w.neverConfirmed(ctx, g)
	if never != "" {
		put.slices[never] = fanin.Slice{Number: slice.Number}
	}
	return put, err
}

// sliceOf is what a group came to, as a slice of its change, or of what its sweep comes to; nil where it is none, or where that slice was
// committed before: then the group is reported by itself.
func (w *Watch) sliceOf(ctx context.Context, g group, roles []decided) (*fanin.Slice, *fanin.Change, error) {
	if g.swept != nil {
		return w.sweepSlice(ctx, g, roles)
	}
	if g.change == "" {
		return nil, nil, nil
	}
	change, err := w.Store.Change(ctx, w.AccountID, g.change)
	if err != nil {
		return nil, nil, err
	}
	if change.Revision == 0 || change.Final || g.part == 0 && change.Has(g.slice) {
		return nil, nil, nil
	}
	if g.part > 0 {
		if _, there, err := w.parts(ctx, g); err != nil || there {
			return nil, nil, err
		}
	}
	slice := w.slice(g.slice, g.part, w.newsOf(roles))
	return &slice, &change, nil
}

// news is what people are told at once of a group.
type news struct {
	opened, changed, resolved []finding.Finding
	// thread is the one in which the open findings of all roles with news were reported before; empty where there is not one.
	thread string
}

func (n *news) empty() bool { return len(n.opened)+len(n.changed)+len(n.resolved) == 0 }

// newsOf is the news of roles, but for what an upgrade came to.
func (w *Watch) newsOf(roles []decided) (n news) {
	threads := map[string]bool{}
	for _, d := range roles {
		for _, t := range d.Transitions {
			if t.Upgrade || d.unreported(t.Finding.ID) {
				continue
			}
			threads[d.before.ThreadID] = true
			n.thread = d.before.ThreadID
			switch t.Kind {
			case finding.KindOpened:
				n.opened = append(n.opened, t.Finding)
			case finding.KindChanged:
				n.changed = append(n.changed, t.Finding)
			case finding.KindResolved:
				n.resolved = append(n.resolved, t.Finding)
			}
		}
	}
	if len(threads) > 1 {
		n.thread = ""
	}
	return n
}

// slice is news as a slice, or as a part of one.
func (w *Watch) slice(number, part int, n news) fanin.Slice {
	slice := fanin.Slice{Number: number, Part: part, Thread: n.thread}
	w.foldsFor(&slice, n.opened, n.changed, n.resolved)
	return slice
}

// parts is the last part that is committed of a group's slice, 0 where there is none, and whether the group's own part is there.
func (w *Watch) parts(ctx context.Context, g group) (last int, there bool, err error) {
	list, err := w.Store.Slices(ctx, w.AccountID, g.change)
	if err != nil {
		return 0, false, err
	}
	for _, s := range list {
		if s.Number == g.slice {
			last, there = max(last, s.Part), there || s.Part == g.part
		}
	}
	return last, there, nil
}

// neverConfirmed names the change of which a slice comes to nothing because no work item confirms the slice: it was evaluated after the settle
// time, or others confirm its roles. It is "" where there is none, or where that slice is committed.
func (w *Watch) neverConfirmed(ctx context.Context, g group) (string, error) {
	if g.parted || g.part > 0 || strings.HasSuffix(g.change, settled) {
		return "", nil
	}
	change, err := w.Store.Change(ctx, w.AccountID, g.change+settled)
	if err != nil || change.Revision == 0 || change.Has(g.slice) {
		return "", err
	}
	return change.ID, nil
}

// waitedFor reports a change because the time has come that its first or last message waits for, and has that asked again when the next such
// time comes: a work item cannot be delayed for longer than SQS allows, and may come early by the clock of whoever reads it.
func (w *Watch) waitedFor(ctx context.Context, id string) error {
	now := w.Now() // One time for both: what is not due by it is waited for from it.
	if err := w.countChangeAt(ctx, id, now, true); err != nil {
		return err
	}
	change, err := w.Store.Change(ctx, w.AccountID, id)
	if err != nil {
		return err
	}
	wait := change.Wait(now)
	if wait == 0 {
		return nil
	}
	body, err := countOf(id).body()
	if err != nil {
		return fmt.Errorf("write work item: %w", err)
	}
	return w.Queue.Send(ctx, body, min(wait, deploy.MaxDelay))
}

// countChange reports a change to many roles when it is due now that a slice was committed.
func (w *Watch) countChange(ctx context.Context, id string) error {
	return w.countChangeAt(ctx, id, w.Now(), false)
}

// countChangeAt reports a change when it is due at a time, from what its slices came to. Waited says that the time has come. After the last
// report it looks once more: a slice that was committed meanwhile saw no last report, and left that to this one.
func (w *Watch) countChangeAt(ctx context.Context, id string, now time.Time, waited bool) error {
	for range attempts {
		change, err := w.Store.Change(ctx, w.AccountID, id)
		if err != nil {
			return err
		}
		report, final := change.Due(now, waited)
		if !report {
			return nil
		}
		err = w.reportChange(ctx, change, final)
		switch {
		case errors.Is(err, finding.ErrConflict):
			continue
		case err != nil:
			return fmt.Errorf("report the change %s: %w", id, err)
		case !final:
			return nil
		}
	}
	return fmt.Errorf("report the change %s: %w", id, finding.ErrConflict)
}

// reportChange reports what the slices of a change came to so far. It fails with finding.ErrConflict where somebody else reports it just then.
func (w *Watch) reportChange(ctx context.Context, change fanin.Change, final bool) error {
	list, err := w.Store.Slices(ctx, w.AccountID, change.ID)
	if err != nil {
		return err
	}
	now := w.Now()
	next, folds, places, thread := change.Reported(list, final)
	if len(folds)+len(places) == 0 && !final {
		return nil
	}
	var out []message.Outgoing
	if len(folds) > 0 {
		m := w.changeMessage(ctx, change, next, folds, thread, change.Findings > 0, now)
		rendered := message.Render(m, message.Options{Region: regionOf(next), Channels: w.Configured, Mask: w.Mask})
		out = message.Outgoing{ID: m.ID, Kind: message.KindFindings, Rendered: &rendered, Created: now}.ByTopic(w.Configured)
	}
	for _, place := range slices.Sorted(maps.Keys(places)) {
		m := w.changeMessage(ctx, change, next, places[place], thread, change.PlaceFindings[place] > 0, now)
		m.ID += "-" + place
		out = append(out, w.forPlace(place, m, regionOf(next), now))
	}
	w.insure(ctx, out)
	if err := w.Store.CommitChange(ctx, next, out, w.leased()); err != nil {
		return err
	}
	w.deliverAll(ctx, out)
	return nil
}

// changeMessage is the message for people about a change to many roles.
func (w *Watch) changeMessage(ctx context.Context, before, next fanin.Change, folds []message.Fold, thread string, again bool, now time.Time) message.Message {
	return message.BuildChange(message.ChangeInput{
		ID: fmt.Sprintf("change-%s-%d", next.ID, before.Revision), Time: now, Account: w.AccountID, AccountName: w.accountName(ctx), OU: w.OU, ManyRegions: len(w.Regions) > 1, Changes: next.Changes, Thread: thread, Channels: w.Channels, Docs: w.Docs,
		Change: message.Change{
			ID: strings.TrimSuffix(next.ID, settled), Sweep: next.Sweep, Complete: !next.Open && len(before.Done) >= next.Slices, Counted: next.Counted, Slices: next.Slices, Roles: next.Roles,
			Again: again, Folds: folds,
		},
	})
}

// regionOf is where the newest record behind a change was made.
func regionOf(c fanin.Change) string {
	if n := len(c.Changes); n > 0 {
		return c.Changes[n-1].Region
	}
	return ""
}
