// Command rolewatch is the command line: it replays CloudTrail records, scans an account or an export, compares and evaluates policies,
// and lists the checks and events.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"golang.org/x/term"
)

// The exit codes.
const (
	exitDone  = 0
	exitError = 1
	exitUsage = 2
	exitFound = 3
)

// world is what a command line has around it. Everything that is not in the arguments comes in here.
type world struct {
	in       io.Reader
	out, err io.Writer
	// width is the terminal's in columns, 0 when the output is none; color allows escape sequences.
	width int
	color bool
	// progress says that the error output is a terminal, so that progress may be shown on it.
	progress bool
	now      func() time.Time
}

// gcPercent trades some ten megabytes for a fifth of the time: what a replay keeps is small, what it passes over is not.
const gcPercent = 400

// memoryLimit ends that trade where an account is large: beyond it memory is given back as it would be without.
const memoryLimit = 450 << 20

// makeRoom raises the limit for an account that alone takes more than half of it, for below that the collector would be at
// work all the time.
func makeRoom() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetMemoryLimit(max(memoryLimit, 2*int64(live[0].Value.Uint64())))
}

func main() { os.Exit(start()) }

// start runs the command line of the process and gives its exit code.
func start() int {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	w := world{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		// https://no-color.org: set and not empty turns colour off.
		w.width, w.color = width, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	w.progress = term.IsTerminal(int(os.Stderr.Fd()))
	return run(ctx, &w, os.Args[1:])
}

// run runs one command line and gives its exit code.
func run(ctx context.Context, w *world, args []string) int {
	root := newRoot(w)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	code := exitCode(err)
	if err != nil && !errors.Is(err, errFound) && !errors.Is(err, errTold) {
		fmt.Fprintf(w.err, "rolewatch: %v\n", err)
	}
	if code == exitUsage {
		fmt.Fprintf(w.err, "Usage: %s\nSee '%s --help'.\n", cmd.UseLine(), cmd.CommandPath())
	}
	return code
}

func exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFound):
		return exitFound
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitError
}

var (
	// errFound says that a scan has found something.
	errFound = errors.New("something was found")
	// errTold says that something went wrong that was told already.
	errTold = errors.New("something could not be read")
)

// usageError is a command line that cannot be meant.
type usageError struct{ cause error }

func (e usageError) Error() string { return e.cause.Error() }
func (e usageError) Unwrap() error { return e.cause }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
