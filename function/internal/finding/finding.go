// Package finding follows a diagnostic over time: it opens, changes, and is resolved. It owns identity and the
// comparison of what a look found with what was known before; it reads and stores nothing.
package finding

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// Status is where in its life a finding is.
type Status string

// The statuses. Pending is found but within the settle time and not told; Unknown could not be verified.
const (
	Pending  Status = "pending"
	Open     Status = "open"
	Resolved Status = "resolved"
	Unknown  Status = "unknown"
)

// Origin says whether a change brought the finding, or it was there before anybody looked.
type Origin string

// The origins.
const (
	FromChange Origin = "change"
	Existing   Origin = "existing"
)

// Resolution says why a finding is over.
type Resolution string

// The resolutions.
const (
	Mended      Resolution = "mended"
	RoleDeleted Resolution = "roleDeleted"
	Unused      Resolution = "unused"
	CheckOff    Resolution = "checkOff"
	Excepted    Resolution = "excepted"
	Expired     Resolution = "expired"
	AccountGone Resolution = "accountGone"
)

// Certainty says how sure a cause is.
type Certainty string

// The certainties.
const (
	Certain Certainty = "certain"
	Likely  Certainty = "likely"
)

// Cause names the record that brought a finding about.
type Cause struct {
	EventID   string    `json:"eventId"`
	Certainty Certainty `json:"certainty"`
	// Part is the text of the role.Part that the record touched and that is to blame; empty in a cause that an earlier release
	// stored.
	Part string `json:"part,omitempty"`
	// Elsewhere is the ARN of what the record changed, where that is not the role: another role, a user, a group, a function or a managed
	// policy that the finding rests on. Part is then empty.
	Elsewhere string `json:"elsewhere,omitempty"`
	// Found is set where the record was not delivered but looked up in CloudTrail's event history: the certainty that it would have,
	// had it been delivered.
	Found Certainty `json:"found,omitempty"`
	// At is the time of the record, where it led to this look.
	At time.Time `json:"-"`
	// Further are the event IDs of the other records without which it would not have come to the finding, the oldest first:
	// of a role that was deleted and created again, the record that deleted it.
	Further []string `json:"further,omitempty"`
	// Unseen are the names of the events that must have come before and of which no record was seen.
	Unseen []string `json:"unseen,omitempty"`
}

// Names reports whether the record is the cause, or one of its further records.
func (c *Cause) Names(eventID string) bool {
	return c != nil && (c.EventID == eventID || slices.Contains(c.Further, eventID))
}

// FunctionRef is a function that a finding hits.
type FunctionRef struct {
	ARN     string `json:"arn"`
	Version string `json:"version,omitempty"`
	Alias   string `json:"alias,omitempty"`
}

// Finding is a finding as messages carry it.
type Finding struct {
	ID       string         `json:"id"`
	Check    string         `json:"check"`
	Slug     string         `json:"slug"`
	Severity check.Severity `json:"severity"`
	Status   Status         `json:"status"`
	// Role is the role's ARN.
	Role           string        `json:"role"`
	Functions      []FunctionRef `json:"functions"`
	FunctionsTotal int           `json:"functionsTotal"`
	Folds          []string      `json:"folds,omitempty"`
	// Title names the role and what is wrong with it; CheckTitle is the check's own, the same for every role.
	Title      string           `json:"title"`
	CheckTitle string           `json:"checkTitle,omitempty"`
	Detail     string           `json:"detail"`
	Evidence   []check.Evidence `json:"evidence"`
	Fix        check.Fix        `json:"fix"`
	Cause      *Cause           `json:"cause,omitempty"`
	Origin     Origin           `json:"origin"`
	// WhatChanged says, in phrases, what is other than in the last message about the finding, where it has changed.
	WhatChanged []string   `json:"whatChanged,omitempty"`
	Resolution  Resolution `json:"resolution,omitempty"`
	// ResolvedBy names the record that ended the finding, where one is known to have.
	ResolvedBy *Cause `json:"resolvedBy,omitempty"`
	// Revision counts the transitions that were told of this finding, from 1: consumers order by it.
	Revision        int        `json:"revision"`
	FirstSeen       time.Time  `json:"firstSeen"`
	LastSeen        time.Time  `json:"lastSeen"`
	UnverifiedSince *time.Time `json:"unverifiedSince,omitempty"`
	// UnverifiedFor is what has been missing since then, the first few inputs.
	UnverifiedFor []Missing `json:"unverifiedFor,omitempty"`
	// Flapping is set while the finding opens and is resolved again and again.
	Flapping *Flapping `json:"flapping,omitempty"`
	// Handled is what somebody decided about the finding, where somebody did.
	Handled *Handled `json:"handled,omitempty"`
	// Owners are the owner tags of the role, of the functions and of the account, where the settings name such tags; OwnersOmitted counts
	// those beyond MaxOwners. Routes are the names of the routes that the finding goes to, where the settings have routes.
	Owners        []Owner  `json:"owners,omitempty"`
	OwnersOmitted int      `json:"ownersOmitted,omitzero"`
	Routes        []string `json:"routes,omitempty"`
}

// Missing is an input without which a finding cannot be verified.
type Missing struct {
	Missing string `json:"missing"`
	// SettledBy is a sentence that says what makes the input known.
	SettledBy string `json:"settledBy"`
}
