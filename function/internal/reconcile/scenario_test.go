package reconcile_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

var update = flag.Bool("update", false, "rewrite what the scenarios expect")

// do plays one line of a scenario. "trust", "inline NAME", "attach ARN", "boundary ARN", "users" and "id" change the role (documents are those
// of the lab, "none" takes away); "deny" and "allow", "unlisted" and "listed" say what may be read; "encrypted" gives the functions
// environment variables; "of ROLE" makes the records that follow name another role; "lag" and "caught-up" hold reads back; "iam" and "lambda" add a record: its event, the part or function, and a document or "refused".
func (l *lab) do(words []string) {
	l.t.Helper()
	arg := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	switch words[0] {
	case "wait":
		d, err := time.ParseDuration(arg(1))
		if err != nil {
			l.t.Fatal(err)
		}
		l.now = l.now.Add(d)
	case "trust":
		l.trust = arg(1)
	case "inline", "attach":
		into := l.inline
		if words[0] == "attach" {
			into = l.attached
		}
		if into[arg(1)] = arg(2); arg(2) == "none" {
			delete(into, arg(1))
		}
	case "boundary":
		if l.boundary, l.bounded = arg(1), arg(2); arg(2) == "none" {
			l.boundary = ""
		}
	case "users":
		l.users = words[1:]
	case "id":
		l.id, l.created = strings.TrimPrefix(arg(1), "none"), l.now
	case "deny":
		l.unread[arg(1)] = true
	case "allow":
		delete(l.unread, arg(1))
	case "unlisted", "listed":
		l.unlisted = words[0] == "unlisted"
	case "encrypted":
		l.encrypted = true
	case "of":
		l.by = arg(1)
	case "lag":
		l.lag = l.snapshot()
	case "caught-up":
		l.lag = nil
	case "iam", "lambda":
		l.record(words[0], arg(1), arg(2), arg(3))
	default:
		l.t.Fatalf("no such word: %q", words)
	}
}

// TestScenarios plays the histories in testdata: lines that change the role and the clock, and after each "decide" what
// the decision comes to, in lines that begin with ">".
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("find scenarios: %d files, %v", len(files), err)
	}
	decided, outcomes := 0, map[reconcile.Outcome]int{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l := newLab(t)
			var got []string
			for line := range strings.Lines(string(text)) {
				line = strings.TrimSpace(line)
				if strings.HasPrefix(line, ">") {
					continue
				}
				got = append(got, line)
				switch {
				case line == "", strings.HasPrefix(line, "#"):
				case line == "decide":
					in := l.input()
					d := reconcile.Decide(in, l.settings)
					decided++
					outcomes[d.Outcome]++
					for _, one := range render(d, l.now) {
						got = append(got, "> "+one)
					}
					l.apply(d)
					verifyRepeats(t, l, in, d)
				default:
					l.do(strings.Fields(line))
				}
			}
			out := strings.Join(got, "\n") + "\n"
			if *update {
				if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if diff := gocmp.Diff(string(text), out); diff != "" {
				t.Errorf("decided otherwise (-want +got):\n%s", diff)
			}
		})
	}
	for o := reconcile.Reported; o <= reconcile.Stale; o++ {
		if outcomes[o] == 0 && o != reconcile.NotDue && o != reconcile.Superseded {
			t.Errorf("no scenario comes to %s", o)
		}
	}
	t.Logf("%d decisions of %d scenarios: %v", decided, len(files), outcomes)
}
