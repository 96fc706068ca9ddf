package actions

import "strings"

// glob is a pattern with wildcards, cut at its asterisks. Its question marks match one byte: all names of services and
// actions are ASCII.
type glob struct {
	// first and last begin and end the text; when there is no asterisk, first is all of it.
	first, last string
	middle      []string
	run         bool
}

func newGlob(pattern string) glob {
	chunks := strings.Split(pattern, "*")
	last := len(chunks) - 1
	if last == 0 {
		return glob{first: pattern}
	}
	return glob{first: chunks[0], last: chunks[last], middle: chunks[1:last], run: true}
}

// matches matches the whole of s. It takes the first place at which each chunk fits and never goes back, so its time is
// bounded by the product of both lengths.
func (g *glob) matches(s string) bool {
	if !g.run {
		return len(s) == len(g.first) && fits(g.first, s)
	}
	if len(s) < len(g.first)+len(g.last) || !fits(g.first, s) || !fits(g.last, s[len(s)-len(g.last):]) {
		return false
	}
	s = s[len(g.first) : len(s)-len(g.last)]
	for _, chunk := range g.middle {
		i := find(chunk, s)
		if i < 0 {
			return false
		}
		s = s[i+len(chunk):]
	}
	return true
}

// fits reports whether s, which is no shorter than the chunk, begins with it.
func fits(chunk, s string) bool {
	for i := range len(chunk) {
		if chunk[i] != '?' && chunk[i] != s[i] {
			return false
		}
	}
	return true
}

func find(chunk, s string) int {
	if !strings.Contains(chunk, "?") {
		return strings.Index(s, chunk)
	}
	for i := 0; i+len(chunk) <= len(s); i++ {
		if fits(chunk, s[i:]) {
			return i
		}
	}
	return -1
}
