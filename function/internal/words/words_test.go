package words

import (
	"testing"
	"unicode/utf8"
)

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 roles", 1: "1 role", 2: "2 roles"} {
		if got := Count(n, "role"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for want, names := range map[string][]string{"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := List(names); got != want {
			t.Errorf("List(%q) = %q, want %q", names, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	const text = "aé€😀"
	for most := range len(text) {
		got := Clip(text, most)
		if len(got) > most+3 || !utf8.ValidString(got) || got[len(got)-3:] != "..." {
			t.Errorf("Clip(%q, %d) = %q", text, most, got)
		}
	}
	if got := Clip(text, len(text)); got != text {
		t.Errorf("Clip of a text that fits: %q", got)
	}
}

func TestPlace(t *testing.T) {
	const text = "ab\n\né"
	want := [][2]int{{1, 1}, {1, 2}, {1, 3}, {2, 1}, {3, 1}, {3, 2}, {3, 3}}
	for offset, place := range want {
		line, column := Place(text, offset)
		byteLine, byteColumn := Place([]byte(text), offset)
		if line != place[0] || column != place[1] || byteLine != line || byteColumn != column {
			t.Errorf("Place(%q, %d) = %d, %d and %d, %d, want %v", text, offset, line, column, byteLine, byteColumn, place)
		}
	}
}
