package finding

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// name is what a finding is called among those of its role.
type name struct{ check, key string }

func (n name) compare(other name) int {
	return cmp.Or(strings.Compare(n.check, other.check), strings.Compare(n.key, other.key))
}

// remember takes in the findings that were known before, under the names that their checks have now. Where an earlier
// release distinguished two findings that are one now, the one that was seen first continues; the other is given back as it is.
func (c *comparison) remember() (doubled []Stored) {
	for _, s := range c.Prior {
		n := c.present(s)
		if first, taken := c.prior[n]; !taken {
			c.prior[n] = s
		} else if s.FirstSeen.Before(first.FirstSeen) {
			c.prior[n], doubled = s, append(doubled, first)
		} else {
			doubled = append(doubled, s)
		}
	}
	for n, s := range c.prior {
		s.Check, s.Key = n.check, n.key
		c.prior[n] = s
	}
	return doubled
}

// present is the name that a finding has now. One whose check is not in force under any name keeps its own.
func (c *comparison) present(s Stored) name {
	own := name{s.Check, s.Key}
	if ck := c.Checks[s.Check]; ck != nil {
		if key, ok := ck.PresentKey(s.Check, s.Key); ok {
			return name{s.Check, key}
		}
		return own
	}
	for _, id := range slices.Sorted(maps.Keys(c.Checks)) {
		if key, ok := c.Checks[id].PresentKey(s.Check, s.Key); ok {
			return name{id, key}
		}
	}
	return own
}

// meet gives the finding that a diagnostic, by its place in the result, continues, and takes it out of those not met yet; where there is
// none, false and the identity of a new one.
func (c *comparison) meet(place int) (Stored, bool) {
	n := c.pairs[place]
	if n == nil {
		return Stored{ID: c.newID(c.Result.Diagnostics[place])}, false
	}
	s := c.prior[*n]
	delete(c.prior, *n)
	return s, true
}
