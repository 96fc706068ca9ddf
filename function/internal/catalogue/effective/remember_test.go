package effective

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
)

// setOf is a set of one inline policy that allows an action.
func setOf(t *testing.T, action string) policy.Set {
	t.Helper()
	doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"`+action+`","Resource":"*"}]}`), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	return policy.Set{Identity: []policy.Part{{Name: "inline:a", Document: doc}}}
}

// TestCompareAgain compares pairs of sets twice, several at a time: the second answer is the first, and takes as much of the budget.
func TestCompareAgain(t *testing.T) {
	before := setOf(t, "sqs:SendMessage")
	var group sync.WaitGroup
	for i := range 2 * maxRemembered {
		after := setOf(t, fmt.Sprintf("s3:Get*%d", i%3))
		if i%2 == 0 {
			after = setOf(t, "s3:GetObject")
		}
		group.Go(func() {
			first, second := ask.NewBudget(), ask.NewBudget()
			want := Compare(before, after, first)
			got := Compare(before, after, second)
			if len(want.Grants)+len(want.Unknown) == 0 && i%2 == 0 {
				t.Error("nothing is new")
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b *policy.Document) bool { return a == b }), cmpopts.IgnoreUnexported(policy.Context{})); diff != "" {
				t.Error(diff)
			}
			if first.Searches().Left() != second.Searches().Left() {
				t.Errorf("%d steps are left, and %d the second time", first.Searches().Left(), second.Searches().Left())
			}
		})
	}
	group.Wait()
	kept := 0
	for i := range comparisons.list {
		if comparisons.list[i].steps > 0 {
			kept++
		}
	}
	if kept == 0 {
		t.Error("nothing was remembered")
	}
}

// TestRememberedAreTheSame holds that a set with another name, level or document is another set.
func TestRememberedAreTheSame(t *testing.T) {
	one, other := setOf(t, "s3:*"), setOf(t, "s3:*")
	renamed := policy.Set{Identity: []policy.Part{{Name: "inline:b", Document: one.Identity[0].Document}}}
	limited, unread, levelled := one, one, one
	limited.Boundaries = one.Identity
	unread.Unread = []string{"identity"}
	levelled.SCPs = [][]policy.Part{}
	for name, b := range map[string]policy.Set{"text": other, "name": renamed, "boundary": limited, "unread": unread, "organization": levelled} {
		if isSameSet(one, b) {
			t.Errorf("%s: the sets are taken for one", name)
		}
	}
	if !isSameSet(one, policy.Set{Identity: []policy.Part{one.Identity[0]}}) {
		t.Error("a set is not like itself")
	}
}
