package patch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPatchThatDoesNotApplyFailsByName(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a.go"), "package a\n\nfunc f() int { return 1 }\n\nfunc g() int { return 2 + 2 }\n")
	for name, c := range map[string]struct{ before, after, want string }{
		"applies":     {"return 1", "return 3", ""},
		"gone":        {"return 5", "return 3", "stands in a.go 0 times"},
		"not unique":  {"return", "panic", "stands in a.go 2 times"},
		"not Go":      {"return 1", "return (", "patch not Go no longer applies: a.go"},
		"no such one": {"return 1", "return 3", "no longer applies: open"},
	} {
		t.Run(name, func(t *testing.T) {
			p := Patch{Name: name, File: "a.go", Before: c.before, After: c.after}
			if name == "no such one" {
				p.File = "b.go"
			}
			text, err := p.Apply(root)
			switch {
			case c.want == "" && (err != nil || !strings.Contains(string(text), c.after)):
				t.Errorf("%s, %v", text, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), name)):
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestReadRefusesWhatIsNotAPatch(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"good":            {"It is wrong.\nfile: a.go\n-- before --\nx\n-- after --\ny\n", ""},
		"no file":         {"It is wrong.\n-- before --\nx\n-- after --\ny\n", "it begins with"},
		"no sentence":     {"file: a.go\n-- before --\nx\n-- after --\ny\n", "it begins with"},
		"one part":        {"It is wrong.\nfile: a.go\n-- before --\nx\n", "it has the parts"},
		"other parts":     {"It is wrong.\nfile: a.go\n-- after --\nx\n-- before --\ny\n", "it has the parts"},
		"changes nothing": {"It is wrong.\nfile: a.go\n-- before --\nx\n-- after --\nx\n", "it changes nothing"},
		"finds nothing":   {"It is wrong.\nfile: a.go\n-- before --\n-- after --\nx\n", "it changes nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, filepath.Join(folder, "watch", "one.txtar"), c.text)
			list, err := Read(folder)
			switch {
			case c.want == "" && (err != nil || len(list) != 1 || list[0] != Patch{Name: "watch/one", What: "It is wrong.", File: "a.go", Before: "x", After: "y"}):
				t.Errorf("%+v, %v", list, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), "patch watch/one: "+c.want)):
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a folder without patches is read")
	}
	other := t.TempDir()
	write(t, filepath.Join(other, "one.diff"), "x")
	if _, err := Read(other); err == nil {
		t.Error("a file that is not a patch is left out")
	}
}

func TestSelect(t *testing.T) {
	list := []Patch{{Name: "watch/one"}, {Name: "watch/two"}, {Name: "message/one"}}
	for _, c := range []struct {
		names []string
		want  int
	}{{nil, 3}, {[]string{"watch/"}, 2}, {[]string{"one", "two"}, 3}, {[]string{"message/one"}, 1}} {
		if got, err := Select(list, c.names); err != nil || len(got) != c.want {
			t.Errorf("%q selects %d, %v, want %d", c.names, len(got), err, c.want)
		}
	}
	if _, err := Select(list, []string{"watch/", "three"}); err == nil {
		t.Error("a name that no patch has selects something")
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
