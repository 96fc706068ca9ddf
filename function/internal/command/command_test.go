package command_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/memory"
)

const (
	account = "111122223333"
	hex     = "0a1b2c3d4e5f"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// desk is a command function over a store in memory.
type desk struct {
	command.Function
	t     *testing.T
	store *memory.Store
	asked []string
	down  error
}

func (d *desk) Recheck(_ context.Context, role string) error {
	d.asked = append(d.asked, role)
	return d.down
}

func newDesk(t *testing.T, findings ...finding.Stored) *desk {
	d := &desk{t: t, store: memory.NewStore()}
	calls := 0
	d.Function = command.Function{
		Store: d.store, Bus: d, Account: account, Home: "us-east-1", Now: func() time.Time { return now },
		Checks: map[string]*check.Check{"RW303": {ID: "RW303", Title: "The role can read all data", Fix: "Name the bucket in Resource."}},
		NewID:  func() string { calls++; return fmt.Sprintf("call-%d", calls) }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if len(findings) == 0 {
		findings = []finding.Stored{stored("RW303-"+hex, check.High)}
	}
	for i, f := range findings {
		d.state(fmt.Sprintf("role-%03d", i), f)
	}
	return d
}

func stored(id string, severity check.Severity) finding.Stored {
	return finding.Stored{ID: id, Check: "RW303", Severity: severity, Status: finding.Open, Meaning: "m", FirstSeen: now.Add(-time.Hour)}
}

func key(role string) string { return "arn:aws:iam::" + account + ":role/" + role }

func (d *desk) state(role string, findings ...finding.Stored) {
	d.t.Helper()
	state := finding.State{Key: key(role), ARN: key(role), Schema: finding.Schema, Exists: true, Findings: findings}
	if err := d.store.Commit(context.Background(), []finding.State{state}, nil, now); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) call(payload string) command.Answer {
	d.t.Helper()
	a, err := d.Handle(context.Background(), []byte(payload))
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

func (d *desk) acts() []finding.Act {
	d.t.Helper()
	acts, err := d.store.Acts(context.Background(), []string{key("role-000")})
	if err != nil {
		d.t.Fatal(err)
	}
	return acts[key("role-000")]
}

func ask(members ...string) string {
	var b strings.Builder
	for i := 0; i < len(members); i += 2 {
		text, _ := json.Marshal(members[i+1])
		fmt.Fprintf(&b, `,%q:%s`, members[i], text)
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

// What is not of its form, or is too much, leads to nothing, and is kept as a call that was refused.
func TestACallThatIsNotOfItsFormIsRefused(t *testing.T) {
	long := strings.Repeat("x", 501)
	refused := 0
	for name, tt := range map[string]struct{ payload, why string }{
		"no JSON":                      {"acknowledge", "not of its form"},
		"nothing":                      {"", "not of its form"},
		"a list":                       {"[]", "not of its form"},
		"another member":               {ask("act", "acknowledge", "finding", hex, "force", "yes"), "not of its form"},
		"a member twice":               {`{"act":"show","act":"acknowledge","finding":"` + hex + `"}`, "not of its form"},
		"a number":                     {`{"act":"acknowledge","finding":1}`, "not of its form"},
		"an event of a queue":          {`{"Records":[{"body":"{}"}]}`, "not of its form"},
		"an event of a function URL":   {`{"version":"2.0","rawPath":"/","body":"{}"}`, "not of its form"},
		"too long":                     {ask("act", "acknowledge", "finding", hex, "reason", strings.Repeat("x", 5000)), "4096 are allowed"},
		"an act that is not known":     {ask("act", "ignore", "finding", hex), `act "ignore" is not known`},
		"no act":                       {ask("finding", hex), `act "" is not known`},
		"no finding":                   {ask("act", "acknowledge"), "not the hexadecimal part"},
		"a wildcard":                   {ask("act", "acknowledge", "finding", "*"), "not the hexadecimal part"},
		"a whole ID":                   {ask("act", "acknowledge", "finding", "RW303-"+hex), "finding has 18 bytes"},
		"upper case":                   {ask("act", "acknowledge", "finding", "0A1B2C3D4E5F"), "not the hexadecimal part"},
		"a part of an ID":              {ask("act", "acknowledge", "finding", "0a1b"), "not the hexadecimal part"},
		"another finding":              {ask("act", "acknowledge", "finding", "ffffffffffff"), "no finding that is open has the ID"},
		"a long reason":                {ask("act", "acknowledge", "finding", hex, "reason", long), "reason has 501 bytes"},
		"a reason in lines":            {ask("act", "acknowledge", "finding", hex, "reason", "a\nb"), "cannot be printed"},
		"a caller that reads backward": {ask("act", "acknowledge", "finding", hex, "by", "\u202emas"), "cannot be printed"},
		"eight days":                   {ask("act", "acknowledge", "finding", hex, "until", "2026-03-10"), "7 days at most"},
		"an end that was":              {ask("act", "acknowledge", "finding", hex, "until", "2026-03-01"), "no end after its beginning"},
		"an end that is none":          {ask("act", "acknowledge", "finding", hex, "until", "tomorrow"), "neither a day"},
		"accepted for ever":            {ask("act", "accept", "finding", hex, "reason", "x"), "until a day"},
		"accepted for a year":          {ask("act", "accept", "finding", hex, "reason", "x", "until", "2027-03-01"), "180 days at most"},
		"accepted without a reason":    {ask("act", "accept", "finding", hex, "until", "2026-03-05"), "with a reason only"},
		"accepted for a blank":         {ask("act", "accept", "finding", hex, "reason", "  ", "until", "2026-03-05"), "with a reason only"},
		"reopened though it is open":   {ask("act", "reopen", "finding", hex), "neither acknowledged nor accepted"},
		"a list of something":          {ask("act", "list", "finding", hex), "list takes no finding"},
		"a list after something":       {ask("act", "list", "after", "x"), "after is not what"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if a := d.call(tt.payload); !a.Refused || !strings.Contains(a.Text, tt.why) || len(a.Findings) > 0 {
				t.Errorf("%+v, want %q", a, tt.why)
			}
			calls := d.store.Calls()
			if len(d.acts()) > 0 || len(d.asked) > 0 || len(calls) != 1 || calls[0].Refused == "" || calls[0].ID == "" || !calls[0].At.Equal(now) || calls[0].Account != account {
				t.Errorf("acts %+v, asked %v, calls %+v", d.acts(), d.asked, calls)
			}
		})
		refused++
	}
	if refused < 25 {
		t.Errorf("%d calls", refused)
	}
}

// Whoever is in the channel can type any call: what the channel may not do is refused whatever the call claims.
func TestChatMayDoLess(t *testing.T) {
	d := newDesk(t)
	d.Chat = true
	for _, payload := range []string{
		ask("act", "accept", "finding", hex, "reason", "x", "until", "2026-03-05", "by", "arn:aws:iam::111122223333:role/security"), ask("act", "list"),
	} {
		if a := d.call(payload); !a.Refused || !strings.Contains(a.Text, "not possible from chat") {
			t.Errorf("%s: %+v", payload, a)
		}
	}
	if a := d.call(ask("act", "howToAccept", "finding", hex)); a.Refused || !strings.Contains(a.Text, "rolewatch accept RW303-"+hex+" --reason 'WHY' --until 2026-05-31 --region us-east-1") {
		t.Errorf("%+v", a)
	}
	if a := d.call(ask("act", "show", "finding", hex)); a.Refused || !strings.Contains(a.Text, "Name the bucket in Resource.") || !strings.Contains(a.Text, key("role-000")) {
		t.Errorf("%+v", a)
	}
	if a := d.call(ask("act", "acknowledge", "finding", hex)); a.Refused {
		t.Errorf("%+v", a)
	}
	if acts := d.acts(); len(acts) != 1 || acts[0].By != "somebody in the Slack channel" || !acts[0].Until.Equal(now.Add(7*24*time.Hour)) {
		t.Errorf("acts %+v", acts)
	}
	if calls := d.store.Calls(); len(calls) != 5 || calls[0].From != "chat" || calls[0].By != "arn:aws:iam::111122223333:role/security" || calls[4].Refused != "" {
		t.Errorf("calls %+v", calls)
	}
}

// IDs are short: whoever chooses names may make two end alike, and then neither is meant.
func TestAnIDThatTwoFindingsHaveNamesNeither(t *testing.T) {
	d := newDesk(t, stored("RW303-"+hex, check.Low), stored("RW301-"+hex, check.Critical))
	if a := d.call(ask("act", "acknowledge", "finding", hex)); !a.Refused || !strings.Contains(a.Text, "2 findings have IDs that end in") {
		t.Errorf("%+v", a)
	}
}

// A finding that nobody was told of has no acts.
func TestAPendingFindingIsNotThere(t *testing.T) {
	f := stored("RW303-"+hex, check.Low)
	f.Status = finding.Pending
	d := newDesk(t, f)
	if a := d.call(ask("act", "acknowledge", "finding", hex)); !a.Refused {
		t.Errorf("%+v", a)
	}
}

func TestACriticalFindingIsAcknowledgedByTheSettingAlone(t *testing.T) {
	d := newDesk(t, stored("RW303-"+hex, check.Critical))
	if a := d.call(ask("act", "acknowledge", "finding", hex)); !a.Refused || !strings.Contains(a.Text, "slack.ackCritical") {
		t.Errorf("%+v", a)
	}
	if a := d.call(ask("act", "accept", "finding", hex, "reason", "SEC-1", "until", "2026-08-28")); a.Refused {
		t.Errorf("%+v", a)
	}
	d.AckCritical = true
	if a := d.call(ask("act", "acknowledge", "finding", hex)); a.Refused {
		t.Errorf("%+v", a)
	}
}

// The list has what is open, acknowledged and accepted, page by page.
func TestTheListHasEverything(t *testing.T) {
	var all []finding.Stored
	for i := range 150 {
		all = append(all, stored(fmt.Sprintf("RW303-%012x", i), check.High))
	}
	d := newDesk(t, all...)
	d.call(ask("act", "acknowledge", "finding", fmt.Sprintf("%012x", 0), "by", "sam"))
	d.call(ask("act", "accept", "finding", fmt.Sprintf("%012x", 149), "reason", "SEC-1", "until", "2026-04-01"))
	handled, seen, after, pages := map[string]finding.ActKind{}, map[string]bool{}, "", 0
	for {
		a := d.call(ask("act", "list", "after", after))
		for _, f := range a.Findings {
			seen[f.ID] = true
			if f.Handled != nil {
				handled[f.ID] = f.Handled.As
			}
		}
		pages++
		if after = a.Next; after == "" {
			break
		}
	}
	if len(seen) != 150 || pages != 2 || len(handled) != 2 || handled["RW303-000000000000"] != finding.Acknowledged || handled["RW303-000000000095"] != finding.Accepted {
		t.Errorf("%d findings on %d pages, %v", len(seen), pages, handled)
	}
}

// When the role cannot be read again at once, the act holds: the answer says when it is posted.
func TestTheActIsStoredWhereTheEventIsNotSent(t *testing.T) {
	d := newDesk(t)
	d.down = errors.New("InternalFailure")
	if a := d.call(ask("act", "acknowledge", "finding", hex)); a.Refused || !strings.Contains(a.Text, "posted within 15 minutes") {
		t.Errorf("%+v", a)
	}
	if len(d.acts()) != 1 {
		t.Errorf("acts %+v", d.acts())
	}
	if _, err := d.Handle(context.Background(), []byte(ask("act", "recheck", "finding", hex))); err == nil {
		t.Error("the caller is not told that the role is not read again")
	}
}
