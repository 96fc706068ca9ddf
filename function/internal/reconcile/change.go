package reconcile

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const (
	// staleFor is how long a snapshot that contradicts a change is taken for stale.
	staleFor = 5 * time.Minute
	// clockSkew is how far ahead of this clock a change's time may be.
	clockSkew = time.Minute
)

// Change is a CloudTrail record as the decisions that it leads to need it. It travels with work items, so it is small: a
// part's new content goes by its hashes.
type Change struct {
	finding.Change
	// Part is what the record touched of the role, and Effect what it did there.
	Part   role.Part  `json:"part,omitempty"`
	Effect PartEffect `json:"effect,omitempty"`
	// Within are the parts, or the lists of them, of which the record touched one of some role: CloudTrail left out which.
	Within []role.Part `json:"within,omitempty"`
	// Role is the name of the role that a record of IAM's names, and RoleID the unique ID that the record gave it; empty where
	// it names none.
	Role   string `json:"role,omitempty"`
	RoleID string `json:"roleId,omitempty"`
	// Account is the ID of the account that the record is of, where that is another one than the role's.
	Account string `json:"account,omitempty"`
	// Principal is the user or the group that a record of IAM's names, as "user/NAME" or "group/NAME"; empty where it names none.
	Principal string `json:"principal,omitempty"`
	// Hash identifies the text that the record gave the part, and Canonical its meaning; empty when it carries none.
	Hash      string `json:"hash,omitempty"`
	Canonical string `json:"canonical,omitempty"`
	// Value is the content of a part that is no document: a boundary's ARN.
	Value string `json:"value,omitempty"`
	// Function is the function that the record names, unqualified; Moved says that it changed which role that uses.
	Function string `json:"function,omitempty"`
	Moved    bool   `json:"moved,omitempty"`
	// TagKeys are the keys of the tags that a record about tags alone set or removed; empty where it does not show them.
	TagKeys []string `json:"tagKeys,omitempty"`
	// Provider is the ARN of the capacity provider that the record created.
	Provider string `json:"provider,omitempty"`
	// Facet is what a record that succeeded touched of the function, Statement identifies the statement that it added to the
	// function's policy, and Statements those of the policy that it put in place of the function's.
	Facet      events.Facet `json:"facet,omitempty"`
	Statement  string       `json:"statement,omitempty"`
	Statements []string     `json:"statements,omitempty"`
	// document is the text, from which Canonical is worked out when it is needed: nearly always the hashes decide.
	document string
	// isBoundary is set where the policy that is the part is the role's permissions boundary, too.
	isBoundary bool
	// policy is the ARN of the managed policy that the record is of, where the role does not have it.
	policy string
	// Refused marks a call that Lambda refused because of the role; Success a call that shows Lambda accepted it.
	Refused bool `json:"refused,omitempty"`
	Success bool `json:"success,omitempty"`
	// Configures is what such a call configures, where it is not a version of the function, and Of which of several: names of
	// an event source mapping, or the qualifier of an invocation's configuration.
	Configures string   `json:"configures,omitempty"`
	Of         []string `json:"of,omitempty"`
	// Asked is what a refused call asked for.
	Asked *role.Asked `json:"asked,omitempty"`
	// Found says that the record was looked up in CloudTrail's event history, because none was delivered.
	Found bool `json:"found,omitzero"`
	// Unnamed says that the record of a refused call does not show which role the call names.
	Unnamed bool `json:"unnamed,omitzero"`
}

// PartEffect is what a record did to a part, as work items carry it.
type PartEffect string

// The effects: the part is there afterwards, or is gone.
const (
	PartSet  PartEffect = "set"
	PartGone PartEffect = "gone"
)

// NewChange makes a change of a record.
func NewChange(c *events.Change) Change {
	out := Change{Change: finding.Change{
		EventID: c.ID, EventName: c.Name, EventSource: c.Event.Source, Time: c.Time, Region: c.Region,
		Actor:    finding.Actor{Type: c.Actor.Type, ARN: c.Actor.ARN, Name: c.Actor.Name},
		SourceIP: c.SourceIP, UserAgent: c.UserAgent, Via: string(c.Via),
		ErrorCode: c.ErrorCode, ErrorMessage: c.ErrorMessage,
	}}
	out.Function = c.Function.ARN
	out.configuring(c)
	if c.Failed() {
		return out
	}
	if c.Event.Tags() {
		out.TagKeys = slices.Sorted(maps.Keys(c.Tags))
		out.TagKeys = append(out.TagKeys, c.UntaggedKeys...)
	}
	if c.Event.Name == "CreateCapacityProvider" {
		out.Provider = c.Provider.ARN
	}
	out.facet(c)
	switch c.Event.Subject {
	case events.SubjectUser:
		out.Principal = "user/" + c.Principal
		return out
	case events.SubjectGroup:
		out.Principal = "group/" + c.Principal
		return out
	case events.SubjectRole, events.SubjectPolicy:
	default:
		return out
	}
	if c.Omitted {
		out.Within = withinOf(c.Event)
		return out
	}
	if c.Returned {
		return out // The role is as it was.
	}
	out.Part, out.Effect = partOf(c), effectOf(c.Event)
	if c.Event.Subject == events.SubjectRole {
		out.Role, out.RoleID = c.Role.Name, c.Role.ID
	}
	if c.Document != nil {
		out.document, out.Hash = *c.Document, role.HashText(*c.Document)
	}
	if c.Event.Part == events.PartBoundary {
		out.Value = c.Boundary
	}
	if c.Event.Name == "CreatePolicyVersion" && !c.Policy.SetAsDefault {
		out.Part = ""
	}
	return out
}

// partOf is what a record touched of a role; empty when it touched no role directly (a function's change, say).
func partOf(c *events.Change) role.Part {
	switch c.Event.Part {
	case events.PartInline:
		return role.InlinePart(c.Policy.Name)
	case events.PartPolicy:
		return role.ManagedPart(c.Policy.ARN)
	case events.PartTrust:
		return role.PartTrust
	case events.PartBoundary:
		return role.PartBoundary
	case events.PartRole:
		return role.PartItself
	case events.PartTags:
		return role.PartTags
	}
	return ""
}

// withinOf are the parts that an event may touch.
func withinOf(e events.Event) []role.Part {
	switch e.Part {
	case events.PartInline:
		return []role.Part{role.PartsInline}
	case events.PartPolicy:
		return []role.Part{role.PartsAttached, role.PartBoundary}
	case events.PartTrust:
		return []role.Part{role.PartTrust}
	case events.PartBoundary:
		return []role.Part{role.PartBoundary}
	case events.PartTags:
		return []role.Part{role.PartTags}
	}
	return []role.Part{role.PartItself, role.PartTrust, role.PartsInline, role.PartsAttached, role.PartBoundary, role.PartTags}
}

// effectOf gives the effect of an event as work items carry it.
func effectOf(e events.Event) PartEffect {
	switch e.Effect {
	case events.EffectSets, events.EffectReplaces:
		return PartSet
	case events.EffectRemoves:
		return PartGone
	}
	return ""
}

// touches reports whether the record touched a part. The creation of a role creates all its parts.
func (c *Change) touches(part role.Part) bool {
	if c.Part == "" {
		return false
	}
	return c.is(part) || c.Part == role.PartItself && part != role.PartRefusal
}

// is reports whether the record is of a part itself.
func (c *Change) is(part role.Part) bool {
	return c.Part == part || c.isBoundary && part == role.PartBoundary
}

// of is the change as it concerns one role: a change of another role, which a function has moved from or to, touched nothing
// of this one, and neither did one in another account.
func (c Change) of(ref role.Ref) Change {
	isElsewhere := c.Account != "" && c.Account != ref.Account
	if isElsewhere && c.isOfPolicy() {
		c.policy = c.Part.String()
	}
	if isElsewhere {
		c.Within, c.TagKeys = nil, nil
	}
	if isElsewhere || c.Role != "" && c.Role != ref.Name {
		c.Part, c.Effect = "", ""
	}
	return c
}

// From are changes of an account as work items for other accounts carry them. Calls that Lambda refused or took concern their own account.
func From(account string, changes []Change) []Change {
	out := slices.DeleteFunc(Sealed(changes), func(c Change) bool { return c.Refused || c.Success || c.ErrorCode != "" })
	for i := range out {
		if out[i].Account == "" {
			out[i].Account = account
		}
	}
	return out
}

// Fresh reports whether something that happened at a time is so recent that AWS's reads may not show it yet. A time in the
// future is a wrong clock somewhere, and proves nothing.
func Fresh(at, now time.Time) bool {
	return now.Before(FreshUntil(at)) && at.Sub(now) < clockSkew
}

// FreshUntil is until when AWS's reads may not show what happened at a time.
func FreshUntil(at time.Time) time.Time { return at.Add(staleFor) }

// meaning identifies what the document means, IAM's own rewriting allowed for. It is the same for each kind of policy that a role has.
func (c *Change) meaning() string {
	if c.Canonical == "" && c.document != "" {
		return role.NewPolicy("", c.document, policy.Identity).Canonical()
	}
	return c.Canonical
}

// Sealed are changes as work items carry them: what a document means is worked out, for the document stays behind. Seen are
// states of roles, which know what a document means that is in force.
func Sealed(changes []Change, seen ...finding.State) []Change {
	out := slices.Clone(changes)
	for i := range out {
		c := &out[i]
		for _, state := range seen {
			if p := state.Parts[c.Part]; c.Canonical == "" && c.Hash != "" && p.Hash == c.Hash {
				c.Canonical = p.Canonical
			}
		}
		c.Canonical = c.meaning()
	}
	return out
}

// record tells records apart: by CloudTrail's ID, or, where a record has none, by what it says.
func (c Change) record() string {
	if c.EventID != "" {
		return c.EventID
	}
	return strings.Join([]string{
		"", c.Time.Format(time.RFC3339Nano), c.EventSource, c.EventName, c.Region, c.Actor.ARN, c.ErrorMessage, c.Role, c.Function, c.Part.String(), c.Hash, c.Value,
	}, "\x00")
}

// Distinct orders changes by time and drops duplicates: CloudTrail delivers a record more than once.
func Distinct(changes []Change) []Change {
	if len(changes) < 2 {
		return changes
	}
	out := slices.Clone(changes)
	slices.SortStableFunc(out, func(a, b Change) int { return a.Time.Compare(b.Time) })
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(c Change) bool {
		record := c.record()
		if seen[record] {
			return true
		}
		seen[record] = true
		return false
	})
}
