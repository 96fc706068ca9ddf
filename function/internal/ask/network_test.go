package ask

import (
	"math"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// TestCellsAreAllAddresses draws networks: the cells follow one another, make up all addresses of their family, and every address of a
// cell is within the same networks as its first.
func TestCellsAreAllAddresses(t *testing.T) {
	drawn := rapid.Custom(func(t *rapid.T) netip.Prefix {
		bytes := make([]byte, rapid.SampledFrom([]int{4, 16}).Draw(t, "length"))
		for i := range bytes {
			bytes[i] = rapid.SampledFrom([]byte{0, 1, 127, 128, 203, 255}).Draw(t, "byte")
		}
		a, _ := netip.AddrFromSlice(bytes)
		return netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits")).Masked()
	})
	rapid.Check(t, func(t *rapid.T) {
		named := rapid.SliceOfN(drawn, 0, 6).Draw(t, "networks")
		probe := drawn.Draw(t, "probe").Addr()
		lowest := netip.IPv4Unspecified()
		if probe.Is6() {
			lowest = netip.IPv6Unspecified()
		}
		cells, sum := cellsOf(named, lowest), 0.0
		var of cell
		for i, c := range cells {
			if sum += c.share; i > 0 && c.first.Compare(cells[i-1].first) <= 0 {
				t.Fatalf("%v follows %v", c.first, cells[i-1].first)
			}
			if c.first.Compare(probe) <= 0 {
				of = c
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the cells make up %v of all addresses", sum)
		}
		for _, p := range named {
			if p.Contains(probe) != p.Contains(of.first) {
				t.Fatalf("%v is in the cell of %v, and only one of them is in %v", probe, of.first, p)
			}
		}
	})
}

func TestNetworksInWords(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7/32": "203.0.113.7/32 (one address)", "203.0.113.0/24": "203.0.113.0/24 (256 addresses)", "10.0.0.0/1": "10.0.0.0/1 (2147483648 addresses)",
		"2001:db8::/64": "2001:db8::/64 (2^64 addresses)",
	} {
		if got := networkText(netip.MustParsePrefix(text)); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}
