package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/message/terminal"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
)

// format is how results are written.
type format string

const (
	formatText format = "text"
	formatJSON format = "json"
)

// String, Set and Type make a format a flag.
func (f *format) String() string { return string(*f) }

func (f *format) Set(s string) error {
	if s != string(formatText) && s != string(formatJSON) {
		return fmt.Errorf("want text or json")
	}
	*f = format(s)
	return nil
}

func (f *format) Type() string { return "text|json" }

const about = `rolewatch watches the execution roles of AWS Lambda functions. It reports when Lambda cannot assume a role, when a role does not allow
what its functions are configured to do, and when a change to IAM makes a role too powerful.

To try it, run 'rolewatch replay': it runs a built-in demonstration, and needs no AWS account.

Exit codes:
  0  done
  1  error
  2  wrong usage
  3  scan, diagnose, doctor or organization check found something (scan with --fail-on: something of at least that severity); paths found a
     privilege-escalation path; diff found something that is newly allowed, or could not decide; redrive left dead letters

Output has color only on a terminal, and has none with --no-color or when the environment variable NO_COLOR is set.`

func newRoot(w *world) *cobra.Command {
	f := formatText
	var noColor, version bool
	root := &cobra.Command{
		Use: "rolewatch", Short: "watches the execution roles of AWS Lambda functions", Long: about,
		SilenceErrors: true, SilenceUsage: true,
		SuggestionsMinimumDistance: 2,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
				return usagef("unknown command %q; did you mean %s?", args[0], strings.Join(similar, " or "))
			}
			return usagef("unknown command %q", args[0])
		},
		PersistentPreRun: func(*cobra.Command, []string) { w.color = w.color && !noColor },
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch b := thisBuild(); {
			case !version:
				return cmd.Help()
			case f == formatJSON:
				return writeJSON(w.out, b)
			default:
				return writeText(w.out, b.text(w.now()))
			}
		},
	}
	root.SetIn(w.in)
	root.SetOut(w.out)
	root.SetErr(w.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().VarP(&f, "format", "f", "how results are written; json is one object a line")
	root.PersistentFlags().BoolVar(&noColor, "no-color", false, "print without color")
	root.Flags().BoolVar(&version, "version", false, "print the version, its commit, and the dates of the lists of AWS facts")
	for _, cmd := range []*cobra.Command{
		newReplay(w, &f), newDiagnose(w, &f), newScan(w, &f), newPaths(w), newWhoCan(w, &f), newCan(w, &f), newDoctor(w, &f), newDiff(w, &f), newEval(w, &f), newChecks(w, &f), newRules(w, &f), newExplain(w, &f), newEvents(w, &f),
		newRedrive(w, &f), newFindings(w, &f), newSettings(w, &f), newOrganization(w, &f), newCompletion(w),
	} {
		root.AddCommand(withOutput(w, cmd))
	}
	for _, v := range verbs {
		root.AddCommand(withOutput(w, newVerb(w, &f, v)))
	}
	root.AddCommand(newExport(w))
	addCompletions(root)
	return root
}

// nameOf is a command's name with those that it is below: "explain rule".
func nameOf(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// between takes that many arguments; a negative most is no limit.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return usagef("%s does not take %d arguments", nameOf(cmd), len(args))
		}
		return nil
	}
}

// terminal says how to show things where the output goes.
func (w *world) terminal() terminal.Options { return terminal.Options{Width: w.width, Color: w.color} }

// writeJSON writes a value as one line.
func writeJSON(out io.Writer, v any) error {
	line, err := jsonLine(v)
	if err != nil {
		return err
	}
	return writeLine(out, line)
}

// jsonLine is a value as one line of JSON.
func jsonLine(v any) ([]byte, error) {
	line, err := json.Marshal(v, json.Deterministic(true), jsontext.EscapeForHTML(false))
	if err != nil {
		return nil, fmt.Errorf("write %T: %w", v, err)
	}
	return append(line, '\n'), nil
}

func writeLine(out io.Writer, line []byte) error {
	if _, err := out.Write(line); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// linesTogether is how many lines are made at the same time.
const linesTogether = 256

// writeAllJSON writes each value on one line, as writeJSON does. It makes several lines at a time.
func writeAllJSON[T any](out io.Writer, values []T) error {
	for some := range slices.Chunk(values, linesTogether) {
		lines, errs := make([][]byte, len(some)), make([]error, len(some))
		parallel.Each(len(some), func(i int) { lines[i], errs[i] = jsonLine(some[i]) })
		for i, line := range lines {
			if errs[i] != nil {
				return errs[i]
			}
			if err := writeLine(out, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeText writes a text.
func writeText(out io.Writer, text string) error {
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}
