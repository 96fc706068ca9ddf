package ask

import (
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy"
)

// sourceIP is the key that holds the address of a caller who does not come through a VPC endpoint.
const sourceIP = "aws:sourceip"

// IsNetworkKey reports whether a key, in lower case, says from where a request comes.
func IsNetworkKey(key string) bool {
	return key == sourceIP || strings.HasPrefix(key, "aws:sourcevpc") || strings.HasPrefix(key, "aws:vpce")
}

// AskFromAnywhere is Ask for callers who may be anywhere: an answer is theirs that they get without an address, from at least half of
// all IPv4 or IPv6 addresses, or through a VPC endpoint of their own. Who is outside of half of the internet comes from the other.
func (g *Gate) AskFromAnywhere(visitors []Visitor, visit Visit) Passage {
	best := g.Ask(visitors, visit)
	if best.Decision == policy.Allowed || !slices.ContainsFunc(g.bearing(visit.Action), IsNetworkKey) {
		return best
	}
	for _, cells := range g.cells() {
		slices.SortStableFunc(cells, func(a, b cell) int { return int(math.Copysign(1, b.share-a.share)) })
		open, maybe, left := 0.0, 0.0, 1.0
		for _, one := range cells {
			a := g.Ask(visitors, visit.through(map[string]policy.ContextValue{sourceIP: Value(one.first.String())}))
			a.Anywhere = true
			left -= one.share
			switch a.Decision {
			case policy.Allowed:
				open += one.share
			case policy.Unknown:
				maybe += one.share
			}
			if open >= 0.5 {
				return a
			}
			if open+maybe >= 0.5 && a.Decision == policy.Unknown && best.Decision != policy.Unknown {
				best = a
			}
			if open+left < 0.5 {
				break
			}
		}
	}
	a := g.Ask(visitors, visit.through(map[string]policy.ContextValue{"aws:sourcevpce": Value("vpce-" + g.name), "aws:sourcevpc": Value("vpc-" + g.name)}))
	if a.Anywhere = true; a.Decision == policy.Allowed {
		return a
	}
	return best
}

// through is the visit by one way through the network.
func (v Visit) through(keys map[string]policy.ContextValue) Visit {
	for _, key := range []string{sourceIP, "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip"} {
		if _, ok := keys[key]; !ok {
			keys[key] = absent
		}
	}
	v.Context = With(v.Context, keys)
	return v
}

// isEndpointKey reports whether only requests through a VPC endpoint have a key, in lower case. They do not have aws:SourceIp:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-network-properties
func isEndpointKey(key string) bool {
	return key == "aws:vpcsourceip" || key != sourceIP && IsNetworkKey(key)
}

// ways are the visit by each way through the network, where the visitor chooses it and conditions compare the keys of both: from an address,
// and through a VPC endpoint.
func (g *Gate) ways(visit Visit) []Visit {
	bearing := g.bearing(visit.Action)
	isFixed := func(key string) bool {
		_, ok := visit.Context.Keys[key]
		return ok
	}
	if visit.Chosen == nil || !visit.Chosen(sourceIP) || isFixed(sourceIP) || !slices.Contains(bearing, sourceIP) || !slices.ContainsFunc(bearing, isEndpointKey) {
		return []Visit{visit}
	}
	byAddress, byEndpoint := visit, visit
	none := map[string]policy.ContextValue{}
	for _, key := range bearing {
		if isEndpointKey(key) && !isFixed(key) {
			none[key] = absent
		}
	}
	byAddress.Context = With(visit.Context, none)
	byEndpoint.Context = With(visit.Context, map[string]policy.ContextValue{sourceIP: absent})
	return []Visit{byAddress, byEndpoint}
}

// maxCells bounds the parts of the internet that are asked for, to say from which of them something is allowed.
const maxCells = 64

// Networks are the networks, as the policies name them, from which some visitors are allowed; complete is not set where there are too
// many to ask for all of them.
func (g *Gate) Networks(visitors []Visitor, visit Visit) (names []string, complete bool) {
	complete = true
	for _, cells := range g.cells() {
		complete = complete && len(cells) <= maxCells
		for _, one := range cells[:min(len(cells), maxCells)] {
			if !one.within.IsValid() || g.Ask(visitors, visit.through(map[string]policy.ContextValue{sourceIP: Value(one.first.String())})).Decision != policy.Allowed {
				continue
			}
			if name := networkText(one.within); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, complete
}

// networkText is a network with how many addresses it has.
func networkText(p netip.Prefix) string {
	bits := p.Addr().BitLen() - p.Bits()
	switch {
	case bits == 0:
		return p.String() + " (one address)"
	case bits > 32:
		return p.String() + " (2^" + strconv.Itoa(bits) + " addresses)"
	}
	return p.String() + " (" + strconv.FormatUint(1<<bits, 10) + " addresses)"
}

// cell is a range of addresses that the policies' networks do not distinguish. share is its part of all addresses of its family, and
// within the narrowest network that has it, where one has.
type cell struct {
	first  netip.Addr
	share  float64
	within netip.Prefix
}

// cells are those of IPv4 and of IPv6.
func (g *Gate) cells() [2][]cell {
	var named []netip.Prefix
	for _, text := range g.values[sourceIP] {
		if p, err := netip.ParsePrefix(text); err == nil {
			named = append(named, p.Masked())
		} else if a, err := netip.ParseAddr(text); err == nil {
			named = append(named, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return [2][]cell{cellsOf(named, netip.IPv4Unspecified()), cellsOf(named, netip.IPv6Unspecified())}
}

func cellsOf(named []netip.Prefix, lowest netip.Addr) []cell {
	begins := []netip.Addr{lowest}
	for _, p := range named {
		if p.Addr().BitLen() != lowest.BitLen() {
			continue
		}
		begins = append(begins, p.Addr())
		if next := last(p).Next(); next.IsValid() {
			begins = append(begins, next)
		}
	}
	slices.SortFunc(begins, netip.Addr.Compare)
	begins = slices.Compact(begins)
	cells := make([]cell, len(begins))
	for i, first := range begins {
		end := 1.0
		if i+1 < len(begins) {
			end = position(begins[i+1])
		}
		cells[i] = cell{first: first, share: end - position(first)}
		for _, p := range named {
			if p.Contains(first) && (!cells[i].within.IsValid() || p.Bits() > cells[i].within.Bits()) {
				cells[i].within = p
			}
		}
	}
	return cells
}

// last is the highest address of a network.
func last(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for bit := p.Bits(); bit < p.Addr().BitLen(); bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	a, _ := netip.AddrFromSlice(bytes)
	return a
}

// position is where an address is among all of its family, from 0 to less than 1.
func position(a netip.Addr) float64 {
	if a.Is4() {
		b := a.As4()
		return float64(binary.BigEndian.Uint32(b[:])) / (1 << 32)
	}
	b := a.As16()
	return float64(binary.BigEndian.Uint64(b[:8]))/(1<<64) + float64(binary.BigEndian.Uint64(b[8:]))/(1<<64)/(1<<64)
}
