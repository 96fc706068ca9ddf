package terminal

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

var update = flag.Bool("update", false, "rewrite the expected screens in testdata")

// style is an escape sequence that sets colours and weight, the only kind that is ours.
var style = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestScreens shows every scenario of the message package, at 80 columns, and compares with what is kept.
func TestScreens(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			m := read(t, file)
			plain := Message(m, Options{Width: 80})
			colored := Message(m, Options{Width: 80, Color: true})
			compare(t, filepath.Join("testdata", name+".txt"), plain)
			checkScreen(t, plain, colored)
			brief := Brief(m, Options{Width: 80})
			compare(t, filepath.Join("testdata", "brief", name+".txt"), brief)
			checkScreen(t, brief, Brief(m, Options{Width: 80, Color: true}))
		})
	}
}

// TestFinding shows a finding alone, as a scan does: nobody is asked who did it.
func TestFinding(t *testing.T) {
	m := read(t, "../testdata/opened.txtar")
	got := Finding(m.Opened[0], Options{Width: 100})
	compare(t, filepath.Join("testdata", "finding.txt"), got)
	if strings.Contains(got, "who") {
		t.Errorf("a scan blames somebody:\n%s", got)
	}
	resolved := Finding(read(t, "../testdata/resolved.txtar").Resolved[0], Options{})
	if !strings.HasPrefix(resolved, "RESOLVED  ") || !strings.Contains(resolved, "fixed after 12 minutes") {
		t.Errorf("a resolved finding:\n%s", resolved)
	}
}

// TestColor colours each severity in its own way, and mended in green.
func TestColor(t *testing.T) {
	seen := map[string]check.Severity{}
	for s := check.Low; s <= check.Critical; s++ {
		badge, _, _ := strings.Cut(Finding(finding.Finding{Severity: s, Title: "t"}, Options{Color: true}), "t")
		badge = strings.Join(style.FindAllString(badge, -1), "")
		if other, ok := seen[badge]; ok || badge == "" {
			t.Errorf("%s looks like %s: %q", s, other, badge)
		}
		seen[badge] = s
	}
	mended := Finding(finding.Finding{Status: finding.Resolved, Title: "t"}, Options{Color: true})
	if !strings.Contains(mended, "\x1b[32mt\x1b[m") {
		t.Errorf("mended is not green: %q", mended)
	}
}

// TestPasteExact holds that a command stands on the screen as it is, without colour and with it, at any width.
func TestPasteExact(t *testing.T) {
	command := "aws iam put-role-policy --policy-document '{\n\t\"Statement\":   []}' " + strings.Repeat("x", 300)
	f := finding.Finding{Fix: check.Fix{Command: command}}
	for _, o := range []Options{{Width: 20}, {Width: 200, Color: true}} {
		if got := style.ReplaceAllString(Finding(f, o), ""); !strings.Contains(got, "\n"+command+"\n") {
			t.Errorf("%+v: the command was changed:\n%s", o, got)
		}
	}
}

func FuzzScreen(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[2J\x1b]0;title\x07", "\u009b31m", "a\r\nb\tc", "\u202e\u2066\u200b", "\xff", "🙂日本語", "-----\n"} {
		f.Add(s, 80)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		at := time.Date(2024, 5, 14, 9, 31, 7, 0, time.UTC)
		c := finding.Change{EventID: s, EventName: s, Time: at, Region: s, Actor: finding.Actor{Type: s, ARN: s, Name: s}, SourceIP: s, UserAgent: s, Via: s}
		one := finding.Finding{
			ID: s, Check: s, Slug: s, Severity: check.Critical, Role: s, Functions: []finding.FunctionRef{{ARN: s, Version: s, Alias: s}},
			FunctionsTotal: 9, Folds: []string{s}, Title: s, Detail: s, Evidence: []check.Evidence{{Policy: s, Sid: s, Text: s, Why: s}},
			Fix: check.Fix{Summary: s, Document: s, Command: s + " "}, Cause: &finding.Cause{EventID: s, Certainty: finding.Certain}, FirstSeen: at, LastSeen: at,
		}
		m := message.Build(message.Input{ID: s, Time: at, Account: s, Changes: []finding.Change{c},
			Opened: []finding.Finding{one}, Changed: []finding.Finding{one}, Resolved: []finding.Finding{one}})
		checkScreen(t, Message(m, Options{Width: width}), Message(m, Options{Width: width, Color: true}))
		checkScreen(t, Brief(m, Options{Width: width}), Brief(m, Options{Width: width, Color: true}))
	})
}

// checkScreen holds that a screen has no control character but ours, and says the same with colour as without.
func checkScreen(t *testing.T, plain, colored string) {
	t.Helper()
	bare := style.ReplaceAllString(colored, "")
	for what, text := range map[string]string{"plain": plain, "coloured": bare} {
		for i, r := range text {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
				t.Fatalf("%s screen has %U at %d", what, r, i)
			}
		}
	}
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if diff := cmp.Diff(words(plain), words(bare)); diff != "" {
		t.Errorf("colour changes what is said:\n%s", diff)
	}
}

func read(t *testing.T, file string) message.Message {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var in message.Input
	if err := json.Unmarshal(archive.Files[0].Data, &in, json.MatchCaseInsensitiveNames(true), json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return message.Build(in)
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
