package main

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository's, as the tests of this package see it.
const root = ".."

// goFile is a Go file of the module: its path from the root, with slashes, and from here.
type goFile struct {
	rel, path string
	test      bool
}

// notOurs are folders whose Go files, if they have any, are not of this module.
var notOurs = map[string]bool{"node_modules": true, ".venv": true, ".venv-checkov": true, "cdk.out": true, ".git": true}

// goFiles gives every Go file of the module, and fails where it sees few.
func goFiles(t *testing.T) (files []goFile) {
	t.Helper()
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && notOurs[d.Name()]:
			return fs.SkipDir
		case filepath.Ext(file) != ".go":
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		files = append(files, goFile{rel: filepath.ToSlash(rel), path: file, test: strings.HasSuffix(file, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 300 {
		t.Fatalf("%d Go files: the walk does not see the code", len(files))
	}
	return files
}

// sourceFiles gives those that are not tests.
func sourceFiles(t *testing.T) (files []goFile) {
	t.Helper()
	for _, f := range goFiles(t) {
		if !f.test {
			files = append(files, f)
		}
	}
	return files
}
