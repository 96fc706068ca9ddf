package settings

import (
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// TestJumpRolesAreAccepted reads roles whose power is accepted, by ARN and by path, until a day.
func TestJumpRolesAreAccepted(t *testing.T) {
	known := Known()
	rules, err := FromFile([]byte(`{"jumpRoles": [
		{"role": "arn:aws:iam::111122223333:role/ops-*", "reason": "break glass", "until": "2026-12-31"},
		{"role": "/deploy/", "reason": "pipelines", "until": "2026-03-01"}]}`), known)
	if err != nil {
		t.Fatal(err)
	}
	at := func(day string) func(string) (reach.Acceptance, bool) {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return reach.AcceptedBy(rules.Accepted(), now)
	}
	for _, one := range []struct {
		day, arn string
		want     string
	}{
		{"2026-02-01", "arn:aws:iam::111122223333:role/ops-a", "break glass"},
		{"2027-02-01", "arn:aws:iam::111122223333:role/ops-a", ""},
		{"2026-02-01", "arn:aws:iam::444455556666:role/ops-a", ""},
		{"2026-02-01", "arn:aws:iam::111122223333:role/deploy/x", "pipelines"},
		{"2026-02-01", "arn:aws:iam::111122223333:role/deploy", ""},
		{"2026-04-01", "arn:aws:iam::111122223333:role/deploy/x", ""},
	} {
		got, ok := at(one.day)(one.arn)
		if ok != (one.want != "") || got.Reason != one.want {
			t.Errorf("%s on %s: %q, want %q", one.arn, one.day, got.Reason, one.want)
		}
	}
	now, _ := time.Parse(time.DateOnly, "2026-04-01")
	if w := rules.Warnings(now); len(w) != 1 || !strings.Contains(w[0], "jumpRoles[1]") {
		t.Errorf("warnings %q", w)
	}
	for text, want := range map[string]string{
		`{"jumpRoles":[{"role":"ops","reason":"x","until":"2026-12-31"}]}`:                   `neither the ARN of a role`,
		`{"jumpRoles":[{"role":"arn:aws:iam::1:user/a","reason":"x","until":"2026-12-31"}]}`: `neither the ARN of a role`,
		`{"jumpRoles":[{"role":"/","reason":"x","until":"2026-12-31"}]}`:                     `neither the ARN of a role`,
		`{"jumpRoles":[{"role":"/a/","reason":"x"}]}`:                                        `lacks "until"`,
		`{"jumpRoles":[{"role":"/a/","until":"2026-12-31"}]}`:                                `lacks "reason"`,
		`{"jumpRoles":[{"role":"/a/","reason":"x","until":"soon"}]}`:                         `jumpRoles[0].until`,
		`{"jumpRoles":[{"role":"/a/","reason":"x","until":"2026-12-31","tag":"x"}]}`:         `tag`,
	} {
		if _, err := FromFile([]byte(text), known); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
