package policy

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// decimal is an integer or decimal number of any size, as text, so that nothing is rounded (rule 31).
type decimal struct {
	negative          bool
	integer, fraction string
}

func parseDecimal(text string) (decimal, bool) {
	var d decimal
	rest, negative := strings.CutPrefix(text, "-")
	if !negative {
		rest, _ = strings.CutPrefix(rest, "+")
	}
	integer, fraction, dotted := strings.Cut(rest, ".")
	if !isDigits(integer) || dotted && !isDigits(fraction) {
		return d, false
	}
	d.integer = strings.TrimLeft(integer, "0")
	d.fraction = strings.TrimRight(fraction, "0")
	d.negative = negative && d != decimal{}
	return d, true
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func (d decimal) compare(o decimal) int {
	if d.negative != o.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	c := cmp.Or(
		cmp.Compare(len(d.integer), len(o.integer)),
		strings.Compare(d.integer, o.integer),
		strings.Compare(d.fraction, o.fraction),
	)
	if d.negative {
		return -c
	}
	return c
}

// dateLayouts are the forms of W3C's note on ISO 8601 that have more than a year. Seconds may have a fraction.
var dateLayouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02", "2006-01-02T15:04Z07:00", "2006-01"}

// farthest bounds epoch seconds: beyond it time.Time no longer orders instants.
const farthest = 1 << 53

// parseDate reads a date of these forms, or epoch seconds (rule 32). Four digits are a year.
func ParseDate(text string) (time.Time, bool) {
	if isDigits(strings.TrimPrefix(text, "-")) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		if len(text) == 4 && n >= 0 {
			return time.Date(int(n), 1, 1, 0, 0, 0, 0, time.UTC), true
		}
		return time.Unix(max(-farthest, min(n, farthest)), 0), true
	}
	if !looksLikeDate(text) {
		return time.Time{}, false
	}
	for _, layout := range dateLayouts {
		if layout = fit(layout, text); layout != "" {
			if t, err := time.Parse(layout, text); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// fit leaves out the layouts that cannot be text's, so that time.Parse need not build an error for them.
func fit(layout, text string) string {
	if strings.Contains(layout, "T") != strings.Contains(text, "T") || len(text) < len("2006-01") {
		return ""
	}
	if !strings.Contains(text, "T") && len(text) != len(layout) {
		return ""
	}
	return layout
}

// looksLikeDate says whether a value that is no date of the known forms might be one to some service.
func looksLikeDate(text string) bool {
	text = strings.TrimPrefix(text, "-")
	return text != "" && '0' <= text[0] && text[0] <= '9'
}

// parseNetwork reads a CIDR block, or a bare address as the block of itself alone (rule 35).
func parseNetwork(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p, true
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}
