package history

import (
	"context"
	"maps"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// blur is a record that touched a part, and does not say which: what is older than it is unknown.
type blur struct {
	at  time.Time
	why role.Reason
}

// applyOmitted takes in a record from which CloudTrail left out what it acted on. It may have been any role, or any managed policy
// of the account.
func (a *Account) applyOmitted(c *events.Change) {
	why := role.Because("CloudTrail omitted the parameters of record " + c.ID + " (" + c.Name + "), which may have changed it")
	if b := a.blurs[c.Event.Part]; !c.Time.Before(b.at) {
		a.blurs[c.Event.Part] = blur{c.Time, why}
	}
}

// applyOrganization takes in a change of an organization: which policies bind an account since then, no record shows.
func (a *Account) applyOrganization(c *events.Change) {
	if c.Event.Look && c.Organization.Binds() && !c.Time.Before(a.organization.at) {
		a.organization = blur{c.Time, role.Because("the record " + c.ID + " (" + c.Name + ") changed the policies of the organization, or which of them bind the account")}
	}
}

// blurred is what is known of a role, less what records that do not name their role may have changed since.
func (a *Account) blurred(r *roleRecord) *roleRecord {
	if len(a.blurs) == 0 {
		return r
	}
	out := *r
	if b, ok := a.blurs[events.PartRole]; ok && out.turned.Before(b.at) && out.identity.State() == role.Absent {
		out = *newRoleRecord(r.ref, role.Snapshot{SCPs: r.scps, RCPs: r.rcps, Identity: role.NotRead[role.Identity](b.why)})
		out.forget(b)
	}
	// Records have whole seconds, and no order within one.
	if b, ok := a.blurs[events.PartTrust]; ok && !out.trust.at.After(b.at) && out.turned.Before(b.at) {
		out.trust.Maybe = role.NotRead[role.Policy](b.why)
	}
	if b, ok := a.blurs[events.PartBoundary]; ok && !out.boundary.at.After(b.at) && out.turned.Before(b.at) {
		out.boundary.Maybe = role.NotRead[string](b.why)
	}
	if b, ok := a.blurs[events.PartInline]; ok && out.turned.Before(b.at) {
		out.inline = out.inline.without(b)
	}
	if b, ok := a.blurs[events.PartTags]; ok && out.turned.Before(b.at) {
		out.tags = out.tags.without(b)
	}
	return &out
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

// applyUnread takes in a record that was not understood: of the role or the function that it names, what was known is unknown now.
// One that was not there may be there.
func (a *Account) applyUnread(ctx context.Context, c *events.Change) error {
	why := role.Because("the record " + c.ID + " (" + c.Name + ") was not understood and may have changed it: " + c.Unread)
	if c.Role.Name != "" {
		r, err := a.role(ctx, refOf(c))
		if err != nil {
			return err
		}
		r.unread(c, why)
	}
	if !c.Function.IsZero() {
		f, err := a.function(ctx, c.Function.ARN)
		if err != nil {
			return err
		}
		f.unread(c.Time, why)
	}
	return nil
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

// unread makes unknown what older records tell of a function, but for the role that its versions were seen with.
func (f *functionRecord) unread(at time.Time, why role.Reason) {
	if at.Before(f.turned) {
		return
	}
	f.gone = false
	for _, v := range f.versions {
		v.config.set(role.Have(role.UnreadConfig(why)), at)
	}
	b := blur{at, why}
	f.beside.mappings, f.beside.destinations, f.beside.urls = f.beside.mappings.without(b), f.beside.destinations.without(b), f.beside.urls.without(b)
	f.beside.policies.complete, f.beside.policies.why = false, why
	for _, p := range f.beside.policies.of {
		if p.replaced.Before(at) {
			p.replace(nil, at, "")
			p.unread = why
		}
	}
}
