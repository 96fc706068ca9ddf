package dynamostore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// madeUp is what the watch would know of a made-up account while anything happens to it.
type madeUp struct {
	*lab
	t        *testing.T
	random   *rand.Rand
	stores   []*dynamostore.Store
	states   map[string]finding.State
	versions map[string]role.Function
	noticed  map[string]time.Time
}

func (m *madeUp) store() *dynamostore.Store { return m.stores[m.random.IntN(len(m.stores))] }

func pick[T any](m *madeUp, list ...T) T { return list[m.random.IntN(len(list))] }

// edit gives a role's policy another text, as the watch does: the text is saved first, and what was there is remembered.
func (m *madeUp) edit() {
	state := m.state()
	text := fmt.Sprint("text ", m.random.IntN(8))
	before := state.Parts["trust"]
	must(m.t, m.store().SaveDocuments(ctx, []string{text}))
	if m.random.IntN(6) == 0 {
		return // The commit failed, and nobody tries again.
	}
	part := finding.PartState{Hash: role.HashText(text)}
	if before.Hash != "" && before.Hash != part.Hash {
		part.Former = &finding.Former{Hash: before.Hash, Seen: m.now()}
	}
	state.Exists, state.Parts = true, map[role.Part]finding.PartState{"trust": part}
	m.commit(state)
}

func (m *madeUp) state() finding.State {
	key := fmt.Sprint(key, m.random.IntN(5))
	state := m.states[key]
	state.Key = key
	return state
}

func (m *madeUp) commit(state finding.State) {
	commitState(m.t, m.store(), state)
	m.states[state.Key] = state
}

// remove deletes a role: what its parts were is forgotten, or not yet.
func (m *madeUp) remove() {
	state := m.state()
	state.Exists = false
	state.Findings = nil
	if m.random.IntN(2) == 0 {
		state.Parts = nil
	}
	m.commit(state)
}

// refuse remembers a refused call, or forgets the refused calls of a role; the note of one that is forgotten may stay.
func (m *madeUp) refuse() {
	state := m.state()
	function := fmt.Sprint(functions, "f", m.random.IntN(3))
	if len(state.Refusals) > 0 {
		forgotten := state.Refusals
		state.Refusals = nil
		m.commit(state)
		if m.random.IntN(2) == 0 {
			must(m.t, m.store().DropRefused(ctx, forgotten[0].Function, state.Key))
		}
		return
	}
	must(m.t, m.store().PutRefused(ctx, function, state.Key))
	if m.random.IntN(4) > 0 {
		state.Refusals = []check.Refusal{{Function: function, Time: m.now()}}
		m.commit(state)
	}
}

func (m *madeUp) deploy() {
	f := version(fmt.Sprint("f", m.random.IntN(3)), "1", fmt.Sprint("orders", m.random.IntN(5)))
	if m.random.IntN(3) == 0 {
		must(m.t, m.store().PutVersions(ctx, account, f.ARN, nil))
		delete(m.versions, f.ARN)
		return
	}
	must(m.t, m.store().PutVersions(ctx, account, f.ARN, []role.Function{f}))
	m.versions[f.ARN] = f
}

func (m *madeUp) notify() {
	k := fmt.Sprint("k", m.random.IntN(3))
	last, ok := m.noticed[k]
	// Seen again within 400 days it is no news; after that it may be.
	if first := notice(m.t, m.store(), k); first && ok && m.now().Sub(last) < 400*day {
		m.t.Errorf("notice %s was sent again after %s", k, m.now().Sub(last))
	}
	m.noticed[k] = m.now()
}

// check compares the table with what is known of the account.
func (m *madeUp) check(what string) {
	m.t.Helper()
	s := m.lab.store()
	for key, want := range m.states {
		used := want.Exists || len(want.Refusals) > 0
		for _, p := range want.Parts {
			used = used || p.Former != nil
		}
		if got := load(m.t, s, key); got.Revision == 0 {
			if used {
				m.t.Errorf("%s: the state of %s is gone: %+v", what, key, want)
			}
			delete(m.states, key)
			continue
		}
		for _, p := range want.Parts {
			for _, hash := range []string{p.Hash, former(p)} {
				if _, ok, err := s.Document(ctx, hash); hash != "" && (err != nil || !ok) {
					m.t.Errorf("%s: %s names the text %s, which is gone: %v", what, key, hash, err)
				}
			}
		}
		for _, r := range want.Refusals {
			if arns, err := s.Refused(ctx, r.Function); err != nil || !slices.Contains(arns, key) {
				m.t.Errorf("%s: %s remembers a refused call for %s, which leads to %v: %v", what, key, r.Function, arns, err)
			}
		}
	}
	for arn, want := range m.versions {
		if got, err := s.Versions(ctx, arn); err != nil || len(got) != 1 || got[0].Role != want.Role {
			m.t.Errorf("%s: versions of %s: %v, %v", what, arn, got, err)
		}
	}
}

func former(p finding.PartState) string {
	if p.Former == nil {
		return ""
	}
	return p.Former.Hash
}

var _ = scenario("nothing that is used ever expires", func(t *testing.T, l *lab) {
	if l.emulator == "moto" {
		return // It is slow, and the other scenarios show that both do the same.
	}
	expired := map[string]int{}
	for seed := range uint64(2) {
		m := &madeUp{
			lab: newLab(t, l.emulator, l.client, deploy.KeysIndex), t: t, random: rand.New(rand.NewPCG(seed, 1)),
			states: map[string]finding.State{}, versions: map[string]role.Function{}, noticed: map[string]time.Time{},
		}
		m.stores = []*dynamostore.Store{m.lab.store(), m.lab.store()}
		for step := range 120 {
			switch m.random.IntN(8) {
			case 0, 1:
				m.edit()
			case 2:
				m.remove()
			case 3:
				m.refuse()
			case 4:
				m.deploy()
			case 5:
				m.notify()
			default:
				m.sweep(t, m.store(), slices.Collect(maps.Values(m.versions))...)
			}
			m.pass(pick(m, time.Minute, time.Hour, day, 20*day, 95*day))
			for _, name := range m.expire(t) {
				kind, _, _ := strings.Cut(name, "#")
				expired[kind]++
			}
			m.check(fmt.Sprintf("seed %d, step %d", seed, step))
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("expired: %v", expired)
	for _, kind := range []string{"ROLE", "DOC", "REFUSED", "FUNCTION", "ACCOUNT"} {
		if expired[kind] == 0 {
			t.Errorf("no item of the kind %s expired: %v", kind, expired)
		}
	}
})
