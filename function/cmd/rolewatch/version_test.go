package main

import (
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// TestTheVersionIsWhatTheGoCommandRecorded reads what it records for each way to build a command.
func TestTheVersionIsWhatTheGoCommandRecorded(t *testing.T) {
	const hash = "0123456789abcdef0123456789abcdef01234567"
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: hash},
			{Key: "vcs.time", Value: "2026-03-02T09:00:00Z"}, {Key: "vcs.modified", Value: modified}}
	}
	tests := map[string]struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		"go install of a release":           {"v1.2.3", nil, "rolewatch v1.2.3\ncommit: unknown\ncommitted: unknown\n"},
		"go install of a commit":            {"v0.0.0-20260302090000-0123456789ab", nil, "rolewatch v0.0.0-20260302090000-0123456789ab\ncommit: 0123456789ab\ncommitted: 2026-03-02 09:00:00 UTC\n"},
		"go build in a checkout":            {"v0.0.0-20260302090000-0123456789ab", vcs("false"), "rolewatch v0.0.0-20260302090000-0123456789ab\ncommit: " + hash + "\ncommitted: 2026-03-02 09:00:00 UTC\n"},
		"go build of changed files":         {"v1.2.4-0.20260302090000-0123456789ab+dirty", vcs("true"), "rolewatch v1.2.4-0.20260302090000-0123456789ab+dirty\ncommit: " + hash + ", with uncommitted changes\ncommitted: 2026-03-02 09:00:00 UTC\n"},
		"go build -buildvcs=false, go test": {"(devel)", nil, "rolewatch (devel)\ncommit: unknown\ncommitted: unknown\n"},
		"a build without modules":           {"", nil, "rolewatch unknown\ncommit: unknown\ncommitted: unknown\n"},
	}
	const lists = "AWS facts: 3 lists, compared from 2026-11-23 to 2026-11-29\nAWS SDKs: compared on 2026-11-29 (iam v1.2.3, lambda v1.114.2)\n"
	for name, test := range tests {
		b := buildOf(&debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: test.version}, Settings: test.settings})
		b.Facts = []factList{{"c", "2026-11-28"}, {"a", "2026-11-23"}, {"b", "2026-11-29"}}
		b.SDKs = coveredSDKs{Compared: "2026-11-29", Versions: map[string]string{"lambda": "v1.114.2", "iam": "v1.2.3"}}
		got := regexp.MustCompile(`: +`).ReplaceAllString(b.text(actions.AsOf().Add(63*24*time.Hour)), ": ")
		want := test.want + "AWS actions: " + actions.AsOf().Format(time.DateOnly) + ", 63 days old (" + actions.Source() + ")\n" + lists + "Go: go1.26.0\n"
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	if got := (buildFacts{}).text(time.Time{}); !strings.Contains(got, "AWS actions:  unknown") || !strings.Contains(got, "AWS facts:    unknown") {
		t.Errorf("a list without a date:\n%s", got)
	}
}
