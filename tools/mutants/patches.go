package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/tools/mutants/patch"
	"github.com/rolewatch/rolewatch/tools/mutants/trial"
)

// patchFolder holds the patches.
const patchFolder = "tools/mutants/patches"

// tryPatches tries the patches with these names, prints what became of each, and fails unless all are killed.
func tryPatches(ctx context.Context, root, scratch string, names []string, workers int) error {
	list, err := patch.Read(filepath.Join(root, patchFolder))
	if err != nil {
		return err
	}
	if list, err = patch.Select(list, names); err != nil {
		return err
	}
	mutants := make([]trial.Mutant, len(list))
	for i, p := range list {
		text, err := p.Apply(root)
		if err != nil {
			return err
		}
		mutants[i] = trial.Mutant{Name: p.Name, File: p.File, Text: text}
	}
	results, err := try(ctx, root, scratch, mutants, func(_, pkg string) trial.Tests { return trial.Tests{Last: slow[pkg]} }, workers)
	if err != nil {
		return err
	}
	killed := 0
	var left []string
	for i, r := range results {
		if r.Kills() {
			killed++
			continue
		}
		left = append(left, fmt.Sprintf("%s: %s (%s)", r.Verdict, list[i].Name, list[i].What))
	}
	fmt.Printf("%d of %d mutants are killed\n", killed, len(list))
	if len(left) > 0 {
		return fmt.Errorf("not all mutants are killed:\n  %s", strings.Join(left, "\n  "))
	}
	return nil
}

// try tries mutants, several at the same time, and prints what becomes of each. Tests gives which tests of a package run, by the
// folder of the mutant and the package.
func try(ctx context.Context, root, scratch string, mutants []trial.Mutant, tests func(folder, pkg string) trial.Tests, workers int) ([]trial.Result, error) {
	var mutex sync.Mutex
	done := func(m trial.Mutant, r trial.Result) {
		mutex.Lock()
		defer mutex.Unlock()
		fmt.Println(line(m.Name, r))
	}
	of := func(folder string) []string { return noticed[folder] }
	return trial.New(root, scratch, workers, of, tests, done).Try(ctx, mutants)
}

// line is what became of a mutant.
func line(name string, r trial.Result) string {
	text := fmt.Sprintf("%-18s%s", r.Verdict, name)
	switch {
	case r.Kills():
		return text + "  by " + r.By
	case r.Verdict == trial.NotViable:
		return text + "\n" + r.Output
	}
	return text
}
