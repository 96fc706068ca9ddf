package inventory_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// edits change one field of what an entry is made of, by the type and field that each changes.
var edits = map[string]func(n *reach.Node){
	"Node.IsUser": func(n *reach.Node) { n.IsUser = !n.IsUser }, "Node.Groups": func(n *reach.Node) { n.Groups = append(n.Groups, "arn:aws:iam::111122223333:group/b") },
	"Ref.Partition": func(n *reach.Node) { n.Ref.Partition = "aws-cn" }, "Ref.Account": func(n *reach.Node) { n.Ref.Account = "444455556666" },
	"Ref.Name": func(n *reach.Node) { n.Ref.Name = "other" }, "Ref.ARN": func(n *reach.Node) { n.Ref.ARN += "s" },
	"Snapshot.Identity": func(n *reach.Node) { n.Identity = role.NotRead[role.Identity](role.Because("nobody asked")) },
	"Snapshot.Trust":    func(n *reach.Node) { n.Trust = role.NotRead[role.Policy](role.Denied("iam:GetRole")) },
	"Snapshot.Inline":   func(n *reach.Node) { n.Inline = role.None[[]role.Policy]() }, "Snapshot.Attached": func(n *reach.Node) { n.Attached = role.None[[]role.Policy]() },
	"Snapshot.Seen":     func(n *reach.Node) { n.Seen = n.Inline.Or(nil) },
	"Snapshot.Boundary": func(n *reach.Node) { n.Boundary = role.Have(n.Inline.Or(nil)[0]) },
	"Snapshot.Tags":     func(n *reach.Node) { n.Tags = role.Have(map[string]string{"team": "shop"}) },
	"Identity.ARN":      identity(func(id *role.Identity) { id.ARN += "s" }), "Identity.ID": identity(func(id *role.Identity) { id.ID += "2" }),
	"Identity.Created": identity(func(id *role.Identity) { id.Created = role.Have(now) }),
	"Policy.Part":      first(func(p *role.Policy) { p.Part = role.InlinePart("other") }), "Policy.ARN": first(func(p *role.Policy) { p.ARN = "arn:aws:iam::aws:policy/A" }),
	"Policy.Version": first(func(p *role.Policy) { p.Version = "v2" }),
	"Policy.Text":    first(func(p *role.Policy) { *p = role.NewPolicy(p.Part, p.Text.Or("")+" ", policy.Identity) }),
}

func identity(edit func(*role.Identity)) func(*reach.Node) {
	return func(n *reach.Node) {
		id := n.Identity.Or(role.Identity{})
		edit(&id)
		n.Identity = role.Have(id)
	}
}

func first(edit func(*role.Policy)) func(*reach.Node) {
	return func(n *reach.Node) {
		list := slices.Clone(n.Inline.Or(nil))
		edit(&list[0])
		n.Inline = role.Have(list)
	}
}

// TestContentTellsEachFieldApart changes each field of what an entry is made of: each entry is another one then, and the same one again when
// the same is read later. A field that is new has to be added here, and to what identifies an entry, or to those that say nothing.
func TestContentTellsEachFieldApart(t *testing.T) {
	// Ref is told apart by its own fields; others are entries of their own, or follow from the text.
	silent := []string{"Node.Snapshot", "Snapshot.Ref", "Snapshot.Similar", "Snapshot.SCPs", "Snapshot.RCPs", "Snapshot.Users", "Policy.Document", "Policy.Fault"}
	contents, fields := map[string]string{}, 0
	for _, of := range []any{reach.Node{}, role.Ref{}, role.Snapshot{}, role.Identity{}, role.Policy{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(of)) {
			name := reflect.TypeOf(of).Name() + "." + f.Name
			if !f.IsExported() || len(f.Index) > 1 || slices.Contains(silent, name) {
				continue
			}
			edit := edits[name]
			if edit == nil {
				t.Errorf("%s is not changed", name)
				continue
			}
			fields++
			read := func(at time.Time) inventory.Entry {
				n := reach.Node{Snapshot: snapshot("orders", "s3:GetObject"), Groups: []string{"arn:aws:iam::111122223333:group/a"}}
				edit(&n)
				return inventory.OfUser(n, at)
			}
			e, later := read(now), read(now.Add(time.Hour))
			if !e.Is(&later) {
				t.Errorf("%s: read later it is another one", name)
			}
			if other, ok := contents[e.Content()]; ok {
				t.Errorf("%s and %s give one content", name, other)
			}
			contents[e.Content()] = name
		}
	}
	if fields != len(edits) {
		t.Errorf("%d fields were changed, want %d", fields, len(edits))
	}
	n := reach.Node{Snapshot: snapshot("orders", "s3:GetObject"), Groups: []string{"arn:aws:iam::111122223333:group/a"}}
	if e := inventory.OfUser(n, now); contents[e.Content()] != "" {
		t.Errorf("with another %s it is the same", contents[e.Content()])
	}
}

// TestOddEntriesAreNotAlike has entries of all kinds: each has a content of its own.
func TestOddEntriesAreNotAlike(t *testing.T) {
	contents := map[string]string{}
	for _, e := range odd() {
		if other, ok := contents[e.Content()]; ok {
			t.Errorf("%s and %s give one content", e.Key, other)
		}
		contents[e.Content()] = e.Key
	}
	if len(contents) < 6 {
		t.Errorf("%d entries", len(contents))
	}
}

// TestContentTellsOtherAccountsApart changes each field of what is known of another account.
func TestContentTellsOtherAccountsApart(t *testing.T) {
	full := func() inventory.Other {
		return inventory.Other{Listed: now, Part: &reach.Part{Roles: []*role.Snapshot{snapshot("deploy", "s3:GetObject")}}}
	}
	edits := map[string]func(*inventory.Other){
		"Name": func(o *inventory.Other) { o.Name = "payments" }, "Page": func(o *inventory.Other) { o.Page = "part-1" },
		"Why":                func(o *inventory.Other) { o.Why.What = "it is not watched" },
		"Why.SettledBy":      func(o *inventory.Other) { o.Why.SettledBy = "Watch it." },
		"Listed":             func(o *inventory.Other) { o.Listed = now.Add(time.Hour) },
		"Part":               func(o *inventory.Other) { o.Part = nil },
		"Part.Roles":         func(o *inventory.Other) { o.Part.Roles = append(o.Part.Roles, snapshot("build", "s3:GetObject")) },
		"a policy of a role": func(o *inventory.Other) { o.Part.Roles[0] = snapshot("deploy", "s3:*") },
		"the limits of a role": func(o *inventory.Other) {
			o.Part.Roles[0].SCPs = role.NotRead[[][]policy.Part](role.Denied("organizations:DescribePolicy"))
		},
		"Part.Users": func(o *inventory.Other) {
			o.Part.Users = []reach.Node{{Snapshot: snapshot("sam", "s3:*"), IsUser: true}}
		},
		"Part.Functions":         func(o *inventory.Other) { o.Part.Functions = []reach.Function{{ARN: "arn:f"}} },
		"the role of a function": func(o *inventory.Other) { o.Part.Functions = []reach.Function{{ARN: "arn:f", Role: "arn:r"}} },
		"Part.Missing":           func(o *inventory.Other) { o.Part.Missing = []string{"arn:r"} },
		"Part.Left":              func(o *inventory.Other) { o.Part.Left = []string{"arn:r"} },
		"Part.Cut":               func(o *inventory.Other) { o.Part.Cut = true },
		"nothing":                func(*inventory.Other) {},
	}
	contents := map[string]string{}
	for name, edit := range edits {
		o := full()
		edit(&o)
		e, later := inventory.OfOther("444455556666", o, now), inventory.OfOther("444455556666", o, now.Add(time.Hour))
		if other, ok := contents[e.Content()]; ok || !e.Is(&later) {
			t.Errorf("%s and %s give one content; read later it is the same: %v", name, other, e.Is(&later))
		}
		contents[e.Content()] = name
	}
}
