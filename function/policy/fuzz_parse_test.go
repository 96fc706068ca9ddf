package policy

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzParse holds what is true of every text: Parse does not panic; a document prints back as it was; everything in it
// lies where it says; editing nothing changes nothing; and statements can be appended and removed again.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "parse", "*.txtar"))
	if err != nil || len(files) == 0 {
		f.Fatalf("find seeds: %d files, %v", len(files), err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range archive.Files {
			if section.Name != "violations" && section.Name != "document" {
				f.Add(section.Data, len(section.Name)%7)
			}
		}
	}
	f.Add([]byte(`{"Statement":[{"Sid":"\ud83d","Action":["\u0061:*",null]},[],{"Condition":{"a":1,"b":{"c":[{}]}}}],"a":{"a":{"A":0}}}`), 0)
	f.Add([]byte("\xef\xbb\xbf{}"), 1)
	f.Fuzz(func(t *testing.T, src []byte, kind int) {
		k := Kind(kind % 7)
		d, err := Parse(src, k)
		if (err == nil) && (d == nil || len(d.Violations) > 0) || d == nil && err == nil {
			t.Fatalf("document %v, error %v", d, err)
		}
		if d == nil {
			return
		}
		for i, v := range d.Violations {
			if v.Offset < 0 || v.Offset > len(src) || v.Line < 1 || v.Column < 1 || i > 0 && v.Offset < d.Violations[i-1].Offset {
				t.Errorf("violation %d of %q has no place: %+v", i, src, v)
			}
		}
		if string(d.Source()) != string(src) {
			t.Errorf("%q came back as %q", src, d.Source())
		}
		checkSpans(t, d)
		if same, err := Apply(d); err != nil || string(same) != string(src) {
			t.Errorf("editing nothing gives %q, %v", same, err)
		}
		if again, err := Parse(d.Canonical(), k); again == nil {
			t.Errorf("%q has the canonical text %q: %v", src, d.Canonical(), err)
		}
		fuzzEdits(t, d)
	})
}

func fuzzEdits(t *testing.T, d *Document) {
	t.Helper()
	longer, err := AppendStatement(d, `{"Effect":"Deny"}`)
	if err != nil {
		return
	}
	more, err := Parse(longer, d.Kind)
	if more == nil || len(more.Statements) != len(d.Statements)+1 || more.Statements[len(d.Statements)].Effect != Deny {
		t.Fatalf("appending to %q gives %q: %v", d.Source(), longer, err)
	}
	shorter, err := RemoveStatement(more, len(d.Statements))
	if err != nil {
		return
	}
	if less, err := Parse(shorter, d.Kind); less == nil || len(less.Statements) != len(d.Statements) {
		t.Errorf("removing from %q gives %q: %v", longer, shorter, err)
	}
}
