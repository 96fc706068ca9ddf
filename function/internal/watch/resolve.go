package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// roleRef is a role to reconcile.
type roleRef = role.Ref

// refreshed is a function as it was read on the way of a change; it is written to the index after the commit.
type refreshed struct {
	arn      string
	versions []role.Function
	// before is what the index held.
	before []role.Function
}

// staleError says that a snapshot of something is older than the record that led to it, of an event at that time.
type staleError struct {
	what, event string
	at          time.Time
}

func (e *staleError) Error() string {
	return fmt.Sprintf("%s: %s of %s: the read is older than the record", e.what, e.event, e.at.UTC().Format(time.RFC3339))
}

// isStale reports whether an error is, or wraps, a *staleError.
func isStale(err error) bool { return errors.As(err, new(*staleError)) }

// retryAfter is how long a read is put off that did not show a record: longer and longer, because most reads that show something else do so for
// good, as when other records of the same burst changed the same part again and are not handled yet.
func (e *staleError) retryAfter(now time.Time) time.Duration {
	return max(staleRetry, min(now.Sub(e.at)/2, staleRetryLast, reconcile.FreshUntil(e.at).Sub(now)))
}

// resolve finds the roles that a record bears on; nil when it bears on none.
func (w *Watch) resolve(ctx context.Context, c *events.Change) (*entry, error) {
	ch := reconcile.NewChange(c)
	e := &entry{roles: map[string]roleRef{}}
	unread := c.Unread != "" && (c.Omitted || !c.Function.IsZero())
	if !c.Event.Look && !unread || c.Failed() && !ch.Refused {
		if c.Failed() && c.ErrorMessage == "" && c.Event.Configures != events.ConfiguresNothing {
			w.Log.Warn("a refused call without a message: whether it was refused because of a role is not known", "event", c.Name, "eventId", c.ID, "errorCode", c.ErrorCode)
		}
		return nil, nil
	}
	var err error
	switch {
	case c.Event.Subject == events.SubjectProvider:
		err = w.resolveProvider(ctx, e, c)
	case c.Omitted && len(ch.Within) > 0:
		w.Log.Warn("parameters left out by CloudTrail", "event", c.Name, "eventId", c.ID, "actor", c.Actor.ARN)
		err = w.resolveOmitted(ctx, e)
	case c.Omitted && ch.Function == "" && c.Event.Source == aws.LambdaService:
		w.Log.Warn("parameters left out by CloudTrail", "event", c.Name, "eventId", c.ID, "actor", c.Actor.ARN)
		err = w.resolveOmittedFunctions(ctx, e, c)
	case c.Event.Subject == events.SubjectRole:
		e.add(w.refOf(c))
	case c.Event.Subject == events.SubjectPolicy:
		e.graph = w.Graph != nil // Users may have it.
		err = w.fanOut(ctx, e, c)
	case c.Event.Subject == events.SubjectUser, c.Event.Subject == events.SubjectGroup:
		w.resolveUsers(e, c)
	case c.Event.Subject == events.SubjectOrganization:
		return nil, w.resolveOrganization(ctx, c)
	default:
		err = w.resolveFunction(ctx, e, c, &ch)
	}
	if err != nil || len(e.roles) == 0 && e.unread == nil && !e.users && !e.graph {
		if err == nil {
			w.Log.Info("no role", "event", c.Name, "eventId", c.ID, "function", ch.Function, "error", c.ErrorMessage)
		}
		return nil, err
	}
	e.changes = []reconcile.Change{ch}
	return e, nil
}

func (e *entry) add(ref roleRef) {
	if ref.Name == "" {
		return
	}
	if ref.ARN == "" {
		ref.ARN = e.roles[ref.Key()].ARN
	}
	e.roles[ref.Key()] = ref
}

// refOf is the role that a record names.
func (w *Watch) refOf(c *events.Change) roleRef {
	if ref, err := role.ParseRef(c.Role.ARN); err == nil {
		return ref
	}
	return roleRef{Partition: c.Partition, Account: c.Account, Name: c.Role.Name}
}

// fanOut adds every role that a managed policy is attached to, as a policy or as a boundary.
func (w *Watch) fanOut(ctx context.Context, e *entry, c *events.Change) error {
	refs, err := w.Account.PolicyRoles(ctx, c.Policy.ARN)
	if noted := w.triedRead(ctx, scopePolicy+c.Policy.ARN, c.Region, err, "iam:ListEntitiesForPolicy"); noted != nil {
		return fmt.Errorf("list the roles of %s: %w", c.Policy.ARN, noted)
	}
	if errors.Is(err, role.ErrUnread) {
		w.awaits(e, role.WhyUnread(err, "iam:ListEntitiesForPolicy"))
	}
	for _, ref := range refs {
		e.add(ref)
	}
	return nil
}

// resolveFunction adds the roles that a function's versions use now, and those that they used before.
func (w *Watch) resolveFunction(ctx context.Context, e *entry, c *events.Change, ch *reconcile.Change) error {
	if ch.Function == "" && c.Event.Subject == events.SubjectMapping {
		if err := w.resolveMapping(ctx, e, c, ch); err != nil {
			return err
		}
	}
	for _, arn := range []string{c.Role.ARN, c.Config.Role} {
		if ref, err := role.ParseRef(arn); err == nil {
			e.add(ref)
		}
	}
	if ch.Function == "" {
		return nil
	}
	before, err := w.Store.Versions(ctx, ch.Function)
	if err != nil {
		return fmt.Errorf("read the index of %s: %w", ch.Function, err)
	}
	now, err := w.Account.Function(ctx, ch.Function)
	if noted := w.triedRead(ctx, scopeFunction+ch.Function, c.Region, err, "lambda:ListVersionsByFunction"); noted != nil {
		return fmt.Errorf("read %s: %w", ch.Function, noted)
	}
	switch {
	case errors.Is(err, role.ErrUnread):
		why := role.WhyUnread(err, "lambda:ListVersionsByFunction")
		w.awaits(e, why)
		now = unreadVersions(before, now, why)
		e.functions = append(e.functions, refreshed{arn: ch.Function, versions: now, before: before})
	case functionStale(c, before, now, w.Now()):
		return &staleError{"read " + ch.Function, c.Name, c.Time}
	default:
		w.awaits(e, configReasons(now)...)
		e.functions = append(e.functions, refreshed{arn: ch.Function, versions: now, before: before})
	}
	if ch.Refused {
		e.refused(c, ch, now)
		return nil
	}
	ch.Moved = !sameRoles(before, now)
	for _, f := range slices.Concat(before, now) {
		if ref, err := role.ParseRef(f.Role); err == nil {
			e.add(ref)
		}
	}
	return w.resolveRefused(ctx, e, ch)
}

// unreadVersions are the versions that the index has, for which is there now was not read: what was read of one stands, and of the
// others only the role is known that they were seen with.
func unreadVersions(before, read []role.Function, why role.Reason) []role.Function {
	out := slices.Clone(read)
	for _, f := range before {
		if slices.ContainsFunc(read, func(o role.Function) bool { return o.Version == f.Version }) {
			continue
		}
		unread := role.Asked{}.Function(f.ARN, f.Version, f.Role, why)
		unread.Aliases = f.Aliases
		out = append(out, unread)
	}
	slices.SortFunc(out, role.ByVersion)
	return out
}

// functionStale tells whether a function's read is older than the record: the record made the function or gave it
// a role, and the read still shows what the index has, last changed before the record.
func functionStale(c *events.Change, before, now []role.Function, at time.Time) bool {
	if c.Failed() || c.Config.Role == "" || c.Event.Name != "CreateFunction" && c.Event.Name != "UpdateFunctionConfiguration" {
		return false
	}
	read := latestOf(now)
	if !reconcile.Fresh(c.Time, at) || read.Role == c.Config.Role || read.Role != latestOf(before).Role {
		return false
	}
	modified, ok := read.LastModified.Get()
	return !ok || modified.Before(c.Time)
}

// latestOf is the version that can still be changed.
func latestOf(versions []role.Function) role.Function {
	for _, f := range versions {
		if f.IsLatest() {
			return f
		}
	}
	return role.Function{}
}

// sameRoles tells whether two readings of a function use the same roles.
func sameRoles(a, b []role.Function) bool {
	roles := func(list []role.Function) []string {
		var out []string
		for _, f := range list {
			out = append(out, f.Role)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(roles(a), roles(b))
}
