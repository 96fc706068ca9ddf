package policy

import (
	"math/bits"
	"slices"
)

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int) bitset    { return make(bitset, (n+63)/64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) flip(i int)     { b[i/64] ^= 1 << (i % 64) }

// each visits the numbers in the set, in their order.
func (b bitset) each(visit func(int)) {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			visit(i*64 + bits.TrailingZeros64(word))
		}
	}
}

// hasAny reports whether one of the numbers is in the set.
func (b bitset) hasAny(list []int) bool { return slices.ContainsFunc(list, b.has) }

func (b bitset) meets(o bitset) bool {
	for i := range b {
		if b[i]&o[i] != 0 {
			return true
		}
	}
	return false
}
