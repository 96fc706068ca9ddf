package policy

import (
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// shared gives a file of the data beside the repository. Where the folder is missing the test is skipped aloud, and
// fails in CI.
func shared(t testing.TB, name string) string {
	t.Helper()
	file := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the data is missing: %v", err)
		}
		t.Skipf("skipped: the data is missing: %v", err)
	}
	return file
}

func TestDocumentsThatIAMRefuses(t *testing.T) {
	text, err := os.ReadFile(shared(t, "policy-grammar/invalid.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Document jsontext.Value `json:"document"`
		Message  string         `json:"error_message"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		src := []byte(c.Document)
		if src[0] == '"' {
			var plain string
			if err := json.Unmarshal(src, &plain); err != nil {
				t.Fatal(err)
			}
			src = []byte(plain)
		}
		var fault *ParseError
		if _, err := Parse(src, Identity); !errors.As(err, &fault) || len(fault.Violations) == 0 {
			t.Errorf("%d: taken, and IAM says %q: %s", i, c.Message, src)
			continue
		}
		for _, v := range fault.Violations {
			if v.Line < 1 || v.Column < 1 || v.Message == "" {
				t.Errorf("%d: %+v has no place", i, v)
			}
		}
	}
	if len(cases) == 0 {
		t.Fatal("no case")
	}
	t.Logf("%d documents", len(cases))
}

func TestDocumentsThatIAMTakes(t *testing.T) {
	text, err := os.ReadFile(shared(t, "policy-grammar/valid.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []jsontext.Value
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if _, err := Parse(c, Identity); err != nil {
			t.Errorf("%d: %v: %s", i, err, c)
		}
	}
	if len(cases) == 0 {
		t.Fatal("no case")
	}
	t.Logf("%d documents", len(cases))
}

func TestManagedPoliciesParseAndPrintBack(t *testing.T) {
	file, err := os.Open(shared(t, "managed-policies/policies.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var policies map[string]jsontext.Value
	if err := json.UnmarshalRead(z, &policies); err != nil {
		t.Fatal(err)
	}
	for name, src := range policies {
		doc, err := Parse(src, Identity)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(doc.Source()) != string(src) || len(doc.Statements) == 0 {
			t.Errorf("%s: printed back as another", name)
		}
		if again, err := Apply(doc); err != nil || string(again) != string(src) {
			t.Errorf("%s: an edit of nothing changes it: %v", name, err)
		}
	}
	if len(policies) == 0 {
		t.Fatal("no policy")
	}
	t.Logf("%d policies", len(policies))
}
