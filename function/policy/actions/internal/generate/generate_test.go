package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
)

const sampleName = "@sample/iam-data@1.2.3"

// sample is a package as npm pack makes it, of two services.
func sample() map[string]string {
	return map[string]string{
		"package.json":           `{"name": "@sample/iam-data", "version": "1.2.3"}`,
		"LICENSE.txt":            "Sample License\n",
		"README.md":              "not read",
		"data/serviceNames.json": `{"crate": "AWS Crate", "box": "Amazon Box"}`,
		"data/actions/box.json": `{
			"openbox": {"name": "OpenBox", "accessLevel": "Write", "conditionKeys": ["box:Size"], "resourceTypes": [
				{"name": "lid", "required": false, "conditionKeys": ["box:Owner"]},
				{"name": "box", "required": true, "conditionKeys": []},
				{"name": "lid", "required": true, "conditionKeys": ["aws:TagKeys"]}]},
			"tagbox": {"name": "TagBox", "accessLevel": "Tagging, Write", "conditionKeys": ["box:size", "aws:TagKeys"], "resourceTypes": []}}`,
		"data/resourceTypes/box.json": `{
			"lid": {"key": "lid", "arn": "arn:${Partition}:box:::a/${Id}, arn:${Partition}:box:::b/${Id}"},
			"box": {"key": "box", "arn": "arn:${Partition}:box:::${Id}", "conditionKeys": ["box:Size"]}}`,
		"data/conditionKeys/box.json": `{
			"box:size": {"key": "box:Size", "type": "Numeric"}, "box:owner": {"key": "box:Owner", "type": "ARN"},
			"aws:tagkeys": {"key": "aws:TagKeys", "type": "ArrayOfString"}}`,
		"data/actions/crate.json":       `{}`,
		"data/resourceTypes/crate.json": `{}`,
		"data/conditionKeys/crate.json": `{"box:owner": {"key": "box:Owner", "type": "ArrayOfARN"}}`,
	}
}

func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// generate runs the generator over a package and gives the catalogue and the licence that it writes.
func generate(t *testing.T, files map[string]string) (data, licence []byte, err error) {
	t.Helper()
	dir := t.TempDir()
	archive, out, notice := filepath.Join(dir, "p.tgz"), filepath.Join(dir, "actions.zlib"), filepath.Join(dir, "LICENSE")
	if err := os.WriteFile(archive, pack(t, files), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(sampleName, archive, out, notice); err != nil {
		return nil, nil, err
	}
	if data, err = os.ReadFile(out); err != nil {
		t.Fatal(err)
	}
	if licence, err = os.ReadFile(notice); err != nil {
		t.Fatal(err)
	}
	return data, licence, nil
}

func TestGenerate(t *testing.T) {
	data, licence, err := generate(t, sample())
	if err != nil {
		t.Fatal(err)
	}
	got, err := format.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want := format.Catalogue{
		Source: "@sample/iam-data 1.2.3",
		Keys: []format.Key{
			{Name: "aws:TagKeys", Type: 1, Multi: true}, {Name: "box:Owner", Type: 2, Multi: true}, {Name: "box:Size", Type: 4},
		},
		Services: []format.Service{
			{
				Prefix: "box", Title: "Amazon Box",
				Types: []format.ResourceType{
					{Name: "box", ARNs: []string{"arn:${Partition}:box:::${Id}"}, Keys: []string{"box:Size"}},
					{Name: "lid", ARNs: []string{"arn:${Partition}:box:::a/${Id}", "arn:${Partition}:box:::b/${Id}"}},
				},
				Actions: []format.Action{
					{Name: "OpenBox", Level: 3, Keys: []string{"box:Size"}, Resources: []format.Reference{
						{Type: 0, Required: true}, {Type: 1, Required: true, Keys: []string{"aws:TagKeys", "box:Owner"}},
					}},
					{Name: "TagBox", Level: 4, Keys: []string{"aws:TagKeys", "box:Size"}},
				},
			},
			{Prefix: "crate", Title: "AWS Crate"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := "actions.zlib is made from @sample/iam-data 1.2.3, under this licence:\n\nSample License\n"; string(licence) != want {
		t.Errorf("the licence is %q", licence)
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	first, _, err := generate(t, sample())
	if err != nil {
		t.Fatal(err)
	}
	// The order of Go's maps differs from run to run.
	for range 20 {
		again, _, err := generate(t, sample())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Fatal("the same package gives other bytes")
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	replace := func(file, old, new string) map[string]string {
		files := sample()
		if !strings.Contains(files[file], old) {
			t.Fatalf("%s has no %s", file, old)
		}
		files[file] = strings.Replace(files[file], old, new, 1)
		return files
	}
	without := func(file string) map[string]string {
		files := sample()
		delete(files, file)
		return files
	}
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"another version":          {replace("package.json", "1.2.3", "1.2.4"), "the archive holds @sample/iam-data@1.2.4"},
		"no licence":               {without("LICENSE.txt"), "it lacks package.json, LICENSE"},
		"a service without files":  {without("data/actions/box.json"), "service box: it has no file of actions"},
		"an unknown level":         {replace("data/actions/box.json", "Tagging, Write", "Burning"), `action TagBox: the access level "Burning" is not known`},
		"an unknown key type":      {replace("data/conditionKeys/box.json", "Numeric", "Colour"), `"box:Size" is of no known type: "Colour"`},
		"an unknown key":           {replace("data/actions/box.json", "box:size", "box:Weight"), "action TagBox: there is no condition key box:Weight"},
		"an unknown resource type": {replace("data/actions/box.json", `"lid"`, `"hinge"`), "action OpenBox: there is no resource type hinge"},
		"a key of two types":       {replace("data/conditionKeys/crate.json", "ArrayOfARN", "String"), "condition key box:Owner differs"},
		"no JSON":                  {replace("data/actions/crate.json", "{}", "{"), "package/data/actions/crate.json"},
	} {
		if _, _, err := generate(t, tc.files); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
