package finding

import (
	"maps"
	"slices"
	"strconv"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Path is what a path is in substance, as it is stored: its first step, and its end.
type Path struct {
	First string `json:"first"`
	End   string `json:"end"`
}

func pathOf(p *check.Path) *Path {
	if p == nil {
		return nil
	}
	return &Path{First: p.First, End: p.End}
}

// pair gives each diagnostic the finding that it continues: the one whose statements say the same, where its key names one by its place; the one
// of its name; else the one whose ID it would get, which a later release
// has renamed or whose path began with another statement for a while; else the one of the same path, whose first statement was edited.
func (c *comparison) pair() {
	names := slices.SortedFunc(maps.Keys(c.prior), name.compare)
	continued := map[name]bool{}
	take := func(i int, fits func(name) bool) {
		if c.pairs[i] != nil {
			return
		}
		for _, n := range names {
			if !continued[n] && fits(n) {
				c.pairs[i], continued[n] = &n, true
				return
			}
		}
	}
	c.pairs = make([]*name, len(c.Result.Diagnostics))
	for i, d := range c.Result.Diagnostics {
		if d.ByPlace {
			says := meaning(d)
			take(i, func(n name) bool { return n.check == d.Check.ID && c.prior[n].Meaning == says })
		}
	}
	for i, d := range c.Result.Diagnostics {
		if n := (name{d.Check.ID, d.Key}); c.pairs[i] == nil && !continued[n] {
			if _, had := c.prior[n]; had {
				c.pairs[i], continued[n] = &n, true
			}
		}
	}
	for i, d := range c.Result.Diagnostics {
		if len(continued) < len(names) && c.pairs[i] == nil {
			id := Identity(c.Key, d.Check.ID, d.Key)
			take(i, func(n name) bool { return c.prior[n].ID == id })
		}
	}
	for i, d := range c.Result.Diagnostics {
		if d.Path != nil {
			take(i, func(n name) bool { return c.isPathOf(d, n, c.prior[n]) })
		}
	}
}

// isPathOf reports whether the path of a finding is that of a diagnostic with another first statement: that statement allows the first step
// that the finding's path took, or the path ends where it did and begins in the same policy. What ends for another reason than an edit of
// the role is not continued.
func (c *comparison) isPathOf(d check.Diagnostic, n name, s Stored) bool {
	if d.Path == nil || s.Path == nil || n.check != d.Check.ID || c.resolution(s) != Mended {
		return false
	}
	if d.Path.First == s.Path.First || d.Path.Begins(s.Path.First) {
		return true
	}
	return d.Path.End == s.Path.End && slices.ContainsFunc(Parts(d), func(p role.Part) bool { return slices.Contains(s.Parts, p) })
}

// newID is the identity of a finding that was not there before. Where a finding that has got another key since has it, it is one after that.
func (c *comparison) newID(d check.Diagnostic) string {
	if c.ids == nil {
		c.ids = map[string]bool{}
		for _, s := range c.Prior {
			c.ids[s.ID] = true
		}
	}
	id := Identity(c.Key, d.Check.ID, d.Key)
	for n := 2; c.ids[id]; n++ {
		id = Identity(c.Key, d.Check.ID, d.Key+"\x00"+strconv.Itoa(n))
	}
	c.ids[id] = true
	return id
}
