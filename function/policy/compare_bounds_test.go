package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// tenPolicies is a role with ten policies within IAM's quotas, all of them patterns of actions of any service.
func tenPolicies(t testing.TB, shift int) Set {
	t.Helper()
	var set Set
	n := 0
	for i := range 10 {
		var list []string
		for size := 0; size < 6000; n++ {
			pattern := fmt.Sprintf(`"*:*%c*%c*%c*"`, 'a'+(n+shift)%26, 'a'+n/26%26, 'a'+n/676%26)
			list, size = append(list, pattern), size+len(pattern)+1
		}
		text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` + strings.Join(list, ",") + `],"Resource":"*"}]}`
		d, err := Parse([]byte(text), Identity)
		if err != nil {
			t.Fatal(err)
		}
		set.Identity = append(set.Identity, Part{Name: fmt.Sprintf("policy %d", i), Document: d})
	}
	return set
}

// TestCompareIsBoundedWhereTheWorkIsDone compares them: the patterns are no longer held against the actions once there are too
// many, and the answer says why it is not known.
func TestCompareIsBoundedWhereTheWorkIsDone(t *testing.T) {
	old, new := tenPolicies(t, 0), tenPolicies(t, 1)
	_, all := numberStatements(old, false, nil)
	_, all = numberStatements(new, true, all)
	budget := language.Budget{Steps: defaultSteps}
	u := newActionUniverse(all, all, &budget)
	if over := -budget.Steps; over <= 0 || over > len(u.names) {
		t.Errorf("%d steps more were taken than the %d that there are", over, defaultSteps)
	}
	if most := defaultSteps / (len(u.names) / 8); len(u.covered) == 0 || len(u.covered) > most {
		t.Errorf("%d patterns were held against all actions, want at most %d", len(u.covered), most)
	}
	c := compare(t, old, new)
	if c.NothingNew() != Undecided || len(c.Unknown) == 0 || !c.Unknown[0].Exceeded ||
		!strings.Contains(c.Unknown[0].Why, "too complex") || c.Unknown[0].Statement.Statement == nil {
		t.Errorf("nothing new: %v, unknown: %v", c.NothingNew(), c.Unknown)
	}
}

// BenchmarkCompareTenPolicies tells how long that takes.
func BenchmarkCompareTenPolicies(b *testing.B) {
	old, new := tenPolicies(b, 0), tenPolicies(b, 1)
	for b.Loop() {
		compare(b, old, new)
	}
}

// TestCompareEndsWithItsContext compares what takes long under a context that has ended.
func TestCompareEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	set := func(action string) Set {
		return mustSet(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"`+action+`","Resource":"*"}]}`, Identity)
	}
	if c, err := Compare(ctx, set("s3:*"), set("*")); !errors.Is(err, reason) || len(c.Grants) > 0 {
		t.Errorf("%v, %v", c, err)
	}
	if truth, err := Equivalent(ctx, set("s3:*"), set("*")); !errors.Is(err, reason) || truth != Undecided {
		t.Errorf("equivalent: %v, %v", truth, err)
	}
	s := set("s3:*").Identity[0]
	ref := StatementRef{Policy: s.Name, Statement: &s.Document.Statements[0], Document: s.Document, Effect: Allow}
	o := set("*").Identity[0]
	other := StatementRef{Policy: o.Name, Statement: &o.Document.Statements[0], Document: o.Document, Effect: Allow}
	if truth, err := Covers(ctx, ref, other); !errors.Is(err, reason) || truth != Undecided {
		t.Errorf("covers: %v, %v", truth, err)
	}
}
