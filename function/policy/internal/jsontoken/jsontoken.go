// Package jsontoken is what readers of JSON need to know of tokens beyond what the decoder returns: where the next one begins,
// and what its kind is called.
package jsontoken

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// Start gives where the next token begins, from the end of the last one on: it passes over what may stand between tokens.
func Start[T string | []byte](text T, end int) int {
	for end < len(text) {
		switch text[end] {
		case ' ', '\t', '\r', '\n', ',', ':':
			end++
		default:
			return end
		}
	}
	return end
}

// KindName is what a kind of token is called in messages: "an object", for example.
func KindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 'n':
		return "null"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	}
	return fmt.Sprintf("%q", k)
}
