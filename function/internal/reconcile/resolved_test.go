package reconcile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// TestWhoFixedItUnderAnotherCatalogue has findings end while the checks change. Who changed what a finding blamed is named; who changed
// something else is not, for the checks may be why it is over.
func TestWhoFixedItUnderAnotherCatalogue(t *testing.T) {
	named := 0
	for _, one := range []struct {
		before, after []string
		check, want   string
	}{
		{[]string{"inline all everything"}, []string{"inline all none", "iam DeleteRolePolicy all"}, "RW301", "e1"},
		{[]string{"inline caller objects"}, []string{"inline logs harmless", "iam PutRolePolicy logs harmless"}, "RW201", ""},
	} {
		l := newLab(t)
		play := func(lines []string) reconcile.Decision {
			for _, line := range lines {
				l.do(strings.Fields(line))
			}
			d := reconcile.Decide(l.input(), l.settings)
			l.apply(d)
			return d
		}
		play(one.before)
		l.now = l.now.Add(time.Hour)
		l.settings = reconcile.NewSettings(inforce.New(append(trustChecks(), everything, lacks, edits), inforce.Rules{}), "next", check.Parameters{}, settle)
		found := false
		for _, tr := range play(one.after).Transitions {
			if tr.Kind != finding.KindResolved || tr.Finding.Check != one.check {
				continue
			}
			found = true
			if by := tr.Finding.ResolvedBy; by == nil && one.want != "" || by != nil && by.EventID != one.want {
				t.Errorf("%s is over by %+v, want %q", one.check, by, one.want)
			} else if by != nil {
				named++
			}
		}
		if !found {
			t.Errorf("%s is not over", one.check)
		}
	}
	if named != 1 {
		t.Errorf("%d are named", named)
	}
}
