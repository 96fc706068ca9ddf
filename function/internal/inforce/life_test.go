package inforce_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
)

// A finding that was told is over when an exception covers it, stays quiet until the exception's last second, and is told
// again when the exception has ended.
func TestAnExceptionInAFindingsLife(t *testing.T) {
	rules := inforce.Rules{Only: []string{"RW304"}, Exceptions: inforce.Exceptions{ByTag: []string{"RW304"}}}
	set := inforce.New(checks(), rules)
	byID := map[string]*check.Check{}
	for _, c := range set.Checks() {
		byID[c.ID] = c
	}
	var prior []finding.Stored
	for _, look := range []struct {
		now, tag, want string
	}{
		{"2026-03-02T09:00:00Z", "", "opened RW304 1"},
		{"2026-03-02T10:00:00Z", "RW304 until 2026-03-05 r", "resolved RW304 2 excepted"},
		{"2026-03-05T23:59:59Z", "RW304 until 2026-03-05 r", ""},
		{"2026-03-06T00:00:00Z", "RW304 until 2026-03-05 r", "opened RW304 1"},
		{"2026-03-06T01:00:00Z", "RW304 until 2026-03-07 longer", "resolved RW304 2 excepted"},
		{"2026-03-06T02:00:00Z", "RW308 until 2026-03-07 another", "opened RW304 1"},
	} {
		now, err := time.Parse(time.RFC3339, look.now)
		if err != nil {
			t.Fatal(err)
		}
		s := subject(map[string]string{inforce.ExceptionTag: look.tag}, nil)
		s.Now = now
		j := set.Judge(s)
		compared := finding.Compare(finding.Look{
			Now: now, Key: s.Role.Ref.Key(), ARN: roleARN, Prior: prior, Result: j.Result, Settle: time.Minute,
			Blame: func(check.Diagnostic, bool) *finding.Cause { return nil }, NewOrigin: finding.Existing, Checks: byID,
			Ended: func(f finding.Stored) finding.Resolution {
				if j.Spares(f.Check, f.Key) {
					return finding.Excepted
				}
				return ""
			},
		})
		prior = compared.Findings
		got := ""
		for _, tr := range compared.Transitions {
			got += strings.TrimSpace(string(tr.Kind) + " " + tr.Finding.Check + " " + string(rune('0'+tr.Finding.Revision)) + " " + string(tr.Finding.Resolution))
		}
		if got != look.want {
			t.Errorf("%s: told %q, want %q", look.now, got, look.want)
		}
	}
}
