package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// refCase is a request with the policies that bear on it.
type refCase struct {
	req Request
	set Set
}

func refDrawCase() *rapid.Generator[refCase] {
	return rapid.Custom(func(t *rapid.T) refCase {
		req := refDrawRequest(t)
		return refCase{req: req, set: refDrawSet(t, req)}
	})
}

// String tells the case as a scenario would.
func (c refCase) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s owner=%s\n", c.req.Principal, c.req.Action, c.req.Resource, c.req.ResourceAccount)
	fmt.Fprintf(&b, "federated by %q\n", c.req.FederatedBy)
	fmt.Fprintf(&b, "keys %v, absent %v, rest unknown %t; unread %v\n", c.req.Context.Keys, c.req.Context.AbsentPrefixes, c.req.Context.RestUnknown, c.set.Unread)
	all := append(slices.Clone(c.set.Identity), c.set.Boundaries...)
	all = append(all, c.set.Endpoint...)
	for _, p := range []*Part{c.set.Resource, c.set.Session} {
		if p != nil {
			all = append(all, *p)
		}
	}
	for _, level := range append(slices.Clone(c.set.SCPs), c.set.RCPs...) {
		all = append(all, append(level, Part{Name: "(level)"})...)
	}
	for _, p := range all {
		text := "unread"
		if p.Document != nil {
			text = p.Document.src
		}
		fmt.Fprintf(&b, "%s: %s\n", p.Name, text)
	}
	return b.String()
}

// TestEvaluateAgreesWithReference holds Evaluate against a slow evaluator that knows no three-valued logic, but asks in
// every world that the unknown leaves open.
func TestEvaluateAgreesWithReference(t *testing.T) {
	counts := map[Decision]int{}
	const cases = 4000
	generator := refDrawCase()
	wrong := 0
	for seed := range cases {
		c := generator.Example(seed)
		want := refDecide(c.req, c.set)
		counts[want]++
		if got := Evaluate(c.req, c.set); got.Decision != want {
			if wrong++; wrong <= 10 {
				t.Errorf("seed %d: %s, the reference says %s; %s\n%s", seed, decisions[got.Decision], decisions[want], reasons(got), c)
			}
		}
	}
	t.Logf("%d cases, %d disagreements: %v", cases, wrong, counts)
	for d, name := range decisions {
		if counts[d]*100 < cases*3 {
			t.Errorf("%s was the answer only %d times of %d", name, counts[d], cases)
		}
	}
}

// TestEvaluateAgreesWithReferenceRapid is the same with rapid's search for the smallest disagreement.
func TestEvaluateAgreesWithReferenceRapid(t *testing.T) {
	generator := refDrawCase()
	rapid.Check(t, func(t *rapid.T) {
		c := generator.Draw(t, "case")
		if got, want := Evaluate(c.req, c.set), refDecide(c.req, c.set); got.Decision != want {
			t.Fatalf("%s, the reference says %s; %s\n%s", decisions[got.Decision], decisions[want], reasons(got), c)
		}
	})
}
