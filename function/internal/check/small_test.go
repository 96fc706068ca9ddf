package check_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

func TestSeverityNames(t *testing.T) {
	names := map[check.Severity]string{-1: "", 0: "", check.Low: "low", check.Medium: "medium", check.High: "high", check.Critical: "critical", check.Critical + 1: ""}
	for severity, want := range names {
		if got := severity.String(); got != want {
			t.Errorf("%d is %q, want %q", severity, got, want)
		}
		got, err := check.ParseSeverity(want)
		if want == "" {
			if err == nil || got != 0 {
				t.Errorf("no name is read as %v, %v", got, err)
			}
		} else if err != nil || got != severity {
			t.Errorf("%q is read as %v, %v", want, got, err)
		}
	}
	for _, text := range []string{"High", "severe", "high "} {
		if got, err := check.ParseSeverity(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestMilder(t *testing.T) {
	for own, want := range map[check.Severity][]check.Severity{
		check.Low: {check.Low}, check.Medium: {check.Medium}, check.High: {check.Medium, check.High}, check.Critical: {check.Medium, check.Critical},
	} {
		if got := check.Milder(own); !slices.Equal(got, want) {
			t.Errorf("milder than %v are %v, want %v", own, got, want)
		}
	}
}

func TestShell(t *testing.T) {
	for want, words := range map[string][]string{
		"aws iam get-role --role-name orders": {"aws", "iam", "get-role", "--role-name", "orders"},
		"echo ''":                             {"echo", ""},
		"echo 'a b' '$(id)' a,b@c:d/e=f_g.h":  {"echo", "a b", "$(id)", "a,b@c:d/e=f_g.h"},
		`echo 'it'\''s'`:                      {"echo", "it's"},
	} {
		if got := check.Shell(words...); got != want {
			t.Errorf("%q is %s, want %s", words, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	first, last := time.Unix(100, 0), time.Unix(200, 0)
	for count, want := range map[int]struct {
		count int
		since time.Time
	}{0: {1, last}, 1: {1, last}, 2: {2, first}, 3: {3, first}} {
		if n, since := (check.Refusal{Time: last, Count: count, First: first}).Refused(); n != want.count || since != want.since {
			t.Errorf("count %d: %d since %v, want %d since %v", count, n, since, want.count, want.since)
		}
	}
}

func TestACheckIsKnownByItsFormerNames(t *testing.T) {
	c := named("RW001")
	c.Formerly = []check.Former{{Check: "RW900"}}
	for id, want := range map[string]bool{"RW001": true, "RW900": true, "RW901": false} {
		if c.Named(id) != want {
			t.Errorf("%s is its name: %v", id, !want)
		}
	}
}
