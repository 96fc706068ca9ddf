package hub

import (
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// Member is an account that is watched.
type Member struct {
	organization.Account
	// Units are the IDs of the root and the organizational units that the account is in, from the root down; none where that is not known.
	Units []string
	// Tags are those of the account; nil where they are not read.
	Tags map[string]string
	// Since is when the account was listed first; zero where it never was.
	Since time.Time
	// Others are the IDs of all accounts of the organization, itself among them, in order.
	Others []string
	// Management says that it is the management account of the organization.
	Management bool
}

// same reports whether another listing says the same of the account.
func (m Member) same(o Member) bool {
	return m.Account == o.Account && slices.Equal(m.Units, o.Units) && maps.Equal(m.Tags, o.Tags) && m.Management == o.Management && slices.Equal(m.Others, o.Others)
}

// Directory is what is known of the accounts of the organization, as it is kept.
type Directory struct {
	organization.Organization
	// Listed is when they were listed last; zero where they never were.
	Listed time.Time `json:"listed,omitzero"`
	// Watched are the IDs of the accounts that are watched, in order.
	Watched []string `json:"watched,omitempty"`
	// Accounts' notes, by ID.
	Notes map[string]Note `json:"notes,omitempty"`

	// others are the IDs of all accounts, and unitsOf gives those of the units of one, once they are worked out.
	others  []string
	unitsOf func(account string) []string
}

// Note is what is noted of an account.
type Note struct {
	// Since is when the account was listed first, or was to be watched, and Left since when it is not, until its findings are resolved.
	Since time.Time `json:"since"`
	Left  time.Time `json:"left,omitzero"`
	// Why says why it is not, and Was is the account as it was listed last.
	Why string               `json:"why,omitempty"`
	Was organization.Account `json:"was,omitzero"`
	// Tags are those of the account, and TagsRead is when they were read.
	Tags     map[string]string `json:"tags,omitempty"`
	TagsRead time.Time         `json:"tagsRead,omitzero"`
	// Missed is when the account was missing in a listing first; zero where the last one has it.
	Missed time.Time `json:"missed,omitzero"`
	// Event is the name of the record by which the account is closed or leaves the organization, and At when that arrived.
	Event string    `json:"event,omitempty"`
	At    time.Time `json:"at,omitzero"`
}

// watches reports whether an account is watched.
func (d *Directory) watches(account string) bool {
	_, ok := slices.BinarySearch(d.Watched, account)
	return ok
}

// member is an account as it is known.
func (d *Directory) member(id string) Member {
	m := Member{Account: organization.Account{ID: id}, Since: d.Notes[id].Since, Tags: d.Notes[id].Tags, Management: id == d.ManagementAccount && id != ""}
	if a, ok := d.Find(id); ok {
		m.Account, m.Units = a, d.unitsOf(id)
	} else if was := d.Notes[id].Was; was.ID == id {
		m.Account = was
	}
	m.Others = d.others
	return m
}

// workOut works out what is the same for all accounts.
func (d *Directory) workOut() {
	d.others = make([]string, 0, len(d.Accounts))
	for _, a := range d.Accounts {
		d.others = append(d.others, a.ID)
	}
	d.unitsOf = d.UnitsOf()
}

// left are the accounts whose findings are to be resolved, in order.
func (d *Directory) left() (ids []string) {
	for id, n := range d.Notes {
		if !n.Left.IsZero() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
