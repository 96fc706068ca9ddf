// Package ascii folds the case of names that have letters of ASCII only, as those of services, actions and keys have: other
// letters stay as they are.
package ascii

// Lower is a text with A to Z in lower case. A text without them is given back as it is, without memory of its own.
func Lower(s string) string {
	for i := range len(s) {
		if isUpper(s[i]) {
			return string(AppendLower(make([]byte, 0, len(s)), s))
		}
	}
	return s
}

// AppendLower appends a text with A to Z in lower case.
func AppendLower(to []byte, s string) []byte {
	for i := range len(s) {
		b := s[i]
		if isUpper(b) {
			b += 'a' - 'A'
		}
		to = append(to, b)
	}
	return to
}

func isUpper(b byte) bool { return 'A' <= b && b <= 'Z' }
