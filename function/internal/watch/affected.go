package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// affected are the roles that a group affects by what it changes in the graph, over all attempts to reconcile it, and the IDs of the work
// items that are in the outbox for them until they are committed.
type affected struct {
	refs    []roleRef
	insured []string
}

// affectedBy are the roles that may be in scope, by what they are or by what is remembered of them, of which the graph says something else
// than before.
func (w *Watch) affectedBy(ctx context.Context, before, after *inventory.Inventory, now time.Time) (refs []roleRef, err error) {
	if !w.hasGraph(before) {
		return nil, nil
	}
	var keys []string // Of those that only what is remembered of them can have in scope.
	moved := reach.Moved(w.graphOf(before, now), w.graphOf(after, now))
	outside := func(n *reach.Node) bool {
		return !n.IsUser && reconcile.ScopeOf(n.Snapshot, reconcile.Memory{}, now).Answer == reconcile.OutOfScope
	}
	for _, n := range moved {
		if outside(n) {
			keys = append(keys, n.Ref.Key())
		}
	}
	remembered := map[string]bool{}
	if len(keys) > 0 {
		states, unread, err := w.loadReadable(ctx, keys)
		if err != nil {
			return nil, err
		}
		for i := range states {
			// Of one whose state cannot be read it is not known; whoever reconciles it says so.
			remembered[keys[i]] = unread[keys[i]] != nil || len(states[i].Findings) > 0 || reconcile.MemoryOf(&states[i]).KeepsInScope()
		}
	}
	for _, n := range moved {
		if !n.IsUser && (remembered[n.Ref.Key()] || !outside(n)) {
			refs = append(refs, n.Ref)
		}
	}
	return refs, nil
}

// maxSlices is how many work items go into the transaction of an inventory.
const maxSlices = 80

// sending says how roles that a group affects are reconciled: with the group, where one commit takes them all, so that people receive one
// message; else in slices of the change, which is counted as any change to many roles. A group that is a slice adds slices to its change.
func (w *Watch) sending(ctx context.Context, f *following, more []roleRef, changed []string, now time.Time) (sending, error) {
	id := strings.Join(changed, "\n") + fmt.Sprint(f.inventory.Revision)
	refs := slices.Concat(f.refs, more)
	switch {
	case len(more) == 0:
		return sending{together: true}, nil
	case f.swept != nil:
		out, err := w.slicesOf(more, work{Job: jobLook}, 0, id, now)
		return sending{out: out}, err
	case f.change != "":
		return w.furtherSlices(ctx, f, more, id, now)
	case len(refs) <= sliceRoles:
		out, err := w.slicesOf(more, work{Job: jobLook, Changes: reconcile.Sealed(f.changes)}, 0, id, now)
		return sending{out: out, together: true}, err
	}
	job := work{Job: jobLook, Changes: reconcile.Sealed(f.changes), Slices: slicesFor(len(refs))}
	if len(f.changes) > 0 {
		job.Change = changeID(f.changes)
		if f.confirm {
			job.Change += "-confirmed"
		}
		g := f.group
		g.refs = refs
		if err := w.startChange(ctx, job.Change, g, job.Slices); err != nil {
			return sending{}, err
		}
	}
	out, err := w.slicesOf(refs, job, 0, id, now)
	return sending{out: out, whole: true}, err
}

// furtherSlices adds slices to the change that the group is a slice of. One that was reported for the last time takes no more: then the roles
// are reported by themselves.
func (w *Watch) furtherSlices(ctx context.Context, f *following, more []roleRef, id string, now time.Time) (sending, error) {
	s, job := sending{}, work{Job: jobLook, Changes: reconcile.Sealed(f.changes)}
	name, count, first := strings.TrimSuffix(f.change, settled), slicesFor(len(more)), 0
	for _, suffix := range []string{"", settled} {
		change, err := w.Store.Change(ctx, w.AccountID, name+suffix)
		if err != nil {
			return s, err
		}
		if change.Revision == 0 || change.Final {
			s.changes, job.Change = nil, ""
			break
		}
		first, job.Change = change.Slices, name
		change.Slices, change.Roles = change.Slices+count, change.Roles+len(more)
		job.Slices = change.Slices
		s.changes = append(s.changes, change)
	}
	if job.Change == "" {
		first, job.Slices = 0, 0
	}
	var err error
	s.out, err = w.slicesOf(more, job, first, id, now)
	return s, err
}

func slicesFor(roles int) int { return (roles + sliceRoles - 1) / sliceRoles }

// slicesOf are work items for roles, with numbers that follow the first where the job belongs to a change. Of more than a transaction takes,
// a work item has more roles, which is cut again.
func (w *Watch) slicesOf(refs []roleRef, job work, first int, id string, now time.Time) (out []message.Outgoing, err error) {
	sum := sha256.Sum256([]byte(id))
	size := sliceRoles
	if job.Change == "" {
		size = max(size, (len(refs)+maxSlices-1)/maxSlices)
	}
	for chunk := range slices.Chunk(refs, size) {
		one := job
		if one.Change != "" {
			one.Slice = first + len(out) + 1
		} else {
			one.Slice, one.Slices = 0, 0
		}
		for _, ref := range chunk {
			one.Roles = append(one.Roles, arnOf(ref))
		}
		o, err := one.outgoing(fmt.Sprintf("affected-%s-%03d", hex.EncodeToString(sum[:12]), len(out)), now, now)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// committed takes the work items out of the outbox that were to reconcile what the group has reconciled.
func (w *Watch) committed(ctx context.Context, a *affected) {
	for _, id := range a.insured {
		if err := w.Store.Delivered(ctx, id); err != nil {
			w.Log.Warn("roles are reconciled again: their work item stays in the outbox", "id", id, "error", err.Error())
		}
	}
	a.insured = nil
}

// view is what the graph says of a role. The role's policies become those of the inventory, which say the same: a statement in a path is the
// role's own statement.
func (w *Watch) view(f *following, s *role.Snapshot, now time.Time) func() *reach.View {
	if f.inventory == nil {
		return nil
	}
	read, ok := f.entries[s.Ref.Key()]
	if !ok {
		read = inventory.OfRole(s, now)
	}
	if e := f.inventory.Get(s.Ref.Key()); e != nil && e.Is(&read) {
		n := e.Node.Snapshot
		s.Trust, s.Boundary = n.Trust, n.Boundary
		s.Inline, s.Attached, s.Seen = inOrderOf(s.Inline, n.Inline), inOrderOf(s.Attached, n.Attached), known(s.Seen, n.Seen)
	}
	return func() *reach.View {
		if g := w.graphOf(f.inventory, now); g != nil {
			return g.Of(s.ARN())
		}
		return nil
	}
}

func inOrderOf(list, of role.Maybe[[]role.Policy]) role.Maybe[[]role.Policy] {
	read, ok := list.Get()
	if !ok {
		return list
	}
	return role.Have(known(read, of.Or(nil)))
}

// known are policies as they were read, in their order, by the documents that were parsed before.
func known(read, before []role.Policy) []role.Policy {
	out := slices.Clone(read)
	for i := range out {
		if at := slices.IndexFunc(before, func(p role.Policy) bool { return p.Part == out[i].Part }); at >= 0 {
			out[i] = before[at]
		}
	}
	return out
}
