package danger

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// organization is one level of service control policies.
func organization(name, text string) role.Maybe[[][]policy.Part] {
	d, _ := policy.Parse([]byte(text), policy.SCP)
	return role.Have([][]policy.Part{{{Name: name, Document: d}}})
}

// What a role may do is asked once for all roles that have the same policies. Whatever makes a difference to the answer is part of the key,
// and what depends on who asks, or is not known, has none.
func TestWhichRolesHaveOnePower(t *testing.T) {
	read, write := allowing(t, "*", "s3:GetObject"), allowing(t, "*", "s3:PutObject")
	base := func() *role.Snapshot { return subject(read).Role }
	with := func(change func(r *role.Snapshot)) *role.Snapshot {
		r := base()
		change(r)
		return r
	}
	m := &memory{}
	same, ok := m.policiesKey(base())
	if !ok {
		t.Fatal("plain policies have no key")
	}
	if again, ok := m.policiesKey(with(func(r *role.Snapshot) { r.Ref.Name = "other" })); !ok || again != same {
		t.Error("another role with the same policies has another key")
	}
	keys := map[string]string{same: "the same policies"}
	for what, r := range map[string]*role.Snapshot{
		"other policies":  subject(write).Role,
		"one policy more": subject(read, write).Role,
		"a boundary":      bounded(subject(read), write).Role,
		"a policy not listed": with(func(r *role.Snapshot) {
			r.Seen = []role.Policy{role.NewPolicy("seen", allowing(t, "*", "s3:ListBucket"), policy.Identity)}
		}),
		"inline not read": with(func(r *role.Snapshot) {
			r.Inline = role.NotRead[[]role.Policy](role.Because("iam:ListRolePolicies was denied"))
		}),
		"inline not read again": with(func(r *role.Snapshot) { r.Inline = role.NotRead[[]role.Policy](role.Because("the role is too new")) }),
		"SCPs not read":         with(func(r *role.Snapshot) { r.SCPs = role.NotRead[[][]policy.Part](role.Because("no access")) }),
		"an SCP":                with(func(r *role.Snapshot) { r.SCPs = organization("p-1", read) }),
		"an SCP of other name":  with(func(r *role.Snapshot) { r.SCPs = organization("p-2", read) }),
		"an SCP of other text":  with(func(r *role.Snapshot) { r.SCPs = organization("p-1", write) }),
	} {
		key, ok := m.policiesKey(r)
		if !ok {
			t.Errorf("%s: no key", what)
		}
		if before, known := keys[key]; known {
			t.Errorf("%s has the key of %s", what, before)
		}
		keys[key] = what
	}
	conditional := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"a"}}}}`
	for what, r := range map[string]*role.Snapshot{
		"a condition":              subject(conditional).Role,
		"a variable":               subject(allowing(t, "arn:aws:s3:::b/${aws:username}/*", "s3:GetObject")).Role,
		"a text that is no policy": subject("{").Role,
		"a boundary not read":      with(func(r *role.Snapshot) { r.Boundary = role.NotRead[role.Policy](role.Because("iam:GetRole was denied")) }),
		"inline policies absent":   with(func(r *role.Snapshot) { r.Inline = role.None[[]role.Policy]() }),
		"attached ones absent":     with(func(r *role.Snapshot) { r.Attached = role.None[[]role.Policy]() }),
		"an SCP with a condition":  with(func(r *role.Snapshot) { r.SCPs = organization("p-1", conditional) }),
	} {
		if key, ok := m.policiesKey(r); ok {
			t.Errorf("%s has the key %q", what, key)
		}
	}
	if _, ok := (*memory)(nil).policiesKey(base()); ok {
		t.Error("without a memory there is a key")
	}
}

// Roles with the same policies are asked about once. A memory that holds too much forgets all, and asks again.
func TestAMemoryHasABound(t *testing.T) {
	g := &Graphs{}
	asked := 0
	standing := func() {
		graph := Graph{memory: &g.memory}
		got := graph.remembered(&reach.Node{Snapshot: subject(allowing(t, "*", "s3:GetObject")).Role}, func() reach.Standing {
			asked++
			return reach.Standing{Power: reach.Data}
		})
		if got.Power != reach.Data {
			t.Errorf("the power is %v", got.Power)
		}
	}
	standing()
	standing()
	g.memory.count.Store(maxStandings)
	g.memory.bound()
	if standing(); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	g.memory.count.Store(maxStandings + 1)
	g.memory.bound()
	standing()
	if standing(); asked != 2 || g.memory.count.Load() != 1 {
		t.Errorf("asked %d times, and the memory has %d", asked, g.memory.count.Load())
	}
}
