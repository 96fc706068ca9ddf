package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rolewatch": main, peakCommand: startAndPeak})
}

// TestScripts runs the command lines of testdata.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no script: %v", err)
	}
	t.Logf("%d scripts", len(scripts))
	testscript.Run(t, testscript.Params{
		Dir: "testdata", UpdateScripts: *update, RequireExplicitExec: true, Setup: func(e *testscript.Env) error {
			// With the race detector a process waits for a second before it exits, unless it is told otherwise.
			e.Setenv("GORACE", "atexit_sleep_ms=10")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "cloudtrail": cloudtrail, "told": told, "many": many},
	})
}

// code runs rolewatch and wants an exit code: code N ARGS...
func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec("rolewatch", args[1:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// told compares the messages that were printed with a file, a line for each finding: told FILE
func told(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var m message.Message
		ts.Check(json.Unmarshal([]byte(line), &m))
		for _, list := range []struct {
			kind     string
			findings []finding.Finding
		}{{"opened", m.Opened}, {"changed", m.Changed}, {"resolved", m.Resolved}} {
			for _, f := range list.findings {
				b.WriteString(m.Time.Format("15:04:05") + " " + list.kind + " " + f.Check + " " + message.RoleName(f.Role))
				for _, fn := range f.Functions {
					b.WriteString(" " + message.FunctionName(fn))
				}
				if f.Cause != nil {
					b.WriteString(", cause " + f.Cause.EventID)
				}
				b.WriteString("\n")
			}
		}
	}
	path := ts.MkAbs(args[0])
	if *update {
		ts.Check(os.WriteFile(path, []byte(b.String()), 0o644))
	}
	if diff := cmp.Diff(ts.ReadFile(args[0]), b.String()); diff != "" {
		ts.Fatalf("told (-want +got):\n%s", diff)
	}
}
