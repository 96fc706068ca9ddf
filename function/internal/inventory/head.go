package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Head names the pages of an account's inventory, and holds what has changed since they were written.
type Head struct {
	Account string `json:"-"`
	// Revision counts commits, 0 when nothing was ever stored, NotRead where what is stored cannot be read.
	Revision int64 `json:"-"`
	// Generation is the sweep that listed the account, and Started when that began; zero where none has been through the list.
	Generation int64     `json:"generation,omitempty"`
	Started    time.Time `json:"started,omitzero"`
	// NoUsers and NoFunctions say why not all are known; empty where they are.
	NoUsers     string `json:"noUsers,omitempty"`
	NoFunctions string `json:"noFunctions,omitempty"`
	// Pages are the names of the pages: those of the sweep, and those that took what had changed since.
	Pages []string `json:"pages,omitempty"`
	// Ties are what connects the account with others of its organization, and Part is the name of the page that has what those can get into.
	// They are empty outside a hub.
	Ties reach.Ties `json:"ties,omitzero"`
	Part string     `json:"part,omitempty"`
	// Recent is what has changed since the last of them was written.
	Recent Page `json:"recent,omitzero"`
}

// NotRead is the revision of a head that is stored and cannot be read.
const NotRead int64 = -1

// UnreadError says that what is stored of an inventory cannot be read.
type UnreadError struct {
	Account string
	Err     error
}

func (e *UnreadError) Error() string {
	return fmt.Sprintf("read the inventory of account %s: %v", e.Account, e.Err)
}

func (e *UnreadError) Unwrap() error { return e.Err }

// maxRecent is how many bytes the recent entries of a head take at most, not compressed: every reconcile reads them.
const maxRecent = 48 << 10

// Named are the names of all pages that the head names.
func (h *Head) Named() []string {
	if h.Part == "" {
		return h.Pages
	}
	return append(slices.Clone(h.Pages), h.Part)
}

// IsListed reports whether a sweep has listed the account.
func (h *Head) IsListed() bool { return h.Generation > 0 }

// Inventory is a head with the entries of its pages. It never changes.
type Inventory struct {
	Head
	// entries are the newest ones by key, and recent the keys of those that the head has.
	entries map[string]*Entry
	recent  map[string]bool
}

// Load puts an inventory together from a head and the entries of its pages. Of entries of one key, the one that was read last counts, and
// of two that were read at one time the later one.
func Load(h Head, pages [][]Entry) (*Inventory, error) {
	recent, err := h.Recent.Unpack()
	if err != nil {
		return nil, &UnreadError{h.Account, err}
	}
	v := &Inventory{Head: h, entries: map[string]*Entry{}, recent: map[string]bool{}}
	for _, list := range append(slices.Clip(pages), recent) {
		for i := range list {
			v.put(&list[i])
		}
	}
	for i := range recent {
		v.recent[recent[i].Key] = true
	}
	return v, nil
}

func (v *Inventory) put(e *Entry) {
	if old := v.entries[e.Key]; old == nil || !old.Read.After(e.Read) {
		v.entries[e.Key] = e
	}
}

// Get is the entry of a key; nil where there is none, or it is gone.
func (v *Inventory) Get(key string) *Entry {
	if e := v.entries[key]; e != nil && !e.IsGone() {
		return e
	}
	return nil
}

// Keys are the keys of the entries that are there and fit, in order.
func (v *Inventory) Keys(fits func(*Entry) bool) (keys []string) {
	for key, e := range v.entries {
		if !e.IsGone() && fits(e) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Any reports whether an entry that is there fits.
func (v *Inventory) Any(fits func(*Entry) bool) bool {
	for _, e := range v.entries {
		if !e.IsGone() && fits(e) {
			return true
		}
	}
	return false
}

// With is the inventory once entries were read, with the keys of those that changed something, and with pages that are to be stored by their
// names before the head is: none where the head has room. The names begin with the one given. Where nothing changed it is the same.
func (v *Inventory) With(list []Entry, name string) (next *Inventory, changed []string, pages map[string]Page) {
	next = &Inventory{Head: v.Head, entries: maps.Clone(v.entries), recent: maps.Clone(v.recent)}
	for i := range list {
		e := &list[i]
		old := next.entries[e.Key]
		if old == nil && e.IsGone() || old != nil && (old.Read.After(e.Read) || old.Is(e)) {
			continue
		}
		next.entries[e.Key], next.recent[e.Key] = e, true
		changed = append(changed, e.Key)
	}
	if len(changed) == 0 {
		return v, nil, nil
	}
	return next, changed, next.fill(name)
}

// fill packs the recent entries into the head, or into pages of their own where they are too many.
func (v *Inventory) fill(name string) map[string]Page {
	var list []Entry
	for _, key := range slices.Sorted(maps.Keys(v.recent)) {
		list = append(list, *v.entries[key])
	}
	var p packer
	for i := range list {
		p.page.Entries = append(p.page.Entries, p.pack(&list[i]))
	}
	if p.size <= maxRecent {
		v.Recent = p.page
		return nil
	}
	pages := map[string]Page{}
	v.Recent, v.recent, v.Pages = Page{}, map[string]bool{}, slices.Clip(v.Pages)
	for i, page := range Pack(list) {
		own := fmt.Sprintf("%s-%03d", name, i)
		pages[own], v.Pages = page, append(v.Pages, own)
	}
	return pages
}

// Listed is the inventory after a sweep has listed the account, in pages of these entries that the head names. What was read since the sweep
// began stays; pages are as With gives them.
func (v *Inventory) Listed(h Head, listed [][]Entry, name string) (next *Inventory, pages map[string]Page, err error) {
	h.Account, h.Revision, h.Recent, h.Ties, h.Part = v.Account, v.Revision, Page{}, v.Ties, v.Part
	next, err = Load(h, listed)
	if err != nil {
		return nil, nil, err
	}
	var since []Entry
	for _, key := range slices.Sorted(maps.Keys(v.entries)) {
		if e := v.entries[key]; !e.Read.Before(h.Started) {
			since = append(since, *e)
		}
	}
	next, _, pages = next.With(since, name)
	return next, pages, nil
}

// Listing is what a graph is built from.
func (v *Inventory) Listing() reach.Listing {
	l := reach.Listing{NoUsers: v.NoUsers, NoFunctions: v.NoFunctions}
	limits := Limits{}
	if e := v.Get(LimitsKey); e != nil {
		limits = *e.Limits
	}
	users := v.functions(&l)
	for _, key := range v.Keys(func(e *Entry) bool { return e.Node != nil }) {
		n := v.entries[key].Node
		s := *n.Snapshot
		s.SCPs, s.RCPs = limits.SCPs, limits.RCPs
		s.Users = role.Users{Complete: true}
		if n.IsUser {
			l.Users = append(l.Users, reach.Node{Snapshot: &s, IsUser: true, Groups: n.Groups})
			continue
		}
		s.Users.List = users[key]
		if v.NoFunctions != "" {
			s.Users.Complete, s.Users.Why = false, v.NoFunctions
		}
		l.Roles = append(l.Roles, &s)
	}
	l.Others = v.others()
	return l
}

// functions lists the functions, by their latest versions, and gives the versions that run as each role.
func (v *Inventory) functions(l *reach.Listing) map[string][]role.Function {
	users := map[string][]role.Function{}
	for _, key := range v.Keys(func(e *Entry) bool { return e.Version != nil }) {
		one := v.entries[key].Version
		if one.Version == aws.LatestVersion {
			l.Functions = append(l.Functions, reach.Function{ARN: one.ARN, Role: one.Role, Tags: one.Tags})
		}
		f := role.Function{ARN: one.ARN, Version: one.Version, Role: one.Role}
		users[f.RoleKey()] = append(users[f.RoleKey()], f)
	}
	for _, list := range users {
		slices.SortFunc(list, func(a, b role.Function) int { return cmp.Or(strings.Compare(a.ARN, b.ARN), role.ByVersion(a, b)) })
	}
	return users
}
