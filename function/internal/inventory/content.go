package inventory

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// contentOf identifies what was read, whenever that was. AWS lists policies in no order that counts.
func contentOf(e *Entry) string {
	var c content
	c.text(e.Key)
	if v := e.Version; v != nil {
		c.text("version", v.ARN, v.Version, v.Role)
		known(&c, v.Tags, c.tags)
	}
	if n := e.Node; n != nil {
		c.text("principal", n.Ref.Partition, n.Ref.Account, n.Ref.Name, n.Ref.ARN)
		c.yes(n.IsUser)
		c.list(slices.Sorted(slices.Values(n.Groups)))
		known(&c, n.Identity, c.identity)
		known(&c, n.Trust, c.policy)
		known(&c, n.Boundary, c.policy)
		known(&c, n.Inline, c.policies)
		known(&c, n.Attached, c.policies)
		c.policies(n.Seen)
		known(&c, n.Tags, c.tags)
	}
	if l := e.Limits; l != nil {
		c.text("limits")
		known(&c, l.SCPs, c.levels)
		known(&c, l.RCPs, c.levels)
	}
	if o := e.Other; o != nil {
		c.other(o)
	}
	sum := sha256.Sum256(c.bytes)
	return hex.EncodeToString(sum[:16])
}

// content is the bytes that identify an entry. Each text and each list has its length before it, so that no two entries have the same.
type content struct{ bytes []byte }

func (c *content) number(n int) { c.bytes = binary.AppendUvarint(c.bytes, uint64(n)) }

func (c *content) yes(is bool) {
	if is {
		c.number(1)
	} else {
		c.number(0)
	}
}

func (c *content) text(texts ...string) {
	for _, text := range texts {
		c.number(len(text))
		c.bytes = append(c.bytes, text...)
	}
}

func (c *content) list(texts []string) {
	c.number(len(texts))
	c.text(texts...)
}

func (c *content) time(t time.Time) { c.text(t.UTC().Format(time.RFC3339Nano)) }

func (c *content) tags(tags map[string]string) {
	c.number(len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		c.text(key, tags[key])
	}
}

func (c *content) identity(id role.Identity) {
	c.text(id.ARN, id.ID)
	known(c, id.Created, c.time)
}

func (c *content) policies(list []role.Policy) {
	c.number(len(list))
	for _, one := range byPart(list) {
		c.policy(one)
	}
}

func (c *content) policy(p role.Policy) {
	c.text(p.Part.String(), p.ARN, p.Version)
	known(c, p.Text, func(text string) {
		hash := p.Hash()
		if hash == "" { // It was not made by NewPolicy.
			hash = role.HashText(text)
		}
		c.text(hash)
	})
}

func (c *content) levels(list [][]policy.Part) {
	c.number(len(list))
	for _, level := range list {
		c.number(len(level))
		for _, part := range level {
			c.text(part.Name)
			c.yes(part.Document != nil)
			if part.Document != nil {
				c.text(sourceHash(part.Document))
			}
		}
	}
}

func (c *content) other(o *Other) {
	c.text("other", o.Name, o.Why.What, o.Why.SettledBy, o.Page)
	c.time(o.Listed)
	c.yes(o.Part != nil)
	if o.Part == nil {
		return
	}
	list := entriesOf(o.Part)
	c.number(len(list))
	for i := range list {
		c.text(contentOf(&list[i]))
	}
	c.list(o.Part.Missing)
	c.list(o.Part.Left)
	c.yes(o.Part.Cut)
}

type sourceKey struct{}

// sourceHash identifies the text of a document. The policies of the organization are the same for all roles.
func sourceHash(d *policy.Document) string {
	return d.Memo(sourceKey{}, func() any { return role.HashText(string(d.Source())) }).(string)
}

// known adds a value with its state, or why it is unknown.
func known[T any](c *content, m role.Maybe[T], add func(T)) {
	c.number(int(m.State()))
	if value, is := m.Get(); is {
		add(value)
	} else {
		c.text(m.Reason().String())
	}
}

func byPart(list []role.Policy) []role.Policy {
	compare := func(a, b role.Policy) int { return strings.Compare(a.Part.String(), b.Part.String()) }
	if slices.IsSortedFunc(list, compare) {
		return list
	}
	return slices.SortedStableFunc(slices.Values(list), compare)
}
