package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// crowd is an input of n opened findings on n roles, of every severity, each with so many functions and so long texts.
func crowd(n, functions, text int, filler string) Input {
	at := time.Date(2024, 5, 14, 9, 31, 7, 0, time.UTC)
	in := Input{ID: "crowd", Time: at, Account: "111122223333"}
	long := strings.Repeat(filler, text/len(filler)+1)
	for i := range n {
		f := finding.Finding{
			ID: fmt.Sprintf("RW103-%05d", i), Check: fmt.Sprintf("RW%03d", i), Severity: check.Severity(1 + i%4), Status: finding.Open,
			Role: fmt.Sprintf("arn:aws:iam::111122223333:role/role-%05d", i), Title: fmt.Sprintf("role-%05d cannot be assumed", i),
			Detail: long, Evidence: []check.Evidence{{Policy: "trust", Text: long, Why: long}},
			Fix: check.Fix{Summary: long, Document: long, Command: long}, FunctionsTotal: functions, FirstSeen: at, LastSeen: at,
		}
		for j := range functions {
			f.Functions = append(f.Functions, finding.FunctionRef{ARN: fmt.Sprintf("arn:aws:lambda:us-east-1:111122223333:function:f-%05d-%05d", i, j)})
		}
		in.Opened = append(in.Opened, f)
		in.Changes = append(in.Changes, finding.Change{EventID: fmt.Sprint(i), Time: at, UserAgent: long, ErrorMessage: long})
	}
	return in
}

// TestCut cuts too large messages in the order that hurts least, and counts what it cuts.
func TestCut(t *testing.T) {
	tests := []struct {
		name string
		in   Input
		want map[string]int
		// whole says that the first finding keeps its evidence, and pasteable that it keeps its document.
		whole, pasteable bool
	}{
		{"small", crowd(3, 100, 100, "word "), map[string]int{}, true, true},
		{"functions go first", crowd(40, 100, 50, "word "), map[string]int{"functions": 40 * 75}, true, true},
		{"then evidence", crowd(4, 1, 12_000, "word "), map[string]int{"evidence": 4, "text": 28, "functions": 0}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Channels = []Channel{Chat}
			m := Build(tt.in)
			got := map[string]int{}
			for what, n := range m.Omitted {
				got[what] = n
			}
			for what, n := range tt.want {
				if n == 0 {
					delete(tt.want, what)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("omitted (-want +got):\n%s", diff)
			}
			worst := m.Opened[0]
			if whole := worst.Evidence[0].Text == tt.in.Opened[0].Evidence[0].Text; whole != tt.whole {
				t.Errorf("evidence whole: %v, want %v", whole, tt.whole)
			}
			if pasteable := worst.Fix.Document != ""; pasteable != tt.pasteable {
				t.Errorf("has a document: %v, want %v", pasteable, tt.pasteable)
			}
			if worst.FunctionsTotal != tt.in.Opened[0].FunctionsTotal {
				t.Errorf("functionsTotal is %d", worst.FunctionsTotal)
			}
			checkRendered(t, Render(m, Options{Channels: []Channel{Chat}}))
		})
	}
}

// TestFindingsGoLast drops the least severe findings, and says how many.
func TestFindingsGoLast(t *testing.T) {
	in := crowd(2000, 3, 300, "word ")
	in.Channels = []Channel{Chat}
	m := Build(in)
	left := m.Omitted["opened"]
	if left == 0 || left+len(m.Opened) != 2000 || len(m.Opened) < 50 {
		t.Fatalf("%d of 2000 findings kept, %d omitted", len(m.Opened), left)
	}
	for _, f := range m.Opened {
		if f.Severity != check.Critical {
			t.Fatalf("%s is %s, and of 500 critical findings %d are kept", f.ID, f.Severity, len(m.Opened))
		}
	}
	r := Render(m, Options{Channels: []Channel{Chat}})
	if n := size(r); n > sizeLimit || n < sizeLimit*8/10 {
		t.Errorf("%d bytes: cut too little or too much", n)
	}
	if len(r.Channels[Chat.Name]) != 1 {
		t.Errorf("%d notifications", len(r.Channels[Chat.Name]))
	}
	if !strings.Contains(strings.Join(strings.Fields(r.Email), " "), fmt.Sprintf("%d opened findings", left)) {
		t.Error("the e-mail does not tell what was cut")
	}
}

// TestAnySizeFits holds the bound for inputs that are large in one way or another.
func TestAnySizeFits(t *testing.T) {
	inputs := map[string]Input{
		"many findings": crowd(2000, 1, 10, "x"), "many functions": crowd(3, 20_000, 10, "x"),
		"long texts": crowd(10, 1, 100_000, "word "), "escapes": crowd(50, 10, 5000, "\x01\""), "overrides": crowd(50, 10, 5000, "\u202e"),
		"markup": crowd(50, 10, 5000, "<&`@here>"), "bad bytes": crowd(50, 10, 5000, "\xff"), "lines": crowd(50, 10, 5000, "\n"),
		"huge names": filled(strings.Repeat("<\x00@\u202e", 40_000)), "huge backslashes": filled(strings.Repeat(`\"`, 60_000)),
		"nothing": {}, "many evidences": {Opened: []finding.Finding{{Evidence: make([]check.Evidence, 100_000)}}},
		"many folds": {Opened: []finding.Finding{{Folds: make([]string, 100_000)}}},
	}
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) {
			in.Channels = []Channel{Chat}
			m := Build(in)
			r := Render(m, Options{Channels: []Channel{Chat}, Region: in.Account})
			checkRendered(t, r)
			if total := len(in.Opened) + len(in.Changed) + len(in.Resolved); total > 0 {
				kept := len(m.Opened) + len(m.Changed) + len(m.Resolved)
				if kept == 0 || kept+m.Omitted["opened"]+m.Omitted["changed"]+m.Omitted["resolved"] != total {
					t.Errorf("%d findings, %d kept, omitted %v", total, kept, m.Omitted)
				}
			}
		})
	}
	t.Logf("%d inputs", len(inputs))
}

// manyFolds are n folds of a kind, each as long as what is kept of a finding lets it be.
func manyFolds(n int, kind finding.TransitionKind) []Fold {
	long := strings.Repeat("<\\\"", 3000)
	var out []Fold
	for i := range n {
		f := crowd(1, 10, 10, "word ").Opened[0]
		f.Check, f.Detail, f.Title = fmt.Sprintf("RW%03d", i), clip(long, 1000), clip(long, 1000)
		f.Evidence = []check.Evidence{{Policy: "trust", Text: clip(long, 1000)}, {Policy: "trust", Text: clip(long, 1000)}}
		out = append(out, Fold{Kind: kind, Check: f.Check, Severity: check.Severity(1 + i%4), Lead: f, Findings: 3, Roles: 2, Functions: 1, Names: []string{"a", "b"}})
	}
	return orderedFolds(out)
}

// A message that counts findings by check fits as well: the least urgent are left out, and it says how many.
func TestFoldsThatAreTooManyAreLeftOut(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 15, 0, 0, time.UTC)
	channels := []Channel{Chat}
	change := BuildChange(ChangeInput{
		ID: "change-1", Time: at, Account: "111122223333", Channels: channels,
		Change: Change{ID: "c1", Complete: true, Counted: 2, Slices: 2, Roles: 300, Folds: manyFolds(maxFolds, finding.KindOpened)},
	})
	whole := Digest{Since: at, Opened: 3 * maxFolds, Passed: 3 * maxFolds, Roles: 60, Folds: manyFolds(maxFolds, finding.KindOpened), PassedFolds: manyFolds(maxFolds, finding.KindResolved)}
	m := normal(Message{Version: Version, ID: "digest-1", Time: at, Account: "111122223333", Digest: &whole, Summary: "Daily digest", Subject: "[rolewatch] MEDIUM: Daily digest"})
	digest := cutFolds(m, channels)
	if len(digest.Digest.PassedFolds) != 0 || len(whole.PassedFolds) != maxFolds {
		t.Errorf("%d of the passed folds kept, %d in what was given", len(digest.Digest.PassedFolds), len(whole.PassedFolds))
	}
	for name, m := range map[string]Message{"change": change, "digest": digest} {
		kept := m.folds()
		if n := len(kept); n == 0 || n == maxFolds || m.Omitted["opened"] != 3*(maxFolds-n) {
			t.Errorf("%s: %d folds kept, omitted %v", name, n, m.Omitted)
			continue
		}
		if kept[0].Severity != check.Critical || kept[len(kept)-1].Severity < manyFolds(maxFolds, finding.KindOpened)[len(kept)].Severity {
			t.Errorf("%s: what is kept is not the most urgent", name)
		}
		if !fits(m, channels) {
			t.Errorf("%s: does not fit", name)
		}
		r := Render(m, Options{Channels: channels})
		checkRendered(t, r)
		if want := fmt.Sprintf("%d", m.Omitted["opened"]+m.Omitted["passed"]); !strings.Contains(r.Email, want+" ") {
			t.Errorf("%s: the e-mail does not say that %s findings are left out:\n%.2000s", name, want, r.Email)
		}
	}
}
