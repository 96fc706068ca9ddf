package policy

// beginning is what the texts begin with that a pattern matches; whole says that there is nothing more.
type beginning struct {
	text  string
	whole bool
}

func isMarkByte(b byte) bool { return b >= markOneInSegment }

func isWildcardByte(b byte) bool { return b == '*' || b == '?' }

// beginningOf is a pattern up to its first wildcard.
func beginningOf(pattern string, isWild func(byte) bool) beginning {
	for i := range len(pattern) {
		if isWild(pattern[i]) {
			return beginning{pattern[:i], false}
		}
	}
	return beginning{pattern, true}
}

// isApart reports that no text has both beginnings.
func (b beginning) isApart(other beginning) bool {
	n := min(len(b.text), len(other.text))
	return b.text[:n] != other.text[:n] || b.whole && n < len(other.text) || other.whole && n < len(b.text)
}

// MayOverlap reports whether some text may match both of two patterns, as far as is seen from what they begin with. It is only sure of a no.
func MayOverlap(a, b string) bool {
	return !beginningOf(a, isWildcardByte).isApart(beginningOf(b, isWildcardByte))
}
