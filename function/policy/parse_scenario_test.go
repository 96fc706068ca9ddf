package policy

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var updateParse = flag.Bool("update-parse", false, "rewrite the violations and documents in testdata/parse")

var kindsByName = map[string]Kind{
	"identity": Identity, "trust": Trust, "resource": Resource, "boundary": Boundary, "session": Session, "scp": SCP, "rcp": RCP,
}

// TestParseScenarios runs testdata/parse. A section named after a kind of policy, and a title, holds a document; then
// "violations" holds all that is wrong with it, and "document" what is kept of it all the same.
func TestParseScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "parse", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("find scenarios: %d files, %v", len(files), err)
	}
	parsed := 0
	broken := map[int]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			parsed += runParseScenario(t, archive, broken)
			if *updateParse {
				if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	checkPinned(t, broken, notPinnedByParse, isGrammar)
	if parsed == 0 {
		t.Fatal("no document was parsed")
	}
	t.Logf("parsed %d documents in %d files", parsed, len(files))
}

func runParseScenario(t *testing.T, archive *txtar.Archive, broken map[int]bool) (parsed int) {
	t.Helper()
	var d *Document
	var violations []Violation
	title := ""
	for i := range archive.Files {
		f := &archive.Files[i]
		got := ""
		switch f.Name {
		case "violations":
			got = tellViolations(violations)
		case "document":
			got = tellDocument(d)
		default:
			name, _, _ := strings.Cut(f.Name, " ")
			kind, ok := kindsByName[strings.TrimSuffix(name, ":")]
			if !ok {
				t.Fatalf("unknown section %q", f.Name)
			}
			title = f.Name
			d, violations = parseTold(t, f.Data, kind)
			for _, v := range violations {
				broken[v.Rule] = true
			}
			if i+1 == len(archive.Files) || archive.Files[i+1].Name != "violations" {
				t.Errorf("%s: nothing is said of its violations", title)
			}
			parsed++
			continue
		}
		if *updateParse {
			f.Data = []byte(got)
		} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", title, f.Name, diff)
		}
	}
	return parsed
}

// parseTold parses a document and holds that what is returned agrees with itself.
func parseTold(t *testing.T, src []byte, kind Kind) (*Document, []Violation) {
	t.Helper()
	d, err := Parse(src, kind)
	if err == nil {
		if len(d.Violations) > 0 {
			t.Errorf("no error, and violations %v: %s", d.Violations, src)
		}
		checkSpans(t, d)
		return d, nil
	}
	var fault *ParseError
	if !errors.As(err, &fault) || len(fault.Violations) == 0 {
		t.Fatalf("an error that is no ParseError: %v", err)
	}
	if d != nil {
		checkSpans(t, d)
		if diff := cmp.Diff(fault.Violations, d.Violations); diff != "" {
			t.Errorf("error and document differ: %s", diff)
		}
	}
	return d, fault.Violations
}

func tellViolations(violations []Violation) string {
	if len(violations) == 0 {
		return "none\n"
	}
	var b strings.Builder
	for _, v := range violations {
		fmt.Fprintf(&b, "%d:%d rule %d %s: %s\n", v.Line, v.Column, v.Rule, v.Path, v.Message)
	}
	return b.String()
}

func tellDocument(d *Document) string {
	if d == nil {
		return "none\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version %q, id %q\n", d.Version, d.ID)
	for _, s := range d.Statements {
		effect := map[Effect]string{NoEffect: "no effect", Allow: "allow", Deny: "deny"}[s.Effect]
		fmt.Fprintf(&b, "%d: %s, sid %q\n", s.Index, effect, s.Sid)
		for _, p := range s.Principals {
			fmt.Fprintf(&b, "\t%s %s %q\n", nameOf("Principal", s.NotPrincipal), p.Type, p.Text)
		}
		if s.HasAction {
			fmt.Fprintf(&b, "\t%s %q\n", nameOf("Action", s.NotAction), texts(s.Actions))
		}
		if s.HasResource {
			fmt.Fprintf(&b, "\t%s %q\n", nameOf("Resource", s.NotResource), texts(s.Resources))
		}
		for _, c := range s.Conditions {
			fmt.Fprintf(&b, "\t%s %s %q\n", c.Operator, c.Key, texts(c.Values))
		}
	}
	return b.String()
}
