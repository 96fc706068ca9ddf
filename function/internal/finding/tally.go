package finding

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

const (
	// MaxGravest is how many findings a tally names.
	MaxGravest = 10
	// maxTitle bounds the title of a finding that a tally names, in bytes: an item of the table holds 400 KB.
	maxTitle = 500
)

// Tally is what reconciles under another catalogue have come to in an account, until one message reports it. It is committed
// with the states that it counts.
type Tally struct {
	Account string `json:"-"`
	// Revision counts commits, 0 when nothing was ever stored.
	Revision int64 `json:"-"`
	// Opened, Changed and Resolved count the transitions, and Roles the roles that they concern.
	Opened   int `json:"opened"`
	Changed  int `json:"changed"`
	Resolved int `json:"resolved"`
	Roles    int `json:"roles"`
	// Checks are the IDs of the checks concerned, in order.
	Checks []string `json:"checks,omitempty"`
	// Gravest are the gravest findings among those that were opened or changed.
	Gravest []Brief `json:"gravest,omitempty"`
	// Since is when the first of them was counted; zero when nothing is.
	Since time.Time `json:"since,omitzero"`
}

// Brief is a finding in one line.
type Brief struct {
	ID       string         `json:"id"`
	Check    string         `json:"check"`
	Severity check.Severity `json:"severity"`
	// Role is the role's ARN.
	Role  string `json:"role"`
	Title string `json:"title"`
}

// Brief is the finding in one line.
func (f Finding) Brief() Brief {
	return Brief{ID: f.ID, Check: f.Check, Severity: f.Severity, Role: f.Role, Title: f.Title}
}

// Compare puts the gravest first, and orders the rest by check, role and identity.
func (b Brief) Compare(other Brief) int {
	return cmp.Or(cmp.Compare(other.Severity, b.Severity), cmp.Compare(b.Check, other.Check), cmp.Compare(b.Role, other.Role),
		cmp.Compare(b.ID, other.ID))
}

// Empty reports whether there is nothing to report.
func (t Tally) Empty() bool { return t.Opened+t.Changed+t.Resolved == 0 }

// With is the tally with the transitions of one role added.
func (t Tally) With(transitions []Transition, now time.Time) Tally {
	t.Checks, t.Gravest = slices.Clone(t.Checks), slices.Clone(t.Gravest)
	if t.Empty() {
		t.Since = now
	}
	t.Roles++
	for _, one := range transitions {
		f := one.Finding
		switch one.Kind {
		case KindOpened:
			t.Opened++
		case KindChanged:
			t.Changed++
		case KindResolved:
			t.Resolved++
		}
		if at, there := slices.BinarySearch(t.Checks, f.Check); !there {
			t.Checks = slices.Insert(t.Checks, at, f.Check)
		}
		if one.Kind != KindResolved {
			b := f.Brief()
			b.Title = strings.ToValidUTF8(b.Title[:min(len(b.Title), maxTitle)], "")
			t.Gravest = append(t.Gravest, b)
		}
	}
	slices.SortFunc(t.Gravest, Brief.Compare)
	t.Gravest = t.Gravest[:min(len(t.Gravest), MaxGravest)]
	return t
}

// Reported is the tally once it has been reported: empty, at the same revision.
func (t Tally) Reported() Tally { return Tally{Account: t.Account, Revision: t.Revision} }
