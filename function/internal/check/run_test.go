package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

func named(id string) *check.Check {
	return &check.Check{ID: id, Slug: id, Title: id, Severity: check.Low, Why: "w", Fix: "f", Source: "s", Since: "0.1.0"}
}

// TestJoin has a check that judges what the others found. It comes first in the list, and yet sees what all of them report, what is
// folded later included, and what they leave undecided.
func TestJoin(t *testing.T) {
	var seen, left []string
	joins, wide, narrow, blind := named("RW001"), named("RW002"), named("RW003"), named("RW004")
	joins.Join = func(p *check.Pass, found []check.Diagnostic) {
		for _, d := range found {
			seen = append(seen, d.Check.ID)
		}
		for _, u := range p.Left() {
			left = append(left, u.Check.ID)
		}
		p.Report(check.Diagnostic{Title: "joined"})
	}
	wide.Folds = []string{"RW003"}
	wide.Run = func(p *check.Pass) { p.Report(check.Diagnostic{Title: "wide"}) }
	narrow.Run = func(p *check.Pass) { p.Report(check.Diagnostic{Title: "narrow"}) }
	blind.Run = func(p *check.Pass) { p.Undecided("", role.Gap{What: "eyes"}) }
	all := []*check.Check{joins, wide, narrow, blind}
	var told []string
	for _, d := range check.Run(all, &check.Subject{}).Diagnostics {
		told = append(told, d.Check.ID)
	}
	if want := []string{"RW002", "RW003"}; !slices.Equal(seen, want) {
		t.Errorf("it sees %v, want %v", seen, want)
	}
	if want := []string{"RW004"}; !slices.Equal(left, want) {
		t.Errorf("it sees %v left undecided, want %v", left, want)
	}
	if want := []string{"RW001", "RW002"}; !slices.Equal(told, want) {
		t.Errorf("told are %v, want %v", told, want)
	}
}

// reports is a check that reports diagnostics as they are.
func reports(id string, severity check.Severity, list ...check.Diagnostic) *check.Check {
	c := named(id)
	c.Severity = severity
	c.Run = func(p *check.Pass) {
		for _, d := range list {
			p.Report(d)
		}
	}
	return c
}

// told are the diagnostics by check, key and severity, each with what it folds.
func told(checks ...*check.Check) (out []string) {
	for _, d := range check.Run(checks, &check.Subject{}).Diagnostics {
		text := d.Check.ID + " " + d.Key + " " + d.Severity.String()
		if len(d.Folds) > 0 {
			text += " folds " + strings.Join(d.Folds, ",")
		}
		out = append(out, text)
	}
	return out
}

// The worst is first, then by ID and by key. A diagnostic has the check's severity unless it has one of its own.
func TestDiagnosticsAreInOrder(t *testing.T) {
	got := told(
		reports("RW003", check.Low, check.Diagnostic{Key: "b"}, check.Diagnostic{Key: "a"}, check.Diagnostic{Key: "c", Severity: check.Critical}),
		reports("RW001", check.Low, check.Diagnostic{Key: "z"}),
		reports("RW002", check.High, check.Diagnostic{Key: "y"}),
	)
	want := []string{"RW003 c critical", "RW002 y high", "RW001 z low", "RW003 a low", "RW003 b low"}
	if !slices.Equal(got, want) {
		t.Errorf("they are %q, want %q", got, want)
	}
}

// A diagnostic of the same statements follows from one that is at least as severe and has all of them, and only from that.
func TestWhatHasTheSameCauseIsFolded(t *testing.T) {
	first, second := check.Evidence{Policy: "inline:a", Statement: 0}, check.Evidence{Policy: "inline:a", Statement: 1}
	elsewhere := check.Evidence{Policy: "inline:b", Statement: 0}
	cases := map[string]struct {
		wide, narrow check.Severity
		evidence     []check.Evidence
		folded       bool
	}{
		"the same statement":           {check.High, check.High, []check.Evidence{first}, true},
		"all of its statements":        {check.High, check.High, []check.Evidence{first, second}, true},
		"milder":                       {check.High, check.Low, []check.Evidence{second}, true},
		"more severe":                  {check.High, check.Critical, []check.Evidence{first}, false},
		"another statement, too":       {check.High, check.High, []check.Evidence{first, elsewhere}, false},
		"a statement of another place": {check.High, check.High, []check.Evidence{{Policy: "inline:a", Statement: 2}}, false},
		"no statement":                 {check.High, check.High, nil, false},
	}
	for name, c := range cases {
		wide := reports("RW002", c.wide, check.Diagnostic{Evidence: []check.Evidence{first, second}})
		wide.FoldsSame = []string{"RW001"}
		got := told(reports("RW001", c.narrow, check.Diagnostic{Evidence: c.evidence}), wide, reports("RW003", check.Low, check.Diagnostic{Evidence: []check.Evidence{first}}))
		if folded := slices.Contains(got, "RW002  high folds RW001"); folded != c.folded || len(got) != map[bool]int{true: 2, false: 3}[c.folded] {
			t.Errorf("%s: told are %q, folded %v is wanted", name, got, c.folded)
		}
	}
}

// A question about a function names it, and so does one about all functions of a check of single functions.
func TestWhatIsUndecidedNamesItsFunctions(t *testing.T) {
	const one, two = "arn:aws:lambda:eu-west-1:111122223333:function:one", "arn:aws:lambda:eu-west-1:111122223333:function:two"
	var users role.Users
	for _, arn := range []string{one, two} {
		users.List = append(users.List, role.Function{ARN: arn})
	}
	subject := &check.Subject{Role: &role.Snapshot{Users: users}}
	cases := map[string]struct {
		perFunction bool
		key         string
		own         []string
		want        []string
		subject     *check.Subject
	}{
		"of one function":                           {true, one, nil, []string{one}, subject},
		"of one function, by a check of the role":   {false, one, nil, []string{one}, subject},
		"of all functions":                          {true, "", nil, []string{one, two}, subject},
		"of the role":                               {false, "", nil, nil, subject},
		"of something else":                         {true, "inline:a", nil, nil, subject},
		"of all functions, and names one":           {true, "", []string{two}, []string{two}, subject},
		"of all functions where no role is at hand": {true, "", nil, nil, &check.Subject{}},
	}
	for name, c := range cases {
		asks := named("RW001")
		asks.PerFunction = c.perFunction
		missing := []role.Gap{{What: "eyes", Functions: c.own}}
		asks.Run = func(p *check.Pass) { p.Undecided(c.key, missing...) }
		got := check.Run([]*check.Check{asks}, c.subject).Undecided
		if len(got) != 1 || got[0].Key != c.key || len(got[0].Missing) != 1 || !slices.Equal(got[0].Missing[0].Functions, c.want) {
			t.Errorf("%s: %+v, want the functions %v", name, got, c.want)
		}
		if !slices.Equal(missing[0].Functions, c.own) {
			t.Errorf("%s: the check's own list is written to", name)
		}
	}
}
