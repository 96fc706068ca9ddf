package ask

import (
	"slices"
	"strings"
)

// commonText looks for a text that several patterns cover: their places say how much of each has been matched.
type commonText struct {
	patterns []string
	name     string
	nodes    []commonNode
	seen     map[string]bool
}

type commonNode struct {
	places []int
	text   string
	// named is set once the name is in the text.
	named bool
}

// maxCommon bounds the work of a search, and commonWeight is about how many steps each of its nodes takes.
const maxCommon, commonWeight = 2000, 10

// Common is a text that all patterns cover. Where an asterisk of each may stand for it, the name is in it, so that what others name is
// another text. It reports false where there is none, or where the budget does not suffice.
func (s *Session) Common(patterns []string, name string) (text string, ok bool) {
	c := commonText{patterns: patterns, name: name, seen: map[string]bool{}}
	c.add(commonNode{places: make([]int, len(patterns))})
	for i := 0; i < len(c.nodes); i++ {
		if i == maxCommon || !s.Spend(commonWeight) {
			s.Budget.Exceed()
			return text, ok
		}
		if node := c.nodes[i]; c.isWhole(node.places) {
			if node.named || name == "" {
				return node.text, true
			}
			if !ok {
				text, ok = node.text, true
			}
		}
		c.goOn(c.nodes[i])
	}
	return text, ok
}

// add adds a node, and those with asterisks that stand for nothing more.
func (c *commonText) add(n commonNode) {
	var b strings.Builder
	for _, at := range n.places {
		b.WriteString(string(rune(at)))
	}
	if n.named {
		b.WriteByte('+')
	}
	if c.seen[b.String()] {
		return
	}
	c.seen[b.String()] = true
	c.nodes = append(c.nodes, n)
	for i, at := range n.places {
		if at < len(c.patterns[i]) && c.patterns[i][at] == '*' {
			after := slices.Clone(n.places)
			after[i]++
			c.add(commonNode{after, n.text, n.named})
		}
	}
}

func (c *commonText) isWhole(places []int) bool {
	for i, at := range places {
		if at < len(c.patterns[i]) {
			return false
		}
	}
	return true
}

// goOn adds what follows a node: the name where all patterns are at an asterisk, and else one character that all of them cover.
func (c *commonText) goOn(n commonNode) {
	letter, free := byte('x'), true
	for i, at := range n.places {
		if at == len(c.patterns[i]) {
			return
		}
		if p := c.patterns[i][at]; p != '*' {
			if free = false; p != '?' {
				letter = p
			}
		}
	}
	if free {
		if c.name != "" && !n.named {
			c.add(commonNode{n.places, n.text + c.name, true})
		}
		return
	}
	after := slices.Clone(n.places)
	for i, at := range n.places {
		switch p := c.patterns[i][at]; {
		case p == '*':
		case p != '?' && p != letter:
			return
		default:
			after[i]++
		}
	}
	c.add(commonNode{after, n.text + string(letter), n.named})
}
