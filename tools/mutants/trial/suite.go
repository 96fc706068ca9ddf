package trial

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// limits are how many times the time that tests take without a mutant they may take with one, of the processor and by the clock, and what
// they always may.
type limits struct {
	processor, clock           float64
	leastProcessor, leastClock time.Duration
}

var usual = limits{processor: 20, clock: 50, leastProcessor: 20 * time.Second, leastClock: 10 * time.Minute}

// memory is how many KiB of address space tests may take: a mutant that never ends may allocate all the while.
const memory = 12 << 20

// suite are the tests of a package, compiled with a lot.
type suite struct {
	bench        *Bench
	pkg, overlay string
	binary       string
	once         sync.Once
	err          error
	phases       []*phase
}

// phase are some of the tests, by the flags that choose them. Processor and clock limit a run with a mutant.
type phase struct {
	flags            []string
	processor, clock time.Duration
}

// phases are the tests without the last ones, and then those; all at once where none are last.
func (t Tests) phases() []*phase {
	flags := func(run, skip string) (out []string) {
		if run != "" {
			out = append(out, "-test.run="+run)
		}
		if skip != "" {
			out = append(out, "-test.skip="+skip)
		}
		return out
	}
	if t.Last == "" {
		return []*phase{{flags: flags(t.Run, t.Skip)}}
	}
	return []*phase{{flags: flags(t.Run, strings.Trim(t.Skip+"|"+t.Last, "|"))}, {flags: flags(t.Last, t.Skip)}}
}

// ready compiles the tests, and runs them without a mutant: they pass, and the time that they take limits how long they may take with one.
func (s *suite) ready(ctx context.Context) error {
	s.once.Do(func() {
		if output, err := s.bench.compile(ctx, s.pkg, s.binary, s.overlay); err != nil {
			s.err = fmt.Errorf("compile the tests of %s: %w\n%s", s.pkg, err, output)
			return
		}
		for _, p := range s.phases {
			began := time.Now()
			cmd := s.command(ctx, 0, s.binary, p.flags...)
			if output, err := cmd.CombinedOutput(); err != nil {
				s.err = fmt.Errorf("the tests of %s fail without a mutant: %w\n%s", s.pkg, err, output)
				return
			}
			used, limits := cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), s.bench.limits
			p.processor = max(limits.leastProcessor, time.Duration(limits.processor*float64(used)))
			p.clock = max(limits.leastClock, time.Duration(limits.clock*float64(time.Since(began))))
		}
	})
	return s.err
}

// run runs the tests with a mutant of the lot in force, the slow ones if no other notices; 0 is none.
func (s *suite) run(ctx context.Context, binary string, mutant int) (r Result, err error) {
	for _, p := range s.phases {
		if r, err = s.runPhase(ctx, p, binary, mutant); err != nil || r.Verdict != Survived {
			return r, err
		}
	}
	return r, nil
}

func (s *suite) runPhase(ctx context.Context, p *phase, binary string, mutant int) (Result, error) {
	timed, cancel := context.WithTimeout(ctx, p.clock)
	defer cancel()
	args := append([]string{
		"-c", `ulimit -t "$0" && ulimit -v "$1" && shift && exec "$@"`, strconv.Itoa(max(1, int(p.processor.Seconds()))), strconv.Itoa(memory), binary, "-test.failfast",
	}, p.flags...)
	cmd := s.command(timed, mutant, "sh", args...)
	output, err := cmd.CombinedOutput()
	r := Result{Output: string(output)}
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	if cmd.ProcessState == nil {
		return Result{}, fmt.Errorf("run the tests of %s: %w", s.pkg, err)
	}
	status, known := cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case timed.Err() != nil:
		r.Verdict = TimedOut
	case err == nil:
		r.Verdict = Survived
	case known && status.Signaled() && status.Signal() == syscall.SIGKILL:
		r.Verdict, r.By = Endless, s.pkg
	default:
		r.Verdict, r.By = Killed, s.pkg+" "+firstFailure(r.Output)
	}
	return r, nil
}

// command is a command in the folder of the package. What it starts ends with it.
func (s *suite) command(ctx context.Context, mutant int, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = filepath.Join(s.bench.root, s.pkg)
	cmd.Env = append(os.Environ(), variable+"="+strconv.Itoa(mutant))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// compile makes the test binary of a package. Without debugging information it is linked faster. What go vet says of mutants is left out: a
// condition that it suspects is one that tests should notice.
func (b *Bench) compile(ctx context.Context, pkg, binary, overlay string) (output string, err error) {
	return b.goCommand(ctx, "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-o", binary, "./"+pkg)
}

func (b *Bench) goCommand(ctx context.Context, args ...string) (output string, err error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.root
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// place of a fault that the compiler found.
var compilerFault = regexp.MustCompile(`(?m)^(\S+\.go):(\d+):\d+: .*$`)

// viable compiles a lot without those of its mutants that do not compile, which it notes in results. It gives the overlay.
func (b *Bench) viable(ctx context.Context, l *lot, results []Result) (overlay string, err error) {
	for {
		texts, lines, err := l.files()
		if err != nil {
			return "", err
		}
		overlay, written, err := writeOverlay(b.root, l.scratch, texts)
		if err != nil {
			return "", err
		}
		output, err := b.goCommand(ctx, "build", "-gcflags=-e", "-overlay", overlay, "./"+l.pkg)
		if err == nil {
			return overlay, nil
		}
		before := len(l.in)
		for _, m := range compilerFault.FindAllStringSubmatch(output, -1) {
			line, _ := strconv.Atoi(m[2])
			file := written[filepath.Clean(resolved(b.root, m[1]))]
			for i, span := range lines[file] {
				if _, still := l.in[i]; still && line >= span[0] && line <= span[1] {
					results[i] = Result{Verdict: NotViable, Output: m[0] + "\n"}
					delete(l.in, i)
				}
			}
		}
		if len(l.in) == before {
			return "", fmt.Errorf("compile %s: %w\n%s", l.pkg, err, output)
		}
	}
}

// resolved is a path that the compiler names, from the folder in which it runs.
func resolved(root, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(root, file)
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
	if name == "" && strings.Contains(output, "panic:") {
		return "panics"
	}
	return name
}
