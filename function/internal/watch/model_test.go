package watch_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// deed changes the account, and gives the record of that.
type deed struct {
	after time.Duration
	do    func(l *lab) []byte
}

var modelRoles = []string{"billing", "orders", "payments"}

// deeds are a random history of a small account.
func deeds(random *rand.Rand, n int) []deed {
	list := make([]deed, n)
	for i := range list {
		name, function := modelRoles[random.IntN(3)], []string{"f1", "f2", "f3"}[random.IntN(3)]
		list[i].after = time.Duration(random.IntN(240)) * time.Second
		switch random.IntN(9) {
		case 0:
			list[i].do = func(l *lab) []byte { return l.setTrust(name, badTrust) }
		case 1:
			list[i].do = func(l *lab) []byte { return l.setTrust(name, goodTrust) }
		case 2:
			list[i].do = func(l *lab) []byte { return l.attach(name) }
		case 3:
			list[i].do = func(l *lab) []byte { return l.detach(name) }
		case 4:
			list[i].do = func(l *lab) []byte { return l.putInline(name, "all", everything) }
		case 5:
			list[i].do = func(l *lab) []byte {
				delete(l.cloud.roles[name].inline, "all")
				return l.record("DeleteRolePolicy", map[string]any{"roleName": name, "policyName": "all"})
			}
		case 6:
			list[i].do = func(l *lab) []byte {
				l.function(function, name)
				return l.record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": function, "role": roleARN(name)},
					map[string]any{"responseElements": map[string]any{"functionArn": functionARN(function), "role": roleARN(name), "version": "$LATEST"}})
			}
		case 7:
			list[i].do = func(l *lab) []byte {
				if len(l.cloud.providers) == 0 {
					return l.provider(name)
				}
				return l.noProvider()
			}
		default:
			policy := []string{harmless, everything}[random.IntN(2)]
			list[i].do = func(l *lab) []byte {
				l.cloud.policies[teamARN] = policy
				return l.record("CreatePolicyVersion", map[string]any{"policyArn": teamARN, "policyDocument": policy, "setAsDefault": true})
			}
		}
	}
	return list
}

// modelChecks judge the trust policy as the catalogue does, and find what allows everything without a search.
func modelChecks(severity check.Severity) []*check.Check {
	list := slices.DeleteFunc(core(), func(c *check.Check) bool { return !strings.HasPrefix(c.ID, "RW1") })
	attached := &check.Check{ID: "RW302", Slug: "attached", Title: "attached", Severity: check.Critical, Run: func(p *check.Pass) {
		if p.Role.Attached.State() == role.Unknown {
			p.Undecided("", p.Role.Attached.Gap("attached policies"))
		}
		for _, one := range p.Role.Attached.Or(nil) {
			if one.Text.Or("") == everything {
				p.Report(check.Diagnostic{Key: byPart(one.Part), Title: p.Role.Ref.Name + " has " + one.Part.String(), Evidence: []check.Evidence{{Policy: one.Part.String(), Text: everything}}})
			}
		}
	}}
	return append(list, finds("RW301", severity, everything, byPart), attached)
}

// end is what is stored in the end: the findings, the parts of each role, and who uses it.
func (w *world) end() []string {
	w.t.Helper()
	var keys, out []string
	for _, name := range modelRoles {
		keys = append(keys, roleARN(name))
	}
	states, err := w.store.Load(context.Background(), keys)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range states {
		for _, f := range s.Findings {
			out = append(out, fmt.Sprintf("%s: %s %s %s %s", message.RoleName(s.ARN), f.ID, f.Severity, f.Status, f.Key))
		}
		for _, part := range slices.Sorted(maps.Keys(s.Parts)) {
			if p := s.Parts[part]; !p.Gone {
				out = append(out, fmt.Sprintf("%s: part %s %s", message.RoleName(s.ARN), part, p.Hash))
			}
		}
		out = append(out, fmt.Sprintf("%s: operator role of %v", message.RoleName(s.ARN), s.Operates))
		users, err := w.store.Users(context.Background(), account, s.Key)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, u := range users.List {
			out = append(out, message.RoleName(s.ARN)+": used by "+u.ARN)
		}
	}
	return out
}

// reported holds what was reported against what is stored: each finding is opened and resolved in turn and ends as it is stored, each
// message is published to each of its topics, and twice only where a fault can have that.
func (w *world) reported() {
	w.t.Helper()
	open := map[string]bool{}
	w.unused = map[string]bool{}
	for _, o := range w.chaos.committed {
		if o.Topic != message.TopicFindings {
			continue
		}
		var m message.Message
		if err := json.Unmarshal([]byte(o.Rendered.Machine), &m); err != nil {
			w.t.Fatal(err)
		}
		turn := func(list []finding.Finding, from, to bool, what string) {
			for _, f := range list {
				if open[f.ID] != from {
					w.t.Errorf("%s %s of %s: it was open: %v", what, f.ID, f.Role, open[f.ID])
				}
				open[f.ID] = to
				w.unused[f.ID] = w.unused[f.ID] || f.Resolution == finding.Unused
			}
		}
		turn(m.Opened, false, true, "opened")
		turn(m.Changed, true, true, "changed")
		turn(m.Resolved, true, false, "resolved")
	}
	stored := map[string]bool{}
	states, err := w.store.Load(context.Background(), []string{roleARN("billing"), roleARN("orders"), roleARN("payments")})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range states {
		for _, f := range s.Findings {
			stored[f.ID] = true
			if !open[f.ID] {
				w.t.Errorf("%s of %s is stored as %s and was not reported", f.ID, s.ARN, f.Status)
			}
		}
	}
	for id, is := range open {
		if is && !stored[id] {
			w.t.Errorf("%s was not reported as resolved", id)
		}
	}
	times := map[string]int{}
	for _, p := range w.published {
		times[p]++
	}
	for id, n := range w.chaos.entries {
		if n != 1 || w.chaos.taken[id] != 1 {
			w.t.Errorf("the entry %s of the digest was committed %d times and taken %d times", id, n, w.chaos.taken[id])
		}
	}
	repeats := 0
	for _, o := range w.chaos.committed {
		n := times[o.Topic+" "+o.ID]
		if n == 0 {
			w.t.Errorf("%s was not published to %s", o.ID, o.Topic)
		}
		repeats += max(0, n-1)
	}
	if repeats > w.chaos.repeats {
		w.t.Errorf("%d publications are repeated, by %d faults", repeats, w.chaos.repeats)
	}
}

// causes are the records that findings name as their causes, by finding.
func (w *world) causes() map[string]string {
	out := map[string]string{}
	states, err := w.store.Load(context.Background(), []string{roleARN("billing"), roleARN("orders"), roleARN("payments")})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range states {
		for _, f := range s.Findings {
			if out[f.ID] = ""; f.Cause != nil {
				out[f.ID] = f.Cause.Part
			}
		}
	}
	return out
}

// Whatever fails, and wherever an invocation ends: once everything works again and dead letters were redriven, what is stored is what a
// faultless run stores, and each finding was reported once, with its cause. An item that ends ten invocations is a dead letter by design.
func TestAnyFaultsEndAsAFaultlessRunDoes(t *testing.T) {
	struck, findings, messages, entries, redriven := map[string]int{}, 0, 0, 0, 0
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			list := deeds(random, 5+random.IntN(25))
			calm := newWorld(t, seed)
			calm.play(list, 0, 0)
			calm.reported()
			w := newWorld(t, seed)
			w.play(list, []float64{0.01, 0.03, 0.1, 0.2}[seed%4], []float64{0, 0.2, 0.1, 0.05}[seed/4%4])
			if len(w.dead) > 0 {
				t.Fatalf("dead letters:\n%s", strings.Join(w.dead, "\n"))
			}
			if diff := cmp.Diff(calm.end(), w.end()); diff != "" {
				t.Errorf("stored (-faultless +with faults):\n%s", diff)
			}
			w.reported()
			for id, part := range calm.causes() {
				if got := w.causes()[id]; part != "" && got == "" && !w.unused[id] {
					t.Errorf("%s has no cause; without faults it is %s", id, part)
				}
			}
			if open := w.open(); len(open) > 0 {
				t.Errorf("open episodes: %v", open)
			}
			left, err := w.store.Outbox(context.Background(), w.now.Add(time.Hour))
			if err != nil || len(left) > 0 || w.queue.Len() > 0 {
				t.Errorf("%d things are left in the outbox and %d in the queue, %v", len(left), w.queue.Len(), err)
			}
			for call, n := range w.chaos.struck {
				struck[call] += n
			}
			findings, messages, redriven = findings+len(w.causes()), messages+len(w.chaos.committed), redriven+w.redriven
			entries += len(w.chaos.entries)
		})
	}
	if findings == 0 || messages == 0 || entries == 0 {
		t.Fatalf("%d findings, %d messages, %d entries of digests", findings, messages, entries)
	}
	// Only records of other kinds lead to these calls.
	never := []string{"PutRefused", "DropRefused", "NoticeOnce", "CommitTally", "Tally", "Change", "CommitChange", "CommitSlices", "Slices", "MappingFunction"}
	for _, port := range []any{chaosAccount{}, chaosStore{}, chaosQueue{}, chaosPublisher{}} {
		for i := range reflect.TypeOf(port).NumMethod() {
			name := reflect.TypeOf(port).Method(i).Name
			if !slices.Contains(never, name) && (struck[name+" before"] == 0 || struck[name+" after"] == 0) {
				t.Errorf("%s has not failed: %d before, %d after its effect", name, struck[name+" before"], struck[name+" after"])
			}
		}
	}
	t.Logf("%d findings, %d messages, %d entries of digests, %d dead letters redriven, faults: %v", findings, messages, entries, redriven, struck)
}

// A batch that ends the invocation each time becomes dead letters: the queue delivers it ten times. Once they are redriven, all ends as in a
// faultless run, and each finding was reported once.
func TestWhatCrashesTenTimesIsWholeOnceItIsRedriven(t *testing.T) {
	letters := 0
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 3))
			list := deeds(random, 5+random.IntN(15))
			calm := newWorld(t, seed)
			calm.play(list, 0, 0)
			w := newWorld(t, seed)
			w.play(list, 0.3, []float64{0.3, 0.6, 1}[seed%3])
			letters += w.redriven
			if diff := cmp.Diff(calm.end(), w.end()); diff != "" {
				t.Errorf("stored (-faultless +with faults):\n%s", diff)
			}
			w.reported()
			if left, err := w.store.Outbox(context.Background(), w.now.Add(time.Hour)); err != nil || len(left) > 0 || w.queue.Len() > 0 {
				t.Errorf("%d things are left in the outbox and %d in the queue, %v", len(left), w.queue.Len(), err)
			}
		})
	}
	if letters == 0 {
		t.Fatal("nothing became a dead letter")
	}
	t.Logf("%d dead letters were redriven", letters)
}
