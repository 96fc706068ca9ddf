package history

import (
	"cmp"
	"context"
	"maps"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// blur is a record that changed something, and does not say what: what is older than it is unknown.
type blur struct {
	at  time.Time
	why role.Reason
}

// covers reports whether the record may have changed what is known since a time. Records have whole seconds, and no order within one.
func (b blur) covers(at time.Time) bool { return b.why.Given() && !at.After(b.at) }

// newer is the later of two.
func (b blur) newer(o blur) blur {
	if o.at.Before(b.at) || !o.why.Given() {
		return b
	}
	return o
}

// blurs are the newest records that may have changed an aspect of one role or function.
type blurs map[aspect]blur

func (l *blurs) add(of aspect, b blur) {
	if *l == nil {
		*l = blurs{}
	}
	(*l)[of] = (*l)[of].newer(b)
}

// reach is what a record that does not name what it acted on may have changed: an aspect of every role, or of every function of a
// Region. An account that the record does not name is empty, and may be any.
type reach struct {
	of              aspect
	account, region string
}

func (r reach) compare(o reach) int {
	return cmp.Or(cmp.Compare(r.of, o.of), cmp.Compare(r.account, o.account), cmp.Compare(r.region, o.region))
}

// applyOmitted takes in a record that does not name what it acted on. It may have been any role or managed policy of the account, or
// any function or capacity provider of the Region.
func (a *Account) applyOmitted(c *events.Change) {
	of := aspectOf(c.Event)
	if of == "" {
		return
	}
	r := reach{of: of, account: c.Account}
	if c.Event.Source == aws.LambdaService {
		r.region = c.Region
	}
	why := role.Because("CloudTrail omitted the parameters of record " + c.ID + " (" + c.Name + "), which may have changed it")
	if c.Unread != "" {
		why = role.Because("the record " + c.ID + " (" + c.Name + ") was not understood and may have changed it: " + c.Unread)
	}
	a.blurs[r] = a.blurs[r].newer(blur{c.Time, why})
}

// blur is the newest record that may have changed an aspect of a role or a function, by its ARN or by the records that name it.
func (a *Account) blur(of aspect, account, region string, own blurs) blur {
	return own[of].newer(a.blurs[reach{of, account, region}]).newer(a.blurs[reach{of, "", region}])
}

// cut is a record that names a role or a function, and does not show what it changed there.
func cut(c *events.Change) blur {
	return blur{c.Time, role.Because("CloudTrail omitted from record " + c.ID + " (" + c.Name + ") what the call changed")}
}

// applyOrganization takes in a change of an organization: which policies bind an account since then, no record shows.
func (a *Account) applyOrganization(c *events.Change) {
	if c.Event.Look && c.Organization.Binds() && !c.Time.Before(a.organization.at) {
		a.organization = blur{c.Time, role.Because("the record " + c.ID + " (" + c.Name + ") changed the policies of the organization, or which of them bind the account")}
	}
}

// blurred is what is known of a role, less what records may have changed since that do not name their role, or do not show what they
// changed.
func (a *Account) blurred(r *roleRecord) *roleRecord {
	if len(a.blurs) == 0 && len(r.own) == 0 {
		return r
	}
	since := func(of aspect, at time.Time) (blur, bool) {
		b := a.blur(of, r.ref.Account, "", r.own)
		return b, b.covers(at) && b.covers(r.turned)
	}
	out := *r
	made, remade := since(roleMade, r.turned)
	gone, deleted := since(roleGone, r.seen)
	switch {
	case r.identity.State() == role.Absent && remade:
		out.lose(made)
	case r.identity.State() == role.Known && deleted:
		out.lose(gone)
	}
	if b, ok := since(roleTrust, out.trust.at); ok {
		out.trust.Maybe = role.NotRead[role.Policy](b.why)
	}
	if b, ok := since(roleBoundary, out.boundary.at); ok {
		out.boundary.Maybe = role.NotRead[string](b.why)
	}
	if b, ok := since(roleInline, r.turned); ok {
		out.inline = out.inline.without(b)
	}
	if b, ok := since(roleAttached, r.turned); ok {
		out.attached = out.attached.without(b)
	}
	if b, ok := since(roleTags, r.turned); ok {
		out.tags = out.tags.without(b)
	}
	return &out
}

// lose makes it unknown whether the role is there, and what it is.
func (r *roleRecord) lose(b blur) {
	own, turned, seen, similar := r.own, r.turned, r.seen, r.similar
	*r = *newRoleRecord(r.ref, role.Snapshot{SCPs: r.scps, RCPs: r.rcps, Identity: role.NotRead[role.Identity](b.why)})
	r.own, r.turned, r.seen, r.similar = own, turned, seen, similar
	r.forget(b)
}

// without is a list that a record may have changed: only members that newer records tell of are known.
func (m members[T]) without(b blur) members[T] {
	m.complete, m.why, m.of = false, b.why, maps.Clone(m.of)
	for name, d := range m.of {
		if !d.at.After(b.at) {
			delete(m.of, name)
		}
	}
	return m
}

// applyUnread takes in a record that was not understood: of the role, the managed policy or the function that it names, what was known
// is unknown now. One that was not there may be there. A record that names nothing may be of any.
func (a *Account) applyUnread(ctx context.Context, c *events.Change) error {
	if c.Omitted {
		a.applyOmitted(c)
		return nil
	}
	why := role.Because("the record " + c.ID + " (" + c.Name + ") was not understood and may have changed it: " + c.Unread)
	if arn := c.Policy.ARN; arn != "" {
		a.policy(arn).own.add(managedPolicy, blur{c.Time, why})
		if err := a.adoptHolders(ctx, arn); err != nil {
			return err
		}
	}
	if c.Role.Name != "" {
		r, err := a.role(ctx, refOf(c))
		if err != nil {
			return err
		}
		if r.unread(c, why); aspectOf(c.Event) == roleGone {
			r.own.add(roleGone, blur{c.Time, why})
		}
	}
	if !c.Function.IsZero() {
		f, err := a.function(ctx, c.Function.ARN)
		if err != nil {
			return err
		}
		f.unread(c.Time, why)
	}
	return a.unreadProvider(ctx, c, why)
}

// unread makes unknown what older records tell of a role.
func (r *roleRecord) unread(c *events.Change, why role.Reason) {
	if c.Time.Before(r.turned) {
		return
	}
	if _, known := r.identity.Get(); !known {
		identity, ref := role.NotRead[role.Identity](why), r.ref
		if c.Role.ARN != "" {
			ref.ARN = c.Role.ARN
		}
		*r = *newRoleRecord(ref, role.Snapshot{SCPs: r.scps, RCPs: r.rcps, Identity: identity})
	}
	r.forget(blur{c.Time, why})
}

// forget makes unknown what is not known from newer records.
func (r *roleRecord) forget(b blur) {
	if !r.trust.at.After(b.at) {
		r.trust.set(role.NotRead[role.Policy](b.why), b.at)
	}
	if !r.boundary.at.After(b.at) {
		r.boundary.set(role.NotRead[string](b.why), b.at)
	}
	r.inline, r.attached, r.tags = r.inline.without(b), r.attached.without(b), r.tags.without(b)
}
