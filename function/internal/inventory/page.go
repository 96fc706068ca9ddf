package inventory

import (
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Page is a number of entries as they are stored. Each text of a policy stands in it once.
type Page struct {
	Texts   []string `json:"texts,omitempty"`
	Entries []Stored `json:"entries,omitempty"`
}

// Stored is an entry as it is stored.
type Stored struct {
	Key       string     `json:"key"`
	Read      time.Time  `json:"read,omitzero"`
	Principal *principal `json:"principal,omitempty"`
	Version   *Version   `json:"version,omitempty"`
	Limits    *limits    `json:"limits,omitempty"`
	Other     *other     `json:"other,omitempty"`
}

// principal is a role or a user.
type principal struct {
	Ref      role.Ref                      `json:"ref"`
	Identity role.Maybe[role.Identity]     `json:"identity"`
	IsUser   bool                          `json:"isUser,omitempty"`
	Groups   []string                      `json:"groups,omitempty"`
	Trust    role.Maybe[document]          `json:"trust"`
	Boundary role.Maybe[document]          `json:"boundary"`
	Inline   role.Maybe[[]document]        `json:"inline"`
	Attached role.Maybe[[]document]        `json:"attached"`
	Seen     []document                    `json:"seen,omitempty"`
	Tags     role.Maybe[map[string]string] `json:"tags"`
}

// document is a policy; Text is the place of its text in the page. The part is stored as it is: also one that is none, as of an attached
// policy that was listed without its ARN.
type document struct {
	Part    string          `json:"part"`
	ARN     string          `json:"arn,omitempty"`
	Version string          `json:"version,omitempty"`
	Text    role.Maybe[int] `json:"text"`
}

// limits are policies of the organization, with the name of each and its text; a policy whose text was not read has none.
type limits struct {
	SCPs role.Maybe[[][]document] `json:"scps"`
	RCPs role.Maybe[[][]document] `json:"rcps"`
}

// maxPage is how many bytes the texts and entries of a page have at most, not compressed: an item of the table holds 400 KiB.
const maxPage = 320 << 10

// packer packs entries.
type packer struct {
	page  Page
	texts map[string]int
	size  int
}

// Pack packs entries into pages, in order.
func Pack(entries []Entry) (pages []Page) {
	var p packer
	for i := range entries {
		before, texts := p.size, len(p.page.Texts)
		p.page.Entries = append(p.page.Entries, p.pack(&entries[i]))
		if p.size <= maxPage || before == 0 {
			continue
		}
		// The entry goes into the next page, and its texts with it.
		p.page.Entries, p.page.Texts = p.page.Entries[:len(p.page.Entries)-1], p.page.Texts[:texts]
		pages = append(pages, p.page)
		p = packer{}
		p.page.Entries = append(p.page.Entries, p.pack(&entries[i]))
	}
	if len(p.page.Entries) > 0 {
		pages = append(pages, p.page)
	}
	return pages
}

func (p *packer) pack(e *Entry) Stored {
	s := Stored{Key: e.Key, Read: e.Read, Version: e.Version}
	p.size += entrySize + len(e.Key)
	if v := e.Version; v != nil {
		p.size += len(v.ARN) + len(v.Role) + tagsSize(v.Tags)
	}
	if n := e.Node; n != nil {
		s.Principal = &principal{
			Ref: n.Ref, Identity: n.Identity, IsUser: n.IsUser, Groups: n.Groups, Trust: mapped(n.Trust, p.document), Boundary: mapped(n.Boundary, p.document),
			Inline: mapped(n.Inline, p.documents), Attached: mapped(n.Attached, p.documents), Seen: p.documents(n.Seen), Tags: n.Tags,
		}
		p.size += tagsSize(n.Tags)
		for _, arn := range n.Groups {
			p.size += len(arn)
		}
	}
	if l := e.Limits; l != nil {
		s.Limits = &limits{SCPs: mapped(l.SCPs, p.levels), RCPs: mapped(l.RCPs, p.levels)}
	}
	if e.Other != nil {
		s.Other = p.other(e.Other)
	}
	return s
}

// entrySize and documentSize are about what an entry and a policy take, texts and tags apart.
const (
	entrySize    = 600
	documentSize = 200
)

func tagsSize(tags role.Maybe[map[string]string]) (n int) {
	for key, value := range tags.Or(nil) {
		n += len(key) + len(value) + 6
	}
	return n
}

func (p *packer) documents(list []role.Policy) []document {
	out := make([]document, len(list))
	for i := range list {
		out[i] = p.document(list[i])
	}
	return out
}

func (p *packer) document(one role.Policy) document {
	p.size += documentSize + len(one.ARN)
	return document{Part: one.Part.String(), ARN: one.ARN, Version: one.Version, Text: mapped(one.Text, p.text)}
}

func (p *packer) text(text string) int {
	if at, ok := p.texts[text]; ok {
		return at
	}
	if p.texts == nil {
		p.texts = map[string]int{}
	}
	at := len(p.page.Texts)
	p.texts[text] = at
	p.page.Texts = append(p.page.Texts, text)
	p.size += len(text)
	return at
}

func (p *packer) levels(list [][]policy.Part) [][]document {
	out := make([][]document, len(list))
	for i, level := range list {
		for _, part := range level {
			one := document{Part: part.Name}
			if part.Document != nil {
				one.Text = role.Have(p.text(string(part.Document.Source())))
			}
			out[i] = append(out[i], one)
		}
	}
	return out
}

// mapped is a value as a function gives it, or why it is unknown.
func mapped[A, B any](m role.Maybe[A], f func(A) B) role.Maybe[B] {
	value, known := m.Get()
	switch {
	case known:
		return role.Have(f(value))
	case m.State() == role.Absent:
		return role.None[B]()
	}
	return role.NotRead[B](m.Reason())
}

// Unpack gives the entries of a page. It fails where the page does not hold a text that an entry names.
func (p *Page) Unpack() ([]Entry, error) {
	u := unpacker{page: p, parsed: map[parsedKey]role.Policy{}}
	out := make([]Entry, 0, len(p.Entries))
	for i := range p.Entries {
		e := u.unpack(&p.Entries[i])
		if u.err != nil {
			return nil, fmt.Errorf("entry %s: %w", p.Entries[i].Key, u.err)
		}
		out = append(out, e.identified())
	}
	return out, nil
}

// unpacker parses each text of a page once for each kind of policy.
type unpacker struct {
	page   *Page
	parsed map[parsedKey]role.Policy
	err    error
}

type parsedKey struct {
	text int
	kind policy.Kind
}

func (u *unpacker) unpack(s *Stored) Entry {
	e := Entry{Key: s.Key, Read: s.Read, Version: s.Version, Other: u.other(s.Other)}
	if l := s.Limits; l != nil {
		e.Limits = &Limits{SCPs: mapped(l.SCPs, u.levels(policy.SCP)), RCPs: mapped(l.RCPs, u.levels(policy.RCP))}
	}
	if p := s.Principal; p != nil {
		e.Node = &reach.Node{IsUser: p.IsUser, Groups: p.Groups, Snapshot: &role.Snapshot{
			Ref: p.Ref, Identity: p.Identity, Trust: mapped(p.Trust, u.policy(policy.Trust)), Boundary: mapped(p.Boundary, u.policy(policy.Boundary)),
			Inline: mapped(p.Inline, u.policies), Attached: mapped(p.Attached, u.policies), Seen: u.policies(p.Seen), Tags: p.Tags,
		}}
	}
	return e
}

func (u *unpacker) policies(list []document) []role.Policy {
	if len(list) == 0 {
		return nil
	}
	out := make([]role.Policy, len(list))
	for i := range list {
		out[i] = u.policy(policy.Identity)(list[i])
	}
	return out
}

func (u *unpacker) policy(kind policy.Kind) func(document) role.Policy {
	return func(d document) role.Policy {
		at, known := d.Text.Get()
		if !known {
			return role.Policy{Part: role.Part(d.Part), ARN: d.ARN, Version: d.Version, Text: role.NotRead[string](d.Text.Reason())}
		}
		one := u.text(d.Part, at, kind)
		one.Part, one.ARN, one.Version = role.Part(d.Part), d.ARN, d.Version
		return one
	}
}

// text parses a text of the page.
func (u *unpacker) text(part string, at int, kind policy.Kind) role.Policy {
	if at < 0 || at >= len(u.page.Texts) {
		u.err = fmt.Errorf("the page has no text %d, which %s is to have", at, part)
		return role.Policy{}
	}
	key := parsedKey{at, kind}
	one, ok := u.parsed[key]
	if !ok {
		one = role.NewPolicy(role.Part(part), u.page.Texts[at], kind)
		u.parsed[key] = one
	}
	return one
}

func (u *unpacker) levels(kind policy.Kind) func([][]document) [][]policy.Part {
	return func(list [][]document) [][]policy.Part {
		out := make([][]policy.Part, len(list))
		for i, level := range list {
			for _, d := range level {
				part := policy.Part{Name: d.Part}
				if at, known := d.Text.Get(); known {
					part.Document = u.text(d.Part, at, kind).Document
				}
				out[i] = append(out[i], part)
			}
		}
		return out
	}
}
