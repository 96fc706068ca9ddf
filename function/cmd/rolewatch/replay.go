package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/message/terminal"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const aboutReplay = `replay prints what rolewatch would have reported for CloudTrail records. It uses the times of the records as the current time.
Records come from files, from folders (every *.json, *.json.gz and *.jsonl in them), or from the standard input for -: single records,
{"Records":[...]}, JSON lines, lists and EventBridge events, compressed or not, in any order.

The account is built up from the records, on top of the export that --account names. What neither of them shows is unknown.
Without a file, replay runs a built-in demonstration.

The exit code is 0 whatever was found, and 1 when something could not be read.`

// replaying is one run of replay.
type replaying struct {
	*world
	format format
	// story prints what was done before what it led to. brief prints of each message what happened, by whom, and the fix.
	story, brief bool
	bar          *bar
	told         int
	bad          int
	// severity is the least of the messages that are printed, zero for any; hidden counts the others.
	severity check.Severity
	hidden   int
	// routed are the places that routes lead to, in words, by name; empty where there are no routes. standard is the default.
	routed   map[string]string
	standard string
	// foreigners are the accounts of records that the export is not of.
	foreigners map[string]bool
}

func newReplay(w *world, f *format) *cobra.Command {
	var dir string
	var flags ruleFlags
	var severity severityFlag
	settle := time.Minute
	var brief bool
	cmd := &cobra.Command{
		Use: "replay [--account DIR] [FILE|DIR|-]...", Short: "print what rolewatch would have reported for CloudTrail records", Long: aboutReplay,
		Args: func(_ *cobra.Command, args []string) error {
			stdin := 0
			for _, arg := range args {
				if arg == history.Stdin {
					stdin++
				}
			}
			if stdin > 1 {
				return usagef("replay: the standard input is given twice")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if settle < 0 || settle > maxSettle {
				return usagef("replay: --settle %v is not between 0s and %v", settle, maxSettle)
			}
			r := &replaying{world: w, format: *f, severity: severity.Severity, brief: brief}
			var base *export.Account
			if dir != "" {
				var err error
				if base, err = export.Read(dir); err != nil {
					return err
				}
			}
			log := demonstration()
			if len(args) > 0 {
				var err error
				if log, err = history.Open(args, w.in); err != nil {
					return err
				}
			} else if base != nil {
				return usagef("replay: --account needs records to play on top of it")
			} else {
				r.story = *f == formatText
				r.brief = brief || !cmd.Flags().Changed("brief")
			}
			rules, err := flags.load(cmd, w)
			if err != nil {
				return err
			}
			r.routed, r.standard = rules.places(), rules.standard
			return r.run(cmd.Context(), log, base, settle, rules)
		},
	}
	cmd.Flags().StringVar(&dir, "account", "", "folder with an export of the account as it was before the records")
	cmd.Flags().Var(&severity, "severity", "print only messages of at least this severity; the last line counts the others")
	flags.bind(cmd)
	cmd.Flags().BoolVar(&brief, "brief", false, "print only what happened, who caused it, and the fix; the demonstration does so unless --brief=false is given")
	cmd.Flags().DurationVar(&settle, "settle", settle, "how long a failure must last before it is reported")
	return cmd
}

// maxSettle is the longest settle time: the confirming look waits in a queue that holds items for 15 minutes at most.
const maxSettle = 15 * time.Minute

func (r *replaying) run(ctx context.Context, log *history.Log, base *export.Account, settle time.Duration, rules ruling) error {
	s := newSimulation(base, settle, rules, r.tell, r.complain)
	r.bar = newBar(r.world, log)
	defer r.bar.clear()
	if r.story {
		if err := r.write(opening); err != nil {
			return err
		}
	}
	var failed error
	for record := range log.Records(r.complain) {
		if r.story {
			failed = s.run(ctx, record.Change.Time)
			if failed == nil {
				failed = r.write(caption(record))
			}
		}
		if failed == nil {
			r.unread(record)
			r.foreign(record, base)
			failed = s.record(ctx, record)
		}
		if failed != nil {
			return failed
		}
	}
	if err := s.finish(ctx); err != nil {
		return err
	}
	r.bar.clear()
	if r.story {
		if err := r.write(closing); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(r.err, summary(log.Counts, r.told))
	}
	if r.hidden > 0 {
		fmt.Fprintf(r.err, "less severe than %s, hidden by --severity: %s\n", r.severity, words.Count(r.hidden, "message"))
	}
	if r.bad > 0 {
		return errTold
	}
	return nil
}

// unread says of a record what it does not show, and what is unknown because of that.
func (r *replaying) unread(record history.Record) {
	c := record.Change
	var text string
	switch {
	case strings.Contains(c.Unread, "parse event"):
		text = "What " + c.Name + " changed is unknown from here on." // It was reported as malformed.
	case c.Unread != "":
		text = c.Name + " was not understood: " + c.Unread + ". What is known of the role or function that it names is unknown from here on."
	case c.Omitted:
		text = "CloudTrail omitted parameters of " + c.Name + ". The record does not show what the call changed: what it may have changed is unknown from here on."
	case c.NoRequest && !c.Failed() && c.Event.Subject != events.SubjectOrganization:
		text = "CloudTrail omitted parameters of " + c.Name + ". What the record does not show of what it changed is unknown from here on."
	case c.Failed() && c.ErrorMessage == "" && c.Event.Configures != events.ConfiguresNothing:
		text = c.Name + " was refused (" + c.ErrorCode + "), and the record has no message. Whether Lambda refused the call because of a role is unknown."
	default:
		return
	}
	r.bar.clear()
	fmt.Fprintf(r.err, "rolewatch: %v: %s\n", record.At, message.Line(text))
}

// foreign says once for each account that its records are not of the account that the export is of.
func (r *replaying) foreign(record history.Record, base *export.Account) {
	of := record.Change.Account
	if base == nil || base.ID() == "" || of == "" || of == base.ID() || r.foreigners[of] {
		return
	}
	if r.foreigners == nil {
		r.foreigners = map[string]bool{}
	}
	r.foreigners[of] = true
	r.bar.clear()
	text := "the record is of account " + of + ", and the export is of account " + base.ID() + ". What the records do not show of account " + of + " is unknown."
	fmt.Fprintf(r.err, "rolewatch: %v: %s\n", record.At, message.Line(text))
}

// complain tells at once of what could not be read or handled; the rest goes on.
func (r *replaying) complain(err error) {
	r.bad++
	r.bar.clear()
	fmt.Fprintf(r.err, "rolewatch: %s\n", message.Line(err.Error()))
}

// tell prints what the watch publishes. What goes to operations in a deployment tells of missing permissions, and a
// replay has none.
func (r *replaying) tell(out message.Outgoing) error {
	if out.Kind != message.KindFindings {
		return nil
	}
	if out.ForPlace() {
		return r.route(out)
	}
	if r.format == formatText && slices.Contains(out.Rendered.Attributes[deploy.AudienceAttribute], deploy.AudienceMachines) {
		return nil
	}
	if r.hides(out) {
		r.hidden++
		return nil
	}
	r.told++
	r.bar.clear()
	if r.format == formatJSON {
		return r.write(out.Rendered.Machine + "\n")
	}
	var m message.Message
	if err := json.Unmarshal([]byte(out.Rendered.Machine), &m); err != nil {
		return fmt.Errorf("read message %s: %w", out.ID, err)
	}
	print := terminal.Message
	if r.brief {
		print = terminal.Brief
	}
	return r.write(r.toDefault() + strings.TrimRight(print(m, r.terminal()), "\n") + "\n\n")
}

// hides reports whether a message is less severe than what is to be printed. It goes by the attribute that subscribers of a
// deployment filter by.
func (r *replaying) hides(out message.Outgoing) bool {
	severity, err := check.ParseSeverity(strings.Join(out.Rendered.Attributes["severity"], ""))
	return err == nil && severity < r.severity
}

func (r *replaying) write(text string) error { return writeText(r.out, text) }

// summary says in one line what was read and told.
func summary(c history.Counts, told int) string {
	parts := []string{
		words.Count(c.Records, "record") + " in " + words.Count(c.Files, "file"),
		fmt.Sprintf("%d listed", c.Listed), fmt.Sprintf("%d malformed", c.Malformed),
		words.Count(c.Duplicates, "duplicate"), words.Count(c.Stragglers, "straggler"),
	}
	if c.Unread > 0 {
		parts = append(parts, fmt.Sprintf("%d not understood", c.Unread))
	}
	if c.Digests > 0 {
		parts = append(parts, words.Count(c.Digests, "digest file")+" passed over")
	}
	return "replayed " + strings.Join(parts, ", ") + "; " + words.Count(told, "message")
}
