package policy

import "math/bits"

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int) bitset    { return make(bitset, (n+63)/64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }

// count is how many numbers are in the set.
func (b bitset) count() (n int) {
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// setRange adds the numbers from one to another, which is not included.
func (b bitset) setRange(from, to int) {
	for i := from; i < to; {
		if i%64 == 0 && to-i >= 64 {
			b[i/64] = ^uint64(0)
			i += 64
			continue
		}
		b.set(i)
		i++
	}
}

// complement takes the numbers below n that the set does not hold for those that it does.
func (b bitset) complement(n int) {
	for i := range b {
		b[i] = ^b[i]
	}
	if n%64 != 0 {
		b[len(b)-1] &= 1<<(n%64) - 1
	}
}

// transposeBlock makes columns of the rows of 64 numbers of 64 bits.
func transposeBlock(block *[64]uint64) {
	mask := uint64(0x00000000FFFFFFFF)
	for width := 32; width != 0; width, mask = width/2, mask^mask<<(width/2) {
		for i := 0; i < 64; i = (i + width + 1) &^ width {
			swapped := (block[i]>>width ^ block[i+width]) & mask
			block[i] ^= swapped << width
			block[i+width] ^= swapped
		}
	}
}

func (b bitset) meets(o bitset) bool {
	for i := range b {
		if b[i]&o[i] != 0 {
			return true
		}
	}
	return false
}
