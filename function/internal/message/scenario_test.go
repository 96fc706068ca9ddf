package message

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected renderings in testdata")

// TestScenarios renders each input in testdata in every form and compares with what is kept beside it.
func TestScenarios(t *testing.T) {
	for _, file := range scenarios(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, in := readScenario(t, file)
			m := Build(in)
			r := Render(m, Options{Region: "us-east-1", Channels: []Channel{Chat}})
			compareRenderings(t, file, archive, r)
			if strings.Contains(r.Machine+r.Email, "PENDING") {
				t.Error("a pending finding was told")
			}
			checkRendered(t, r)
		})
	}
}

// compareRenderings compares what was rendered with what an archive keeps beside its input, or keeps it there.
func compareRenderings(t *testing.T, file string, archive *txtar.Archive, r Rendered) {
	t.Helper()
	got := []txtar.File{
		{Name: "subject.txt", Data: []byte(r.Subject + "\n")},
		{Name: "sms.txt", Data: []byte(r.SMS + "\n")},
		{Name: "attributes.json", Data: indented(t, encode(r.Attributes))},
		{Name: "email.txt", Data: []byte(r.Email)},
		{Name: "chat.json", Data: indented(t, r.Channels[Chat.Name]...)},
		{Name: "machine.json", Data: indented(t, r.Machine)},
	}
	if *update {
		archive.Files = append(archive.Files[:1], got...)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := map[string]string{}
	for _, f := range archive.Files {
		want[f.Name] = string(f.Data)
	}
	for _, f := range got {
		if diff := cmp.Diff(want[f.Name], string(f.Data)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
	}
}

// TestSameThread holds that what is resolved is told in the thread that it was opened in.
func TestSameThread(t *testing.T) {
	_, opened := readScenario(t, "testdata/opened.txtar")
	_, resolved := readScenario(t, "testdata/resolved.txtar")
	a, b := thread(t, opened), thread(t, resolved)
	if a != b || a != "orders-role-20240514T093020Z" {
		t.Errorf("opened in thread %q, resolved in %q", a, b)
	}
	_, changed := readScenario(t, "testdata/changed.txtar")
	if got, want := thread(t, changed), "orders-role-20240513T080000Z"; got != want {
		t.Errorf("with an older finding open: thread %q, want %q", got, want)
	}
}

func thread(t *testing.T, in Input) string {
	t.Helper()
	chat := Render(Build(in), Options{Channels: []Channel{Chat}}).Channels[Chat.Name]
	if len(chat) != 1 {
		t.Fatalf("%d notifications, want 1", len(chat))
	}
	var n notification
	if err := json.Unmarshal([]byte(chat[0]), &n); err != nil {
		t.Fatal(err)
	}
	return n.Metadata.ThreadID
}

// TestOrderDoesNotMatter holds that a message is the same whatever order its parts came in, and that making it
// changes nothing of the input.
func TestOrderDoesNotMatter(t *testing.T) {
	_, in := readScenario(t, "testdata/roles.txtar")
	_, again := readScenario(t, "testdata/roles.txtar")
	want := Render(Build(in), Options{Channels: []Channel{Chat}})
	if diff := cmp.Diff(again, in); diff != "" {
		t.Errorf("building a message changed its input:\n%s", diff)
	}
	slices.Reverse(in.Opened)
	slices.Reverse(in.Changes)
	if diff := cmp.Diff(want, Render(Build(in), Options{Channels: []Channel{Chat}})); diff != "" {
		t.Errorf("in another order:\n%s", diff)
	}
}

// TestNoChat holds that chat is told only when asked.
func TestNoChat(t *testing.T) {
	_, in := readScenario(t, "testdata/opened.txtar")
	if r := Render(Build(in), Options{}); len(r.Channels[Chat.Name]) != 0 {
		t.Errorf("%d notifications, want none", len(r.Channels[Chat.Name]))
	}
}

// TestOperations renders a notice to operations, its texts hostile.
func TestOperations(t *testing.T) {
	r := Operations(Notice{Account: "111122223333", Region: "us-east-1", Subject: "rolewatch may not call iam:GetRole", Text: "It was denied.\nBcc: \u202eeverybody\x1b[2J"}, []Channel{Chat})
	checkRendered(t, r)
	if want := "[rolewatch] rolewatch may not call iam:GetRole"; r.Subject != want {
		t.Errorf("subject %q, want %q", r.Subject, want)
	}
	want := map[string][]string{"kind": {"operations"}, "account": {"111122223333"}, "region": {"us-east-1"}}
	if diff := cmp.Diff(want, r.Attributes); diff != "" {
		t.Errorf("attributes:\n%s", diff)
	}
	var n notice
	if err := json.Unmarshal([]byte(r.Machine), &n); err != nil || n.Text != "It was denied.\nBcc: \u202eeverybody\x1b[2J" {
		t.Errorf("machine text %q, error %v", n.Text, err)
	}
	if !strings.Contains(r.Email, `\u{202e}everybody\u{1b}[2J`) {
		t.Errorf("e-mail:\n%s", r.Email)
	}
}

func TestIsArray(t *testing.T) {
	_, in := readScenario(t, "testdata/roles.txtar")
	for name, values := range Render(Build(in), Options{}).Attributes {
		if len(values) != 1 && !IsArray(name) {
			t.Errorf("%s has %d values and is no array", name, len(values))
		}
	}
}

func scenarios(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario in testdata: %v", err)
	}
	return files
}

func readScenario(t testing.TB, file string) (*txtar.Archive, Input) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Files) == 0 || archive.Files[0].Name != "input.json" {
		t.Fatalf("%s: does not begin with input.json", file)
	}
	var in Input
	if err := json.Unmarshal(archive.Files[0].Data, &in, json.MatchCaseInsensitiveNames(true), json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return archive, in
}

func indented(t *testing.T, texts ...string) []byte {
	t.Helper()
	var out []byte
	for _, text := range texts {
		v := jsontext.Value(text)
		if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
			t.Fatalf("not JSON: %v\n%s", err, text)
		}
		out = append(append(out, v...), '\n')
	}
	return out
}
