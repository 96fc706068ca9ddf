package interpreter

// token is a character of a pattern, or a wildcard: '*' for any number of characters and '?' for one.
type token struct {
	char, wild    rune
	withinSegment bool // the wildcard matches no colon
}

// glob reads a pattern.
func glob(text string) []token {
	var out []token
	for _, r := range text {
		if r == '*' || r == '?' {
			out = append(out, token{wild: r})
		} else {
			out = append(out, token{char: r})
		}
	}
	return out
}

// literal reads a text without wildcards.
func literal(text string) []token {
	var out []token
	for _, r := range text {
		out = append(out, token{char: r})
	}
	return out
}

// matches tries every way to share the text among the tokens, keeping the set of positions that the tokens so far can end at.
func matches(pattern []token, text string) bool {
	runes := []rune(text)
	ends := make([]bool, len(runes)+1)
	ends[0] = true
	for _, t := range pattern {
		next := make([]bool, len(runes)+1)
		for at, reached := range ends {
			if !reached {
				continue
			}
			if t.wild == '*' {
				next[at] = true
				for to := at; to < len(runes) && !(t.withinSegment && runes[to] == ':'); to++ {
					next[to+1] = true
				}
				continue
			}
			if at < len(runes) && t.takes(runes[at]) {
				next[at+1] = true
			}
		}
		ends = next
	}
	return ends[len(runes)]
}

// takes reports whether a token that is no asterisk matches a character.
func (t token) takes(r rune) bool {
	if t.wild == '?' {
		return !t.withinSegment || r != ':'
	}
	return t.char == r
}
