package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// steps are the steps of a finding, in words: "opened changed resolved"; "left" is one that left the digest.
func steps(id, history string) (out []DigestStep) {
	for i, word := range strings.Fields(history) {
		f := finding.Finding{
			ID: id, Check: "RW303", Severity: check.Medium, Role: "arn:aws:iam::111122223333:role/" + id, Title: fmt.Sprintf("step %d", i),
			Cause: &finding.Cause{EventID: fmt.Sprintf("%s-%d", id, i), Certainty: finding.Certain},
		}
		out = append(out, DigestStep{Kind: finding.TransitionKind(strings.TrimPrefix(word, "left:")), Finding: f, Left: strings.HasPrefix(word, "left:")})
	}
	return out
}

// A digest counts each finding once, by what it came to since the last one.
func TestADigestCountsWhatFindingsCameTo(t *testing.T) {
	at := time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)
	for history, want := range map[string]string{
		"opened":                          "1 finding opened",
		"opened changed":                  "1 finding opened",
		"opened resolved":                 "1 finding opened and resolved again",
		"opened changed resolved":         "1 finding opened and resolved again",
		"changed":                         "1 finding changed",
		"changed resolved":                "1 finding resolved",
		"resolved":                        "1 finding resolved",
		"resolved opened":                 "1 finding opened",
		"changed resolved opened":         "1 finding opened",
		"resolved opened resolved":        "1 finding resolved",
		"opened left:changed":             "",
		"opened left:changed opened":      "1 finding opened",
		"left:opened":                     "",
		"opened resolved opened resolved": "1 finding opened and resolved again",
	} {
		m, ok := BuildDigest(DigestInput{ID: "d", Time: at, Since: at.Add(-24 * time.Hour), Account: "111122223333", Entries: DigestEntries("111122223333", steps("a", history), nil)})
		if ok != (want != "") {
			t.Errorf("%s: a digest: %v", history, ok)
		}
		if !ok {
			continue
		}
		if got := m.Digest.counts(); got != want || m.Digest.more() != "" {
			t.Errorf("%s: %q, and %q; want %q", history, got, m.Digest.more(), want)
		}
		if folds := len(m.folds()) + len(m.passedFolds()); folds != 1 {
			t.Errorf("%s: %d folds", history, folds)
		}
	}
}

// The steps of a finding count in the order of the commits, whatever the clocks of those who made them say.
func TestADigestTakesStepsInTheOrderOfTheirCommits(t *testing.T) {
	for history, want := range map[string]string{
		"opened resolved":             "1 finding opened and resolved again",
		"resolved opened":             "1 finding opened",
		"opened resolved left:opened": "",
	} {
		list := steps("a", history)
		for i := range list {
			list[i].Revision = int64(i + 1)
		}
		slices.Reverse(list)
		m, _ := BuildDigest(DigestInput{ID: "d", Account: "111122223333", Entries: DigestEntries("111122223333", list, nil)})
		got := ""
		if m.Digest != nil {
			got = m.Digest.counts()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", history, got, want)
		}
	}
}

// A step that an earlier release left has no revision, and keeps its place.
func TestADigestTakesAStepWithoutARevisionWhereItStands(t *testing.T) {
	for history, want := range map[string]string{"opened resolved": "1 finding opened and resolved again", "resolved opened": "1 finding opened"} {
		list := steps("a", history)
		list[0].Revision = 5
		m, _ := BuildDigest(DigestInput{ID: "d", Account: "111122223333", Entries: DigestEntries("111122223333", list, nil)})
		if got := m.Digest.counts(); got != want {
			t.Errorf("%s: %q, want %q", history, got, want)
		}
	}
}

// A digest names 30 checks, and says how many findings it does not name, whatever they came to.
func TestADigestSaysHowManyFindingsItDoesNotName(t *testing.T) {
	for _, history := range []string{"opened", "changed", "resolved", "opened resolved"} {
		var all []DigestStep
		for i := range maxFolds + 3 {
			for _, s := range steps(fmt.Sprintf("r%d", i), history) {
				s.Finding.Check = fmt.Sprintf("RW%03d", i)
				all = append(all, s)
			}
		}
		m, _ := BuildDigest(DigestInput{ID: "d", Account: "111122223333", Entries: DigestEntries("111122223333", all, nil), Channels: []Channel{Chat}})
		if got := m.Digest.more(); got != "and 3 findings more" {
			t.Errorf("%s: %q", history, got)
		}
	}
}

// An entry has the records that its findings name as their cause, and no others, 50 at most; a digest has those of its folds.
func TestTheRecordsOfADigest(t *testing.T) {
	for _, n := range []int{1, digestChanges, digestChanges + 1} {
		var all []DigestStep
		var changes []finding.Change
		for i := range n {
			id := fmt.Sprintf("r%02d", i)
			all = append(all, steps(id, "opened")...)
			changes = append(changes, finding.Change{EventID: "other-" + id}, finding.Change{EventID: id + "-0"})
		}
		entries := DigestEntries("111122223333", all, changes)
		if len(entries) != 1 || len(entries[0].Changes) != min(n, digestChanges) {
			t.Fatalf("%d findings: %d entries, the first with %d records", n, len(entries), len(entries[0].Changes))
		}
		if slices.ContainsFunc(entries[0].Changes, func(c finding.Change) bool { return strings.HasPrefix(c.EventID, "other-") }) {
			t.Errorf("%d findings: a record that none names", n)
		}
		m, _ := BuildDigest(DigestInput{ID: "d", Account: "111122223333", Entries: entries})
		if len(m.Changes) != 1 || m.Changes[0].EventID != m.folds()[0].Lead.Cause.EventID {
			t.Errorf("%d findings: the digest has the records %+v", n, m.Changes)
		}
	}
}

// A digest for one receiver has the steps of its findings. That a finding left the digest is kept for all: it may have been theirs before.
func TestTheEntriesOfOneReceiver(t *testing.T) {
	entries := append(DigestEntries("111122223333", steps("mine", "opened"), nil), DigestEntries("111122223333", steps("theirs", "opened changed"), nil)...)
	entries = append(entries, DigestEntries("111122223333", steps("theirs", "left:changed"), nil)...)
	got := Only(entries, func(f finding.Finding) bool { return f.ID == "mine" })
	if len(got) != 2 || got[0].Steps[0].Finding.ID != "mine" || len(got[1].Steps) != 1 || !got[1].Steps[0].Left || len(entries[1].Steps) != 2 {
		t.Errorf("%+v", got)
	}
}
