// Package patch reads faults that somebody has written down by hand, each as a text of a file and what stands in its place, and puts
// them into the file.
package patch

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Patch is one fault.
type Patch struct {
	// Name is that of the patch's file: "watch/lease-not-taken".
	Name string
	// What says what the fault is.
	What string
	// File is where it is, relative to the module.
	File string
	// Before stands in the file once, and After takes its place.
	Before, After string
}

// Read reads the patches below a folder, files NAME.txtar with a sentence, a line "file: PATH", and the parts before and after. No patch
// at all is an error.
func Read(folder string) ([]Patch, error) {
	var out []Patch
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		name, isPatch := strings.CutSuffix(filepath.ToSlash(rel), ".txtar")
		if !isPatch {
			return fmt.Errorf("%s is not a patch: its name does not end in .txtar", path)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		p, err := parse(name, text)
		if err != nil {
			return fmt.Errorf("patch %s: %w", name, err)
		}
		out = append(out, p)
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s has no patch", folder)
	}
	return out, err
}

func parse(name string, text []byte) (Patch, error) {
	p := Patch{Name: name}
	archive := txtar.Parse(text)
	what, file, found := strings.Cut(strings.TrimSpace(string(archive.Comment)), "\nfile: ")
	p.What, p.File = what, strings.TrimSpace(file)
	switch {
	case !found || p.What == "" || p.File == "" || strings.Contains(p.File, "\n"):
		return p, fmt.Errorf("it begins with a sentence and a line \"file: PATH\"")
	case len(archive.Files) != 2 || archive.Files[0].Name != "before" || archive.Files[1].Name != "after":
		return p, fmt.Errorf("it has the parts before and after, and no others")
	}
	// The last line break is the part's, so that a text may end within a line.
	p.Before, p.After = strings.TrimSuffix(string(archive.Files[0].Data), "\n"), strings.TrimSuffix(string(archive.Files[1].Data), "\n")
	if p.Before == "" || p.Before == p.After {
		return p, fmt.Errorf("it changes nothing")
	}
	return p, nil
}

// Apply gives the file with the fault. The text before stands in it exactly once, and what comes of it is Go.
func (p Patch) Apply(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, p.File))
	if err != nil {
		return nil, fmt.Errorf("patch %s no longer applies: %w", p.Name, err)
	}
	if n := strings.Count(string(text), p.Before); n != 1 {
		return nil, fmt.Errorf("patch %s no longer applies: its text stands in %s %d times", p.Name, p.File, n)
	}
	mutant := []byte(strings.Replace(string(text), p.Before, p.After, 1))
	if _, err := parser.ParseFile(token.NewFileSet(), p.File, mutant, parser.SkipObjectResolution); err != nil {
		return nil, fmt.Errorf("patch %s no longer applies: %w", p.Name, err)
	}
	return mutant, nil
}

// Select gives the patches whose names contain one of these texts; all where none is given. A text that no name contains is an error.
func Select(list []Patch, names []string) ([]Patch, error) {
	for _, n := range names {
		if !slices.ContainsFunc(list, func(p Patch) bool { return strings.Contains(p.Name, n) }) {
			return nil, fmt.Errorf("no patch has %q in its name", n)
		}
	}
	if len(names) == 0 {
		return list, nil
	}
	return slices.DeleteFunc(slices.Clone(list), func(p Patch) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(p.Name, n) })
	}), nil
}
