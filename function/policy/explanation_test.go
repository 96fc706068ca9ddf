package policy

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryStatementIsExplained draws requests, and wants each statement of each policy among those that decided or among
// the others, with a reason that agrees with Match.
func TestEveryStatementIsExplained(t *testing.T) {
	idle, mismatched := map[Idle]int{}, map[MismatchKind]int{}
	rapid.Check(t, func(t *rapid.T) {
		request, set := drawRequest(t), drawSet(t)
		e := Explain(request, set)
		if want := Evaluate(request, set); e.Verdict.Decision != want.Decision || len(e.Verdict.Statements) != len(want.Statements) {
			t.Fatalf("%+v, but Evaluate says %+v", e.Verdict, want)
		}
		if len(e.Policies) != len(set.Parts()) {
			t.Fatalf("%d policies, want %d", len(e.Policies), len(set.Parts()))
		}
		for _, p := range e.Policies {
			if p.Document == nil {
				continue
			}
			decided := func(s *Statement) bool {
				return slices.ContainsFunc(e.Verdict.Statements, func(ref StatementRef) bool { return ref.Statement == s })
			}
			others := p.Others
			for i := range p.Document.Statements {
				s := &p.Document.Statements[i]
				if decided(s) {
					continue
				}
				if len(others) == 0 || others[0].Statement != s || others[0].Index != i {
					t.Fatalf("%s, statement %d is not explained", p.Name, i)
				}
				one := others[0]
				others = others[1:]
				applies := p.Document.Match(i, request).Applies
				if matches := applies == True && s.Effect != NoEffect; matches != (len(one.Mismatches) == 0) || matches == (one.Idle == NotIdle) {
					t.Fatalf("%s, statement %d applies: %v, but %+v", p.Name, i, applies, one)
				}
				if (one.Idle == IdleNoSay) != (one.Idle != NotIdle && s.Effect == Deny) {
					t.Fatalf("%s, statement %d: %+v", p.Name, i, one)
				}
				idle[one.Idle]++
				for _, m := range one.Mismatches {
					mismatched[m.Kind]++
					if isCondition := m.Kind == ConditionUnmet || m.Kind == ConditionUncertain; isCondition != (m.Condition != nil) || m.Element == "" {
						t.Fatalf("%+v", m)
					}
				}
			}
			if len(others) > 0 {
				t.Fatalf("%s has more explanations than statements", p.Name)
			}
		}
	})
	t.Logf("why matching statements did not decide: %v; mismatches: %v", idle, mismatched)
}

func TestNoStatementHasNoMismatch(t *testing.T) {
	d := parseFor(t, `{"Version":"2012-10-17","Statement":[{"Effect":"allow","Action":"s3:*","Resource":"*"}]}`, Identity)
	for _, i := range []int{-1, 0, 1} {
		if got := d.Mismatches(i, Request{}); len(got) != 1 || got[0].Kind != EffectMissing {
			t.Errorf("statement %d: %+v", i, got)
		}
	}
}
