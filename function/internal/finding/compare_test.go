package finding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

var (
	fault  = &check.Check{ID: "RW102", Slug: "fault", Title: "A fault", Severity: check.Critical, Settles: true}
	danger = &check.Check{ID: "RW304", Slug: "danger", Title: "A danger", Severity: check.High}
	wider  = &check.Check{ID: "RW301", Slug: "wider", Title: "A wider danger", Severity: check.Critical, Folds: []string{"RW304"}}
	start  = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

// life is a role's findings through several looks.
type life struct {
	t      *testing.T
	now    time.Time
	prior  []finding.Stored
	checks []*check.Check
	newest time.Time
	ended  finding.Resolution
	told   []finding.Transition
	flaps  []finding.Flap
	due    time.Time
	// acted is what was decided about the findings, and news is what became of new acts; it remembers what was taken.
	acted finding.Acted
	news  []finding.ActNews
	// blame gives the causes, and delivered are the records that were delivered.
	blame     func(d check.Diagnostic, isNew bool) *finding.Cause
	further   func(check.Diagnostic, *finding.Cause) *finding.Cause
	delivered []string
}

func newLife(t *testing.T) *life {
	return &life{
		t: t, now: start, checks: []*check.Check{fault, danger, wider},
		acted:   finding.Acted{Actors: func(finding.Stored, time.Time) []string { return nil }},
		blame:   func(check.Diagnostic, bool) *finding.Cause { return nil },
		further: func(_ check.Diagnostic, c *finding.Cause) *finding.Cause { return c },
	}
}

// look compares what fires and what cannot be decided, and expects these transitions.
func (l *life) look(fires []check.Diagnostic, undecided []check.Undecided, want ...string) {
	l.t.Helper()
	byID := map[string]*check.Check{}
	for _, c := range l.checks {
		byID[c.ID] = c
	}
	compared := finding.Compare(finding.Look{
		Now: l.now, Key: "arn:aws:iam::111122223333:role/orders", ARN: "arn:aws:iam::111122223333:role/app/orders",
		Prior: l.prior, Result: check.Result{Diagnostics: fires, Undecided: undecided}, Settle: time.Minute, Newest: l.newest,
		Blame: l.blame, Further: l.further, Resolved: func(s finding.Stored) *finding.Cause { return &finding.Cause{EventID: "end of " + s.Check} },
		NewOrigin: finding.Existing, Checks: byID, Delivered: func(id string) bool { return slices.Contains(l.delivered, id) },
		Ended: func(finding.Stored) finding.Resolution { return l.ended }, Flaps: l.flaps, Acted: l.acted,
	})
	l.prior, l.told, l.flaps, l.due = compared.Findings, compared.Transitions, compared.Flaps, compared.Due
	l.acted.Taken, l.news = compared.Taken, compared.News
	var got []string
	for _, t := range l.told {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %d %s", t.Kind, t.Finding.Check, t.Finding.Revision, t.Finding.Resolution)))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		l.t.Fatalf("told %q, want %q", got, want)
	}
	l.now = l.now.Add(10 * time.Second)
}

func fires(c *check.Check, text string, functions ...string) check.Diagnostic {
	d := check.Diagnostic{Check: c, Severity: c.Severity, Title: c.Title + " here", Evidence: []check.Evidence{{Policy: "trust", Text: text}}}
	for _, f := range functions {
		d.Functions = append(d.Functions, role.Function{ARN: f, Version: "$LATEST"})
	}
	return d
}

func TestAFindingChangesOnlyWithSeverityStatementOrFunctions(t *testing.T) {
	l := newLife(t)
	d := fires(danger, "a", "f", "g")
	l.look([]check.Diagnostic{d}, nil, "opened RW304 1")
	again := d
	again.Detail, again.Title = "said in other words", "another title"
	again.Evidence = []check.Evidence{{Policy: "trust", Statement: 4, Text: "a", Why: "because"}}
	again.Functions = []role.Function{d.Functions[1], d.Functions[0]}
	l.look([]check.Diagnostic{again}, nil)
	worse := d
	worse.Severity = check.Critical
	l.look([]check.Diagnostic{worse}, nil, "changed RW304 2")
	l.look([]check.Diagnostic{fires(danger, "b", "f", "g")}, nil, "changed RW304 3")
	l.look([]check.Diagnostic{fires(danger, "b", "f")}, nil, "changed RW304 4")
	l.look(nil, nil, "resolved RW304 5 mended")
	l.look([]check.Diagnostic{d}, nil, "opened RW304 1")
}

// TestADocumentInAnotherOrderIsNoChange rewrites statements as editors and tools do, and then as they do not.
func TestADocumentInAnotherOrderIsNoChange(t *testing.T) {
	const first, second = `{"Effect":"Allow","Action":["a:B","c:D"],"Resource":"*"}`, `{"Effect":"Allow","Action":"e:F","Resource":["arn:aws:s3:::x","arn:aws:s3:::y"]}`
	whole := `{"Version":"2012-10-17","Statement":[` + first + "," + second + "]}"
	for name, again := range map[string][]string{
		"indented":                       {strings.ReplaceAll(first, ",", ",\n    "), second},
		"members":                        {`{"Resource":"*","Action":["a:B","c:D"],"Effect":"Allow"}`, second},
		"actions":                        {`{"Effect":"Allow","Action":["c:D","a:B"],"Resource":"*"}`, second},
		"an action twice":                {`{"Effect":"Allow","Action":["a:B","c:D","a:B"],"Resource":"*"}`, second},
		"a list of one":                  {`{"Effect":"Allow","Action":["a:B","c:D"],"Resource":["*"]}`, second},
		"statements":                     {second, first},
		"a Sid":                          {`{"Sid":"A",` + first[1:], second},
		"upper case":                     {`{"Effect":"Allow","Action":["A:b","C:D"],"Resource":"*"}`, second},
		"an action twice, in other case": {`{"Effect":"Allow","Action":["a:B","c:D"],"Resource":"*"}`, `{"Effect":"Allow","Action":["e:F","E:f"],"Resource":["arn:aws:s3:::y","arn:aws:s3:::x"]}`},
		"split":                          {`{"Effect":"Allow","Action":"a:B","Resource":"*"}`, second, `{"Effect":"Allow","Action":"c:D","Resource":"*"}`},
		"a statement twice":              {first, second, `{"Sid":"Again",` + second[1:]},
		"escaped":                        {`{"Effect":"Allow","Action":["a:\u0042","c:D"],"Resource":"*"}`, second},
		"the whole, reordered":           {`{"Statement":[` + second + ", " + first + `],"Version":"2012-10-17"}`},
	} {
		l, d := newLife(t), fires(danger, first, "f")
		d.Evidence = append(d.Evidence, check.Evidence{Policy: "trust", Text: second})
		if len(again) == 1 {
			d.Evidence = []check.Evidence{{Policy: "trust", Text: whole}}
		}
		l.look([]check.Diagnostic{d}, nil, "opened RW304 1")
		d.Evidence = nil
		for _, text := range again {
			d.Evidence = append(d.Evidence, check.Evidence{Policy: "trust", Text: text})
		}
		t.Log(name)
		l.look([]check.Diagnostic{d}, nil)
	}
	for _, other := range []string{
		`{"Effect":"Allow","Action":["a:B","c:E"],"Resource":"*"}`, `{"Effect":"Allow","Action":["a:B"],"Resource":"*"}`,
		`{"Effect":"Deny","Action":["a:B","c:D"],"Resource":"*"}`, `{"Effect":"Allow","NotAction":["a:B","c:D"],"Resource":"*"}`, "no JSON", "",
	} {
		l := newLife(t)
		l.look([]check.Diagnostic{fires(danger, first)}, nil, "opened RW304 1")
		l.look([]check.Diagnostic{fires(danger, other)}, nil, "changed RW304 2")
	}
}

// TestPoliciesOfOtherRolesAreNotPutTogether narrows a policy to what a policy of the same name of another role allows.
func TestPoliciesOfOtherRolesAreNotPutTogether(t *testing.T) {
	allows := func(resources string) string {
		return `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":` + resources + `}`
	}
	const a, b = `"arn:aws:iam::111122223333:role/a"`, `"arn:aws:iam::111122223333:role/b"`
	l, d := newLife(t), fires(danger, allows("["+a+","+b+"]"), "f")
	d.Evidence = append(d.Evidence, check.Evidence{Role: "arn:aws:iam::111122223333:role/a", Policy: d.Evidence[0].Policy, Text: allows(b)})
	l.look([]check.Diagnostic{d}, nil, "opened RW304 1")
	d.Evidence = []check.Evidence{{Policy: d.Evidence[0].Policy, Text: allows(a)}, d.Evidence[1]}
	l.look([]check.Diagnostic{d}, nil, "changed RW304 2")
}

// TestAStateOfTheLastReleaseIsComparedByTheText has no meaning stored: nothing changes by the upgrade alone, and an edit shows.
func TestAStateOfTheLastReleaseIsComparedByTheText(t *testing.T) {
	l := newLife(t)
	l.look([]check.Diagnostic{fires(danger, `{"a":"b"}`)}, nil, "opened RW304 1")
	l.prior[0].Meaning = ""
	l.look([]check.Diagnostic{fires(danger, `{"a":"b"}`)}, nil)
	if l.prior[0].Meaning == "" {
		t.Error("the meaning is not stored")
	}
	l.prior[0].Meaning = ""
	l.look([]check.Diagnostic{fires(danger, `{"a":"c"}`)}, nil, "changed RW304 2")
}

func TestWhatCannotBeDecidedStaysAsItWas(t *testing.T) {
	l := newLife(t)
	unknown := []check.Undecided{{Check: danger, Missing: []role.Gap{{What: "inline policies: iam:GetRolePolicy was denied", SettledBy: "Allow it."}}}}
	l.look(nil, unknown)
	l.look([]check.Diagnostic{fires(danger, "a")}, nil, "opened RW304 1")
	l.look(nil, unknown)
	since := l.prior[0].UnverifiedSince
	lacks := []finding.Missing{{Missing: "inline policies: iam:GetRolePolicy was denied", SettledBy: "Allow it."}}
	if l.prior[0].Status != finding.Unknown || since.IsZero() || !slices.Equal(l.prior[0].UnverifiedFor, lacks) {
		t.Fatalf("stored %+v", l.prior[0])
	}
	l.look(nil, unknown)
	if !l.prior[0].UnverifiedSince.Equal(since) {
		t.Error("unverifiedSince moved")
	}
	l.look([]check.Diagnostic{fires(danger, "a")}, nil)
	if s := l.prior[0]; s.Status != finding.Open || !s.UnverifiedSince.IsZero() || s.UnverifiedFor != nil {
		t.Errorf("stored %+v", s)
	}
	other := []check.Undecided{{Check: danger, Key: "another key"}}
	l.look(nil, other, "resolved RW304 2 mended")
}

// A state keeps the first three inputs that a finding lacks, each once.
func TestWhatAFindingLacksIsCut(t *testing.T) {
	l := newLife(t)
	l.look([]check.Diagnostic{fires(danger, "a")}, nil, "opened RW304 1")
	var gaps []role.Gap
	for _, what := range []string{"d", "a", "c", "b", "a"} {
		gaps = append(gaps, role.Gap{What: what, SettledBy: "read " + what})
	}
	l.look(nil, []check.Undecided{{Check: danger, Missing: gaps[:2]}, {Check: danger, Missing: gaps[2:]}, {Check: wider, Missing: []role.Gap{{What: "0"}}}})
	want := []finding.Missing{{Missing: "a", SettledBy: "read a"}, {Missing: "b", SettledBy: "read b"}, {Missing: "c", SettledBy: "read c"}}
	if got := l.prior[0].UnverifiedFor; !slices.Equal(got, want) {
		t.Errorf("stored %+v, want %+v", got, want)
	}
}

// Evidence that only explains may change without anything having happened: so may that of a check of refused calls, for which the call counts.
func TestEvidenceThatOnlyExplainsIsNoChange(t *testing.T) {
	refusals := &check.Check{ID: "RW117", Title: "Refused", Severity: check.High, JudgesRefusals: true}
	for name, c := range map[string]struct {
		of                *check.Check
		explains, changes bool
	}{
		"of a statement": {danger, false, true}, "of what only explains": {danger, true, false}, "of a refused call": {refusals, false, false},
	} {
		l := newLife(t)
		l.checks = append(l.checks, refusals)
		d := fires(c.of, "a", "f")
		d.Explains, d.Occurrence = c.explains, "1"
		l.look([]check.Diagnostic{d}, nil, "opened "+c.of.ID+" 1")
		d.Evidence = []check.Evidence{{Policy: "trust", Text: "b"}}
		if blamed := len(l.prior[0].Parts) > 0; blamed != c.changes {
			t.Errorf("%s: stored with the parts %q", name, l.prior[0].Parts)
		}
		if !c.changes {
			l.look([]check.Diagnostic{d}, nil)
			d.Occurrence = "2"
		}
		l.look([]check.Diagnostic{d}, nil, "changed "+c.of.ID+" 2")
	}
}

func TestAWiderFindingTellsANarrowerOneWithoutEndingIt(t *testing.T) {
	l := newLife(t)
	l.look([]check.Diagnostic{fires(danger, "a")}, nil, "opened RW304 1")
	w := fires(wider, "w")
	w.Folds = []string{"RW304"}
	l.look([]check.Diagnostic{w}, nil, "opened RW301 1")
	l.look([]check.Diagnostic{fires(danger, "a")}, nil, "resolved RW301 2 mended")
	l.look(nil, nil, "resolved RW304 2 mended")
}

func TestAPendingFindingIsToldWhenTheNewestChangeIsOldEnough(t *testing.T) {
	l := newLife(t)
	l.newest = start
	d := []check.Diagnostic{fires(fault, "a", "f")}
	l.look(d, nil)
	if l.prior[0].Status != finding.Pending {
		t.Fatalf("stored %+v", l.prior[0])
	}
	l.look(nil, nil)
	if len(l.prior) != 0 {
		t.Fatalf("a pending finding that went away is still stored: %+v", l.prior)
	}
	l.look(d, nil)
	l.look(nil, []check.Undecided{{Check: fault}})
	l.now = start.Add(time.Minute)
	l.look(d, nil, "opened RW102 1")
	if f := l.told[0].Finding; !f.FirstSeen.Equal(start.Add(20*time.Second)) || f.Role != "arn:aws:iam::111122223333:role/app/orders" {
		t.Errorf("finding %+v", f)
	}
}

func TestWhyAFindingIsOver(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*life)
		want   finding.Resolution
	}{
		{"mended", func(*life) {}, finding.Mended},
		{"the role is gone", func(l *life) { l.ended = finding.RoleDeleted }, finding.RoleDeleted},
		{"nothing uses it", func(l *life) { l.ended = finding.Unused }, finding.Unused},
		{"the check was turned off", func(l *life) { l.checks = nil }, finding.CheckOff},
		{"an exception covers it", func(l *life) { l.ended = finding.Excepted }, finding.Excepted},
		{"nobody tried again", func(l *life) { l.ended = finding.Expired }, finding.Expired},
		{"the account is gone", func(l *life) { l.ended = finding.AccountGone }, finding.AccountGone},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLife(t)
			l.look([]check.Diagnostic{fires(danger, "a")}, nil, "opened RW304 1")
			c.change(l)
			l.look(nil, []check.Undecided{}, "resolved RW304 2 "+string(c.want))
			f := l.told[0].Finding
			if f.Status != finding.Resolved || f.Detail == "" || f.Evidence == nil {
				t.Errorf("finding %+v", f)
			}
			// A record in the account ended it, or else what is reported, whoever was busy at that time.
			ended := c.want == finding.Mended || c.want == finding.RoleDeleted || c.want == finding.Unused
			if by := f.ResolvedBy; (by != nil) != ended || by != nil && by.EventID != "end of RW304" {
				t.Errorf("it was resolved by %+v", by)
			}
		})
	}
}

func TestFunctionsAreCutAndCounted(t *testing.T) {
	var many []string
	for i := range 250 {
		many = append(many, fmt.Sprintf("arn:aws:lambda:us-east-1:111122223333:function:f%03d", i))
	}
	l := newLife(t)
	l.look([]check.Diagnostic{fires(danger, "a", many...)}, nil, "opened RW304 1")
	if f := l.told[0].Finding; f.FunctionsTotal != 250 || len(f.Functions) != 100 {
		t.Errorf("%d functions named of %d", len(f.Functions), f.FunctionsTotal)
	}
	l.look([]check.Diagnostic{fires(danger, "a", many[:249]...)}, nil, "changed RW304 2")
}
