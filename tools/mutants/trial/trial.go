// Package trial runs the tests of packages on the source as it is with one file in another version, and says whether they notice. The
// source is not touched: the Go command compiles the other version in the place of the file.
package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

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

const (
	// coefficient is how many times the time of the tests without a mutant they may take with one, of the processor and by the clock,
	// and atLeast what they always may.
	coefficient = 20
	atLeast     = time.Minute
	// memory is how many KiB of address space tests may take: a mutant that never ends may allocate all the while.
	memory = 12 << 20
)

// Bench compiles and runs tests of the module in a folder. It is safe for concurrent use once Control has returned.
type Bench struct {
	root, scratch string
	limits        map[string]limit
}

type limit struct{ processor, clock time.Duration }

// New is a bench for the module at root, an absolute path, that writes to a scratch folder.
func New(root, scratch string) *Bench {
	return &Bench{root: root, scratch: scratch, limits: map[string]limit{}}
}

// Control runs the tests of packages, given by their folders, without a mutant: they pass, and the time that they take limits how long
// they may take with one.
func (b *Bench) Control(ctx context.Context, packages []string) error {
	for _, pkg := range packages {
		if _, done := b.limits[pkg]; done {
			continue
		}
		began := time.Now()
		binary, output, err := b.compile(ctx, pkg, "", "")
		if err != nil {
			return fmt.Errorf("compile the tests of %s: %w\n%s", pkg, err, output)
		}
		compiled := time.Now()
		cmd := b.command(ctx, pkg, binary)
		if output, err = cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("the tests of %s fail without a mutant: %w\n%s", pkg, err, output)
		}
		used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		b.limits[pkg] = limit{processor: max(atLeast, coefficient*used), clock: max(5*atLeast, coefficient*time.Since(compiled))}
		fmt.Fprintf(os.Stderr, "%s: compiled in %.1f s, tests use %.1f s\n", pkg, compiled.Sub(began).Seconds(), used.Seconds())
		if err := os.Remove(binary); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Result is what became of a mutant, and by which test of which package.
type Result struct {
	Verdict
	By     string
	Output string
}

// Try runs the tests of packages, the first that notices last, with a file of the module in another version. Control was called for
// these packages.
func (b *Bench) Try(ctx context.Context, file string, text []byte, packages []string) (Result, error) {
	folder, err := os.MkdirTemp(b.scratch, "mutant-")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(folder)
	mutant, overlay := filepath.Join(folder, "mutant.go"), filepath.Join(folder, "overlay.json")
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(b.root, file): mutant}})
	if err != nil {
		return Result{}, err
	}
	if err := errors.Join(os.WriteFile(mutant, text, 0o600), os.WriteFile(overlay, replaced, 0o600)); err != nil {
		return Result{}, err
	}
	for _, pkg := range packages {
		r, err := b.tryPackage(ctx, pkg, folder, overlay)
		if err != nil || r.Verdict != Survived {
			return r, err
		}
	}
	return Result{Verdict: Survived}, nil
}

func (b *Bench) tryPackage(ctx context.Context, pkg, folder, overlay string) (Result, error) {
	binary, output, err := b.compile(ctx, pkg, folder, overlay)
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	if err != nil {
		return Result{Verdict: NotViable, Output: string(output)}, nil
	}
	limit, ok := b.limits[pkg]
	if !ok {
		return Result{}, fmt.Errorf("the tests of %s were not run without a mutant", pkg)
	}
	timed, cancel := context.WithTimeout(ctx, limit.clock)
	defer cancel()
	seconds := strconv.Itoa(int(limit.processor.Seconds()))
	cmd := b.command(timed, pkg, "sh", "-c", `ulimit -t "$0" && ulimit -v "$1" && shift && exec "$@"`, seconds, strconv.Itoa(memory), binary, "-test.failfast")
	output, err = cmd.CombinedOutput()
	r := Result{Output: string(output)}
	status, exited := cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case ctx.Err() != nil:
		return Result{}, ctx.Err()
	case timed.Err() != nil:
		r.Verdict = TimedOut
	case err == nil:
		r.Verdict = Survived
	case exited && status.Signaled() && status.Signal() == syscall.SIGKILL:
		r.Verdict, r.By = Endless, pkg
	default:
		r.Verdict, r.By = Killed, pkg+" "+firstFailure(r.Output)
	}
	return r, nil
}

// compile makes the test binary of a package. The overlay is empty where there is no mutant.
func (b *Bench) compile(ctx context.Context, pkg, folder, overlay string) (binary string, output []byte, err error) {
	if folder == "" {
		folder = b.scratch
	}
	binary = filepath.Join(folder, "tests")
	// Without debugging information it is linked faster.
	args := []string{"test", "-c", "-ldflags=-s -w", "-o", binary}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+pkg)...)
	cmd.Dir = b.root
	output, err = cmd.CombinedOutput()
	return binary, output, err
}

// command is a command in the folder of a package. What it starts ends with it.
func (b *Bench) command(ctx context.Context, pkg, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = filepath.Join(b.root, pkg)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// firstFailure is the name of the first test that failed, the innermost of it.
func firstFailure(output string) string {
	name := ""
	for line := range strings.Lines(output) {
		after, failed := strings.CutPrefix(strings.TrimLeft(line, " "), "--- FAIL: ")
		if failed {
			test, _, _ := strings.Cut(after, " (")
			if name != "" && !strings.HasPrefix(test, name+"/") {
				break
			}
			name = test
		}
	}
	if name == "" && bytes.Contains([]byte(output), []byte("panic:")) {
		return "panics"
	}
	return name
}
