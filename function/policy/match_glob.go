package policy

import (
	"strings"
	"unicode/utf8"
)

// A glob is a pattern whose wildcards are replaced by marks: bytes that occur in no UTF-8 text. So an asterisk that is
// meant literally, and text that a variable brought in, can never be taken for a wildcard.
const (
	markOneInSegment = 0xFC // any character but a colon
	markRunInSegment = 0xFD // any run of characters without a colon
	markOne          = 0xFE // any character
	markRun          = 0xFF // any run of characters
)

var (
	runMark   = string([]byte{markRun})
	wildcards = strings.NewReplacer("*", runMark, "?", string([]byte{markOne}))
	inSegment = strings.NewReplacer("*", string([]byte{markRunInSegment}), "?", string([]byte{markOneInSegment}))
)

func markWildcards(text string) string {
	if hasWildcards(text) {
		return wildcards.Replace(clean(text))
	}
	return clean(text)
}

func hasWildcards(text string) bool {
	return strings.IndexByte(text, '*') >= 0 || strings.IndexByte(text, '?') >= 0
}

// clean makes text safe to stand in a glob.
func clean(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func hasMarks(glob string) bool {
	for i := 0; i < len(glob); i++ {
		if glob[i] >= markOneInSegment {
			return true
		}
	}
	return false
}

// matchGlob matches the whole of s. It never goes back behind an asterisk once the chunk after it is found, so its
// time grows with the length of s, not with the number of asterisks. It knows markOne and markRun only.
func matchGlob(glob, s string) bool {
	if glob == runMark {
		return true
	}
	chunk, rest, more := strings.Cut(glob, runMark)
	n := chunkPrefix(chunk, s)
	if !more {
		return n == len(s)
	}
	if n < 0 {
		return false
	}
	s = s[n:]
	for {
		chunk, rest, more = strings.Cut(rest, runMark)
		if !more {
			return chunkSuffix(chunk, s)
		}
		if n = findChunk(chunk, s); n < 0 {
			return false
		}
		s = s[n:]
	}
}

// chunkPrefix gives the length of the beginning of s that a chunk without runs matches, or -1.
func chunkPrefix(chunk, s string) int {
	if strings.HasPrefix(s, chunk) {
		return len(chunk)
	}
	n := 0
	for i := 0; i < len(chunk); i++ {
		switch {
		case n == len(s):
			return -1
		case chunk[i] == markOne:
			_, size := utf8.DecodeRuneInString(s[n:])
			n += size
		case chunk[i] == s[n]:
			n++
		default:
			return -1
		}
	}
	return n
}

// findChunk gives the end of the first place in s where the chunk matches, or -1.
func findChunk(chunk, s string) int {
	if strings.IndexByte(chunk, markOne) < 0 {
		if i := strings.Index(s, chunk); i >= 0 {
			return i + len(chunk)
		}
		return -1
	}
	for start := 0; ; {
		if n := chunkPrefix(chunk, s[start:]); n >= 0 {
			return start + n
		}
		if start == len(s) {
			return -1
		}
		_, size := utf8.DecodeRuneInString(s[start:])
		start += size
	}
}

// chunkSuffix reports whether s ends in the chunk.
func chunkSuffix(chunk, s string) bool {
	if strings.IndexByte(chunk, markOne) < 0 {
		return strings.HasSuffix(s, chunk)
	}
	start := len(s)
	for range utf8.RuneCountInString(chunk) {
		if start == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	return chunkPrefix(chunk, s[start:]) == len(s)-start
}

// matchFolded matches a lower-cased glob against s, taking A to Z in s for a to z.
func matchFolded(glob, s string) bool {
	g, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch {
		case g < len(glob) && glob[g] == markRun:
			star, from = g, i
			g++
		case g < len(glob) && (glob[g] == markOne || glob[g] == c):
			g++
			i++
		case star >= 0:
			from++
			g, i = star+1, from
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == markRun {
		g++
	}
	return g == len(glob)
}

// matchSegments matches a glob that holds marks of all four kinds, keeping every state that the glob can be in. It is
// slower than matchGlob and needed only where a run may cross a colon and another may not (rule 16).
func matchSegments(glob, s string) bool {
	states := make([]bool, len(glob)+1)
	next := make([]bool, len(glob)+1)
	states[0] = true
	skipRuns(glob, states)
	for _, r := range s {
		clear(next)
		char := string(r)
		for g := range len(glob) {
			if !states[g] {
				continue
			}
			switch mark := glob[g]; {
			case mark == markRun, mark == markRunInSegment && r != ':':
				next[g] = true
			case mark == markOne, mark == markOneInSegment && r != ':':
				next[g+1] = true
			case mark < markOneInSegment && strings.HasPrefix(glob[g:], char):
				next[g+len(char)] = true
			}
		}
		states, next = next, states
		skipRuns(glob, states)
	}
	return states[len(glob)]
}

// skipRuns adds the states that are reached when a run matches nothing.
func skipRuns(glob string, states []bool) {
	for g := range len(glob) {
		if states[g] && (glob[g] == markRun || glob[g] == markRunInSegment) {
			states[g+1] = true
		}
	}
}

// coversExtensions reports whether the glob matches prefix and whatever may follow it.
func coversExtensions(glob, prefix string) bool {
	return strings.HasSuffix(glob, runMark) && matchGlob(glob, prefix)
}

// canExtend reports whether the glob matches some text that begins with prefix and goes on, with characters that
// allowed accepts.
func canExtend(glob, prefix string, allowed func(byte) bool) bool {
	for i := len(glob); i >= 0; i-- {
		if i < len(glob) && glob[i] < markOneInSegment && !allowed(glob[i]) {
			return false
		}
		goesOn := i < len(glob) || strings.HasSuffix(glob, runMark)
		if goesOn && matchGlob(glob[:i], prefix) {
			return true
		}
	}
	return false
}
