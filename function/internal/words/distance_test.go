package words

import "testing"

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"settle", "settle", 0}, {"setle", "settle", 1}, {"sette", "settle", 1}, {"sattle", "settle", 1},
		{"kitten", "sitting", 3}, {"ab", "ba", 2}, {"Settle", "settle", 1},
	} {
		if got, back := Distance(tt.a, tt.b), Distance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("distance of %q and %q: %d and %d, want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
}
