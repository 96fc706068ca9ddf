package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// rolewatch settings --account ID prints what is in force in an account of a hub, and where each key comes from.
func TestSettingsOfAnAccount(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.json")
	must(t, os.WriteFile(file, []byte(`{"managers": ["arn:aws:iam::*:role/all"], "organization": {"id": "o-a1b2c3d4e5", "hub": {"account": "111122223333", "root": "r-ab12"}, "overrides": {
		"ou-ab12-c3d4e5f6": {"checks": {"RW301": {"severity": "high"}}}, "444455556666": {"managers": []}}}}`), 0o600))
	out, errs, code := runLine(t, "settings", "--settings", file, "--account", "444455556666", "--ou", "r-ab12,ou-ab12-c3d4e5f6")
	for _, want := range []string{"Settings in force in account 444455556666, which is in r-ab12 > ou-ab12-c3d4e5f6:\n", `{"severity":"high"}  (organization.overrides.ou-ab12-c3d4e5f6)`, "[]  (organization.overrides.444455556666)", "(all accounts)"} {
		if code != exitDone || !strings.Contains(out, want) {
			t.Errorf("exit code %d, no %q:\n%s%s", code, want, out, errs)
		}
	}
	if out, errs, code := runLine(t, "settings", "--settings", file, "--account", "777788889999", "--ou", "r-ab12", "--format", "json"); code != exitDone || !strings.Contains(out, `{"key":"managers","value":["arn:aws:iam::*:role/all"]}`) {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if _, errs, code := runLine(t, "settings", "--settings", file, "--ou", "r-ab12"); code != exitUsage || !strings.Contains(errs, "--ou needs --account") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// A member of a hub is a line of doctor.
func TestDoctorHasALineForEachMember(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)
	m := hub.Member{Account: organization.Account{ID: "444455556666", Name: "pay"}}
	if r := memberResult(hub.Status{Member: m, Record: at, Heartbeat: at, Sweep: at, Version: 1}); r.Status != selfcheck.OK ||
		r.What != "Account 444455556666 (pay): last record 2026-03-02 09:05 UTC, last heartbeat 2026-03-02 09:05 UTC, last sweep 2026-03-02 09:05 UTC, version of its stack 1" {
		t.Errorf("%+v", r)
	}
	r := memberResult(hub.Status{Member: m, Trouble: []string{"nothing has ever arrived from it"}})
	if r.Status != selfcheck.Wrong || !strings.Contains(r.What, "last record never") || r.Trouble.Text != "nothing has ever arrived from it." || r.Fix == "" {
		t.Errorf("%+v", r)
	}
}
