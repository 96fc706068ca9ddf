// Package words holds how texts, lists, numbers and places read in what people are shown.
package words

import (
	"fmt"
	"strconv"
	"strings"
)

// Count is a number of things: "1 role", "3 roles". The noun's plural ends in an s.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Either is one where n is 1, and several otherwise.
func Either(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// ordinals are those that are written as words.
var ordinals = []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}

// Ordinal says which of several it is, counted from 1: "first", "tenth", "11th", "22nd".
func Ordinal(n int) string {
	if n >= 1 && n <= len(ordinals) {
		return ordinals[n-1]
	}
	ending := "th"
	if teen := n%100 >= 11 && n%100 <= 13; !teen && n%10 >= 1 && n%10 <= 3 {
		ending = []string{"st", "nd", "rd"}[n%10-1]
	}
	return strconv.Itoa(n) + ending
}

// Upper is a text with its first letter as a capital.
func Upper(text string) string { return first(text, strings.ToUpper) }

// Lower is a text with its first letter small.
func Lower(text string) string { return first(text, strings.ToLower) }

func first(text string, as func(string) string) string {
	if text == "" {
		return ""
	}
	return as(text[:1]) + text[1:]
}

// List joins names as a sentence does: "a, b and c".
func List(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Clip shortens a text that a message quotes to a number of bytes, less where a character would be cut in two, and three
// dots.
func Clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// Place is the line and the column of an offset in a text. Both count from 1, the column in bytes.
func Place[T string | []byte](text T, offset int) (line, column int) {
	line, start := 1, 0
	for i := range offset {
		if text[i] == '\n' {
			line, start = line+1, i+1
		}
	}
	return line, offset - start + 1
}
