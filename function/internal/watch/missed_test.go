package watch_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// history is CloudTrail's event history, in the order of time.
type history struct {
	l       *lab
	records [][]byte
	// fail is the error of every lookup, and asked are the times and names of the calls.
	fail  error
	asked []string
	times []time.Time
	// extra are records that each answer begins with.
	extra [][]byte
	pages int
	// published is how many messages there were when it was first asked.
	published int
}

func (h *history) LookUp(_ context.Context, in, resource string, from, to time.Time, page string) ([][]byte, string, error) {
	if len(h.asked) == 0 {
		h.published = len(h.l.messages)
	}
	h.asked, h.times = append(h.asked, in+" "+resource), append(h.times, h.l.now)
	if h.fail != nil {
		return nil, "", h.fail
	}
	if h.pages > 0 && page == "" {
		h.pages--
		return nil, "next", nil
	}
	out := slices.Clone(h.extra)
	for _, r := range slices.Backward(h.records) {
		var e struct {
			Detail struct {
				Time    time.Time      `json:"eventTime"`
				Region  string         `json:"awsRegion"`
				Request map[string]any `json:"requestParameters"`
			} `json:"detail"`
		}
		if err := json.Unmarshal(r, &e); err != nil {
			h.l.t.Fatal(err)
		}
		named := false
		for _, key := range []string{"roleName", "policyArn", "functionName"} {
			named = named || e.Detail.Request[key] == resource
		}
		if named && e.Detail.Region == in && !e.Detail.Time.Before(from.Truncate(time.Second)) && !e.Detail.Time.After(to) {
			out = append(out, r)
		}
	}
	return out, "", nil
}

// asking is a lab whose watch may ask an event history.
func asking(l *lab) *history {
	h := &history{l: l}
	l.config.Trail = h
	l.config.Wait = func(_ context.Context, d time.Duration) error { l.now = l.now.Add(d); return nil }
	l.watch = l.another()
	return h
}

// missedLab is a lab after its first sweep, with roles that functions use.
func missedLab(t *testing.T, names ...string) (*lab, *history) {
	l := newLab(t)
	h := asking(l)
	l.install("first", inforce.Rules{})
	for _, name := range names {
		l.role(name, goodTrust)
		l.function(name, name)
	}
	l.swept()
	l.pass(time.Hour)
	if len(h.asked) != 0 {
		t.Fatalf("the first sweep asked %q", h.asked)
	}
	l.notices, l.messages = nil, nil
	return l, h
}

// textOfNotices is what operations were told since, without the breaks of lines.
func (l *lab) textOfNotices() string {
	return strings.Join(strings.Fields(strings.Join(l.notices, "\n")), " ")
}

// nextSweep lets a day pass and runs the sweep, and half an hour after it.
func (l *lab) nextSweep() {
	l.t.Helper()
	l.now = l.now.Add(25 * time.Hour)
	l.tick()
	l.pass(30 * time.Minute)
}

// causes are the causes of the findings that were published since the last call.
func (l *lab) causes() []string {
	var out []string
	for _, m := range l.messages {
		for _, f := range slices.Concat(m.Opened, m.Changed) {
			line := f.Check + " " + message.RoleName(f.Role) + ": no cause"
			if f.Cause != nil {
				who := "?"
				for _, c := range m.Changes {
					if c.EventID == f.Cause.EventID {
						who = c.Actor.Name + " " + c.EventName
					}
				}
				line = fmt.Sprintf("%s %s: %s by %s", f.Check, message.RoleName(f.Role), f.Cause.Certainty, who)
			}
			out = append(out, line)
		}
	}
	l.messages = nil
	return out
}

func (l *lab) wantCauses(want ...string) {
	l.t.Helper()
	if got := l.causes(); !slices.Equal(got, want) {
		l.t.Errorf("told %q, want %q", got, want)
	}
}

// A change whose record was never delivered is found by the sweep, which asks who made it. Operations learn how many there were, and that
// the next sweep found none.
func TestAChangeWithoutARecordIsTracedByTheSweep(t *testing.T) {
	l, h := missedLab(t, "orders", "billing")
	h.records = append(h.records, l.putInline("orders", "admin", everything))
	l.nextSweep()
	l.wantCauses("RW301 orders: likely by mallory PutRolePolicy")
	text := l.textOfNotices()
	for _, part := range []string{"1 change of the last sweep had no record", "orders (inline:admin)", "event history has records", "redrive --dry-run"} {
		if !strings.Contains(text, part) {
			t.Errorf("operations were not told %q: %s", part, text)
		}
	}
	l.wantTold("1 change of the last sweep had no record")
	if !slices.Equal(h.asked, []string{region + " orders"}) {
		t.Errorf("asked %q", h.asked)
	}
	l.nextSweep()
	l.wantTold("Resolved: Every change that the last sweep found had a record")
	l.wantCauses()
	if len(h.asked) != 1 {
		t.Errorf("asked again: %q", h.asked)
	}
}

// Each kind of part that can change, by what changes it without a delivered record.
func TestEachKindOfChangeIsLookedUpByItsName(t *testing.T) {
	const managed = "arn:aws:iam::" + account + ":policy/p"
	for name, c := range map[string]struct {
		before, change func(*lab, *history)
		asked, missed  string
	}{
		"trust policy": {nil, func(l *lab, h *history) { h.records = append(h.records, l.setTrust("orders", badTrust)) }, "orders", "orders (trust)"},
		"attachment": {nil, func(l *lab, h *history) {
			l.cloud.policies[managed], l.cloud.roles["orders"].attached[managed] = everything, true
		}, "orders", "orders (" + managed + ")"},
		"managed policy": {func(l *lab, _ *history) {
			l.cloud.policies[managed], l.cloud.roles["orders"].attached[managed] = harmless, true
		}, func(l *lab, h *history) { l.cloud.policies[managed] = everything }, managed, "orders (" + managed + ")"},
		"tags":     {nil, func(l *lab, h *history) { l.cloud.roles["orders"].tags = map[string]string{"a": "b"} }, "orders", "orders (tags)"},
		"deletion": {nil, func(l *lab, h *history) { delete(l.cloud.roles, "orders") }, "orders", "orders (role)"},
		"creation": {nil, func(l *lab, h *history) {
			l.role("new", goodTrust).created = l.now
			l.function("new", "new")
		}, "new", "new (role)"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			h := asking(l)
			l.install("first", inforce.Rules{})
			l.role("orders", goodTrust)
			l.function("orders", "orders")
			if c.before != nil {
				c.before(l, h)
			}
			l.swept()
			l.pass(time.Hour)
			l.notices = nil
			c.change(l, h)
			l.nextSweep()
			if !slices.Equal(h.asked, []string{region + " " + c.asked}) {
				t.Errorf("asked %q, want %s", h.asked, c.asked)
			}
			if len(l.notices) != 1 || !strings.Contains(l.textOfNotices(), "Changed: "+c.missed+".") {
				t.Errorf("operations were told %q", l.notices)
			}
		})
	}
}

// What no call in the account changed is asked of nobody and is not counted.
func TestWhatNobodyChangedHasNoMissingRecord(t *testing.T) {
	const aws = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
	friend := strings.Replace(goodTrust, `"Service":"lambda.amazonaws.com"`, `"Service":"lambda.amazonaws.com","AWS":"arn:aws:iam::111122223333:user/sam"`, 1)
	l := newLab(t)
	h := asking(l)
	l.install("first", inforce.Rules{})
	l.role("orders", friend).attached[aws] = true
	l.cloud.policies[aws] = harmless
	l.role("denied", goodTrust).inline["a"] = harmless
	l.function("orders", "orders")
	l.cloud.denied = map[string]bool{"iam:ListRolePolicies": true}
	l.swept()
	l.pass(time.Hour)
	l.notices = nil
	l.cloud.denied = nil
	l.ticked(3 * time.Hour)
	l.cloud.policies[aws] = everything
	l.cloud.roles["orders"].trust = strings.Replace(friend, "arn:aws:iam::111122223333:user/sam", "AIDAJQABLZS4A3QDU576Q", 1)
	l.nextSweep()
	if len(h.asked) != 0 {
		t.Errorf("asked %q", h.asked)
	}
	if states, err := l.store.Load(context.Background(), []string{roleARN("orders")}); err != nil || !states[0].Parts[role.PartTrust].Moved {
		t.Errorf("the sweep did not see that the trust policy changed: %+v, %v", states, err)
	}
	for _, s := range l.subjects() {
		if strings.Contains(s, "record") {
			t.Errorf("operations were told %q", s)
		}
	}
}

// A record that comes within 15 minutes of the sweep was not missed: the sweep was faster than CloudTrail.
func TestARecordThatIsOnItsWayIsNotMissed(t *testing.T) {
	l, h := missedLab(t, "orders")
	record := l.putInline("orders", "admin", everything)
	l.now = l.now.Add(25 * time.Hour)
	l.tick()
	l.pass(time.Second)
	l.wantCauses("RW301 orders: no cause")
	l.must(record)
	l.pass(30 * time.Minute)
	l.wantTold()
	l.wantCauses("RW301 orders: certain by mallory PutRolePolicy")
	if len(h.asked) != 1 {
		t.Errorf("asked %q", h.asked)
	}
}

// The record of a change that was traced comes days later, and twice: nobody is told again, and the cause is certain.
func TestALateRecordMakesALikelyCauseCertain(t *testing.T) {
	l, h := missedLab(t, "orders")
	record := l.putInline("orders", "admin", everything)
	h.records = append(h.records, record)
	l.nextSweep()
	l.wantCauses("RW301 orders: likely by mallory PutRolePolicy")
	l.now = l.now.Add(72 * time.Hour)
	for range 2 {
		l.must(bytes.Clone(record))
		l.pass(time.Hour)
		l.wantCauses()
		states, err := l.store.Load(context.Background(), []string{roleARN("orders")})
		if err != nil || len(states[0].Findings) != 1 {
			t.Fatalf("%+v, %v", states, err)
		}
		if c := states[0].Findings[0].Cause; c == nil || c.Certainty != finding.Certain || c.Found != "" || c.Part != "inline:admin" {
			t.Errorf("cause %+v", c)
		}
	}
}

// A record that is delivered later names another change than the one that was found: the finding is corrected.
func TestALateRecordCorrectsALikelyCause(t *testing.T) {
	l, h := missedLab(t, "orders")
	first := l.putInline("orders", "admin", everything)
	l.now = l.now.Add(time.Hour)
	second := l.record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "admin", "policyDocument": everything},
		map[string]any{"userIdentity": map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/sam", "accountId": account, "userName": "sam"}})
	h.records = append(h.records, first)
	l.nextSweep()
	l.wantCauses("RW301 orders: likely by mallory PutRolePolicy")
	l.must(second)
	l.pass(time.Hour)
	l.wantCauses("RW301 orders: certain by sam PutRolePolicy")
}

// The state of a role that waits for a lookup cannot be read: the role is set aside, and the sweep completes.
func TestAStateThatCannotBeReadDoesNotStopTheLookups(t *testing.T) {
	l, h := missedLab(t, "orders", "billing")
	h.records = append(h.records, l.putInline("orders", "admin", everything), l.putInline("billing", "admin", everything))
	loads := 0
	l.store.Hooks.Unread = func(key string) error {
		if key != roleARN("orders") {
			return nil
		}
		// The page of the sweep reads it, the lookup and what follows do not.
		if loads++; loads == 1 {
			return nil
		}
		return &finding.NewerError{Item: key, Schema: 9, Known: finding.Schema}
	}
	before, _ := l.store.SweepState(t.Context(), account)
	l.nextSweep()
	if after, _ := l.store.SweepState(t.Context(), account); after.Complete != before.Complete+1 {
		t.Errorf("the sweep stopped: %+v", after)
	}
	l.wantCauses("RW301 billing: likely by mallory PutRolePolicy")
	if loads < 2 || !slices.Equal(h.asked, []string{region + " billing"}) {
		t.Errorf("the state was read %d times, and CloudTrail was asked %q", loads, h.asked)
	}
}
