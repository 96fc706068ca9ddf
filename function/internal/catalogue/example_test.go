package catalogue_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/examples"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// exampleIDs are the IDs of the checks that have an example, in order.
func exampleIDs(t *testing.T) (ids []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("examples", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	for _, file := range files {
		ids = append(ids, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)))
	}
	return ids
}

// TestExamples judges every example by its check: the bad one makes it fire, the good one does not. The file's other
// sections are those of a case; in them $EXAMPLE stands for the example, $TEXT for it as a JSON string, and $a.b for a
// member of it, and a section that ends in .bad or .good is of that one alone.
func TestExamples(t *testing.T) {
	judged := 0
	for _, id := range exampleIDs(t) {
		c, ok := catalogue.Find(id)
		if !ok {
			t.Logf("skipped: there is no check %s yet", id)
			continue
		}
		e, _ := examples.Of(id)
		if e.Given == "" || e.Bad == e.Good {
			t.Errorf("the example of %s says not what it is, or not what is good", id)
		}
		for kind, text := range map[string]string{"bad": e.Bad, "good": e.Good} {
			if !jsontext.Value(text).IsValid() {
				t.Errorf("the %s example of %s is no JSON: %q", kind, id, text)
				continue
			}
			judged++
			r := check.Run(around(c), exampleCase(t, id, kind, text).subject(t))
			if fires(r, id) != (kind == "bad") {
				t.Errorf("the %s example of %s: it fires: %v\n%s", kind, id, fires(r, id), render(r))
			}
			if slices.ContainsFunc(r.Undecided, func(u check.Undecided) bool { return u.Check.ID == id }) {
				t.Errorf("the %s example of %s is undecided\n%s", kind, id, render(r))
			}
		}
	}
	for _, c := range catalogue.Checks() {
		if _, ok := examples.Of(c.ID); !ok {
			t.Errorf("%s (%s) has no example", c.ID, c.Slug)
		}
	}
	if judged < 40 {
		t.Fatalf("only %d examples were judged", judged)
	}
	t.Logf("judged %d examples", judged)
}

// around are the checks that one needs: itself, and all others where it judges what they found.
func around(c *check.Check) []*check.Check {
	if c.Join != nil {
		return catalogue.Checks()
	}
	return []*check.Check{c}
}

func exampleCase(t *testing.T, id, kind, text string) *caseFile {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("examples", id+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	sections := &txtar.Archive{}
	for _, f := range archive.Files {
		name, of := f.Name, kind
		for _, one := range []string{"bad", "good"} {
			if base, ok := strings.CutSuffix(name, "."+one); ok {
				name, of = base, one
			}
		}
		if name == "bad" || name == "good" || of != kind {
			continue
		}
		filled, err := fill(string(f.Data), text)
		if err != nil {
			t.Fatalf("the example of %s: %s: %v", id, f.Name, err)
		}
		sections.Files = append(sections.Files, txtar.File{Name: name, Data: []byte(filled)})
	}
	c, err := parseCase(sections)
	if err != nil {
		t.Fatalf("the example of %s: %v", id, err)
	}
	return c
}

// fill puts an example into a section.
func fill(section, text string) (string, error) {
	quoted, err := json.Marshal(text)
	if err != nil {
		return "", err
	}
	pairs := []string{"$EXAMPLE", text, "$TEXT", string(quoted)}
	var members func(path string, value jsontext.Value) error
	members = func(path string, value jsontext.Value) error {
		var object map[string]jsontext.Value
		if value.Kind() != '{' {
			return nil
		}
		if err := json.Unmarshal(value, &object); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		for name, v := range object {
			if err := members(path+name+".", v); err != nil {
				return err
			}
			pairs = append(pairs, "$"+path+name, string(v))
		}
		return nil
	}
	if err := members("", jsontext.Value(text)); err != nil {
		return "", err
	}
	// Of two names one of which begins with the other, the longer one counts.
	type pair struct{ name, value string }
	var ordered []pair
	for i := 0; i < len(pairs); i += 2 {
		ordered = append(ordered, pair{pairs[i], pairs[i+1]})
	}
	slices.SortFunc(ordered, func(a, b pair) int { return len(b.name) - len(a.name) })
	var replace []string
	for _, p := range ordered {
		replace = append(replace, p.name, p.value)
	}
	return strings.NewReplacer(replace...).Replace(section), nil
}
