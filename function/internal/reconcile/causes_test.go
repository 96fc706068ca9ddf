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

// judging is a lab with a check of its own, which reports what it is given.
func judging(t *testing.T, checks ...*check.Check) *lab {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.settings = reconcile.NewSettings(inforce.New(checks, inforce.Rules{}), "test", check.Parameters{}, settle)
	return l
}

// reporting is a check that reports a diagnostic where there is one.
func reporting(d **check.Diagnostic, reads ...check.Fact) *check.Check {
	return &check.Check{ID: "RW399", Slug: "reporting", Severity: check.High, Reads: reads, Run: func(p *check.Pass) {
		if *d != nil {
			p.Report(**d)
		}
	}}
}

// cause is that of the only finding, in words.
func (l *lab) cause() string {
	l.t.Helper()
	if len(l.state.Findings) != 1 {
		l.t.Fatalf("stored %+v", l.state.Findings)
	}
	c := l.state.Findings[0].Cause
	if c == nil {
		return ""
	}
	return c.EventID + " " + string(c.Certainty) + " " + string(c.Found) + " " + c.Elsewhere
}

const deploys = "arn:aws:iam::" + account + ":role/deploy"

// What changed the role itself for certain is the cause of a finding, whatever else was changed elsewhere. Where that is only likely, a record
// of what the finding rests on is the cause.
func TestAChangeElsewhereIsTheCauseWhereNoneOfTheRoleIsCertain(t *testing.T) {
	for name, c := range map[string]struct {
		first, own, elsewhere bool
		want                  string
	}{
		"both":                  {own: true, elsewhere: true, want: "e1 certain  "},
		"elsewhere":             {elsewhere: true, want: "e1 certain  " + deploys},
		"of the role":           {own: true, want: "e1 certain  "},
		"both, at first":        {first: true, own: true, elsewhere: true, want: "e2 likely  " + deploys},
		"of the role, at first": {first: true, own: true, want: "e1 likely  "},
		"elsewhere, at first":   {first: true, elsewhere: true, want: "e1 likely  " + deploys},
		"neither":               {want: ""},
	} {
		var d *check.Diagnostic
		l := judging(t, reporting(&d))
		if !c.first {
			l.decide()
		}
		l.now = l.now.Add(time.Hour)
		d = &check.Diagnostic{Title: "a path", Parts: []role.Part{"inline:all"}, RestsOn: []string{deploys}}
		if c.own {
			l.inline["all"] = "harmless"
			l.record("iam", "PutRolePolicy", "all", "harmless")
		}
		if c.elsewhere {
			l.by = "deploy"
			l.record("iam", "PutRolePolicy", "more", "harmless")
		}
		if l.decide(); l.cause() != c.want {
			t.Errorf("%s: the cause is %q, want %q", name, l.cause(), c.want)
		}
	}
}

// A record of a capacity provider explains what a finding says of that provider, and of nothing else.
func TestARecordOfACapacityProviderExplainsThat(t *testing.T) {
	for part, want := range map[role.Part]string{role.FunctionPart(providerARN): "e1 certain  ", role.FunctionPart(providerARN + "2"): "", "inline:all": "", role.FunctionPart(functionARN("checkout")): ""} {
		var d *check.Diagnostic
		l := judging(t, reporting(&d))
		l.decide()
		l.now = l.now.Add(time.Hour)
		d = &check.Diagnostic{Title: "of a provider", Parts: []role.Part{part}}
		l.changes = []reconcile.Change{reconcile.NewChange(recordOf(t, "lambda", "CreateCapacityProvider"))}
		if l.decide(); l.cause() != want {
			t.Errorf("%s: the cause is %q, want %q", part, l.cause(), want)
		}
	}
}

// A record that was looked up is a likely cause, until it is delivered.
func TestACauseIsCertainOnceItsRecordIsDelivered(t *testing.T) {
	var d *check.Diagnostic
	l := judging(t, reporting(&d))
	l.decide()
	l.now = l.now.Add(time.Hour)
	d = &check.Diagnostic{Title: "all", Parts: []role.Part{"inline:all"}}
	l.inline["all"] = "harmless"
	l.record("iam", "PutRolePolicy", "all", "harmless")
	found := l.changes[0]
	delivered, other := found, found
	found.Found, other.EventID = true, "e2"
	for _, step := range []struct {
		change reconcile.Change
		want   string
	}{{found, "e1 likely certain "}, {found, "e1 likely certain "}, {delivered, "e1 certain  "}, {delivered, "e1 certain  "}} {
		l.changes = []reconcile.Change{step.change}
		l.now = l.now.Add(time.Minute)
		if l.decide(); l.cause() != step.want {
			t.Errorf("the cause is %q, want %q", l.cause(), step.want)
		}
	}
}

// A role that nothing used had no finding. Once it is judged, the record that made what a finding blames is a likely cause: the newest of them.
func TestARecordIsRecalledOnceTheRoleIsUsed(t *testing.T) {
	for name, c := range map[string]struct {
		parts []role.Part
		want  string
	}{
		"the first policy": {[]role.Part{"inline:a"}, "e1 likely  "}, "the second": {[]role.Part{"inline:b"}, "e2 likely  "}, "both": {[]role.Part{"inline:a", "inline:b"}, "e2 likely  "},
		"one without a record, and one with": {[]role.Part{"inline:0", "inline:a"}, "e1 likely  "}, "one without a record": {[]role.Part{"inline:0"}, ""}, "none": {nil, ""},
	} {
		var d *check.Diagnostic
		l := judging(t, reporting(&d))
		l.inline["0"] = "harmless"
		l.decide()
		for _, policy := range []string{"a", "b"} {
			l.now = l.now.Add(time.Hour)
			l.inline[policy] = "harmless"
			l.record("iam", "PutRolePolicy", policy, "harmless")
			l.decide()
		}
		l.now = l.now.Add(time.Hour)
		d = &check.Diagnostic{Title: "used", Parts: c.parts}
		if l.decide(); l.cause() != c.want {
			t.Errorf("%s: the cause is %q, want %q", name, l.cause(), c.want)
		}
	}
}

// What was taken away is in no policy. The record that took it is a likely cause of a finding that was first seen with that change, also where
// it comes late; not of one that was there before.
func TestALateRecordExplainsWhatWasSeenWithIt(t *testing.T) {
	for name, c := range map[string]struct {
		// before says that the finding was there before the change.
		before bool
		want   string
	}{"seen with it": {false, "e1 likely  "}, "seen before it": {true, ""}} {
		var d *check.Diagnostic
		lacking := &check.Diagnostic{Title: "lacks", Key: "logs"}
		l := judging(t, reporting(&d, check.InlinePolicies))
		if l.inline["logs"] = "harmless"; c.before {
			d = lacking
		}
		l.decide()
		l.now = l.now.Add(time.Hour)
		delete(l.inline, "logs")
		d = lacking
		if l.decide(); l.cause() != "" {
			t.Fatalf("%s: the cause is %q", name, l.cause())
		}
		l.record("iam", "DeleteRolePolicy", "logs", "")
		l.now = l.now.Add(time.Minute)
		if l.decide(); l.cause() != c.want {
			t.Errorf("%s: the cause is %q, want %q", name, l.cause(), c.want)
		}
	}
}

// At first, nothing says what the role was: a record that took something away is a likely cause, and never a certain one.
func TestARecordThatTookSomethingAwayAtFirst(t *testing.T) {
	for name, c := range map[string]struct {
		first, unread, role bool
		want                string
	}{
		"at first": {first: true, want: "e1 likely  "}, "observed before": {want: "e1 certain  "}, "observed in part": {unread: true, want: "e1 likely  "},
		"the role, at first": {first: true, role: true, want: "e1 likely  "}, "the role": {role: true, want: "e1 certain  "},
	} {
		var d *check.Diagnostic
		l := judging(t, reporting(&d, check.InlinePolicies, check.Identity))
		l.inline["logs"], l.unread["tags"] = "harmless", c.unread
		if !c.first {
			l.decide()
		}
		l.now = l.now.Add(time.Hour)
		delete(l.inline, "logs")
		d = &check.Diagnostic{Title: "lacks"}
		if c.role {
			l.id = ""
			l.record("iam", "DeleteRole", "", "")
		} else {
			l.record("iam", "DeleteRolePolicy", "logs", "")
		}
		if l.decide(); l.cause() != c.want {
			t.Errorf("%s: the cause is %q, want %q", name, l.cause(), c.want)
		}
	}
}

// Why a finding is over that is no longer found: the version of the function that it named uses the role no more, or nothing does.
func TestAFindingIsOverWithTheFunctionsThatItNames(t *testing.T) {
	version := func(name, version string) role.Function {
		return role.Function{ARN: functionARN(name), Version: version, Config: role.UnreadConfig(role.Because("not of interest"))}
	}
	for name, c := range map[string]struct {
		users []role.Function
		want  finding.Resolution
	}{
		"the same version":   {[]role.Function{version("checkout", "$LATEST")}, finding.Mended},
		"another version":    {[]role.Function{version("checkout", "3")}, finding.Unused},
		"another function":   {[]role.Function{version("invoice", "$LATEST")}, finding.Unused},
		"one of two is left": {[]role.Function{version("other", "1"), version("checkout", "$LATEST")}, finding.Mended},
	} {
		var d *check.Diagnostic
		l := judging(t, reporting(&d))
		d = &check.Diagnostic{Title: "used", Functions: []role.Function{version("checkout", "$LATEST"), version("payment", "$LATEST")}}
		l.decide()
		l.now, d = l.now.Add(time.Hour), nil
		in := l.input()
		in.Snapshot.Users.List = c.users
		got := reconcile.Decide(in, l.settings)
		if len(got.Transitions) != 1 || got.Transitions[0].Finding.Resolution != c.want || len(got.Next.Findings) > 0 {
			t.Errorf("%s: told %+v", name, got.Transitions)
		}
	}
}

// A finding about rejected calls is over as expired where none of them is remembered any more, and as fixed where they were made good before.
func TestAFindingAboutRejectedCallsIsOver(t *testing.T) {
	var d *check.Diagnostic
	of := reporting(&d)
	of.JudgesRefusals = true
	for name, c := range map[string]struct {
		refusals []check.Refusal
		want     finding.Resolution
	}{
		"expired":   {[]check.Refusal{{Function: functionARN("other"), Event: "CreateFunction", Time: now.Add(-7 * 24 * time.Hour)}}, finding.Expired},
		"made good": {nil, finding.Mended},
	} {
		l := judging(t, of)
		d = &check.Diagnostic{Title: "rejected", Parts: []role.Part{role.PartRefusal}}
		l.decide()
		l.state.Refusals, d = c.refusals, nil
		got := reconcile.Decide(l.input(), l.settings)
		if len(got.Transitions) != 1 || got.Transitions[0].Finding.Resolution != c.want {
			t.Errorf("%s: told %+v", name, got.Transitions)
		}
	}
}

// A finding that rested on what is elsewhere is over by the record that changed it there: for certain where the role is as it was.
func TestAFindingIsOverByAChangeElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		of   string
		own  bool
		want string
	}{
		"the role that it rested on": {of: "deploy", want: "e2 certain " + deploys}, "another role": {of: "billing"},
		"this role has changed, too": {of: "deploy", own: true, want: "e2 likely " + deploys},
	} {
		var d *check.Diagnostic
		l := judging(t, reporting(&d))
		l.decide()
		l.now = l.now.Add(time.Hour)
		d = &check.Diagnostic{Title: "a path", RestsOn: []string{deploys}}
		l.by = "deploy"
		l.record("iam", "PutRolePolicy", "more", "harmless")
		l.decide()
		l.now, l.by, d = l.now.Add(time.Hour), c.of, nil
		if l.record("iam", "DeleteRolePolicy", "more", ""); c.own {
			l.inline["all"] = "harmless"
		}
		transitions, got := l.decide().Transitions, ""
		if len(transitions) != 1 {
			t.Fatalf("%s: told %+v", name, transitions)
		}
		if by := transitions[0].Finding.ResolvedBy; by != nil {
			got = by.EventID + " " + string(by.Certainty) + " " + by.Elsewhere
		}
		if got != c.want {
			t.Errorf("%s: resolved by %q, want %q", name, got, c.want)
		}
	}
}
