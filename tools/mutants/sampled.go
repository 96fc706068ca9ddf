package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/tools/mutants/sample"
	"github.com/rolewatch/rolewatch/tools/mutants/trial"
)

const (
	// survivorFile lists the mutants of the sample that no test notices, with the reason.
	survivorFile = "tools/mutants/survivors.txt"
	// seed decides which mutants the sample has, sampleSize how many of a package, and fewest how many there must be of one.
	seed       = "rolewatch"
	sampleSize = 200
	fewest     = 20
	// passing is the score, in percent, that each package needs.
	passing = 85
)

// sampled are the packages of which samples are drawn.
var sampled = []string{
	"events", "function/internal/finding", "function/internal/check", "function/internal/inforce", "function/internal/reconcile", "function/settings",
	"function/internal/message", "function/internal/watch",
	"function/internal/catalogue/trust", "function/internal/catalogue/needs", "function/internal/catalogue/danger", "function/internal/catalogue/exposure", "function/internal/catalogue/hygiene",
}

// quick are the tests of a package that are asked about a sample of the mutants in a folder.
func quick(folder, pkg string) trial.Tests {
	t := trial.Tests{Skip: slow[pkg]}
	if slices.Contains(families, pkg) {
		t.Run = judges[folder]
	}
	return t
}

// score is what a sample of a package came to.
type score struct {
	killed, lived, uncovered, unviable int
	timedOut                           []string
	// left are the mutants that no test notices, and killedToo those that are.
	left, killedToo []string
}

func (s score) percent() float64 {
	return 100 * float64(s.killed) / float64(max(1, s.killed+s.lived+s.uncovered))
}

// trySample tries a sample of each package, prints what became of each, and fails where too few are killed, where a survivor is not
// listed with its reason, or where one that is listed is killed.
func trySample(ctx context.Context, root, scratch string, packages []string, size, workers int) error {
	listed, err := survivors(root)
	if err != nil {
		return err
	}
	var faults []error
	for _, pkg := range packages {
		if !slices.Contains(sampled, pkg) {
			return fmt.Errorf("no sample is drawn of %s, but of %s", pkg, strings.Join(sampled, ", "))
		}
		s, err := samplePackage(ctx, root, scratch, pkg, size, workers)
		if err != nil {
			return fmt.Errorf("%s: %w", pkg, err)
		}
		fmt.Printf("%s: %d killed, %d lived, %d not covered, %d do not compile: %.1f %%\n", pkg, s.killed, s.lived, s.uncovered, s.unviable, s.percent())
		faults = append(faults, s.faults(pkg, listed)...)
	}
	return errors.Join(faults...)
}

// faults are what is wrong with a score.
func (s score) faults(pkg string, listed map[string]string) (out []error) {
	if n := s.killed + s.lived + s.uncovered; n < fewest {
		out = append(out, fmt.Errorf("%s: %d mutants are too few to say anything", pkg, n))
	}
	if s.percent() < passing {
		out = append(out, fmt.Errorf("%s: %.1f %% are killed, %d %% have to be", pkg, s.percent(), passing))
	}
	for _, id := range s.timedOut {
		out = append(out, fmt.Errorf("timed out: %s", id))
	}
	for _, id := range s.left {
		if listed[id] == "" {
			out = append(out, fmt.Errorf("not noticed, and not in %s: %s", survivorFile, id))
		}
	}
	for _, id := range s.killedToo {
		if listed[id] != "" {
			out = append(out, fmt.Errorf("noticed, and still in %s: %s", survivorFile, id))
		}
	}
	return out
}

// survivors are the reasons of those that are listed, by ID. Each is a mutant of a package of which samples are drawn.
func survivors(root string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(root, survivorFile))
	if err != nil {
		return nil, err
	}
	list, err := sample.ParseSurvivors(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", survivorFile, err)
	}
	there := map[string]map[string]bool{}
	out := map[string]string{}
	for _, s := range list {
		file, _, _ := strings.Cut(s.ID, " ")
		pkg := path.Dir(file)
		if there[pkg] == nil {
			there[pkg] = map[string]bool{}
			mutants, err := sample.Of(root, pkg)
			if err != nil {
				return nil, err
			}
			for _, m := range mutants {
				there[pkg][m.ID] = true
			}
		}
		if !there[pkg][s.ID] {
			return nil, fmt.Errorf("%s: there is no mutant %s any more", survivorFile, s.ID)
		}
		out[s.ID] = s.Reason
	}
	return out, nil
}

// samplePackage tries the first mutants of a package, in the order of the seed, that compile.
func samplePackage(ctx context.Context, root, scratch, pkg string, size, workers int) (s score, err error) {
	list, err := sample.Of(root, pkg)
	if err != nil {
		return s, err
	}
	list = sample.Ordered(list, seed)
	covered, err := coverage(ctx, root, scratch, pkg)
	if err != nil {
		return s, err
	}
	for need := size; need > 0 && len(list) > 0; need = size - s.killed - s.lived - s.uncovered - len(s.timedOut) {
		part := list[:min(need, len(list))]
		list = list[len(part):]
		if err := s.add(ctx, root, scratch, part, covered, workers); err != nil {
			return s, err
		}
	}
	return s, nil
}

// add tries mutants and adds them to a score.
func (s *score) add(ctx context.Context, root, scratch string, list []sample.Mutant, covered sample.Coverage, workers int) error {
	var mutants []trial.Mutant
	for _, m := range list {
		if !covered.Runs(m) {
			s.uncovered++
			s.left = append(s.left, m.ID)
			fmt.Println(line(m.ID, trial.Result{Verdict: trial.NotCovered}))
			continue
		}
		mutants = append(mutants, trial.Mutant{Name: m.ID, File: m.File, Text: m.Text})
	}
	results, err := try(ctx, root, scratch, mutants, quick, workers)
	if err != nil {
		return err
	}
	for i, r := range results {
		id := mutants[i].Name
		switch {
		case r.Kills():
			s.killed++
			s.killedToo = append(s.killedToo, id)
		case r.Verdict == trial.NotViable:
			s.unviable++
		case r.Verdict == trial.TimedOut:
			s.timedOut = append(s.timedOut, id)
		default:
			s.lived++
			s.left = append(s.left, id)
		}
	}
	return nil
}

// coverage is what of a package the tests run that should notice its mutants.
func coverage(ctx context.Context, root, scratch, pkg string) (sample.Coverage, error) {
	module, err := exec.CommandContext(ctx, "go", "list", "-C", root, "-m").Output()
	if err != nil {
		return nil, fmt.Errorf("name the module: %w", err)
	}
	covered := sample.Coverage{}
	for _, by := range noticed[pkg] {
		profile := filepath.Join(scratch, "profile")
		tests := quick(pkg, by)
		output, err := exec.CommandContext(ctx, "go", "test", "-C", root, "-coverpkg=./"+pkg, "-coverprofile="+profile, "-run="+tests.Run, "-skip="+tests.Skip, "./"+by).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("the tests fail without a mutant: %w\n%s", err, output)
		}
		text, err := os.ReadFile(profile)
		if err != nil {
			return nil, err
		}
		if err := covered.Read(bytes.NewReader(text), strings.TrimSpace(string(module))); err != nil {
			return nil, err
		}
	}
	if len(covered) == 0 {
		return nil, fmt.Errorf("the tests of %s run nothing of it", strings.Join(noticed[pkg], ", "))
	}
	return covered, nil
}
