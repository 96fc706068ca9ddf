package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// refused adds the role that a refused call is about: the one that it names, else that of the version that it is about. What
// the call leaves as it is, is completed by that version.
func (e *entry) refused(c *events.Change, ch *reconcile.Change, now []role.Function) {
	qualifier := c.Function.Qualifier
	if qualifier == "" && c.Event.Configures == events.ConfiguresFunction {
		qualifier = aws.LatestVersion // What the configuration of a function sets is that version, whatever its name leads to.
	}
	f, there := versionOf(now, qualifier)
	if there && ch.Asked != nil {
		asked := ch.Asked.Over(f).Kept()
		ch.Asked = &asked
	}
	if !c.Role.IsZero() || c.Config.Role != "" || !there {
		return
	}
	if ref, err := role.ParseRef(f.Role); err == nil {
		ch.Unnamed = hidesRole(c)
		e.add(ref)
	}
}

// hidesRole reports whether a refused call may name a role that its record does not show.
func hidesRole(c *events.Change) bool {
	return c.Event.Name == "UpdateFunctionConfiguration" && (c.Asked == nil || slices.Contains(c.Asked.Unread, "role"))
}

// versionOf is the version that a qualifier leads to; false when there is none.
func versionOf(versions []role.Function, qualifier string) (role.Function, bool) {
	i := slices.IndexFunc(versions, func(f role.Function) bool { return f.ReachedBy(qualifier, role.AllAliases) })
	if i < 0 {
		return role.Function{}, false
	}
	return versions[i], true
}

// resolveMapping finds the function of an event source mapping that a record names by its ID alone: that of a refused call, or
// one without Lambda's answer.
func (w *Watch) resolveMapping(ctx context.Context, e *entry, c *events.Change, ch *reconcile.Change) error {
	mapping := c.Config.Beside.Mapping
	if c.Asked != nil {
		mapping = c.Asked.Mapping
	}
	if mapping == nil || mapping.ID == "" {
		return nil
	}
	arn, err := w.Account.MappingFunction(ctx, c.Region, mapping.ID)
	if noted := w.triedRead(ctx, scopeMapping+c.Region+"/"+mapping.ID, c.Region, err, "lambda:GetEventSourceMapping"); noted != nil {
		return fmt.Errorf("read event source mapping %s: %w", mapping.ID, noted)
	}
	if errors.Is(err, role.ErrUnread) {
		w.awaits(e, role.WhyUnread(err, "lambda:GetEventSourceMapping"))
	}
	ch.Function = arn
	return nil
}

// resolveRefused adds the roles of which a refused call for the function is remembered, now that one succeeded: the one that
// it names need not be the one that was refused.
func (w *Watch) resolveRefused(ctx context.Context, e *entry, ch *reconcile.Change) error {
	if !ch.Success {
		return nil
	}
	arns, err := w.Store.Refused(ctx, ch.Function)
	if err != nil {
		return fmt.Errorf("read the refused calls for %s: %w", ch.Function, err)
	}
	for _, arn := range arns {
		ref, err := role.ParseRef(arn)
		if err != nil {
			w.Log.Warn("forgot a note of a refused call: it does not name a role", "function", ch.Function, "role", arn, "error", err.Error())
			if err := w.Store.DropRefused(ctx, ch.Function, arn); err != nil {
				return fmt.Errorf("forget the refused call for %s: %w", ch.Function, err)
			}
			continue
		}
		e.add(ref)
		e.pointers = append(e.pointers, pointer{function: ch.Function, role: ref})
	}
	return nil
}

// pointer leads from a function to a role of which a refused call for that function is remembered.
type pointer struct {
	function string
	role     roleRef
}

// others are the versions of the functions that refused calls name, whatever role they use. What was just read stands before
// the index.
func (w *Watch) others(ctx context.Context, g group, before finding.State) (list []role.Function, err error) {
	seen := map[string]bool{}
	for _, r := range before.Refusals {
		if r.Function == "" || seen[r.Function] {
			continue
		}
		seen[r.Function] = true
		if i := slices.IndexFunc(g.functions, func(f refreshed) bool { return f.arn == r.Function }); i >= 0 {
			list = append(list, g.functions[i].versions...)
			continue
		}
		versions, err := w.Store.Versions(ctx, r.Function)
		if err != nil {
			return nil, fmt.Errorf("read the index of %s: %w", r.Function, err)
		}
		list = append(list, versions...)
	}
	return list, nil
}

// notePointers writes, before the states are committed, the pointers to what they newly remember. One that is left behind by a
// commit that fails leads to a role that is reconciled for nothing, once.
func (w *Watch) notePointers(ctx context.Context, roles []decided) error {
	for _, d := range roles {
		for _, function := range functionsRefused(d.Next.Refusals) {
			if slices.Contains(functionsRefused(d.before.Refusals), function) {
				continue
			}
			if err := w.Store.PutRefused(ctx, function, arnOf(d.ref)); err != nil {
				return fmt.Errorf("note the refused call for %s: %w", function, err)
			}
		}
	}
	return nil
}

// dropPointers takes away, after the commit, the pointers to what is not remembered any more.
func (w *Watch) dropPointers(ctx context.Context, g group, roles []decided) error {
	for _, d := range roles {
		left := d.Next.Refusals
		if !d.Outcome.Commits() {
			left = d.before.Refusals
		}
		gone := functionsRefused(d.before.Refusals)
		for _, p := range g.pointers {
			if p.role.Key() == d.ref.Key() {
				gone = append(gone, p.function)
			}
		}
		for _, function := range gone {
			if slices.Contains(functionsRefused(left), function) {
				continue
			}
			if err := w.Store.DropRefused(ctx, function, arnOf(d.ref)); err != nil {
				return fmt.Errorf("forget the refused call for %s: %w", function, err)
			}
		}
	}
	return nil
}

// functionsRefused are the functions that refused calls name, once each.
func functionsRefused(refusals []check.Refusal) (arns []string) {
	for _, r := range refusals {
		if _, err := aws.ParseFunctionARN(r.Function); err == nil && !slices.Contains(arns, r.Function) {
			arns = append(arns, r.Function)
		}
	}
	return arns
}
