package export_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/rolewatch/rolewatch/function/internal/export"
)

const plainRoles = `{"RoleDetailList":[{"RoleName":"orders","Arn":"arn:aws:iam::111122223333:role/orders","Tags":[{"Key":"owner","Value":"Größe"}]}],"Policies":[]}`

// TestEncodings reads the same file as different shells and tools write it.
func TestEncodings(t *testing.T) {
	utf16Of := func(order binary.AppendByteOrder) string {
		out := order.AppendUint16(nil, 0xfeff)
		for _, unit := range utf16.Encode([]rune(plainRoles)) {
			out = order.AppendUint16(out, unit)
		}
		return string(out)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(plainRoles)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]struct{ file, text string }{
		"UTF-8":                {"iam.json", plainRoles},
		"with byte order mark": {"iam.json", "\xef\xbb\xbf" + plainRoles},
		"UTF-16, little end":   {"iam.json", utf16Of(binary.LittleEndian)},
		"UTF-16, big end":      {"iam.json", utf16Of(binary.BigEndian)},
		"compressed":           {"iam.json.gz", zipped.String()},
		"compressed, unnamed":  {"iam.json", zipped.String()},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, one.file), one.text)
		a, err := export.Read(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shots, _, err := a.RolePage(t.Context(), "")
		if err != nil || len(shots) != 1 || shots[0].Tags.Or(nil)["owner"] != "Größe" {
			t.Errorf("%s: %+v, %v", name, shots, err)
		}
	}
	for name, text := range map[string]string{"half a character": "\xff\xfe{", "half a file": zipped.String()[:40]} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "iam.json"), text)
		if _, err := export.Read(dir); err == nil || !strings.Contains(err.Error(), "iam.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead reads a file of each kind: an error names the file, and what is read answers without one.
func FuzzRead(f *testing.F) {
	names := []string{
		"iam.json", "functions.json", "event-source-mappings.json", "invoke-configs.json", "function-urls.json", "aliases.json",
		"organization.json", "function-policies/shop.json",
	}
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no scenario: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for i, name := range names {
			if _, after, ok := strings.Cut(string(text), "-- "+name+" --\n"); ok {
				body, _, _ := strings.Cut(after, "\n-- ")
				f.Add(i, body)
			}
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, kind int, text string) {
		if kind < 0 || kind >= len(names) {
			t.Skip()
		}
		// Each process of a fuzz run has a folder of its own.
		own, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(own)
		write(t, filepath.Join(own, names[kind]), text)
		a, err := export.Read(own)
		if err != nil {
			if !strings.Contains(err.Error(), filepath.Base(names[kind])) {
				t.Fatalf("the error does not name the file: %v", err)
			}
			return
		}
		a.Missing()
		_, _, _ = a.RolePage(t.Context(), "")
		for _, region := range a.Regions() {
			_, _, _ = a.FunctionPage(t.Context(), region, "")
		}
	})
}
