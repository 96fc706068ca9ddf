package actions

import (
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// Expand gives every known action that a value of Action in a policy matches ("*", "s3:Get*", "S3:get?bject"), in the
// order of Names. A value that is no action pattern, such as "s3*" or "s3:", matches none.
func Expand(pattern string) []Action {
	c := catalogue()
	var list []Action
	c.each(pattern, func(i int) bool {
		list = append(list, c.actions[i])
		return true
	})
	return list
}

// Each calls yield with the name of every action that Expand would give, in the same order, until yield returns false.
// It makes no Action and is the cheaper of the two.
func Each(pattern string, yield func(name string) bool) {
	c := catalogue()
	c.each(pattern, func(i int) bool { return yield(c.names[i]) })
}

// EachPlace is Each with the places of the actions in Names.
func EachPlace(pattern string, yield func(place int) bool) { catalogue().each(pattern, yield) }

// At gives the action at a place in Names.
func At(place int) Action { return catalogue().actions[place] }

// each calls yield with the places of the actions that match, in order, until it returns false.
func (c *index) each(pattern string, yield func(i int) bool) {
	if !strings.ContainsAny(pattern, "*?") {
		if i, known := place(pattern); known {
			yield(i)
		}
		return
	}
	service, name, ok := splitPattern(ascii.Lower(pattern))
	if !ok {
		return
	}
	literal := !strings.ContainsAny(service, "*?")
	names := newGlob(name)
	if literal {
		if i, known := c.byPrefix[service]; known {
			c.eachOf(&c.spans[i], &names, yield)
		}
		return
	}
	services := newGlob(service)
	for i := range c.spans {
		if services.matches(ascii.Lower(c.spans[i].prefix)) && !c.eachOf(&c.spans[i], &names, yield) {
			return
		}
	}
}

func (c *index) eachOf(s *span, names *glob, yield func(i int) bool) bool {
	has, wanted := letters(), names.letters()
	for i := s.from; i < s.to; i++ {
		if has[i]&wanted == wanted && names.matches(c.folded[i][len(s.prefix)+1:]) && !yield(i) {
			return false
		}
	}
	return true
}

// letters are the characters of each action's name without its service, as bits: two characters may have one. Most names lack
// one that a pattern has, and need no closer look.
var letters = sync.OnceValue(func() []uint64 {
	c := catalogue()
	out := make([]uint64, len(c.names))
	for i := range c.spans {
		s := &c.spans[i]
		for j := s.from; j < s.to; j++ {
			out[j] = lettersOf(c.folded[j][len(s.prefix)+1:])
		}
	}
	return out
})

func lettersOf(text string) (out uint64) {
	for i := range len(text) {
		out |= 1 << (text[i] % 64)
	}
	return out
}

// letters are the characters that a text must have to match.
func (g *glob) letters() uint64 {
	return lettersOf(strings.ReplaceAll(g.first+g.last+strings.Join(g.middle, ""), "?", ""))
}

// splitPattern takes a value of Action apart. A value of nothing but asterisks is all actions of all services; in any
// other, no wildcard crosses the colon.
func splitPattern(pattern string) (service, name string, ok bool) {
	if pattern != "" && strings.Trim(pattern, "*") == "" {
		return "*", "*", true
	}
	service, name, ok = strings.Cut(pattern, ":")
	return service, name, ok && service != "" && name != "" && !strings.Contains(name, ":")
}
