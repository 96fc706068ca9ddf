package inventory

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
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
	// paged are the newest entries of the pages. Those of the head, by key, stand before them.
	paged  *paged
	recent map[string]*Entry
}

// paged are entries by key. Inventories that differ in their heads alone have them in common.
type paged struct {
	entries map[string]*Entry
	// steps are the keys of those of which MayStep found that they may step, once it was asked, and versions those of the versions of
	// functions, by the function's ARN, once Versions was.
	stepped, listed sync.Once
	steps           []string
	versions        map[string][]string
}

// Load puts an inventory together from a head and the entries of its pages. Of entries of one key, the one that was read last counts, and
// of two that were read at one time the later one.
func Load(h Head, pages [][]Entry) (*Inventory, error) {
	recent, err := h.Recent.Unpack()
	if err != nil {
		return nil, &UnreadError{h.Account, err}
	}
	v := &Inventory{Head: h, paged: &paged{entries: map[string]*Entry{}}, recent: map[string]*Entry{}}
	for _, list := range pages {
		for i := range list {
			v.paged.entries[list[i].Key] = newer(v.paged.entries[list[i].Key], &list[i])
		}
	}
	for i := range recent {
		v.recent[recent[i].Key] = newer(v.entry(recent[i].Key), &recent[i])
	}
	return v, nil
}

// newer is the one of two entries that counts; old may be nil.
func newer(old, e *Entry) *Entry {
	if old != nil && old.Read.After(e.Read) {
		return old
	}
	return e
}

// entry is the newest one of a key, be it gone; nil where there is none.
func (v *Inventory) entry(key string) *Entry {
	if e := v.recent[key]; e != nil {
		return e
	}
	return v.paged.entries[key]
}

// all goes through the newest entries, in no order.
func (v *Inventory) all() iter.Seq2[string, *Entry] {
	return func(yield func(string, *Entry) bool) {
		for key, e := range v.recent {
			if !yield(key, e) {
				return
			}
		}
		for key, e := range v.paged.entries {
			if v.recent[key] == nil && !yield(key, e) {
				return
			}
		}
	}
}

// Get is the entry of a key; nil where there is none, or it is gone.
func (v *Inventory) Get(key string) *Entry {
	if e := v.entry(key); e != nil && !e.IsGone() {
		return e
	}
	return nil
}

// Keys are the keys of the entries that are there and fit, in order.
func (v *Inventory) Keys(fits func(*Entry) bool) (keys []string) {
	for key, e := range v.all() {
		if !e.IsGone() && fits(e) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Versions are the keys of the versions of a function that are there, in order.
func (v *Inventory) Versions(arn string) (keys []string) {
	p := v.paged
	p.listed.Do(func() {
		p.versions = map[string][]string{}
		for key, e := range p.entries {
			if e.Version != nil {
				p.versions[e.Version.ARN] = append(p.versions[e.Version.ARN], key)
			}
		}
	})
	for _, key := range p.versions[arn] {
		if v.recent[key] == nil {
			keys = append(keys, key)
		}
	}
	for key, e := range v.recent {
		if e.Version != nil && e.Version.ARN == arn {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// MayStep reports whether one of the roles and users may step, as a function says of each, which says the same of one whenever it is asked:
// it is asked about those of the pages once.
func (v *Inventory) MayStep(may func(*Entry) bool) bool {
	v.paged.stepped.Do(func() {
		for key, e := range v.paged.entries {
			if e.Node != nil && may(e) {
				v.paged.steps = append(v.paged.steps, key)
			}
		}
	})
	for _, e := range v.recent {
		if e.Node != nil && may(e) {
			return true
		}
	}
	return slices.ContainsFunc(v.paged.steps, func(key string) bool { return v.recent[key] == nil })
}

// With is the inventory once entries were read, with the keys of those that changed something, and with pages that are to be stored by their
// names before the head is: none where the head has room. The names begin with the one that name gives. Where nothing changed it is the same.
func (v *Inventory) With(list []Entry, name func() string) (next *Inventory, changed []string, pages map[string]Page) {
	next = &Inventory{Head: v.Head, paged: v.paged, recent: maps.Clone(v.recent)}
	for i := range list {
		e := &list[i]
		old := next.entry(e.Key)
		if old == nil && e.IsGone() || old != nil && (old.Read.After(e.Read) || old.Is(e)) {
			continue
		}
		next.recent[e.Key] = e
		changed = append(changed, e.Key)
	}
	if len(changed) == 0 {
		return v, nil, nil
	}
	return next, changed, next.fill(name)
}

// fill packs the recent entries into the head, or into pages of their own where they are too many.
func (v *Inventory) fill(name func() string) map[string]Page {
	keys := slices.Sorted(maps.Keys(v.recent))
	p := packer{page: Page{Entries: make([]Stored, 0, len(keys))}}
	for _, key := range keys {
		p.page.Entries = append(p.page.Entries, p.pack(v.recent[key]))
	}
	if p.size <= maxRecent {
		v.Recent = p.page
		return nil
	}
	var list []Entry
	for _, key := range keys {
		list = append(list, *v.recent[key])
	}
	entries := maps.Clone(v.paged.entries)
	maps.Copy(entries, v.recent)
	pages, first := map[string]Page{}, name()
	v.Recent, v.recent, v.paged, v.Pages = Page{}, map[string]*Entry{}, &paged{entries: entries}, slices.Clip(v.Pages)
	for i, page := range Pack(list) {
		own := fmt.Sprintf("%s-%03d", first, i)
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
	for _, e := range v.all() {
		if !e.Read.Before(h.Started) {
			since = append(since, *e)
		}
	}
	slices.SortFunc(since, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	next, _, pages = next.With(since, func() string { return name })
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
		n := v.entry(key).Node
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
		one := v.entry(key).Version
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
