// Package finding gives a diagnostic a life: it is opened, changes, and is resolved. It owns identity and the
// comparison of what a look found with what was known before; it reads and stores nothing.
package finding

import (
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
	Role           string           `json:"role"`
	Functions      []FunctionRef    `json:"functions"`
	FunctionsTotal int              `json:"functionsTotal"`
	Folds          []string         `json:"folds,omitempty"`
	Title          string           `json:"title"`
	Detail         string           `json:"detail"`
	Evidence       []check.Evidence `json:"evidence"`
	Fix            check.Fix        `json:"fix"`
	Cause          *Cause           `json:"cause,omitempty"`
	Origin         Origin           `json:"origin"`
	Resolution     Resolution       `json:"resolution,omitempty"`
	// Revision counts the transitions that were told of this finding, from 1: consumers order by it.
	Revision        int        `json:"revision"`
	FirstSeen       time.Time  `json:"firstSeen"`
	LastSeen        time.Time  `json:"lastSeen"`
	UnverifiedSince *time.Time `json:"unverifiedSince,omitempty"`
}
