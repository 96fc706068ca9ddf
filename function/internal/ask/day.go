package ask

import (
	"strings"
	"time"
)

// AnyDay is the pattern for a day in the name of a resource that Lambda makes: YYYY/MM/DD.
const AnyDay = "????/??/??"

// DayOf is a time's day, in UTC, in the form of AnyDay.
func DayOf(t time.Time) string { return t.UTC().Format("2006/01/02") }

// OnDay is a resource that has a pattern for the day, on one day.
func OnDay(resource, day string) string { return strings.Replace(resource, AnyDay, day, 1) }

// before are patterns for what a resource is called on the days before one.
func before(resource, day string) (out []string) {
	prefix, _, found := strings.Cut(resource, AnyDay)
	for i := 0; found && i < len(day); i++ {
		for digit := byte('0'); digit < day[i] && day[i] <= '9'; digit++ {
			out = append(out, prefix+day[:i]+string(rune(digit))+"*")
		}
	}
	return out
}
