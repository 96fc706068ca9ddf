package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

const addedStatement = `{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]},"Action":"sts:AssumeRole"}`

// TestEditScenarios runs testdata/edit.txtar: each "before" is a trust policy, followed by what becomes of it when a
// statement is appended, and when each of its statements is removed.
func TestEditScenarios(t *testing.T) {
	const file = "testdata/edit.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d *Document
	checked := 0
	for i := range archive.Files {
		f := &archive.Files[i]
		var after []byte
		var err error
		verb, _, _ := strings.Cut(f.Name, " ")
		switch verb {
		case "before":
			if d, err = Parse(f.Data, Trust); d == nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			continue
		case "append":
			after, err = AppendStatement(d, addedStatement)
		case "remove":
			index := 0
			if _, err := fmt.Sscanf(f.Name, "remove %d", &index); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			after, err = RemoveStatement(d, index)
		default:
			t.Fatalf("unknown section %q", f.Name)
		}
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		checked++
		if _, err := Parse(after, Trust); err != nil {
			t.Errorf("%s: the result breaks the grammar: %v", f.Name, err)
		}
		if *updateParse {
			f.Data = after
		} else if diff := cmp.Diff(string(f.Data), string(after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
	}
	if *updateParse {
		if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if checked == 0 {
		t.Fatal("nothing was edited")
	}
	t.Logf("checked %d edits", checked)
}

func TestAppendKeepsLineEnds(t *testing.T) {
	src := "{\r\n\t\"Version\": \"2012-10-17\",\r\n\t\"Statement\": [\r\n\t\t{\r\n\t\t\t\"Effect\": \"Allow\",\r\n\t\t\t\"Action\": \"s3:*\",\r\n\t\t\t\"Resource\": \"*\"\r\n\t\t}\r\n\t]\r\n}"
	d := parseFor(t, src, Identity)
	got, err := AppendStatement(d, `{"Effect":"Deny","Action":"ec2:*","Resource":"*"}`)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(src, "\r\n\t]", ",\r\n\t\t{\r\n\t\t\t\"Effect\": \"Deny\",\r\n\t\t\t\"Action\": \"ec2:*\",\r\n\t\t\t\"Resource\": \"*\"\r\n\t\t}\r\n\t]", 1)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestAppendAndRemove undoes what it did, on every managed policy.
func TestAppendAndRemove(t *testing.T) {
	const statement = `{"Effect":"Deny","Action":"ec2:*","Resource":"*"}`
	count := 0
	for name, src := range externaldata.ManagedPolicies(t) {
		d, err := Parse(src, Identity)
		if err != nil {
			t.Fatal(err)
		}
		longer, err := AppendStatement(d, statement)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		more, err := Parse(longer, Identity)
		if err != nil || len(more.Statements) != len(d.Statements)+1 {
			t.Fatalf("%s: %v: %s", name, err, longer)
		}
		back, err := RemoveStatement(more, len(d.Statements))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.Text(d.StatementsSpan())[0] == '[' && string(back) != string(src) {
			t.Errorf("%s: came back as %s", name, back)
		}
		count++
	}
	if count == 0 {
		t.Fatal("no policy")
	}
	t.Logf("%d policies", count)
}

func TestEditsThatCannotBe(t *testing.T) {
	d := parseFor(t, wholePolicy, Identity)
	twice, _ := Parse([]byte(strings.TrimSuffix(wholePolicy, "}")+`,"Statement":[]}`), Identity)
	none, _ := Parse([]byte(`{}`), Identity)
	faulty, _ := Parse([]byte(`{"Statement":"x"}`), Identity)
	tests := []struct {
		name, want string
		edit       func() ([]byte, error)
	}{
		{"outside", "lies outside", func() ([]byte, error) { return Apply(d, Edit{Span: Span{0, len(wholePolicy) + 1}}) }},
		{"before", "lies outside", func() ([]byte, error) { return Apply(d, Edit{Span: Span{-1, 0}}) }},
		{"backwards", "lies outside", func() ([]byte, error) { return Apply(d, Edit{Span: Span{5, 4}}) }},
		{"overlap", "overlaps", func() ([]byte, error) { return Apply(d, Edit{Span{30, 40}, "a"}, Edit{Span{20, 31}, "b"}) }},
		{"no policy left", "a policy is a JSON object", func() ([]byte, error) { return Apply(d, Edit{Span: Span{0, 1}}) }},
		{"append no JSON", "append statement", func() ([]byte, error) { return AppendStatement(d, "{") }},
		{"append two", "append statement", func() ([]byte, error) { return AppendStatement(d, "{},{}") }},
		{"append a list", "want an object, not a list", func() ([]byte, error) { return AppendStatement(d, "[{}]") }},
		{"append to nothing", "has no Statement", func() ([]byte, error) { return AppendStatement(none, "{}") }},
		{"append to a string", "has no Statement", func() ([]byte, error) { return AppendStatement(faulty, "{}") }},
		{"remove the only one", "the only one", func() ([]byte, error) { return RemoveStatement(d, 0) }},
		{"remove one too many", "has 1", func() ([]byte, error) { return RemoveStatement(d, 1) }},
		{"remove before the first", "has 1", func() ([]byte, error) { return RemoveStatement(d, -1) }},
		{"remove from the other Statement", "two elements named Statement", func() ([]byte, error) { return RemoveStatement(twice, 0) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if out, err := test.edit(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %s, %v; want an error that says %q", out, err, test.want)
			}
		})
	}
}

func TestApply(t *testing.T) {
	d := parseFor(t, wholePolicy, Identity)
	s := d.Statements[0]
	got, err := Apply(d,
		Edit{s.Resources[0].Span, `"arn:aws:s3:::b/*"`},
		Edit{Span{s.ActionSpan.Start, s.ActionSpan.Start}, "["},
		Edit{Span{s.ActionSpan.End, s.ActionSpan.End}, `,"s3:List*"`},
		Edit{Span{s.ActionSpan.End, s.ActionSpan.End}, `]`})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*","s3:List*"],"Resource":"arn:aws:s3:::b/*"}}`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
}
