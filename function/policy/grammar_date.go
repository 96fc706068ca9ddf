package policy

import (
	"strconv"
	"strings"
)

// isDateText says whether IAM takes a text where an operator wants a date: a year alone or with month and day, a time
// that may stop after any part, a zone; or epoch seconds. It asks only that every part is in range.
func isDateText(text string) bool {
	if strings.Contains(text, "${") {
		return true
	}
	text = strings.ToLower(text)
	if !strings.ContainsAny(text, "t-") {
		_, err := strconv.ParseUint(text, 10, 63)
		return err == nil
	}
	day, clock, _ := strings.Cut(text, "t")
	return isDay(day) && (clock == "" || isClock(clock))
}

// isDay takes YEAR, YEAR-MM and YEAR-MM-DD. The years are those that milliseconds in 64 bits reach.
func isDay(text string) bool {
	text, before := strings.CutPrefix(text, "-")
	lastYear := uint64(292278993)
	if before {
		lastYear = 292275054
	}
	parts := strings.Split(text, "-")
	return len(parts) <= 3 && within(parts[0], 0, lastYear) &&
		(len(parts) < 2 || within(parts[1], 1, 12)) &&
		(len(parts) < 3 || within(parts[2], 1, 31))
}

// isClock takes hh, hh:mm and hh:mm:ss, the seconds with a fraction down to nanoseconds, and a zone after any of them.
func isClock(text string) bool {
	if i := strings.IndexAny(text, "z+-"); i >= 0 {
		if !isZone(text[i:]) {
			return false
		}
		text = text[:i]
	}
	parts := strings.Split(text, ":")
	if len(parts) > 3 || !within(parts[0], 0, 23) || len(parts) > 1 && !within(parts[1], 0, 59) {
		return false
	}
	if len(parts) < 3 {
		return true
	}
	second, fraction, has := strings.Cut(parts[2], ".")
	return within(second, 0, 59) && (!has || within(fraction, 0, 999999999))
}

// isZone takes Z, and a sign with hh, hh:mm or hhmm.
func isZone(text string) bool {
	if text == "z" {
		return true
	}
	digits := strings.Replace(text[1:], ":", "", 1)
	switch {
	case text[0] == 'z', strings.Contains(text, ":") && strings.IndexByte(text, ':') != 3:
		return false
	case len(digits) == 2:
		return len(text) == 3 && within(digits, 0, 23)
	}
	return len(digits) == 4 && within(digits[:2], 0, 23) && within(digits[2:], 0, 59)
}

// within says whether a text is a number of digits alone, in a range.
func within(text string, low, high uint64) bool {
	n, err := strconv.ParseUint(text, 10, 64)
	return err == nil && low <= n && n <= high
}
