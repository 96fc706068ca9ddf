package solve

import (
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// The points are values that are worth trying, as texts: tests that compare a value with numbers, with dates or
// with networks tell apart no others than these.

// LongestNumber is the length of the numbers that are calculated with, in characters.
const LongestNumber = 1000

// AroundNumber is a number, and the numbers next to it; nil for a text that is not a number.
func AroundNumber(text string) []string {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	one := big.NewRat(1, 1)
	return []string{decimalText(n), decimalText(new(big.Rat).Add(n, one)), decimalText(new(big.Rat).Sub(n, one))}
}

// AroundInstant is an instant, and the seconds next to it.
func AroundInstant(t time.Time) []string {
	return []string{dateText(t), dateText(t.Add(time.Second)), dateText(t.Add(-time.Second))}
}

// AroundNetwork are the first and the last address of a network, and the addresses next to it.
func AroundNetwork(network netip.Prefix) []string {
	first := network.Masked().Addr()
	raw := first.AsSlice()
	for bit := network.Bits(); bit < first.BitLen(); bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(raw)
	var list []string
	for _, a := range []netip.Addr{first, last, first.Prev(), last.Next()} {
		if a.IsValid() {
			list = append(list, a.String())
		}
	}
	return list
}

// BetweenNumbers are a number between each two that follow one another. Texts that are not numbers, or are too long, are left
// out.
func BetweenNumbers(texts []string) []string {
	var numbers []*big.Rat
	for _, text := range texts {
		if len(text) > LongestNumber {
			continue
		}
		if n, ok := new(big.Rat).SetString(text); ok {
			numbers = append(numbers, n)
		}
	}
	slices.SortFunc(numbers, (*big.Rat).Cmp)
	var list []string
	for i := 1; i < len(numbers); i++ {
		sum := new(big.Rat).Add(numbers[i-1], numbers[i])
		list = append(list, decimalText(sum.Quo(sum, big.NewRat(2, 1))))
	}
	return list
}

// BetweenInstants are an instant between each two that follow one another.
func BetweenInstants(instants []time.Time) []string {
	sorted := slices.SortedFunc(slices.Values(instants), time.Time.Compare)
	var list []string
	for i := 1; i < len(sorted); i++ {
		gap := sorted[i].Sub(sorted[i-1])
		list = append(list, dateText(sorted[i-1].Add(gap/2)))
	}
	return list
}

// dateText writes a date in the form of ISO 8601, and, where that form has no room for the year, in seconds since 1970.
func dateText(t time.Time) string {
	if year := t.UTC().Year(); year < 0 || year > 9999 {
		return strconv.FormatInt(t.Unix(), 10)
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// decimalText writes a number that has finitely many decimals.
func decimalText(n *big.Rat) string {
	digits, _ := n.FloatPrec()
	return n.FloatString(digits)
}
