package finding

import (
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Owner is a tag that says who owns what a finding is about: one of the role, of a function that the finding names, or of the account.
type Owner struct {
	Tag   string `json:"tag"`
	Value string `json:"value"`
	// Of is the ARN of the role or function that has the tag, or the ID of the account; the first one where several have the same.
	Of string `json:"of"`
	// Standing says whether the tag may decide who receives the finding.
	Standing Standing `json:"standing"`
}

// Standing says what is known of an owner tag, as far as it decides who receives a finding.
type Standing string

// The standings, the best first. A tag that was changed less than TagAge before its finding does not route, whoever changed it; nor does one
// that was set by whoever caused the finding, or by the role itself.
const (
	// Settled is a tag that had its value for TagAge at least.
	Settled Standing = "settled"
	// AgeUnknown is a tag that may have been changed lately: it was not seen for long enough, or cannot be read now.
	AgeUnknown Standing = "ageUnknown"
	Recent     Standing = "recent"
	ByActor    Standing = "byActor"
)

// Better reports whether a standing says more for a tag than another one does.
func (s Standing) Better(than Standing) bool { return s.rank() < than.rank() }

func (s Standing) rank() int {
	for i, one := range []Standing{Settled, AgeUnknown, Recent} {
		if s == one {
			return i
		}
	}
	return 3
}

const (
	// TagAge is how long a tag must have had its value before a finding to decide who receives it.
	TagAge = 24 * time.Hour
	// MaxOwners is how many owner tags a finding names.
	MaxOwners = 20
)

// Tag is what is remembered of an owner tag of a role, or of one of its functions.
type Tag struct {
	// Of is the ARN of the function that has the tag; empty for the role.
	Of  string `json:"of,omitempty"`
	Key string `json:"key"`
	// Value is the tag's; Absent says that there was none.
	Value  string `json:"value,omitempty"`
	Absent bool   `json:"absent,omitzero"`
	// Since is when the tag was changed to what it is, where Changed is set; else since when it is known to be so.
	Since   time.Time `json:"since"`
	Changed bool      `json:"changed,omitzero"`
	// By are the principals that may have changed it then, as Actor.RoleOrUser has them; none where no record tells.
	By []string `json:"by,omitempty"`
	// Was is the value before, where it is known.
	Was string `json:"was,omitempty"`
}

// Standing is that of the tag for a finding that was first seen at a time and was caused by some principals.
func (t Tag) Standing(firstSeen time.Time, causedBy func(principal string) bool) Standing {
	for _, who := range t.By {
		if causedBy(who) {
			return ByActor
		}
	}
	switch {
	case firstSeen.Sub(t.Since) >= TagAge:
		return Settled
	case t.Changed:
		return Recent
	}
	return AgeUnknown
}

// RoleOrUser is who acted, whatever the session is called: the ARN of a user, or of a role without its path; the name where the record has
// no ARN.
func (a Actor) RoleOrUser() string {
	arn, err := aws.ParseARN(a.ARN)
	if err != nil {
		return a.Name
	}
	if name, _ := arn.Session(); name != "" {
		return aws.RoleARN(arn.Partition, arn.Account, "/", name).String()
	}
	if _, name, ok := arn.Role(); ok {
		return aws.RoleARN(arn.Partition, arn.Account, "/", name).String()
	}
	return a.ARN
}
