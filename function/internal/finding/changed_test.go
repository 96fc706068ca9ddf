package finding_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

func functionARN(name string) string { return "arn:aws:lambda:eu-west-1:111122223333:function:" + name }

// TestAChangeSaysWhatIsOther changes one thing at a time, and everything at once.
func TestAChangeSaysWhatIsOther(t *testing.T) {
	d := fires(danger, "a", functionARN("f"), functionARN("g"))
	worse := d
	worse.Severity = check.Critical
	versions := fires(danger, "a", functionARN("f"), functionARN("g"))
	versions.Functions[0].Version = "7"
	elsewhere := d
	elsewhere.Evidence = []check.Evidence{{Policy: "trust", Text: "a"}, {Policy: "inline:app", Text: "b"}}
	moved := d
	moved.Evidence = []check.Evidence{{Policy: "arn:aws:iam::aws:policy/PowerUserAccess", Text: "b"}}
	many := fires(danger, "a")
	for i := range 150 {
		many.Functions = append(many.Functions, fires(danger, "", functionARN(fmt.Sprintf("f%03d", i))).Functions...)
	}
	all := fires(danger, "b", functionARN("g"), functionARN("h"))
	all.Severity = check.Critical
	refused := fires(&check.Check{ID: "RW117", Slug: "refused", Title: "Refused", Severity: check.High, JudgesRefusals: true}, "a", functionARN("f"))
	refused.Occurrence = "1"
	again := refused
	again.Occurrence = "2"
	compared := 0
	for _, one := range []struct {
		before, now check.Diagnostic
		want        []string
	}{
		{d, worse, []string{"critical now, high before"}},
		{worse, d, []string{"high now, critical before"}},
		{d, fires(danger, "a", functionARN("f"), functionARN("g"), functionARN("h")), []string{"also affects h"}},
		{d, fires(danger, "a", functionARN("g")), []string{"no longer affects f"}},
		{d, fires(danger, "a", functionARN("g"), functionARN("h")), []string{"affects h now, and f no longer"}},
		{d, fires(danger, "a", functionARN("h"), functionARN("i"), functionARN("j")), []string{"affects h, i and j now, and f and g no longer"}},
		{d, fires(danger, "a", functionARN("h"), functionARN("i"), functionARN("j"), functionARN("k"), functionARN("l")), []string{
			"affects h, i, j and 2 more now, and f and g no longer",
		}},
		{d, versions, []string{"affects other versions of the functions"}},
		{d, many, []string{"150 functions now, 2 before"}},
		{d, fires(danger, "b", functionARN("f"), functionARN("g")), []string{"the trust policy has other statements"}},
		{d, elsewhere, []string{"also caused by the inline policy app"}},
		{elsewhere, d, []string{"no longer caused by the inline policy app"}},
		{d, moved, []string{"caused by the AWS managed policy PowerUserAccess now, and no longer by the trust policy"}},
		{d, all, []string{"critical now, high before", "affects h now, and f no longer", "the trust policy has other statements"}},
		{refused, again, []string{"another call was rejected"}},
	} {
		l := newLife(t)
		l.checks = append(l.checks, refused.Check)
		id := one.before.Check.ID
		l.look([]check.Diagnostic{one.before}, nil, "opened "+id+" 1")
		if f := l.told[0].Finding; len(f.WhatChanged) > 0 {
			t.Errorf("a finding that was opened has changed: %q", f.WhatChanged)
		}
		l.look([]check.Diagnostic{one.now}, nil, "changed "+id+" 2")
		if got := l.told[0].Finding.WhatChanged; !slices.Equal(got, one.want) {
			t.Errorf("changed %q, want %q", got, one.want)
		}
		compared++
	}
	t.Logf("%d changes", compared)
}

// TestAFixIsVerifiedByACommandWhereOneShowsIt: what a check says of an edit or of a call that was rejected, no reading of the account shows.
func TestAFixIsVerifiedByACommandWhereOneShowsIt(t *testing.T) {
	edits := &check.Check{ID: "RW317", Title: "An edit", Severity: check.High, JudgesEdit: true}
	refusals := &check.Check{ID: "RW117", Title: "Refused", Severity: check.High, JudgesRefusals: true}
	for c, want := range map[*check.Check]string{danger: "rolewatch scan --checks RW304 --details", edits: "", refusals: ""} {
		l := newLife(t)
		l.checks = append(l.checks, c)
		l.look([]check.Diagnostic{fires(c, "a", "f")}, nil, "opened "+c.ID+" 1")
		if got := l.told[0].Finding.Fix.Verify; got != want {
			t.Errorf("%s is verified by %q, want %q", c.ID, got, want)
		}
		if f := finding.Of("key", "arn", start, fires(c, "a")); f.Fix.Verify != "" {
			t.Errorf("a scan says that %q verifies it", f.Fix.Verify)
		}
	}
}
