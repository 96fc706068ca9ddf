package catalogue_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

var update = flag.Bool("update", false, "rewrite the want sections in testdata")

// caseFiles are the cases of all checks: those of a check stand next to its family's package, in a folder of its ID.
var caseFiles = filepath.Join("*", "testdata", "RW*", "*.txtar")

// scenario is one case of one check: the folder says which check, the file name whether that check has to speak.
type scenario struct {
	file, id, kind string
	archive        *txtar.Archive
	content        *caseFile
}

// name is the check and the case, as tests are called.
func (s scenario) name() string {
	return s.id + "/" + strings.TrimSuffix(filepath.Base(s.file), ".txtar")
}

func scenarios(t *testing.T) []scenario {
	t.Helper()
	files, err := filepath.Glob(caseFiles)
	if err != nil || len(files) == 0 {
		t.Fatalf("find cases: %d files, %v", len(files), err)
	}
	var out []scenario
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content, err := parseCase(archive)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		kind, _, _ := strings.Cut(filepath.Base(file), "-")
		if strings.TrimSpace(string(archive.Comment)) == "" {
			t.Errorf("%s does not say what it shows", file)
		}
		out = append(out, scenario{file: file, id: filepath.Base(filepath.Dir(file)), kind: kind, archive: archive, content: content})
	}
	return out
}

// TestCases runs every case through all checks. "bad" makes the folder's check fire, "near" is nearly
// bad, and "unknown" lacks something that the check needs: it has to say so, or the section "silent" says why it need not.
func TestCases(t *testing.T) {
	counts := map[string]map[string]int{}
	ran := 0
	for _, s := range scenarios(t) {
		if counts[s.id] == nil {
			counts[s.id] = map[string]int{}
		}
		counts[s.id][s.kind]++
		ran++
		t.Run(s.name(), func(t *testing.T) {
			result := check.Run(catalogue.Checks(), s.content.subject(t))
			verifyKind(t, s, result)
			verifyEvidence(t, s, result)
			got := render(ofFamily(result, s.id))
			if want := s.content.sections["want"]; got != want && !*update {
				t.Errorf("the checks say something else (-want +got):\n%s", gocmp.Diff(want, got))
			}
			if *update {
				rewrite(t, s, got)
			}
		})
	}
	for _, c := range catalogue.Checks() {
		for _, kind := range []string{"bad", "near", "unknown"} {
			if counts[c.ID][kind] == 0 {
				t.Errorf("%s (%s) has no %s case", c.ID, c.Slug, kind)
			}
		}
	}
	if ran == 0 {
		t.Fatal("no case was run")
	}
	t.Logf("ran %d cases of %d checks", ran, len(counts))
}

// ofFamily leaves what checks of the same hundred say: what others say of a case is theirs to show in cases of their own.
func ofFamily(r check.Result, id string) check.Result {
	other := func(c *check.Check) bool { return c.ID[:3] != id[:3] }
	return check.Result{
		Diagnostics: slices.DeleteFunc(slices.Clone(r.Diagnostics), func(d check.Diagnostic) bool { return other(d.Check) }),
		Undecided:   slices.DeleteFunc(slices.Clone(r.Undecided), func(u check.Undecided) bool { return other(u.Check) }),
	}
}

func fires(r check.Result, id string) bool {
	return slices.ContainsFunc(r.Diagnostics, func(d check.Diagnostic) bool { return d.Check.ID == id })
}

func verifyKind(t *testing.T, s scenario, r check.Result) {
	t.Helper()
	if _, ok := catalogue.Find(s.id); !ok {
		t.Errorf("there is no check %s", s.id)
	}
	undecided := slices.ContainsFunc(r.Undecided, func(u check.Undecided) bool { return u.Check.ID == s.id })
	_, silent := s.content.sections["silent"]
	switch s.kind {
	case "bad":
		if !fires(r, s.id) {
			t.Errorf("%s does not fire", s.id)
		}
	case "near", "unknown":
		if fires(r, s.id) {
			t.Errorf("%s fires", s.id)
		}
		if s.kind == "unknown" && undecided == silent {
			t.Errorf("%s is undecided: %v; the case says that it is silent: %v", s.id, undecided, silent)
		}
	default:
		t.Errorf("a case is named bad, near or unknown, not %q", s.kind)
	}
}

// verifyEvidence holds every diagnostic to what the case has: evidence is a text of it, byte for byte, and a diagnostic
// that blames nothing is none.
func verifyEvidence(t *testing.T, s scenario, r check.Result) {
	t.Helper()
	all := strings.Join(slices.Collect(func(yield func(string) bool) {
		for _, f := range s.content.subject(t).Role.Users.List {
			if !yield(f.Role) {
				return
			}
			for _, one := range f.Config.Policies.Or(nil) {
				if !yield(one.Text) {
					return
				}
			}
		}
	}), "\n") + usualTrust
	for name, text := range s.content.sections {
		if name != "want" {
			all += "\n" + text
		}
	}
	for _, d := range r.Diagnostics {
		if d.Title == "" || d.Detail == "" || d.Fix.Summary == "" {
			t.Errorf("%s leaves title, detail or fix empty", d.Check.ID)
		}
		if len(d.Evidence)+len(d.Parts) == 0 {
			t.Errorf("%s names nothing that is to blame", d.Check.ID)
		}
		for _, part := range d.Parts {
			if _, err := role.ParsePart(part.String()); err != nil {
				t.Errorf("%s blames what a state cannot hold: %v", d.Check.ID, err)
			}
		}
		for _, e := range d.Evidence {
			if _, err := role.ParsePart(e.Policy); err != nil {
				t.Errorf("%s blames what a state cannot hold: %v", d.Check.ID, err)
			}
			if e.Why == "" || !strings.Contains(all, e.Text) {
				t.Errorf("%s: evidence of %s is no text of the case, or says not why: %q", d.Check.ID, e.Policy, e.Text)
			}
		}
	}
	for _, u := range r.Undecided {
		if len(u.Missing) == 0 {
			t.Errorf("%s is undecided and does not say what is missing", u.Check.ID)
		}
	}
}

// render writes a result as the want section has it.
func render(r check.Result) string {
	var b strings.Builder
	for _, d := range r.Diagnostics {
		fmt.Fprintf(&b, "%s\n", strings.TrimSpace(d.Check.ID+" "+d.Severity.String()+" "+d.Key))
		line(&b, "title", d.Title)
		line(&b, "detail", d.Detail)
		for _, f := range d.Functions {
			line(&b, "function", f.QualifiedARN())
		}
		line(&b, "parts", strings.Join(role.PartTexts(d.Parts), ", "))
		for _, e := range d.Evidence {
			where := e.Policy
			if e.Statement >= 0 {
				where = fmt.Sprintf("%s[%d] %s", e.Policy, e.Statement, e.Sid)
			}
			if where = strings.TrimSpace(where); e.Role != "" {
				where += " of " + e.Role
			}
			line(&b, "evidence", where+": "+e.Why)
		}
		line(&b, "fix", d.Fix.Summary)
		line(&b, "document", d.Fix.Document)
		line(&b, "command", shortCommand(d.Fix))
		line(&b, "folds", strings.Join(d.Folds, ", "))
		b.WriteString("\n")
	}
	for _, u := range r.Undecided {
		fmt.Fprintf(&b, "undecided %s: %s\n", strings.TrimSpace(u.Check.ID+" "+u.Key), strings.Join(role.GapTexts(u.Missing), "; "))
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// shortCommand leaves the fix's document out of its command, where it stands as one word.
func shortCommand(f check.Fix) string {
	if f.Document == "" {
		return f.Command
	}
	return strings.ReplaceAll(f.Command, check.Shell(f.Document), "<document>")
}

// line writes a field; what has several lines is set in.
func line(b *strings.Builder, name, text string) {
	if text != "" {
		fmt.Fprintf(b, "\t%s: %s\n", name, strings.ReplaceAll(text, "\n", "\n\t\t"))
	}
}

func rewrite(t *testing.T, s scenario, want string) {
	t.Helper()
	s.archive.Files = slices.DeleteFunc(s.archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	s.archive.Files = append(s.archive.Files, txtar.File{Name: "want", Data: []byte(want)})
	if err := os.WriteFile(s.file, txtar.Format(s.archive), 0o666); err != nil {
		t.Fatal(err)
	}
}
