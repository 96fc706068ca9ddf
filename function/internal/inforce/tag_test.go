package inforce_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
)

func known(id string) bool { return slices.Contains([]string{"RW304", "RW308"}, id) }

func TestATagOfAnException(t *testing.T) {
	got, err := inforce.ParseTag("RW308 rw304  RW308 until 2026-12-31 accepted by security - see SEC-1", known)
	want := check.Exception{
		Checks: []string{"RW308", "RW304"}, Until: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), Reason: "accepted by security - see SEC-1",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = inforce.ParseTag("RW308 Until 2026-12-31T18:00:00+02:00 r", known)
	if err != nil || !got.Until.Equal(time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("%v, %v", got.Until, err)
	}
	if _, err := inforce.ParseTag(inforce.TagForm, known); err != nil {
		t.Errorf("the form that is told is none: %v", err)
	}
	for value, want := range map[string]string{
		"":                                  "has no end date",
		"RW308":                             "has no end date",
		"until 2026-12-31 r":                "names no check",
		"RW308 until":                       "names no day",
		"RW308 until soon":                  `"soon" is neither a day`,
		"RW308 until 2026-13-01 r":          "neither a day",
		"RW308 until 2026-12-31":            "gives no reason",
		"RW999 until 2026-12-31 r":          `"RW999" is not a check`,
		"RW308 and RW304 until 2026-12-31 ": `"and" is not a check`,
		"RW3 until 2026-12-31 r":            `"RW3" is not a check`,
	} {
		if e, err := inforce.ParseTag(value, known); err == nil || !strings.Contains(err.Error(), want) || len(e.Checks) > 0 {
			t.Errorf("%q: %+v, error %v lacks %q", value, e, err, want)
		}
	}
}

// Whatever a tag says, it excepts from checks that there are, until a time, with a reason; or it is a fault.
func TestAnyTag(t *testing.T) {
	words := rapid.SampledFrom([]string{"RW308", "rw304", "RW999", "until", "UNTIL", "2026-12-31", "2026-02-30", "reason", " ", "\u00a0", ":", ""})
	taken := 0
	rapid.Check(t, func(rt *rapid.T) {
		value := strings.Join(rapid.SliceOfN(words, 0, 3).Draw(rt, "words"), " ")
		if rapid.Bool().Draw(rt, "formed") {
			value = "RW308 " + value + " until 2026-12-31 " + value
		}
		e, err := inforce.ParseTag(value, known)
		if err != nil {
			return
		}
		taken++
		if len(e.Checks) == 0 || !known(e.Checks[0]) || e.Until.IsZero() || e.Reason == "" {
			rt.Fatalf("%q is taken as %+v", value, e)
		}
	})
	if taken == 0 {
		t.Error("no tag was taken")
	}
}
