package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// caused is a finding of RW301 with a cause: a record, and the part that it changed.
func caused(role, record, part string) finding.Finding {
	f := finding.Finding{ID: "RW301-" + role, Check: "RW301", Severity: check.Critical, Role: "arn:aws:iam::111122223333:role/" + role, Title: role + " is an administrator"}
	if record != "" {
		f.Cause = &finding.Cause{EventID: record, Certainty: finding.Certain, Part: part}
	}
	return f
}

// A fold names a record or a policy where all of its findings have the same.
func TestAFoldNamesWhatAllOfItHas(t *testing.T) {
	const a, b = "arn:aws:iam::111122223333:policy/a", "arn:aws:iam::111122223333:policy/b"
	for name, tt := range map[string]struct {
		list          []finding.Finding
		cause, policy string
	}{
		"one":                  {[]finding.Finding{caused("x", "e1", a)}, "e1", a},
		"the same":             {[]finding.Finding{caused("x", "e1", a), caused("y", "e1", a)}, "e1", a},
		"another record":       {[]finding.Finding{caused("x", "e1", a), caused("y", "e2", a)}, "", a},
		"another policy":       {[]finding.Finding{caused("x", "e1", a), caused("y", "e1", b)}, "e1", ""},
		"another kind of part": {[]finding.Finding{caused("x", "e1", a), caused("y", "e1", "inline:a")}, "e1", ""},
		"the first inline":     {[]finding.Finding{caused("x", "e1", "inline:a"), caused("y", "e1", a)}, "e1", ""},
		"one without a cause":  {[]finding.Finding{caused("x", "e1", a), caused("y", "", "")}, "", ""},
		"the first without":    {[]finding.Finding{caused("x", "", ""), caused("y", "e1", a)}, "", ""},
	} {
		folds := FoldsOf(tt.list, nil, nil)
		if len(folds) != 1 || folds[0].Cause != tt.cause || folds[0].Policy != tt.policy {
			t.Errorf("%s: %+v, want the cause %q and the policy %q", name, folds, tt.cause, tt.policy)
		}
		for i := range tt.list {
			tt.list[i].ResolvedBy, tt.list[i].Cause = tt.list[i].Cause, nil
		}
		if folds := FoldsOf(nil, nil, tt.list); folds[0].ResolvedBy != tt.cause || folds[0].Cause != "" {
			t.Errorf("%s, resolved: %+v, want %q", name, folds[0], tt.cause)
		}
	}
}

// What is most urgent of a message is its kind, also where its findings were cut or stand in another message.
func TestTheKindOfAMessage(t *testing.T) {
	one := []finding.Finding{caused("x", "", "")}
	for i, tt := range []struct {
		m    Message
		want finding.TransitionKind
	}{
		{Message{}, finding.KindResolved},
		{Message{Resolved: one}, finding.KindResolved},
		{Message{Changed: one, Resolved: one}, finding.KindChanged},
		{Message{Opened: one, Changed: one}, finding.KindOpened},
		{Message{Omitted: map[string]int{"changed": 1}, Resolved: one}, finding.KindChanged},
		{Message{Omitted: map[string]int{"opened": 1}, Changed: one}, finding.KindOpened},
		{Message{Omitted: map[string]int{"resolved": 1}}, finding.KindResolved},
		{Message{Upgrade: &Upgrade{Opened: 1, Changed: 1}}, finding.KindOpened},
		{Message{Upgrade: &Upgrade{Changed: 1, Resolved: 1}}, finding.KindChanged},
		{Message{Upgrade: &Upgrade{Resolved: 1}}, finding.KindResolved},
		{Message{Change: &Change{Folds: FoldsOf(nil, one, one)}}, finding.KindChanged},
		{Message{Digest: &Digest{Folds: FoldsOf(nil, nil, one)}}, finding.KindResolved},
	} {
		if got := kind(tt.m); got != tt.want {
			t.Errorf("%d: %s, want %s", i, got, tt.want)
		}
	}
}

// A short first line leaves out in what a finding changed, and how long it was open; 140 characters are short.
func TestAShortFirstLineLeavesOut(t *testing.T) {
	at := time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)
	f := caused("x", "", "")
	f.WhatChanged, f.FirstSeen, f.Resolution = []string{"the severity was high"}, at.Add(-time.Hour), finding.Mended
	m := Message{Time: at}
	for limit, whole := range map[int]bool{shortNews: false, shortNews + 1: true} {
		changed := news(m, FoldsOf(nil, []finding.Finding{f}, nil)[0], limit)
		resolved := news(m, FoldsOf(nil, nil, []finding.Finding{f})[0], limit)
		if strings.Contains(changed, "the severity was high") != whole || strings.Contains(resolved, "after 1 hour") != whole {
			t.Errorf("%d characters: %q, %q", limit, changed, resolved)
		}
	}
}

// A place with a long name does not take the room of what happened from a subject.
func TestASubjectWithALongPlace(t *testing.T) {
	f := caused("x", "", "")
	f.Title = "The role x may do everything in the account, and in all others"
	f.Functions = []finding.FunctionRef{{ARN: "arn:aws:lambda:ap-northeast-1:111122223333:function:f"}}
	m := assemble(Input{ID: "m", Account: "111122223333", AccountName: strings.Repeat("a", 24), ManyRegions: true, Slice: 10, Slices: 12, Opened: []finding.Finding{f}})
	if !strings.HasPrefix(m.Subject, "[rolewatch] CRITICAL (10/12) in aaaa") || !strings.Contains(m.Subject, "The role x (1 function) may do everything") {
		t.Error(m.Subject)
	}
}

// An e-mail has the command of what it is about first above the details, where it has 400 characters at most, and once.
func TestWhereTheCommandStandsInAnEmail(t *testing.T) {
	for n, above := range map[int]bool{topCommand: true, topCommand + 1: false} {
		f := caused("x", "", "")
		f.Fix.Summary, f.Fix.Command = "Detach it.", strings.Repeat("x", n)
		text := Render(assemble(Input{ID: "m", Opened: []finding.Finding{f}}), Options{}).Email
		top, details, _ := strings.Cut(text, "DETAILS")
		if strings.Contains(top, f.Fix.Command) != above || strings.Contains(details, f.Fix.Command) == above {
			t.Errorf("%d characters: %s", n, text)
		}
	}
}

// An e-mail has the first ten findings of a check in full, and the others in brief.
func TestAnEmailHasTenFindingsOfACheckInFull(t *testing.T) {
	for n, brief := range map[int]int{roleNames: 0, roleNames + 1: 1, roleNames + 3: 3} {
		var list []finding.Finding
		for i := range n {
			list = append(list, caused(fmt.Sprintf("r%02d", i), "", ""))
		}
		text := Render(assemble(Input{ID: "m", Opened: list}), Options{}).Email
		if got := strings.Count(text, "shortened: the JSON of this message has all details"); got != brief {
			t.Errorf("%d findings: %d are shortened, want %d", n, got, brief)
		}
	}
}

// A title that has the role is cut behind it, and the role is not.
func TestATitleIsCutBehindItsRole(t *testing.T) {
	f := caused("orders", "", "")
	f.Title, f.FunctionsTotal = "The role orders may do everything in the account", 2
	const named = "The role orders"
	for limit := len(named); limit < 80; limit++ {
		got := about(f, limit)
		if !strings.Contains(got, "orders") || limit > len(named) && (len([]rune(got)) > limit || !strings.HasPrefix(got, named)) {
			t.Errorf("%d: %q", limit, got)
		}
	}
}

// A message stands in the thread in which the findings of its roles were reported, where all were in one; else in that of the role since its
// oldest finding, or in one of its own.
func TestTheThreadOfAMessage(t *testing.T) {
	x, y := caused("x", "", ""), caused("y", "", "")
	at := time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)
	x.FirstSeen = at
	for want, m := range map[string]Message{
		"given":              {ID: "m", ThreadID: "given", Opened: []finding.Finding{x}, Threads: map[string]string{x.Role: "one"}},
		"one":                {ID: "m", Opened: []finding.Finding{x}, Changed: []finding.Finding{y}, Threads: map[string]string{x.Role: "one", y.Role: "one"}},
		"roles-m":            {ID: "m", Opened: []finding.Finding{x, y}, Threads: map[string]string{x.Role: "one", y.Role: "two"}},
		"roles-n":            {ID: "n", Opened: []finding.Finding{x, y}},
		"x-20260303T080000Z": {ID: "m", Resolved: []finding.Finding{x}},
		"x-20260301T080000Z": {ID: "m", Resolved: []finding.Finding{x}, OldestOpen: map[string]time.Time{x.Role: at.AddDate(0, 0, -2)}},
		"empty":              {ID: "empty"},
	} {
		if got := m.Thread(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
