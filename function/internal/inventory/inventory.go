// Package inventory is what the graph of an account is built from, as it is stored: its roles, users and functions, each as it was read at a
// time, in pages of bounded size, and a head that names the pages and holds what has changed since they were written. It reads no account and
// no store, and judges nothing.
package inventory

import (
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Entry is a role, a user, a version of a function, the policies of the organization, or what is known of another account of it, as it was read
// at a time. One that has neither of these is gone.
type Entry struct {
	// Key is the key of a role, the ARN of a user, the qualified ARN of a function version, LimitsKey, or that of another account.
	Key  string
	Read time.Time

	Node    *reach.Node
	Version *Version
	Limits  *Limits
	Other   *Other

	// content identifies what was read, whenever that was.
	content string
}

// LimitsKey is the key of the policies of the organization.
const LimitsKey = "organization"

// Version is a version of a function.
type Version struct {
	ARN     string `json:"arn"`
	Version string `json:"version"`
	// Role is the ARN of the role that it runs as.
	Role string `json:"role"`
	// Tags are those of the function; they are not kept of versions other than the latest.
	Tags role.Maybe[map[string]string] `json:"tags"`
}

// Limits are the policies of the organization that apply to every role and user of the account.
type Limits struct {
	SCPs, RCPs role.Maybe[[][]policy.Part]
}

// IsGone reports whether the entry says that there is nothing of this key.
func (e *Entry) IsGone() bool {
	return e.Node == nil && e.Version == nil && e.Limits == nil && e.Other == nil
}

// OfRole is the entry of a role.
func OfRole(s *role.Snapshot, read time.Time) Entry {
	e := Entry{Key: s.Ref.Key(), Read: read}
	if s.Exists() != role.Absent {
		own := *s
		own.Users, own.Similar, own.Ref.ARN = role.Users{}, nil, s.ARN()
		own.SCPs, own.RCPs = role.Maybe[[][]policy.Part]{}, role.Maybe[[][]policy.Part]{} // They are an entry of their own.
		e.Node = &reach.Node{Snapshot: &own}
	}
	return e.identified()
}

// OfLimits is the entry of the policies of the organization, as a role was read with them.
func OfLimits(s *role.Snapshot, read time.Time) Entry {
	return Entry{Key: LimitsKey, Read: read, Limits: &Limits{s.SCPs, s.RCPs}}.identified()
}

// OfUser is the entry of a user.
func OfUser(n reach.Node, read time.Time) Entry {
	own := *n.Snapshot
	own.SCPs, own.RCPs = role.Maybe[[][]policy.Part]{}, role.Maybe[[][]policy.Part]{}
	n.Snapshot = &own
	return Entry{Key: n.ARN(), Read: read, Node: &n}.identified()
}

// OfVersion is the entry of a version of a function.
func OfVersion(f *role.Function, read time.Time) Entry {
	v := &Version{ARN: f.ARN, Version: f.Version, Role: f.Role}
	if f.IsLatest() {
		v.Version, v.Tags = aws.LatestVersion, f.Config.Tags
	}
	return Entry{Key: f.QualifiedARN(), Read: read, Version: v}.identified()
}

// Gone is the entry of what is not there any more.
func Gone(key string, read time.Time) Entry { return Entry{Key: key, Read: read}.identified() }

// Content identifies what was read, whenever that was.
func (e *Entry) Content() string { return e.content }

// Is reports whether two entries of one key say the same, whenever they were read.
func (e *Entry) Is(o *Entry) bool { return e == o || e != nil && o != nil && e.content == o.content }

// identified works out the content.
func (e Entry) identified() Entry {
	e.content = contentOf(&e)
	return e
}
