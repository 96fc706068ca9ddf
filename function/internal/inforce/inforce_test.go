package inforce_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	roleARN  = "arn:aws:iam::111122223333:role/app/orders"
	function = "arn:aws:lambda:us-east-1:111122223333:function:"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// always is a check that always fires.
func always(id string, severity check.Severity, change func(*check.Check)) *check.Check {
	c := &check.Check{ID: id, Slug: strings.ToLower(id), Title: "T", Severity: severity, Why: "W", Fix: "F", Source: "S", Since: "0"}
	c.Run = func(p *check.Pass) { p.Report(check.Diagnostic{Title: id, Detail: "It fires."}) }
	if change != nil {
		change(c)
	}
	return c
}

// checks are a wide check that folds another, one of each function, one that is off, and one that judges what the others found.
func checks() []*check.Check {
	return []*check.Check{
		always("RW301", check.Critical, func(c *check.Check) { c.Folds = []string{"RW304"} }),
		always("RW304", check.High, nil),
		always("RW317", check.Medium, func(c *check.Check) {
			c.Run = func(p *check.Pass) {
				p.Report(check.Diagnostic{Key: "grave", Severity: check.Critical, Detail: "It fires."})
				p.Report(check.Diagnostic{Key: "mild", Severity: check.Low, Detail: "It fires."})
			}
		}),
		always("RW407", check.Critical, func(c *check.Check) {
			c.PerFunction = true
			c.Run = func(p *check.Pass) {
				for _, f := range p.Role.Users.List {
					p.Report(check.Diagnostic{Key: f.ARN, Functions: []role.Function{f}, Detail: "It fires."})
				}
			}
		}),
		always("RW410", check.Critical, func(c *check.Check) {
			c.Run = nil
			c.Join = func(p *check.Pass, found []check.Diagnostic) {
				both := slices.ContainsFunc(found, func(d check.Diagnostic) bool { return d.Check.ID == "RW301" }) &&
					slices.ContainsFunc(found, func(d check.Diagnostic) bool { return d.Check.ID == "RW407" })
				if both {
					p.Report(check.Diagnostic{Key: "joined", Detail: "It fires."})
				}
			}
		}),
		always("RW501", check.Low, func(c *check.Check) { c.OptIn = true }),
	}
}

func subject(roleTags, functionTags map[string]string) *check.Subject {
	f := role.Function{ARN: function + "a", Version: "$LATEST", Config: role.Config{Tags: role.Have(functionTags)}}
	g := role.Function{ARN: function + "b", Version: "$LATEST", Config: role.Config{Tags: role.Have(map[string]string(nil))}}
	return &check.Subject{Now: start, Role: &role.Snapshot{
		Ref:  role.Ref{Partition: "aws", Account: "111122223333", Name: "orders", ARN: roleARN},
		Tags: role.Have(roleTags), Users: role.Users{List: []role.Function{f, g}, Complete: true},
	}}
}

// told lists what a judgement tells, as "ID severity key".
func told(list []check.Diagnostic) string {
	var out []string
	for _, d := range list {
		out = append(out, strings.TrimSpace(d.Check.ID+" "+d.Severity.String()+" "+strings.TrimPrefix(d.Key, function)))
	}
	return strings.Join(out, ", ")
}

func spared(list []inforce.Excepted) string {
	var out []string
	for _, e := range list {
		out = append(out, strings.TrimSpace(e.Check.ID+" "+strings.TrimPrefix(e.Key, function)))
	}
	return strings.Join(out, ", ")
}

func TestWhichChecksRun(t *testing.T) {
	const usual = "RW301 critical, RW317 critical grave, RW407 critical a, RW407 critical b, RW410 critical joined, RW317 low mild"
	for _, c := range []struct {
		name  string
		rules inforce.Rules
		want  string
	}{
		{"no rules leave out what is off until asked for", inforce.Rules{}, usual},
		{"a check is asked for", inforce.Rules{Changes: map[string]inforce.Change{"RW501": {On: true}}}, usual + ", RW501 low"},
		{"off wins over on", inforce.Rules{Changes: map[string]inforce.Change{"RW501": {On: true, Off: true}}}, usual},
		{"what a check that is off folded is told, and what judges it still knows", inforce.Rules{Changes: map[string]inforce.Change{"RW301": {Off: true}}},
			"RW317 critical grave, RW407 critical a, RW407 critical b, RW410 critical joined, RW304 high, RW317 low mild"},
		{"a check that judges the others runs alone", inforce.Rules{Only: []string{"RW410"}}, "RW410 critical joined"},
		{"only these", inforce.Rules{Only: []string{"RW501", "RW304"}, Changes: map[string]inforce.Change{"RW304": {Off: true}}}, "RW304 high, RW501 low"},
		{"only none", inforce.Rules{Only: []string{}}, ""},
		{"a milder check says nothing graver", inforce.Rules{Changes: map[string]inforce.Change{"RW317": {Severity: check.Low}, "RW407": {Severity: check.Medium}}},
			"RW301 critical, RW410 critical joined, RW407 medium a, RW407 medium b, RW317 low grave, RW317 low mild"},
		{"a graver check says nothing milder", inforce.Rules{Only: []string{"RW317"}, Changes: map[string]inforce.Change{"RW317": {Severity: check.High}}},
			"RW317 critical grave, RW317 high mild"},
		{"a check with the severity that it has anyway says what it did", inforce.Rules{Only: []string{"RW317"}, Changes: map[string]inforce.Change{"RW317": {Severity: check.Medium}}},
			"RW317 critical grave, RW317 low mild"},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := checks()
			set := inforce.New(all, c.rules)
			if got := told(set.Judge(subject(nil, nil)).Result.Diagnostics); got != c.want {
				t.Errorf("told %s\nwant %s", got, c.want)
			}
			for i, one := range checks() {
				if all[i].Severity != one.Severity {
					t.Errorf("%s was given another severity in the catalogue", one.ID)
				}
			}
		})
	}
}

func TestWhatTheChecksInForceRead(t *testing.T) {
	all := []*check.Check{
		always("RW206", check.High, func(c *check.Check) { c.Reads = []check.Fact{check.EventSources, check.Functions} }),
		always("RW205", check.High, func(c *check.Check) { c.Reads = []check.Fact{check.Destinations, check.Functions} }),
	}
	byTag := inforce.Exceptions{ByTag: []string{"RW206"}}
	list := inforce.Exceptions{List: []check.Exception{{Tag: "accepted"}}}
	for name, c := range map[string]struct {
		rules inforce.Rules
		want  []check.Fact
	}{
		"all":                {inforce.Rules{}, []check.Fact{check.Functions, check.EventSources, check.Destinations}},
		"one is off":         {inforce.Rules{Changes: map[string]inforce.Change{"RW205": {Off: true}}}, []check.Fact{check.Functions, check.EventSources}},
		"exceptions by tag":  {inforce.Rules{Only: []string{"RW206"}, Exceptions: byTag}, []check.Fact{check.Functions, check.EventSources, check.FunctionTags}},
		"exceptions in list": {inforce.Rules{Only: []string{"RW206"}, Exceptions: list}, []check.Fact{check.Functions, check.EventSources, check.FunctionTags}},
	} {
		if got := inforce.New(all, c.rules).Reads(); !slices.Equal(got, c.want) {
			t.Errorf("%s: they read %v, want %v", name, got, c.want)
		}
	}
}

func day(text string) time.Time {
	until, err := inforce.ParseUntil(text)
	if err != nil {
		panic(err)
	}
	return until
}

func TestWhatAnExceptionSpares(t *testing.T) {
	only := func(ids ...string) []string { return ids }
	by := func(checks []string, tag, value string) inforce.Exceptions {
		return inforce.Exceptions{List: []check.Exception{{Checks: checks, Tag: tag, Value: value, Reason: "r", Until: day("2026-03-02")}}}
	}
	type tags = map[string]string
	const form = "RW304 RW407 until 2026-03-02 accepted by Jo"
	for _, c := range []struct {
		name            string
		run             []string
		exceptions      inforce.Exceptions
		role, functions tags
		left, spared    string
		notes           string
	}{
		{"the role has the tag", only("RW304", "RW407"), by(only("RW304"), "accepted", "yes"), tags{"accepted": "yes"}, nil, "RW407 critical a, RW407 critical b", "RW304", ""},
		{"the tag has another value", only("RW304"), by(only("RW304"), "accepted", "yes"), tags{"accepted": "no"}, nil, "RW304 high", "", ""},
		{"any value will do", only("RW304"), by(only("RW304"), "accepted", ""), tags{"accepted": ""}, nil, "", "RW304", ""},
		{"another check", only("RW304"), by(only("RW301"), "accepted", ""), tags{"accepted": ""}, nil, "RW304 high", "", ""},
		{"no check is every check", only("RW304", "RW407"), by(nil, "accepted", ""), tags{"accepted": ""}, nil, "", "RW407 a, RW407 b, RW304", ""},
		{"the role's tag covers what judges its functions", only("RW407"), by(only("RW407"), "accepted", ""), tags{"accepted": ""}, nil, "", "RW407 a, RW407 b", ""},
		{"a function's tag covers that function", only("RW304", "RW407"), by(only("RW304", "RW407"), "accepted", ""), nil, tags{"accepted": ""}, "RW407 critical b, RW304 high", "RW407 a", ""},
		{"what the spared one folds is spared", only("RW301", "RW304"), by(only("RW301"), "accepted", ""), tags{"accepted": ""}, nil, "", "RW301", ""},
		{"no tag may except by itself", only("RW304"), inforce.Exceptions{}, tags{inforce.ExceptionTag: form}, nil, "RW304 high", "",
			"RW304 tag rolewatch:exception of role orders exempts nothing: the settings (tagExceptions) do not allow it"},
		{"a tag may except from some", only("RW304", "RW407"), inforce.Exceptions{ByTag: only("RW304")}, tags{inforce.ExceptionTag: form}, nil,
			"RW407 critical a, RW407 critical b", "RW304", "RW407 tag rolewatch:exception of role orders exempts nothing: the settings (tagExceptions) do not allow it"},
		{"a function's own tag", only("RW304", "RW407"), inforce.Exceptions{ByTag: only("RW304", "RW407")}, nil, tags{"Rolewatch:Exception:2": form},
			"RW407 critical b, RW304 high", "RW407 a", ""},
		{"a tag that cannot be read", only("RW304"), inforce.Exceptions{ByTag: only("RW304")}, tags{inforce.ExceptionTag: "RW304 till May"}, nil, "RW304 high", "",
			`tag rolewatch:exception of role orders exempts nothing: "RW304 till May" has no end date; the form is "RW308 until 2026-12-31 why it is accepted"`},
		{"another tag is none of ours", only("RW304"), inforce.Exceptions{ByTag: only("RW304")}, tags{"rolewatch:exceptions": form}, nil, "RW304 high", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := subject(c.role, c.functions)
			j := inforce.New(checks(), inforce.Rules{Only: c.run, Exceptions: c.exceptions}).Judge(s)
			var notes []string
			for _, n := range j.Notes {
				notes = append(notes, strings.TrimSpace(n.Check+" "+n.Text))
			}
			if diff := cmp.Diff([]string{c.left, c.spared, c.notes}, []string{told(j.Result.Diagnostics), spared(j.Excepted), strings.Join(notes, "\n")}); diff != "" {
				t.Errorf("left, spared, noted (-want +got):\n%s", diff)
			}
			for _, e := range j.Excepted {
				if e.Exception.Reason == "" || e.Resource == "" || !j.Spares(e.Check.ID, e.Key) || j.Spares(e.Check.ID, "another") {
					t.Errorf("excepted %+v", e)
				}
			}
		})
	}
	j := inforce.New(checks(), inforce.Rules{Exceptions: by(only("RW301"), "accepted", "")}).Judge(subject(tags{"accepted": ""}, nil))
	if !j.Spares("RW304", "") || j.Spares("RW407", "") {
		t.Error("what the spared check folds is not spared")
	}
}

func TestTagsThatAreNotKnownSpareNothingAndAreSaid(t *testing.T) {
	exceptions := inforce.Exceptions{List: []check.Exception{{Checks: []string{"RW407"}, Tag: "accepted", Reason: "r", Until: day("2026-03-02")}}}
	s := subject(nil, nil)
	s.Role.Tags = role.NotRead[map[string]string](role.Denied("iam:GetRole"))
	s.Role.Users.List[0].Config.Tags = role.NotRead[map[string]string](role.Denied("lambda:ListTags"))
	set := inforce.New(checks(), inforce.Rules{Only: []string{"RW304", "RW407"}, Exceptions: exceptions})
	j := set.Judge(s)
	want := []inforce.Note{
		{"RW407", "tags of function a: lambda:ListTags was denied", role.Denied("lambda:ListTags")},
		{"RW407", "tags of role orders: iam:GetRole was denied", role.Denied("iam:GetRole")},
	}
	if diff := cmp.Diff(want, j.Notes, cmp.AllowUnexported(role.Reason{})); diff != "" || len(j.Excepted) > 0 || len(j.Result.Diagnostics) != 3 {
		t.Errorf("%d excepted, %d told (-want +got):\n%s", len(j.Excepted), len(j.Result.Diagnostics), diff)
	}
	s.Now = start.Add(24 * time.Hour)
	if j := set.Judge(s); len(j.Notes) > 0 {
		t.Errorf("an exception that is over would spare nothing, and yet tags are asked for: %v", j.Notes)
	}
}

func TestADiagnosticSaysWhyItIsNotSpared(t *testing.T) {
	for _, c := range []struct{ name, tag, value, want string }{
		{"the settings' is over", "accepted", "", "It fires. The exception that the settings made for it ended on 2026-03-01."},
		{"the tag's is over", inforce.ExceptionTag, "RW304 until 2026-03-01 r", "It fires. The exception that the tag rolewatch:exception made for it ended on 2026-03-01."},
		{"the tag cannot be read", inforce.ExceptionTag, "rw304 until 2026-03-09", `It fires. The tag rolewatch:exception of the role exempts nothing: "rw304 until 2026-03-09" gives no reason after the day.`},
		{"the tag is about another", inforce.ExceptionTag, "RW407 until 2026-03-09", "It fires."},
	} {
		s := subject(map[string]string{c.tag: c.value}, nil)
		rules := inforce.Rules{Only: []string{"RW304"}, Exceptions: inforce.Exceptions{
			List: []check.Exception{{Tag: "accepted", Reason: "r", Until: day("2026-03-01")}}, ByTag: []string{"RW304"},
		}}
		j := inforce.New(checks(), rules).Judge(s)
		if len(j.Result.Diagnostics) != 1 || j.Result.Diagnostics[0].Detail != c.want {
			t.Errorf("%s: %+v", c.name, j.Result.Diagnostics)
		}
	}
}

// A path that ends at a role whose power is accepted is exempt, with the reason and the end of the acceptance. What else was found is not.
func TestAnAcceptedPathIsExempt(t *testing.T) {
	accepted := &reach.Acceptance{Role: "arn:aws:iam::111122223333:role/ops", Reason: "break glass", Until: day("2026-12-31")}
	path := always("RW308", check.Critical, func(c *check.Check) {
		c.Run = func(p *check.Pass) {
			p.Report(check.Diagnostic{Key: "ops", Detail: "It fires.", Accepted: accepted})
			p.Report(check.Diagnostic{Key: "other", Detail: "It fires."})
		}
	})
	j := inforce.New(append(checks(), path), inforce.Rules{Only: []string{"RW304", "RW308"}}).Judge(subject(nil, nil))
	if got := told(j.Result.Diagnostics); got != "RW308 critical other, RW304 high" {
		t.Errorf("told %s", got)
	}
	want := check.Exception{Checks: []string{"RW308"}, Reason: "break glass", Until: day("2026-12-31")}
	if len(j.Excepted) != 1 || j.Excepted[0].Key != "ops" || j.Excepted[0].Resource != accepted.Role || j.Excepted[0].ByTag || !cmp.Equal(j.Excepted[0].Exception, want) {
		t.Errorf("excepted %+v", j.Excepted)
	}
}
