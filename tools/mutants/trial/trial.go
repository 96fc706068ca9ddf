// Package trial runs the tests of packages on mutants, files of the module in another version, and says whether they notice. The source is
// not touched: the Go command compiles the other version in the place of the file.
package trial

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sync"
)

// Mutant is a file of the module in another version.
type Mutant struct {
	Name string
	// File is relative to the module, and Text what is in its place.
	File string
	Text []byte
}

// Verdict is what became of a mutant.
type Verdict string

// The verdicts. Endless is a mutant with which the tests used many times the processor time that they need: they would never have
// ended. TimedOut is one with which they did not end either, and did nothing: that may be the machine's doing, and proves nothing.
const (
	Killed     Verdict = "killed"
	Endless    Verdict = "endless"
	Survived   Verdict = "survived"
	NotViable  Verdict = "does not compile"
	TimedOut   Verdict = "timed out"
	NotCovered Verdict = "not covered"
)

// Kills reports whether the tests noticed.
func (v Verdict) Kills() bool { return v == Killed || v == Endless }

// Result is what became of a mutant, and by which test of which package. Output is that of the compiler or of the test.
type Result struct {
	Verdict
	By     string
	Output string
}

// Tests says which tests of a package run, by patterns for their names.
type Tests struct {
	// Run are those that run, empty all, less those of Skip. Last are those of them that run only where no other test notices.
	Run, Skip, Last string
}

// Bench tries mutants of a module.
type Bench struct {
	root, scratch string
	workers       int
	// noticed gives, by the folder of a file, those of the packages whose tests should notice a fault in it.
	noticed func(folder string) []string
	// tests gives which tests of a package run, by the folder of a file with a fault and the package.
	tests func(folder, pkg string) Tests
	// done takes what became of a mutant, as soon as that is known.
	done   func(Mutant, Result)
	limits limits
}

// New is a bench for the module at root, an absolute path, that writes to a scratch folder and tries several mutants at a time.
func New(root, scratch string, workers int, noticed func(folder string) []string, tests func(folder, pkg string) Tests, done func(Mutant, Result)) *Bench {
	return &Bench{root: root, scratch: scratch, workers: max(1, workers), noticed: noticed, tests: tests, done: done, limits: usual}
}

// Try gives what became of each mutant. The tests of the packages that should notice run without any mutant first, and pass.
func (b *Bench) Try(ctx context.Context, mutants []Mutant) ([]Result, error) {
	results := make([]Result, len(mutants))
	byFolder := map[string][]int{}
	var folders []string
	for i, m := range mutants {
		folder := path.Dir(m.File)
		if byFolder[folder] == nil {
			folders = append(folders, folder)
		}
		byFolder[folder] = append(byFolder[folder], i)
	}
	for _, folder := range folders {
		var list []Mutant
		for _, i := range byFolder[folder] {
			list = append(list, mutants[i])
		}
		part, err := b.tryPackage(ctx, folder, list)
		if err != nil {
			return nil, err
		}
		for n, i := range byFolder[folder] {
			results[i] = part[n]
		}
	}
	return results, nil
}

// tryPackage tries mutants of one package.
func (b *Bench) tryPackage(ctx context.Context, folder string, mutants []Mutant) ([]Result, error) {
	packages := b.noticed(folder)
	if len(packages) == 0 {
		return nil, fmt.Errorf("no tests are named that should notice a mutant of %s", folder)
	}
	scratch, err := os.MkdirTemp(b.scratch, "package-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	l, err := newLot(b.root, folder, scratch, mutants)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(mutants))
	overlay, err := b.viable(ctx, l, results)
	if err != nil {
		return nil, err
	}
	suites := make([]*suite, len(packages))
	for i, pkg := range packages {
		suites[i] = &suite{bench: b, pkg: pkg, overlay: overlay, binary: filepath.Join(scratch, fmt.Sprint("tests-", i)), phases: b.tests(folder, pkg).phases()}
	}
	errs := make([]error, len(mutants))
	b.each(len(mutants), func(i int) {
		if errs[i] = ctx.Err(); errs[i] == nil && results[i].Verdict == "" {
			results[i], errs[i] = b.tryOne(ctx, l, i, suites)
		}
		if errs[i] == nil {
			b.done(mutants[i], results[i])
		}
	})
	return results, cmp.Or(errs...)
}

// each calls a function for each number below n, several at a time.
func (b *Bench) each(n int, do func(int)) {
	next := make(chan int)
	var group sync.WaitGroup
	for range b.workers {
		group.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

// tryOne runs the tests of packages with a mutant until one of them notices.
func (b *Bench) tryOne(ctx context.Context, l *lot, i int, suites []*suite) (Result, error) {
	_, together := l.in[i]
	for _, s := range suites {
		if err := s.ready(ctx); err != nil {
			return Result{}, err
		}
		var r Result
		var err error
		if together {
			r, err = s.run(ctx, s.binary, i+1)
		} else {
			r, err = b.tryAlone(ctx, l.mutants[i], s)
		}
		if err != nil || r.Verdict != Survived {
			return r, err
		}
	}
	return Result{Verdict: Survived}, nil
}

// tryAlone compiles a mutant by itself.
func (b *Bench) tryAlone(ctx context.Context, m Mutant, s *suite) (Result, error) {
	scratch, err := os.MkdirTemp(b.scratch, "mutant-")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(scratch)
	overlay, _, err := writeOverlay(b.root, scratch, map[string][]byte{m.File: m.Text})
	if err != nil {
		return Result{}, err
	}
	binary := filepath.Join(scratch, "tests")
	if output, err := b.compile(ctx, s.pkg, binary, overlay); err != nil {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		return Result{Verdict: NotViable, Output: output}, nil
	}
	return s.run(ctx, binary, 0)
}

// writeOverlay writes texts, and the file that has the Go command compile them in the place of those of the module. It gives where each
// is written.
func writeOverlay(root, scratch string, texts map[string][]byte) (overlay string, written map[string]string, err error) {
	replace := map[string]string{}
	written = map[string]string{}
	n := 0
	for file, text := range texts {
		n++
		name := filepath.Join(scratch, fmt.Sprintf("%d-%s", n, path.Base(file)))
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return "", nil, err
		}
		replace[filepath.Join(root, file)], written[name] = name, file
	}
	content, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", nil, err
	}
	overlay = filepath.Join(scratch, "overlay.json")
	return overlay, written, os.WriteFile(overlay, content, 0o600)
}
