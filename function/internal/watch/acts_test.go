package watch_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// desk is a lab with a command function over the same store.
type desk struct {
	*lab
	command command.Function
	asked   []string
	calls   int
}

// Recheck delivers what the command function sends, as EventBridge does.
func (d *desk) Recheck(_ context.Context, role string) error {
	d.asked = append(d.asked, role)
	return nil
}

// event is the event of the command function for a role.
func (d *desk) event(role string) []byte {
	text, err := json.Marshal(map[string]any{
		"source": deploy.CommandSource, "detail-type": deploy.CommandType, "account": account, "region": region, "time": d.now, "detail": map[string]any{"role": role},
	}, json.Deterministic(true))
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

// newDesk has the graded checks: RW303 is medium, and high where the policy writes; RW301 is critical.
func newDesk(t *testing.T) *desk {
	d := &desk{lab: newLab(t)}
	d.config.Rules = inforce.New(graded, inforce.Rules{})
	d.watch = d.another()
	d.command = command.Function{
		Store: d.store, Bus: d, Account: account, Home: region, Now: func() time.Time { return d.now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Checks: map[string]*check.Check{"RW303": graded[0]},
		NewID:  func() string { d.calls++; return fmt.Sprintf("call-%d", d.calls) },
	}
	for _, name := range []string{"orders", "billing"} {
		d.role(name, goodTrust)
	}
	d.swept()
	return d
}

// call calls the command function, and delivers what it sends.
func (d *desk) call(request command.Request) command.Answer {
	d.t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		d.t.Fatal(err)
	}
	answer, err := d.command.Handle(context.Background(), body)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, role := range d.asked {
		d.must(d.event(role))
	}
	d.asked = nil
	return answer
}

// put writes an inline policy of a role, by somebody.
func (d *desk) put(role, name, text string, more ...map[string]any) {
	d.t.Helper()
	d.now = d.now.Add(time.Minute)
	d.cloud.roles[role].inline[name] = text
	d.must(d.record("PutRolePolicy", map[string]any{"roleName": role, "policyName": name, "policyDocument": text}, more...))
}

func (d *desk) remove(role, name string, more ...map[string]any) {
	d.t.Helper()
	d.now = d.now.Add(time.Minute)
	delete(d.cloud.roles[role].inline, name)
	d.must(d.record("DeleteRolePolicy", map[string]any{"roleName": role, "policyName": name}, more...))
}

// people are what people were told since, one line for each finding, and forgets it.
func (d *desk) people() (out []string) {
	for _, o := range d.chats {
		for _, text := range o.Rendered.Channels[message.Chat.Name] {
			var n struct {
				Content  struct{ Title string }
				Metadata struct{ ThreadID string }
			}
			if err := json.Unmarshal([]byte(text), &n, json.MatchCaseInsensitiveNames(true)); err != nil {
				d.t.Fatal(err)
			}
			out = append(out, n.Content.Title+" | "+n.Metadata.ThreadID)
		}
	}
	d.chats = nil
	return out
}

// only is the only open finding of a role.
func (d *desk) only(role string) (finding.State, finding.Stored) {
	d.t.Helper()
	states, err := d.store.Load(context.Background(), []string{roleARN(role)})
	if err != nil || len(states[0].Findings) != 1 {
		d.t.Fatalf("%+v, %v", states, err)
	}
	return states[0], states[0].Findings[0]
}

func (d *desk) hex(role string) string {
	_, f := d.only(role)
	_, hex, _ := strings.Cut(f.ID, "-")
	return hex
}

// by is a record's actor.
func by(name string) map[string]any {
	return map[string]any{"userIdentity": map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/" + name, "accountId": account, "userName": name}}
}

func wantOne(t *testing.T, got []string, begin string) {
	t.Helper()
	if len(got) != 1 || !strings.Contains(got[0], begin) {
		t.Fatalf("people are told %q, want %q", got, begin)
	}
}

// A finding is acknowledged: that is posted to its thread and to operations, it stays quiet as it was seen, and is told to machines alone.
func TestAnAcknowledgedFindingIsQuietUntilItGetsWorse(t *testing.T) {
	d := newDesk(t)
	d.put("orders", "data", readable)
	told := d.people()
	wantOne(t, told, "MEDIUM: orders has")
	_, thread, _ := strings.Cut(told[0], " | ")
	notices := len(d.notices)

	answer := d.call(command.Request{Act: command.Acknowledge, Finding: d.hex("orders"), By: "sam", Reason: "on it"})
	if answer.Refused || !strings.Contains(answer.Text, "by sam (as claimed)") {
		t.Fatalf("%+v", answer)
	}
	told = d.people()
	wantOne(t, told, "Acknowledged: orders has")
	if !strings.HasSuffix(told[0], thread) {
		t.Errorf("%q is in another thread than %s", told[0], thread)
	}
	if n := d.notices[notices:]; len(n) != 1 || !strings.Contains(n[0], "A finding was acknowledged: RW303-") || !strings.Contains(n[0], "by sam (as claimed). Reason: on it") {
		t.Errorf("operations are told %q", n)
	}
	if h := d.messages[len(d.messages)-1].Changed[0].Handled; h == nil || h.As != finding.Acknowledged || h.By != "sam" || !h.Holds() || !h.Until.Equal(d.now.Add(finding.LongestAcknowledgement)) {
		t.Errorf("machines are told %+v", h)
	}

	// The same again, by the same: nothing is new.
	d.put("orders", "data", readable)
	if told := d.people(); len(told) > 0 {
		t.Errorf("people are told %q", told)
	}
	// A higher severity ends it.
	d.put("orders", "data", writing)
	wantOne(t, d.people(), "No longer acknowledged (high now, medium before): orders has")
	state, _ := d.only("orders")
	if a := state.Acts; len(a) != 1 || a[0].Why != finding.EndMoreSevere || a[0].Ended.IsZero() {
		t.Errorf("stored %+v", a)
	}
	// It does not come back when the finding is as it was.
	d.put("orders", "data", readable)
	wantOne(t, d.people(), "Changed (medium now, high before): orders has")
}

// Each way in which a finding gets worse is reported, whatever was decided about it.
func TestWhatAnActDoesNotCoverIsReportedAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		why   finding.ActEnd
		worse func(*desk)
	}{
		"another statement": {finding.EndChanged, func(d *desk) {
			d.put("orders", "data", strings.Replace(readable, `"*"}]`, `"arn:aws:s3:::*"}]`, 1))
		}},
		"another actor": {finding.EndActor, func(d *desk) { d.put("orders", "data", readable, by("eve")) }},
		"another actor, who removed it in between": {finding.EndActor, func(d *desk) {
			first := d.record("DeleteRolePolicy", map[string]any{"roleName": "orders", "policyName": "data"}, by("eve"))
			d.now = d.now.Add(time.Second)
			d.must(first, d.record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "data", "policyDocument": readable}, by("eve")))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, act := range []command.Request{
				{Act: command.Acknowledge}, {Act: command.Accept, Reason: "known", Until: "2026-06-01"},
			} {
				d := newDesk(t)
				// The check takes both texts for the same finding.
				d.config.Rules = inforce.New([]*check.Check{severe("RW303", map[string]check.Severity{
					readable: check.Medium, strings.Replace(readable, `"*"}]`, `"arn:aws:s3:::*"}]`, 1): check.Medium,
				})}, inforce.Rules{})
				d.watch = d.another()
				d.put("orders", "data", readable)
				act.Finding = d.hex("orders")
				if a := d.call(act); a.Refused {
					t.Fatalf("%+v", a)
				}
				d.people()
				tt.worse(d)
				wantOne(t, d.people(), "No longer ac")
				if state, _ := d.only("orders"); state.Acts[0].Why != tt.why {
					t.Errorf("%s ended as %+v", act.Act, state.Acts)
				}
			}
		})
	}
}

// A new function ends an act, and another version of a function does not.
func TestANewFunctionEndsAnAct(t *testing.T) {
	d := newDesk(t)
	d.config.Rules = inforce.New([]*check.Check{{ID: "RW303", Slug: "x", Title: "x", Severity: check.Medium, Run: func(p *check.Pass) {
		p.Report(check.Diagnostic{Functions: p.Role.Users.List, Title: p.Role.Ref.Name + " is read", Evidence: []check.Evidence{{Policy: "trust", Text: "{}"}}})
	}}}, inforce.Rules{})
	d.watch = d.another()
	d.versions("checkout", "$LATEST")
	wantOne(t, d.people(), "orders (1 function) is read")
	if a := d.call(command.Request{Act: command.Acknowledge, Finding: d.hex("orders")}); a.Refused {
		t.Fatalf("%+v", a)
	}
	d.people()
	d.versions("checkout", "$LATEST", "1")
	if told := d.people(); len(told) > 0 {
		t.Errorf("people are told %q of another version", told)
	}
	d.versions("refunds", "$LATEST")
	wantOne(t, d.people(), "No longer acknowledged")
}

// An acceptance goes on while the finding is not there, and ends with its time, by the clock; an acknowledgement ends with the finding.
func TestAnAcceptanceEndsWithItsTime(t *testing.T) {
	d := newDesk(t)
	d.put("orders", "data", readable)
	d.people()
	d.call(command.Request{Act: command.Accept, Finding: d.hex("orders"), Reason: "SEC-112", Until: "2026-03-31", By: "sam"})
	wantOne(t, d.people(), "Accepted: orders has")
	d.remove("orders", "data")
	wantOne(t, d.people(), "RESOLVED")
	d.put("orders", "data", readable)
	if told := d.people(); len(told) > 0 {
		t.Errorf("people are told %q of what was accepted", told)
	}
	if m := d.messages[len(d.messages)-1]; len(m.Opened) != 1 || !m.Opened[0].Handled.Holds() {
		t.Errorf("machines are told %+v", m)
	}
	end := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	d.tickAt(end.Add(-time.Minute))
	if told := d.people(); len(told) > 0 {
		t.Errorf("people are told %q before the end", told)
	}
	d.tickAt(end)
	wantOne(t, d.people(), "No longer accepted: orders has")
	// Once is enough.
	d.tickAt(end.Add(15 * time.Minute))
	if told := d.people(); len(told) > 0 {
		t.Errorf("people are told %q again", told)
	}

	d.call(command.Request{Act: command.Acknowledge, Finding: d.hex("orders")})
	d.remove("orders", "data")
	d.people()
	d.put("orders", "data", readable)
	wantOne(t, d.people(), "MEDIUM: orders has")
}

// Reopening ends an act, and so does whoever takes it out of the table.
func TestAnActIsReopenedAndCannotBeTakenAwayQuietly(t *testing.T) {
	d := newDesk(t)
	d.put("orders", "data", readable)
	d.call(command.Request{Act: command.Acknowledge, Finding: d.hex("orders")})
	d.people()
	d.call(command.Request{Act: command.Reopen, Finding: d.hex("orders"), By: "kim"})
	wantOne(t, d.people(), "Reopened: orders has")
	if a := d.call(command.Request{Act: command.Reopen, Finding: d.hex("orders")}); !a.Refused {
		t.Errorf("reopened twice: %+v", a)
	}
	d.call(command.Request{Act: command.Acknowledge, Finding: d.hex("orders")})
	d.people()
	d.store = d.withoutActs()
	d.must(d.event(roleARN("orders")))
	wantOne(t, d.people(), "No longer acknowledged")
}

// withoutActs is the store after somebody deleted the acts.
func (d *desk) withoutActs() *memory.Store {
	d.config.Store = noActs{d.store}
	d.watch = d.another()
	return d.store
}

type noActs struct{ *memory.Store }

func (noActs) Acts(context.Context, []string) (map[string][]finding.Act, error) {
	return map[string][]finding.Act{}, nil
}

// What somebody writes into the table past the command function is held to the same limits.
func TestForgedActsAreNotTaken(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	tried := 0
	for name, forge := range map[string]func(*finding.Act){
		"a year long":             func(a *finding.Act) { a.Until = now.AddDate(1, 0, 0) },
		"without an end":          func(a *finding.Act) { a.Until = time.Time{} },
		"accepted for ever":       func(a *finding.Act) { a.Kind, a.Reason, a.Until = finding.Accepted, "x", now.AddDate(10, 0, 0) },
		"accepted, no reason":     func(a *finding.Act) { a.Kind = finding.Accepted },
		"of the future":           func(a *finding.Act) { a.At, a.Until = now.AddDate(1, 0, 0), now.AddDate(1, 0, 6) },
		"of a kind not known":     func(a *finding.Act) { a.Kind = "ignored" },
		"of another severity":     func(a *finding.Act) { a.Seen.Severity = check.Low },
		"of other statements":     func(a *finding.Act) { a.Seen.Meaning = "0000" },
		"of nothing that is said": func(a *finding.Act) { a.Seen.Meaning = "" },
		"of other actors":         func(a *finding.Act) { a.Seen.Actors = nil },
		"ended":                   func(a *finding.Act) { a.At, a.Until = now.AddDate(0, 0, -9), now.AddDate(0, 0, -2) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.now = now
			d.put("orders", "data", readable)
			d.people()
			state, f := d.only("orders")
			act := finding.Act{ID: "forged", Finding: f.ID, Kind: finding.Acknowledged, At: now, Until: now.AddDate(0, 0, 7), Seen: finding.SeenOf(&state, f)}
			forge(&act)
			if err := d.store.PutAct(context.Background(), state.Key, act, finding.Call{ID: "forged", Account: account}); err != nil {
				t.Fatal(err)
			}
			d.must(d.event(state.ARN))
			d.people()
			// What follows is reported as ever.
			d.put("orders", "data", writing)
			if told := d.people(); len(told) != 1 || !strings.Contains(told[0], "HIGH: ") {
				t.Errorf("people are told %q", told)
			}
			if state, _ := d.only("orders"); len(state.Acts) != 1 || state.Acts[0].Ended.IsZero() {
				t.Errorf("stored %+v", state.Acts)
			}
		})
		tried++
	}
	if tried < 10 {
		t.Errorf("%d were tried", tried)
	}
}

// A critical finding is acknowledged where the setting allows it, and only accepted otherwise.
func TestACriticalFindingIsNotAcknowledged(t *testing.T) {
	d := newDesk(t)
	d.put("orders", "data", everything)
	d.people()
	if a := d.call(command.Request{Act: command.Acknowledge, Finding: d.hex("orders")}); !a.Refused || !strings.Contains(a.Text, "slack.ackCritical") {
		t.Fatalf("%+v", a)
	}
	// Nor by who writes the table.
	state, f := d.only("orders")
	act := finding.Act{ID: "forged", Finding: f.ID, Kind: finding.Acknowledged, At: d.now, Until: d.now.AddDate(0, 0, 7), Seen: finding.SeenOf(&state, f)}
	if err := d.store.PutAct(context.Background(), state.Key, act, finding.Call{ID: "forged", Account: account}); err != nil {
		t.Fatal(err)
	}
	notices := len(d.notices)
	d.must(d.event(state.ARN))
	if n := d.notices[notices:]; len(n) != 1 || !strings.Contains(n[0], "was not taken") {
		t.Errorf("operations are told %q", n)
	}
	d.config.AckCritical, d.command.AckCritical = true, true
	d.watch = d.another()
	if a := d.call(command.Request{Act: command.Acknowledge, Finding: d.hex("orders")}); a.Refused {
		t.Fatalf("%+v", a)
	}
	wantOne(t, d.people(), "Acknowledged: orders has")
	// The setting is taken back: what it allowed holds no more.
	d.config.AckCritical = false
	d.watch = d.another()
	d.must(d.event(state.ARN))
	wantOne(t, d.people(), "No longer acknowledged")
}

// An event for a role leads to nothing but a read of it, and one of another account to nothing at all.
func TestACommandEventCarriesNothing(t *testing.T) {
	d := newDesk(t)
	d.put("orders", "data", readable)
	d.people()
	d.must(d.event(roleARN("orders")))
	if told := d.people(); len(told) > 0 {
		t.Errorf("people are told %q", told)
	}
	for _, body := range []string{
		strings.ReplaceAll(string(d.event(roleARN("orders"))), `"account":"`+account, `"account":"999988887777`),
		string(d.event("arn:aws:iam::999988887777:role/orders")), string(d.event("orders")),
	} {
		if o := d.deliver([]byte(body))[0]; o.Dead == "" {
			t.Errorf("%s: %+v", body, o)
		}
	}
}

// versions makes a function with versions, and lets the watch know.
func (d *desk) versions(name string, versions ...string) {
	d.t.Helper()
	d.now = d.now.Add(time.Minute)
	d.function(name, "orders")
	f := d.cloud.functions[functionARN(name)][0]
	d.cloud.functions[f.ARN] = nil
	for _, v := range versions {
		f.Version = v
		d.cloud.functions[f.ARN] = append(d.cloud.functions[f.ARN], f)
	}
	d.must(d.record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": name, "role": roleARN("orders")},
		map[string]any{"responseElements": map[string]any{"functionArn": functionARN(name), "functionName": name, "role": roleARN("orders")}}))
}

// tickAt ticks at a time, and does the work that comes of it.
func (d *desk) tickAt(at time.Time) {
	d.t.Helper()
	d.now = at
	d.tick()
	d.pass(time.Second)
}
