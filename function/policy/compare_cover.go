package policy

import (
	"slices"
	"strings"
)

// actionCover holds the places of the actions that a pattern covers: those from one place to another, or a set.
type actionCover struct {
	from, to int
	set      bitset
}

func (c *actionCover) has(i int) bool {
	if c.set == nil {
		return c.from <= i && i < c.to
	}
	return c.set.has(i)
}

func (c *actionCover) hasAny(list []int) bool { return slices.ContainsFunc(list, c.has) }

func (c *actionCover) addTo(b bitset) {
	if c.set == nil {
		b.setRange(c.from, c.to)
		return
	}
	for i, word := range c.set {
		b[i] |= word
	}
}

// letters is the set of characters that a name holds; whatever is neither a lower-case letter nor a digit counts as one.
type letters uint64

// lettersOf are those of a name, or those that a pattern's wildcards leave.
func lettersOf(text string) letters {
	var l letters
	for i := range len(text) {
		switch c := text[i]; {
		case c >= markOneInSegment:
		case 'a' <= c && c <= 'z':
			l |= 1 << (c - 'a')
		case '0' <= c && c <= '9':
			l |= 1 << (26 + c - '0')
		default:
			l |= 1 << 63
		}
	}
	return l
}

// serviceRange says where the actions of a service stand.
type serviceRange struct {
	service  string
	from, to int
}

// serviceRanges are in the order of their actions.
type serviceRanges []serviceRange

// of gives an empty range for a service that is not among them.
func (list serviceRanges) of(service string) serviceRange {
	i, ok := slices.BinarySearchFunc(list, service, func(r serviceRange, service string) int { return strings.Compare(r.service+":", service+":") })
	if !ok {
		return serviceRange{}
	}
	return list[i]
}
