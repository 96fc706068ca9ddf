package inforce_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/inforce"
)

// FuzzParseTag reads the value of a tag: what is taken is whole, and says the same when it is written again.
func FuzzParseTag(f *testing.F) {
	for _, value := range []string{
		inforce.TagForm, "RW308 rw304 until 2026-12-31 accepted", "RW308 Until 2026-12-31T18:00:00+02:00 r", "until until", "RW308 until 2026-12-31",
		"RW308 until 9999-12-31T23:59:59Z r", "RW308 until 0000-01-01 r", "",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		e, err := inforce.ParseTag(value, known)
		if err != nil {
			if len(e.Checks) > 0 {
				t.Fatalf("%v, and %+v", err, e)
			}
			return
		}
		if len(e.Checks) == 0 || e.Reason == "" || e.Until.Location() != time.UTC {
			t.Fatalf("%q is taken for %+v", value, e)
		}
		again, err := inforce.ParseTag(strings.Join(e.Checks, " ")+" until "+e.Until.Format(time.RFC3339)+" "+e.Reason, known)
		if diff := cmp.Diff(e, again); err != nil && e.Until.Year() < 10000 || err == nil && diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	})
}
