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
	mutants := make([]mutant, len(list))
	for i, p := range list {
		text, err := p.Apply(root)
		if err != nil {
			return err
		}
		mutants[i] = mutant{name: p.Name, file: p.File, text: text}
	}
	results, err := try(ctx, root, scratch, mutants, workers)
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

// mutant is a file in another version.
type mutant struct {
	name, file string
	text       []byte
}

// try tries mutants, several at the same time, and prints what becomes of each.
func try(ctx context.Context, root, scratch string, mutants []mutant, workers int) ([]trial.Result, error) {
	bench := trial.New(root, scratch)
	packages := make([][]string, len(mutants))
	for i, m := range mutants {
		var err error
		if packages[i], err = noticedBy(m.file); err != nil {
			return nil, err
		}
	}
	if err := bench.Control(ctx, all(packages...)); err != nil {
		return nil, err
	}
	results, errs := make([]trial.Result, len(mutants)), make([]error, len(mutants))
	next := make(chan int)
	var group sync.WaitGroup
	for range max(1, workers) {
		group.Go(func() {
			for i := range next {
				if results[i], errs[i] = bench.Try(ctx, mutants[i].file, mutants[i].text, packages[i]); errs[i] == nil {
					fmt.Println(line(mutants[i].name, results[i]))
				}
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	group.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", mutants[i].name, err)
		}
	}
	return results, nil
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
