package reconcile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// newer is a check that the next catalogue has: it finds that a role has users.
var newer = &check.Check{ID: "RW401", Slug: "used", Severity: check.Low, Run: func(p *check.Pass) {
	if len(p.Role.Users.List) > 0 {
		p.Report(check.Diagnostic{Title: "used", Parts: []role.Part{role.PartItself}})
	}
}}

// TestWhatCountsAsAnUpgrade lets a role with an open finding be judged by the next catalogue, after something else happened or
// nothing did. Lines are transitions; those of an upgrade begin with "upgrade".
func TestWhatCountsAsAnUpgrade(t *testing.T) {
	next := func(checks []*check.Check, exceptions ...check.Exception) *reconcile.Settings {
		rules := inforce.Rules{Exceptions: inforce.Exceptions{List: exceptions}}
		return reconcile.NewSettings(inforce.New(checks, rules), "next", check.Parameters{}, settle)
	}
	wider := []*check.Check{everything, edits, newer}
	milder := &check.Check{ID: everything.ID, Slug: everything.Slug, Severity: check.High, Run: everything.Run}
	for name, c := range map[string]struct {
		checks []*check.Check
		change func(l *lab)
		want   string
	}{
		"nothing happened":                  {wider, nil, "upgrade opened RW401"},
		"a severity is another":             {[]*check.Check{milder, newer}, nil, "upgrade changed RW301, upgrade opened RW401"},
		"a check is gone":                   {[]*check.Check{newer}, nil, "upgrade opened RW401, upgrade resolved RW301 checkOff"},
		"a record that changed nothing":     {wider, func(l *lab) { l.record("lambda", "UpdateFunctionCode20150331v2", "checkout", "") }, "opened RW401"},
		"a policy was added":                {wider, func(l *lab) { l.inline["more"] = "harmless" }, "opened RW317, opened RW401"},
		"a policy was taken away":           {wider, func(l *lab) { delete(l.inline, "all") }, "opened RW317, opened RW401, resolved RW301 mended"},
		"a policy was edited":               {wider, func(l *lab) { l.trust = "lambda-indented" }, "opened RW317, opened RW401"},
		"policies cannot be read":           {wider, func(l *lab) { l.unread["inline"] = true }, "upgrade opened RW401"},
		"the role was made anew":            {wider, func(l *lab) { l.id = "AROAANOTHER" }, "opened RW401"},
		"the role is gone":                  {wider, func(l *lab) { l.id = "" }, "opened RW317, opened RW401, resolved RW301 roleDeleted"},
		"a function was changed":            {wider, func(l *lab) { l.modified = l.now }, "opened RW401"},
		"a function was changed before":     {wider, func(l *lab) { l.modified = l.now.Add(-2 * time.Hour) }, "upgrade opened RW401"},
		"the catalogue is as it was":        {nil, func(l *lab) { l.inline["more"] = "everything" }, "opened RW301"},
		"nothing happened to the same list": {nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.users, l.inline["all"] = []string{"checkout"}, "everything"
			l.apply(reconcile.Decide(l.input(), l.settings))
			if len(l.state.Findings) != 1 {
				t.Fatalf("before: %+v", l.state.Findings)
			}
			l.now = l.now.Add(time.Hour)
			if c.change != nil {
				c.change(l)
			}
			if c.checks != nil {
				l.settings = next(c.checks)
			}
			if got := marked(reconcile.Decide(l.input(), l.settings)); got != c.want {
				t.Errorf("transitions %q, want %q", got, c.want)
			}
		})
	}
}

// TestAPendingFindingIsNoUpgrade has a failure that settles while the catalogue changes, and a finding that an exception covers
// from then on.
func TestAPendingFindingIsNoUpgrade(t *testing.T) {
	l := newLab(t)
	l.users, l.inline["all"] = []string{"checkout"}, "everything"
	l.apply(reconcile.Decide(l.input(), l.settings))
	l.now, l.trust = l.now.Add(time.Hour), "ec2"
	l.record("iam", "UpdateAssumeRolePolicy", "", "ec2")
	l.apply(reconcile.Decide(l.input(), l.settings))
	l.now = l.now.Add(2 * settle)
	exception := check.Exception{Checks: []string{"RW301"}, Tag: "accepted", Reason: "r", Until: l.now.Add(time.Hour)}
	l.settings = reconcile.NewSettings(inforce.New(slices.Concat(trustChecks(), []*check.Check{everything, newer}),
		inforce.Rules{Exceptions: inforce.Exceptions{List: []check.Exception{exception}}}), "next", check.Parameters{}, settle)
	if got, want := marked(reconcile.Decide(l.input(), l.settings)), "opened RW102, upgrade opened RW401, upgrade resolved RW317 checkOff"; got != want {
		t.Errorf("transitions %q, want %q", got, want)
	}
}

// What becomes of an act is no matter of the catalogue: it is reported at once.
func TestAnActIsNoUpgrade(t *testing.T) {
	l := newLab(t)
	l.users, l.inline["all"] = []string{"checkout"}, "everything"
	l.decide()
	s := l.state.Findings[0]
	l.settings = reconcile.NewSettings(inforce.New([]*check.Check{everything, newer}, inforce.Rules{}), "next", check.Parameters{}, settle)
	in := l.input()
	in.Acts = []finding.Act{{
		ID: "a1", Finding: s.ID, Kind: finding.Accepted, Reason: "known", At: l.now, Until: l.now.Add(time.Hour), Seen: finding.SeenOf(&l.state, s),
	}}
	if got, want := marked(reconcile.Decide(in, l.settings)), "changed RW301, upgrade opened RW401"; got != want {
		t.Errorf("transitions %q, want %q", got, want)
	}
}

// marked lists transitions.
func marked(d reconcile.Decision) string {
	var out []string
	for _, t := range d.Transitions {
		line := string(t.Kind) + " " + t.Finding.Check
		if t.Kind == finding.KindResolved {
			line += " " + string(t.Finding.Resolution)
		}
		if t.Upgrade {
			line = "upgrade " + line
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
