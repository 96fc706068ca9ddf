package inventory

import (
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Other is what is known of another account of the organization.
type Other struct {
	// Name is what people call the account; empty where it has no name.
	Name string
	// Why says why nothing is known of it; empty where it is known.
	Why role.Gap
	// Listed is when the account was listed last, and Page the name of the page that Part is from. Part is nil where the account has no role that
	// could be assumed from here.
	Listed time.Time
	Page   string
	Part   *reach.Part
}

// otherPrefix begins the keys of other accounts.
const otherPrefix = "account:"

// OtherKey is the key of another account.
func OtherKey(account string) string { return otherPrefix + account }

// AccountOf is the account of a key; empty for any other entry.
func AccountOf(key string) string {
	account, ok := strings.CutPrefix(key, otherPrefix)
	if !ok {
		return ""
	}
	return account
}

// OfOther is the entry of another account.
func OfOther(account string, o Other, read time.Time) Entry {
	return Entry{Key: OtherKey(account), Read: read, Other: &o}.identified()
}

// other is what is stored of another account: what its part consists of is stored as the entries of an account are.
type other struct {
	Name      string    `json:"name,omitempty"`
	Why       string    `json:"why,omitempty"`
	SettledBy string    `json:"settledBy,omitempty"`
	Listed    time.Time `json:"listed,omitzero"`
	Page      string    `json:"page,omitempty"`
	Part      *part     `json:"part,omitempty"`
}

// part is a part of an account.
type part struct {
	Entries []Stored `json:"entries,omitempty"`
	Missing []string `json:"missing,omitempty"`
	Left    []string `json:"left,omitempty"`
	Cut     bool     `json:"cut,omitempty"`
}

func (p *packer) other(o *Other) *other {
	out := &other{Name: o.Name, Why: o.Why.What, SettledBy: o.Why.SettledBy, Listed: o.Listed, Page: o.Page}
	p.size += len(out.Name) + len(out.Why) + len(out.SettledBy)
	if o.Part != nil {
		out.Part = p.part(o.Part)
	}
	return out
}

// entriesOf are what a part consists of, as the entries of an account are.
func entriesOf(of *reach.Part) (list []Entry) {
	for i, s := range of.Roles {
		if i == 0 {
			list = append(list, Entry{Key: LimitsKey, Limits: &Limits{s.SCPs, s.RCPs}})
		}
		list = append(list, Entry{Key: s.Ref.Key(), Node: &reach.Node{Snapshot: s}})
	}
	for i := range of.Users {
		list = append(list, Entry{Key: of.Users[i].ARN(), Node: &of.Users[i]})
	}
	for _, f := range of.Functions {
		list = append(list, Entry{Key: f.ARN, Version: &Version{ARN: f.ARN, Role: f.Role, Tags: f.Tags}})
	}
	return list
}

func (p *packer) part(of *reach.Part) *part {
	out := &part{Missing: of.Missing, Left: of.Left, Cut: of.Cut}
	for _, e := range entriesOf(of) {
		out.Entries = append(out.Entries, p.pack(&e))
	}
	for _, list := range [][]string{of.Missing, of.Left} {
		for _, text := range list {
			p.size += len(text)
		}
	}
	return out
}

func (u *unpacker) other(s *other) *Other {
	if s == nil {
		return nil
	}
	o := &Other{Name: s.Name, Why: role.Gap{What: s.Why, SettledBy: s.SettledBy}, Listed: s.Listed, Page: s.Page}
	if s.Part != nil {
		o.Part = u.reached(s.Part)
	}
	return o
}

func (u *unpacker) reached(s *part) *reach.Part {
	out := &reach.Part{Missing: s.Missing, Left: s.Left, Cut: s.Cut}
	limits := Limits{}
	for i := range s.Entries {
		switch e := u.unpack(&s.Entries[i]); {
		case e.Limits != nil:
			limits = *e.Limits
		case e.Version != nil:
			out.Functions = append(out.Functions, reach.Function{ARN: e.Version.ARN, Role: e.Version.Role, Tags: e.Version.Tags})
		case e.Node != nil && e.Node.IsUser:
			out.Users = append(out.Users, *e.Node)
		case e.Node != nil:
			out.Roles = append(out.Roles, e.Node.Snapshot)
		}
	}
	for _, s := range out.Roles {
		s.SCPs, s.RCPs, s.Users = limits.SCPs, limits.RCPs, role.Users{}
	}
	for i := range out.Users {
		out.Users[i].SCPs, out.Users[i].RCPs = limits.SCPs, limits.RCPs
	}
	return out
}

// PartPage is the page of what others can get into, with a name that says what it has. There is none where that is nothing.
func PartPage(of *reach.Part) (name string, page Page) {
	if len(of.Roles) == 0 {
		return "", Page{}
	}
	var p packer
	for {
		e := OfOther("", Other{Part: of}, time.Time{})
		p = packer{}
		p.page.Entries = []Stored{p.pack(&e)}
		if p.size <= maxPage || len(of.Roles) == 1 {
			return "part-" + e.content, p.page
		}
		fewer := *of
		fewer.Roles, fewer.Users, fewer.Cut = of.Roles[:len(of.Roles)/2], nil, true
		of = &fewer
	}
}

// Part unpacks the page of what others can get into.
func (p *Page) Part() (*reach.Part, error) {
	entries, err := p.Unpack()
	if err != nil || len(entries) != 1 || entries[0].Other == nil {
		return nil, err
	}
	return entries[0].Other.Part, nil
}

// others is what is known of the other accounts; nil where none is looked at.
func (v *Inventory) others() *reach.Others {
	o := &reach.Others{Known: map[string]bool{}, Unknown: map[string]role.Gap{}}
	keys := v.Keys(func(e *Entry) bool { return e.Other != nil })
	for _, key := range keys {
		account, one := AccountOf(key), v.entry(key).Other
		if one.Why.What != "" {
			o.Unknown[account] = one.Why
			continue
		}
		o.Known[account] = true
		if one.Part == nil {
			continue
		}
		p := *one.Part
		p.Account, p.Name, p.Listed = account, one.Name, one.Listed
		o.Parts = append(o.Parts, p)
	}
	if len(keys) == 0 {
		return nil
	}
	return o
}
