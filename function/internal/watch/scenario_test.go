package watch_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

var update = flag.Bool("update", false, "rewrite what the scenarios expect")

// finds is a check that fires for each inline policy with this text.
func finds(id string, severity check.Severity, text string, key func(role.Part) string, formerly ...check.Former) *check.Check {
	return &check.Check{ID: id, Slug: strings.ToLower(id), Title: id, Severity: severity, Formerly: formerly, Run: func(p *check.Pass) {
		if p.Role.Inline.State() == role.Unknown {
			p.Undecided("", p.Role.Inline.Gap("inline policies"))
		}
		for _, one := range p.Role.Inline.Or(nil) {
			if one.Text.Or("") == text {
				p.Report(check.Diagnostic{Key: key(one.Part), Title: p.Role.Ref.Name + " has " + one.Part.String(), Evidence: []check.Evidence{{Policy: one.Part.String(), Text: text}}})
			}
		}
	}}
}

func byPart(p role.Part) string { return p.String() }
func byName(p role.Part) string { return strings.TrimPrefix(p.String(), "inline:") }

// nameOfPart gives the key by name that a key by part has now.
func nameOfPart(key string) (string, bool) { return strings.CutPrefix(key, "inline:") }

// missing is a check that fires for a role that is not there.
func missing(id string) *check.Check {
	return &check.Check{ID: id, Slug: strings.ToLower(id), Title: id, Severity: check.High, Run: func(p *check.Pass) {
		if p.Role.Exists() == role.Absent {
			p.Report(check.Diagnostic{Title: p.Role.Ref.Name + " is missing", Parts: []role.Part{role.PartItself}})
		}
	}}
}

// releases are the catalogues of the scenarios: each is a release after the first.
var releases = map[string][]*check.Check{
	"first":     {finds("RW301", check.Critical, everything, byPart), missing("RW101")},
	"wider":     {finds("RW301", check.Critical, everything, byPart), finds("RW501", check.Low, harmless, byPart), missing("RW101"), missing("RW103")},
	"milder":    {finds("RW301", check.Medium, everything, byPart)},
	"graded":    graded,
	"other":     {finds("RW501", check.Low, harmless, byPart)},
	"renamed":   {finds("RW399", check.Critical, everything, byPart, check.Former{Check: "RW301"})},
	"unrelated": {finds("RW399", check.Critical, everything, byPart)},
	"keyed":     {finds("RW301", check.Critical, everything, byName, check.Former{Check: "RW301", Key: nameOfPart})},
}

// install replaces the watch by that of another release, over the same table and queue.
func (l *lab) install(release string, rules inforce.Rules) {
	l.t.Helper()
	checks, ok := releases[release]
	if !ok {
		l.t.Fatalf("no release %q", release)
	}
	config := l.watch.Config
	config.Rules, config.Catalogue = inforce.New(checks, rules), release
	l.watch = watch.New(config)
}

// do plays one line of a scenario. "release NAME [except ID]" installs a release, with an exception for roles with the tag
// accepted; "role", "function", "inline", "tag" and "delete" change the account; "put" does so with a record; "deny" and "allow"
// say what may be read; "actions DAY" installs a list of AWS actions; "sweep" starts a sweep a day later, and "again" plays every work item of it twice; "lose" loses the
// answers of the next commits, "down" and "up" stop and start publishing. "digest TIME" and "digest never" set the digest, "until TIME" runs to
// that time with its ticks, and "drop POLICY ROLE" deletes an inline policy with a record.
func (l *lab) do(words []string) {
	l.t.Helper()
	texts := map[string]string{"everything": everything, "harmless": harmless, "trusted": goodTrust, "readable": readable, "listing": listing, "writing": writing}
	switch words[0] {
	case "release":
		var rules inforce.Rules
		if len(words) > 3 {
			rules.Exceptions.List = []check.Exception{{Checks: words[3:], Tag: "accepted", Reason: "r", Until: l.now.Add(1000 * time.Hour)}}
		}
		l.install(words[1], rules)
	case "role":
		for _, name := range words[1:] {
			l.role(name, goodTrust)
		}
	case "function":
		l.function(words[1], words[2])
	case "inline":
		for _, name := range words[3:] {
			l.cloud.roles[name].inline[words[1]] = texts[words[2]]
		}
	case "tag":
		l.cloud.roles[words[1]].tags = map[string]string{"accepted": "yes"}
	case "put":
		l.must(l.putInline(words[3], words[1], texts[words[2]]))
	case "drop":
		l.must(l.drop(words[2], words[1]))
	case "digest":
		config := l.watch.Config
		config.Digest = watch.Digest{}
		if words[1] != "never" {
			config.Digest = watch.Digest{Daily: true, At: l.day("2026-01-01T" + words[1] + ":00Z").Sub(l.day("2026-01-01"))}
		}
		l.watch = watch.New(config)
	case "until":
		l.until(words[1])
	case "delete":
		delete(l.cloud.roles, words[1])
	case "actions":
		config := l.watch.Config
		config.ActionsAsOf = l.day(words[1])
		l.watch = watch.New(config)
	case "deny", "allow":
		l.cloud.denied = map[string]bool{words[1]: words[0] == "deny"}
	case "wait":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			l.t.Fatal(err)
		}
		l.pass(d)
	case "tick":
		l.retrying([]byte(deploy.Tick))
	case "sweep":
		l.now = l.now.Add(25 * time.Hour)
		l.retrying([]byte(deploy.Tick))
	case "lose":
		l.store.Hooks.AfterCommit = func([]finding.State, []message.Outgoing) error {
			l.store.Hooks.AfterCommit = nil
			return errors.New("the answer was lost")
		}
	case "down":
		l.down = errors.New("SNS is down")
	case "up":
		l.down = nil
	default:
		l.t.Fatalf("no such word: %q", words)
	}
}

// day is a time, or midnight of a day.
func (l *lab) day(text string) time.Time {
	l.t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if strings.Contains(text, "T") {
		at, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return at
}

// retrying delivers a body and all that is due after it, each as often as it takes.
func (l *lab) retrying(body []byte) {
	l.t.Helper()
	if err := l.queue.Send(context.Background(), body, 0); err != nil {
		l.t.Fatal(err)
	}
	for range 100 {
		due, ok := l.queue.Next()
		if !ok || due.Sub(l.now) > deploy.Backoff(1) {
			return
		}
		l.now = slices.MaxFunc([]time.Time{l.now, due}, time.Time.Compare)
		item, _ := l.queue.Pop(l.now)
		if o := l.hand(item); o != (watch.Outcome{}) {
			l.t.Fatalf("%s: %+v", item.Body, o)
		}
	}
	l.t.Fatal("the queue does not become empty")
}

// told is what was published since the last call: for whom, and what.
func (l *lab) told() []string {
	var out []string
	for _, o := range l.outgoing {
		if o.Kind == message.KindOperations {
			out = append(out, "operations: "+o.Rendered.Subject)
			continue
		}
		var m message.Message
		if err := json.Unmarshal([]byte(o.Rendered.Machine), &m); err != nil {
			l.t.Fatal(err)
		}
		whom := "people: "
		if slices.Equal(o.Rendered.Attributes[deploy.AudienceAttribute], []string{deploy.AudienceMachines}) {
			whom = "machines: "
		}
		if chat := slices.Contains(l.published, message.Chat.Name+" "+o.ID+"-"+message.Chat.Name); chat != (whom == "people: ") {
			l.t.Errorf("%spublished to chat: %v", whom, chat)
		}
		if u := m.Upgrade; u != nil {
			out = append(out, whom+m.Subject)
			for _, b := range u.Gravest {
				out = append(out, "  "+b.Severity.String()+" "+b.Check+" "+b.ID+" "+b.Title)
			}
			continue
		}
		if d := m.Digest; d != nil {
			out = append(out, whom+m.Subject)
			for _, f := range d.Folds {
				out = append(out, fmt.Sprintf("  %s %s %s of %s%s", f.Kind, f.Severity, f.Check, f.RoleNames(), m.ByWhomOf(f)))
			}
			for _, f := range d.PassedFolds {
				out = append(out, fmt.Sprintf("  opened and resolved %s %s of %s", f.Severity, f.Check, f.RoleNames()))
			}
			continue
		}
		if whom == "people: " && l.watch.Digest.Daily {
			out = append(out, whom+m.Subject)
		}
		var lines []string
		for kind, list := range map[string][]finding.Finding{"opened": m.Opened, "changed": m.Changed, "resolved": m.Resolved} {
			for _, f := range list {
				lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s%s %s %s %s of %s, revision %d %s", whom, kind, f.Severity, f.Check, f.ID, message.RoleName(f.Role), f.Revision, f.Resolution)))
			}
		}
		slices.Sort(lines)
		out = append(out, lines...)
	}
	l.outgoing, l.messages, l.published = nil, nil, nil
	return out
}

// stored is what the table holds: findings, the tally and how much is left in the outbox.
func (l *lab) stored() []string {
	l.t.Helper()
	ctx := context.Background()
	var keys, out []string
	for _, name := range []string{"billing", "orders", "payments"} {
		keys = append(keys, roleARN(name))
	}
	states, err := l.store.Load(ctx, keys)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, s := range states {
		if len(s.Findings) > 0 {
			out = append(out, message.RoleName(s.ARN)+": catalogue "+s.Catalogue+", thread since "+s.Thread.Format("01-02 15:04"))
		}
		for _, f := range s.Findings {
			out = append(out, fmt.Sprintf("%s: %s %q %s, %s since %s, revision %d", message.RoleName(s.ARN), f.Check, f.Key, f.ID, f.Status, f.FirstSeen.Format("01-02 15:04"), f.Revision))
		}
	}
	tally, err := l.store.Tally(ctx, account)
	if err != nil {
		l.t.Fatal(err)
	}
	left, err := l.store.Outbox(ctx, l.now.Add(time.Hour))
	if err != nil {
		l.t.Fatal(err)
	}
	waiting, err := l.store.Digest(ctx, account)
	if err != nil {
		l.t.Fatal(err)
	}
	if len(waiting) > 0 {
		out = append(out, fmt.Sprintf("digest: %d entries", len(waiting)))
	}
	return append(out, fmt.Sprintf("tally: %d opened, %d changed, %d resolved on %d roles; outbox: %d", tally.Opened, tally.Changed, tally.Resolved, tally.Roles, len(left)))
}

// TestScenarios plays the histories in testdata: lines that change the account and the release, and after each "told" and "stored"
// what was published since, and what the table holds, in lines that begin with ">".
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("find scenarios: %d files, %v", len(files), err)
	}
	shown := map[string]int{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) != 1 {
				t.Fatalf("%d parts, %v", len(archive.Files), err)
			}
			l := newLab(t)
			l.install("first", inforce.Rules{})
			var got []string
			for line := range strings.Lines(string(archive.Files[0].Data)) {
				line = strings.TrimSpace(line)
				if strings.HasPrefix(line, ">") {
					continue
				}
				got = append(got, line)
				switch {
				case line == "", strings.HasPrefix(line, "#"):
				case line == "told", line == "stored":
					lines := map[string]func() []string{"told": l.told, "stored": l.stored}[line]()
					shown[line]++
					if len(lines) == 0 {
						lines = []string{"nothing"}
					}
					for _, one := range lines {
						got = append(got, "> "+one)
					}
				default:
					l.do(strings.Fields(line))
				}
			}
			text := []byte(strings.Join(got, "\n") + "\n")
			if *update {
				archive.Files[0].Data = text
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if diff := gocmp.Diff(string(archive.Files[0].Data), string(text)); diff != "" {
				t.Errorf("came otherwise (-want +got):\n%s", diff)
			}
		})
	}
	if shown["told"] == 0 || shown["stored"] == 0 {
		t.Fatalf("shown: %v", maps.Collect(maps.All(shown)))
	}
	t.Logf("%d scenarios, shown %v", len(files), shown)
}
