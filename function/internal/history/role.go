package history

import (
	"context"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// roleRecord is what is known of one role, each part by itself.
type roleRecord struct {
	ref      role.Ref
	identity role.Maybe[role.Identity]
	// turned is when the role was made or deleted, by the newest record of that; seen when a record last spoke of it.
	turned, seen time.Time

	trust    dated[role.Policy]
	inline   members[role.Policy]
	attached members[struct{}]
	boundary dated[string]
	tags     members[string]

	scps, rcps role.Maybe[[][]policy.Part]
	// similar are the roles of similar names in the base, where the role is not there.
	similar []string
	// own are records that name the role and do not show what they changed.
	own blurs
}

// noRecord is why what no record shows of a role is unknown.
func noRecord(what string) role.Reason {
	return role.NotRecorded("no record shows the role's " + what)
}

// newRoleRecord starts from what a snapshot tells. Managed policies are kept by ARN: their texts are looked up.
func newRoleRecord(ref role.Ref, s role.Snapshot) *roleRecord {
	r := &roleRecord{ref: ref, identity: s.Identity, scps: s.SCPs, rcps: s.RCPs, similar: s.Similar}
	if arn := s.ARN(); s.Exists() == role.Known && arn != "" {
		r.ref.ARN = arn
	}
	r.trust.Maybe = orWhy(s.Trust, noRecord("trust policy"))
	r.boundary.Maybe = orWhy(mapMaybe(s.Boundary, func(p role.Policy) string { return p.ARN }), noRecord("permissions boundary"))
	r.tags = newMembers(s.Tags, noRecord("tags"))
	r.inline = newMembers(mapMaybe(s.Inline, byPart), noRecord("inline policies"))
	r.attached = newMembers(mapMaybe(s.Attached, byARN), noRecord("attached policies"))
	for _, p := range s.Seen {
		if p.ARN != "" {
			r.attached.of[p.ARN] = dated[struct{}]{Maybe: role.Have(struct{}{})}
		} else {
			r.inline.of[p.Part.String()] = dated[role.Policy]{Maybe: role.Have(p)}
		}
	}
	if r.scps.State() == role.Unknown && !r.scps.Reason().Given() {
		r.scps = role.NotRead[[][]policy.Part](role.NotRecorded("no record shows service control policies"))
	}
	if r.rcps.State() == role.Unknown && !r.rcps.Reason().Given() {
		r.rcps = role.NotRead[[][]policy.Part](role.NotRecorded("no record shows resource control policies"))
	}
	return r
}

func orWhy[T any](m role.Maybe[T], why role.Reason) role.Maybe[T] {
	if m.State() == role.Unknown && !m.Reason().Given() {
		return role.NotRead[T](why)
	}
	return m
}

func mapMaybe[T, U any](m role.Maybe[T], f func(T) U) role.Maybe[U] {
	v, ok := m.Get()
	switch {
	case ok:
		return role.Have(f(v))
	case m.State() == role.Absent:
		return role.None[U]()
	}
	return role.NotRead[U](m.Reason())
}

func byPart(list []role.Policy) map[string]role.Policy {
	out := make(map[string]role.Policy, len(list))
	for _, p := range list {
		out[p.Part.String()] = p
	}
	return out
}

func byARN(list []role.Policy) map[string]struct{} {
	out := make(map[string]struct{}, len(list))
	for _, p := range list {
		out[p.ARN] = struct{}{}
	}
	return out
}

func (r *roleRecord) holds(policyARN string) bool {
	boundary, ok := r.boundary.Get()
	return r.identity.State() != role.Absent && (r.attached.has(policyARN) || ok && boundary == policyARN)
}

// applyRole takes in a record that names a role.
func (a *Account) applyRole(ctx context.Context, c *events.Change) error {
	r, err := a.role(ctx, refOf(c))
	if err != nil {
		return err
	}
	switch c.Event.Name {
	case "CreateRole", "CreateServiceLinkedRole":
		a.create(r, c)
	case "AcquireRole":
		a.acquire(r, c)
	case "DeleteRole":
		r.delete(c.Time)
	case "DeleteServiceLinkedRole":
		// The call only starts a task that deletes the role if nothing uses it any more.
	default:
		if !r.witness(c) {
			return nil
		}
		if c.NoRequest && !shows(c) {
			r.own.add(aspectOf(c.Event), cut(c))
			return nil
		}
		a.change(r, c)
	}
	return nil
}

// shows reports whether a record without all of its parameters shows which member of a list the call changed.
func shows(c *events.Change) bool {
	switch aspectOf(c.Event) {
	case roleInline:
		return c.Policy.Name != ""
	case roleAttached:
		return c.Policy.ARN != ""
	case roleTags:
		return false
	}
	return true
}

// witness notes that a record speaks of the role; false when it speaks of a former one of the same name. A role that
// does something after it was deleted was made again by a record that is missing: nothing is known of its parts.
func (r *roleRecord) witness(c *events.Change) bool {
	gone := r.identity.State() == role.Absent
	if c.Time.Before(r.turned) || gone && !c.Time.After(r.turned) {
		return false
	}
	if gone {
		turned := r.turned
		*r = *newRoleRecord(r.ref, role.Snapshot{SCPs: r.scps, RCPs: r.rcps})
		r.turned = turned
	}
	if c.Time.After(r.seen) {
		r.seen = c.Time
	}
	id, known := r.identity.Get()
	if !known {
		id.Created = role.NotRead[time.Time](role.NotRecorded("no record shows when the role was created"))
	}
	if id.ARN == "" {
		id.ARN = c.Role.ARN
	}
	r.identity = role.Have(id)
	return true
}

// create takes in the making of a role: all its parts are known, but for what AWS attaches to a service-linked one.
func (a *Account) create(r *roleRecord, c *events.Change) {
	if c.Time.Before(r.turned) {
		return
	}
	r.turned = c.Time
	if c.Time.After(r.seen) {
		r.seen = c.Time
	}
	created := c.Role.Created
	if created.IsZero() {
		created = c.Time
	}
	r.identity = role.Have(role.Identity{ARN: c.Role.ARN, ID: c.Role.ID, Created: role.Have(created)})
	if c.Role.ARN != "" {
		r.ref.ARN = c.Role.ARN
	}
	r.trust.set(documentOf(c, role.PartTrust, policy.Trust), c.Time)
	r.inline.renew(c.Time)
	r.attached.renew(c.Time)
	if c.Event.Name == "CreateServiceLinkedRole" {
		r.attached.complete, r.attached.why = false, role.NotRecorded("the record does not show what AWS attaches to a service-linked role")
	}
	r.tags.renew(c.Time)
	for k, v := range c.Tags {
		r.tags.set(k, role.Have(v), c.Time)
	}
	if c.NoRequest && c.Event.Name == "CreateRole" {
		r.tags.complete, r.tags.why = false, cut(c).why
	}
	a.setBoundary(r, c)
}

// delete takes in the end of a role. A record of the same second may well be what came before it.
func (r *roleRecord) delete(at time.Time) {
	if at.Before(r.turned) || at.Before(r.seen) {
		return
	}
	r.turned, r.seen = at, at
	r.identity = role.None[role.Identity]()
	r.trust = dated[role.Policy]{Maybe: role.None[role.Policy](), at: at}
	r.boundary = dated[string]{Maybe: role.None[string](), at: at}
	for _, renew := range []func(time.Time){r.inline.renew, r.attached.renew, r.tags.renew} {
		renew(at.Add(time.Nanosecond))
	}
	r.inline.since, r.attached.since, r.tags.since = at, at, at
}

// change takes in a record that changes one part of a role.
func (a *Account) change(r *roleRecord, c *events.Change) {
	switch c.Event.Name {
	case "UpdateAssumeRolePolicy":
		r.trust.set(documentOf(c, role.PartTrust, policy.Trust), c.Time)
	case "PutRolePolicy":
		part := role.InlinePart(c.Policy.Name)
		r.inline.set(part.String(), documentOf(c, part, policy.Identity), c.Time)
	case "DeleteRolePolicy":
		r.inline.set(role.InlinePart(c.Policy.Name).String(), role.None[role.Policy](), c.Time)
	case "AttachRolePolicy":
		r.attached.set(c.Policy.ARN, role.Have(struct{}{}), c.Time)
		a.hold(c.Policy.ARN, r.ref.Key())
	case "DetachRolePolicy":
		r.attached.set(c.Policy.ARN, role.None[struct{}](), c.Time)
	case "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary":
		a.setBoundary(r, c)
	case "TagRole":
		for k, v := range c.Tags {
			r.tags.set(k, role.Have(v), c.Time)
		}
	case "UntagRole":
		for _, k := range c.UntaggedKeys {
			r.tags.set(k, role.None[string](), c.Time)
		}
	}
}

func (a *Account) setBoundary(r *roleRecord, c *events.Change) {
	switch {
	case c.Event.Name == "DeleteRolePermissionsBoundary", c.Boundary == "" && c.Event.Part == events.PartRole && !(c.NoRequest && c.Event.Name == "CreateRole"):
		r.boundary.set(role.None[string](), c.Time)
	case c.Boundary == "":
		r.boundary.set(role.NotRead[string](role.NotRecorded("the record "+c.ID+" does not name the permissions boundary")), c.Time)
	default:
		r.boundary.set(role.Have(c.Boundary), c.Time)
		a.hold(c.Boundary, r.ref.Key())
	}
}

// documentOf is the policy whose text a record carries. CloudTrail leaves out what is too long: the policy is there all
// the same.
func documentOf(c *events.Change, part role.Part, kind policy.Kind) role.Maybe[role.Policy] {
	if c.Document != nil {
		return role.Have(role.NewPolicy(part, *c.Document, kind))
	}
	why := role.NotRecorded("CloudTrail omitted the document from record " + c.ID)
	return role.Have(role.Policy{Part: part, Text: role.NotRead[string](why)})
}
