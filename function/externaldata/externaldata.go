// Package externaldata gives tests the data that is not in the repository: documents and records that others have published,
// which are too large for it or not ours to spread.
package externaldata

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Variable is the environment variable that names the folder of the data, as an absolute path.
const Variable = "ROLEWATCH_DATA"

// Path gives the path of a file or a folder of the data, which name says relative to the data's folder, with slashes. A test is
// skipped where Variable is not set; where it is set, what is missing is a failure.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skipf("%s is not set: it names the folder of the data that is not in the repository", Variable)
	}
	// A test runs in the folder of its package.
	if !filepath.IsAbs(dir) {
		t.Fatalf("%s is %q, which is not an absolute path", Variable, dir)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is %q, which lacks %s: %v", Variable, dir, name, err)
	}
	return path
}

// Read gives the content of a file of the data, decompressed if its name ends in .gz. It skips or fails as Path does.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.Open(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var content io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if content, err = gzip.NewReader(file); err != nil {
			t.Fatalf("decompress %s: %v", name, err)
		}
	}
	text, err := io.ReadAll(content)
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return text
}

// List gives the elements of a file of the data that is a JSON list. An empty list is a failure; otherwise List skips or fails as
// Path does.
func List[T any](t testing.TB, name string) []T {
	t.Helper()
	var list []T
	if err := json.Unmarshal(Read(t, name), &list); err != nil || len(list) == 0 {
		t.Fatalf("%s has %d elements: %v", name, len(list), err)
	}
	return list
}

// ManagedPolicies gives the documents of AWS's managed policies by the policies' names, byte for byte. It skips or fails as Path
// does.
func ManagedPolicies(t testing.TB) map[string]jsontext.Value {
	t.Helper()
	const name = "managed-policies/policies.json.gz"
	var documents map[string]jsontext.Value
	if err := json.Unmarshal(Read(t, name), &documents); err != nil || len(documents) < 1000 {
		t.Fatalf("%s has %d policies: %v", name, len(documents), err)
	}
	return documents
}
