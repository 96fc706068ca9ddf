package reconcile_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// A read is stale to a record where the role still shows what it was before: for 5 minutes, and as far as it could be read.
func TestAReadThatDoesNotShowARecord(t *testing.T) {
	for name, c := range map[string]struct {
		// first says that the role was not observed before.
		first bool
		// record happens before the read, which the role is changed for.
		record func(l *lab)
		read   func(l *lab)
		stale  bool
	}{
		"a policy is added":            {record: func(l *lab) { l.record("iam", "PutRolePolicy", "more", "harmless") }, stale: true},
		"a policy is edited":           {record: func(l *lab) { l.record("iam", "PutRolePolicy", "logs", "objects") }, stale: true},
		"a policy is removed":          {record: func(l *lab) { l.record("iam", "DeleteRolePolicy", "logs", "") }, stale: true},
		"the role is deleted":          {record: func(l *lab) { l.record("iam", "DeleteRole", "", "") }, stale: true},
		"the role is made anew":        {record: func(l *lab) { l.id = "AROAANOTHER"; l.record("iam", "CreateRole", "", "lambda"); l.id = "AROAORDERS" }, stale: true},
		"a role is made, and is there": {record: func(l *lab) { l.record("iam", "CreateRole", "", "lambda") }},
		"a role is made":               {first: true, record: func(l *lab) { l.record("iam", "CreateRole", "", "lambda") }, read: func(l *lab) { l.id = "" }, stale: true},
		"it shows":                     {record: func(l *lab) { l.record("iam", "PutRolePolicy", "logs", "objects") }, read: func(l *lab) { l.inline["logs"] = "objects" }},
		"it shows something else again": {
			record: func(l *lab) { l.record("iam", "PutRolePolicy", "logs", "objects") }, read: func(l *lab) { l.inline["logs"] = "everything" },
		},
		"it was removed again": {record: func(l *lab) { l.record("iam", "PutRolePolicy", "logs", "objects") }, read: func(l *lab) { delete(l.inline, "logs") }},
		"it was added again":   {record: func(l *lab) { l.record("iam", "DeleteRolePolicy", "logs", "") }, read: func(l *lab) { l.inline["logs"] = "objects" }},
		"it cannot be read":    {record: func(l *lab) { l.record("iam", "PutRolePolicy", "more", "harmless") }, read: func(l *lab) { l.unread["inline"] = true }},
		"tags are added":       {record: func(l *lab) { l.record("iam", "TagRole", "", "") }},
		"the first tags":       {record: func(l *lab) { l.record("iam", "TagRole", "", "") }, read: func(l *lab) { l.unread["tags"] = true }},
		"just under 5 minutes ago": {
			record: func(l *lab) { l.record("iam", "PutRolePolicy", "more", "harmless") }, read: func(l *lab) { l.now = l.now.Add(5*time.Minute - 1) }, stale: true,
		},
		"5 minutes ago":        {record: func(l *lab) { l.record("iam", "PutRolePolicy", "more", "harmless") }, read: func(l *lab) { l.now = l.now.Add(5 * time.Minute) }},
		"at first":             {first: true, record: func(l *lab) { l.record("iam", "PutRolePolicy", "more", "harmless") }},
		"of another role":      {record: func(l *lab) { l.by = "billing"; l.record("iam", "PutRolePolicy", "more", "harmless") }},
		"of a function":        {record: func(l *lab) { l.record("lambda", "UpdateFunctionConfiguration", "checkout", "") }},
		"of what was taken in": {record: func(l *lab) { l.record("iam", "PutRolePolicy", "logs", "objects") }, read: func(l *lab) { l.touched("inline:logs", 1) }},
		"of just the same time": {
			record: func(l *lab) { l.record("iam", "PutRolePolicy", "logs", "objects") }, read: func(l *lab) { l.touched("inline:logs", 0) },
		},
	} {
		l := newLab(t)
		l.users, l.inline["logs"] = []string{"checkout"}, "harmless"
		if !c.first {
			l.decide()
			l.now = l.now.Add(time.Hour)
		}
		if c.record(l); c.read != nil {
			c.read(l)
		}
		if got := reconcile.Observe(l.input()).StaleTo(); (got != nil) != c.stale {
			t.Errorf("%s: the read is stale to %+v", name, got)
		}
	}
}

// touched remembers a record of a part that is newer than the last one by some time.
func (l *lab) touched(part role.Part, by time.Duration) {
	p := l.state.Parts[part]
	p.Touched = l.now.Add(by)
	l.state.Parts[part] = p
}

// That a policy was there is remembered for a day after the record, or the observation, that showed it gone.
func TestHowLongAPartThatIsGoneIsRemembered(t *testing.T) {
	for _, recorded := range []bool{true, false} {
		l := newLab(t)
		l.users = []string{"checkout"}
		l.decide()
		put := func(event, document string) {
			l.now = l.now.Add(time.Minute)
			if l.inline["more"] = document; document == "" {
				delete(l.inline, "more")
			}
			if recorded {
				l.record("iam", event, "more", document)
			}
			l.decide()
		}
		put("PutRolePolicy", "harmless")
		put("DeleteRolePolicy", "")
		gone := l.now
		for after, kept := range map[time.Duration]bool{24*time.Hour - 1: true, 24 * time.Hour: false} {
			l.now = gone.Add(after)
			d := reconcile.Decide(l.input(), l.settings)
			if p, got := d.Next.Parts["inline:more"]; got != kept || got && !p.Gone {
				t.Errorf("%v after it was gone, recorded %v: remembered %+v", after, recorded, p)
			}
		}
	}
}

// A record that made a part what it is is remembered for 7 days, any other for twice the settle time.
func TestHowLongARecordIsRemembered(t *testing.T) {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.decide()
	l.inline["more"] = "harmless"
	l.record("iam", "PutRolePolicy", "more", "harmless")
	l.record("iam", "TagRole", "", "")
	at := l.now
	for _, c := range []struct {
		after    time.Duration
		put, tag bool
	}{{0, true, true}, {2 * settle, true, true}, {2*settle + 1, true, false}, {7*24*time.Hour - 1, true, false}, {7 * 24 * time.Hour, false, false}} {
		l.now = at.Add(c.after)
		l.decide()
		if l.remembers("e1") != c.put || l.remembers("e2") != c.tag {
			t.Errorf("after %v: remembered %+v", c.after, l.state.Changes)
		}
	}
}

// The record that deleted a role is remembered while the role is gone. Once there is another one, and no finding names the record, it is for
// a day after the deletion.
func TestHowLongADeletionIsRemembered(t *testing.T) {
	l := newLab(t)
	l.settings = reconcile.NewSettings(inforce.New([]*check.Check{everything}, inforce.Rules{}), "test", check.Parameters{}, settle)
	l.users = []string{"checkout"}
	l.decide()
	l.now = l.now.Add(time.Hour)
	l.record("iam", "DeleteRole", "", "")
	at := l.now
	l.id = ""
	l.decide()
	l.now = at.Add(48 * time.Hour)
	if l.decide(); l.state.Deleted == nil || l.state.Deleted.EventID != "e1" {
		t.Fatalf("while the role is gone: %+v", l.state.Deleted)
	}
	l.id = "AROAANOTHER"
	for after, kept := range map[time.Duration]bool{24*time.Hour - 1: true, 24 * time.Hour: false} {
		l.now = at.Add(after)
		if d := reconcile.Decide(l.input(), l.settings); (d.Next.Deleted != nil) != kept {
			t.Errorf("%v after: %+v", after, d.Next.Deleted)
		}
	}
}

// The ARN of a role has its path, which its name has not: it stays when the role is gone.
func TestTheARNOfARoleThatIsGone(t *testing.T) {
	const whole = "arn:aws:iam::" + account + ":role/team/orders"
	l := newLab(t)
	l.users = []string{"checkout"}
	in := l.input()
	in.Snapshot.Identity = role.Have(role.Identity{ARN: whole, ID: l.id})
	l.apply(reconcile.Decide(in, l.settings))
	if l.state.ARN != whole {
		t.Fatalf("stored %s", l.state.ARN)
	}
	l.id = ""
	if l.decide(); l.state.ARN != whole {
		t.Errorf("once it is gone: stored %s", l.state.ARN)
	}
	l.id = "AROAANOTHER"
	if l.decide(); l.state.ARN != l.ref().ARN {
		t.Errorf("of another one: stored %s", l.state.ARN)
	}
	l = newLab(t)
	l.users, l.id = []string{"checkout"}, ""
	if l.decide(); l.state.ARN != l.ref().ARN {
		t.Errorf("of one that was never there: stored %q", l.state.ARN)
	}
}

// A record that was looked up says of every part that it touched who may have edited it.
func TestARecordThatWasLookedUpIsNotedOnAllParts(t *testing.T) {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.inline["a"], l.inline["b"], l.inline["c"] = "harmless", "harmless", "harmless"
	l.decide()
	l.now, l.id, l.trust = l.now.Add(time.Hour), "AROAANOTHER", "ec2"
	l.inline["a"], l.inline["b"], l.inline["c"] = "objects", "objects", "objects"
	l.record("iam", "CreateRole", "", "ec2")
	l.changes[0].Found = true
	l.now = l.now.Add(10 * time.Minute)
	l.decide()
	noted := 0
	for _, part := range []role.Part{"inline:a", "inline:b", "inline:c", role.PartTrust} {
		p := l.state.Parts[part]
		if p.Former == nil || p.Former.By == nil || p.Former.By.EventID != "e1" || p.By != "" || p.Unrecorded.Seen.IsZero() {
			t.Errorf("%s: stored %+v", part, p)
		}
		noted++
	}
	t.Logf("%d parts", noted)
}

// The functions of findings that are new by a change and have no cause are looked up, each once.
func TestWhichFunctionsAreLookedUp(t *testing.T) {
	looked := now
	f := func(change func(f *finding.Stored), parts ...role.Part) finding.Stored {
		out := finding.Stored{Origin: finding.FromChange, FirstSeen: looked, Parts: parts}
		if change != nil {
			change(&out)
		}
		return out
	}
	checkout, live, invoice := role.FunctionPart(functionARN("checkout")), role.FunctionPart(functionARN("checkout:live")), role.FunctionPart(functionARN("invoice"))
	d := reconcile.Decision{Next: finding.State{LookedAt: looked, Findings: []finding.Stored{
		f(nil, role.PartTrust, live), f(nil, checkout), f(nil, role.FunctionPart(providerARN)),
		f(func(f *finding.Stored) { f.Cause = &finding.Cause{EventID: "e1"} }, role.FunctionPart(functionARN("caused"))),
		f(func(f *finding.Stored) { f.Origin = finding.Existing }, role.FunctionPart(functionARN("existing"))),
		f(func(f *finding.Stored) { f.FirstSeen = looked.Add(-time.Minute) }, role.FunctionPart(functionARN("earlier"))),
		f(nil, invoice),
	}}}
	if got := reconcile.Unexplained(d); len(got) != 2 || got[0] != functionARN("checkout") || got[1] != functionARN("invoice") {
		t.Errorf("looked up %q", got)
	}
	records := []reconcile.Change{
		{Change: finding.Change{EventID: "at", Time: looked}, Function: functionARN("checkout")}, {Change: finding.Change{EventID: "after", Time: looked.Add(1)}, Function: functionARN("checkout")},
		{Change: finding.Change{EventID: "other", Time: looked.Add(1)}, Function: functionARN("invoice")},
	}
	if got := reconcile.OfFunction(records, functionARN("checkout"), looked); len(got) != 1 || got[0].EventID != "after" || records[0].EventID != "at" {
		t.Errorf("of the function are %+v", got)
	}
}
