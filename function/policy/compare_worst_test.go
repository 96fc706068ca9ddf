package policy

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// worst are the comparisons that take the most work: the hostile ones, the role of ten policies, and those of the drawn ones that
// took the most time per step or overdrew their budget before the work was counted where it is done.
func worst(t testing.TB) map[string][2]Set {
	sets := map[string][2]Set{"ten policies": {tenPolicies(t, 0), tenPolicies(t, 1)}}
	for name, texts := range hostile() {
		sets[name] = [2]Set{mustSet(t, texts[0], Identity), mustSet(t, texts[1], Identity)}
	}
	for _, seed := range []int{28, 54, 57, 77, 79, 103, 109, 112, 127, 132, 133, 147, 1024, 1059} {
		old, new := costlySets(t, seed)
		sets[fmt.Sprintf("drawn %d", seed)] = [2]Set{old, new}
	}
	return sets
}

// TestCompareEndsWithItsBudget compares them, and others that are drawn, under budgets that do not suffice: little more is
// spent, and what is left open is said to be, with the statement that took the work.
func TestCompareEndsWithItsBudget(t *testing.T) {
	sets := worst(t)
	for seed := range 60 {
		old, new := costlySets(t, 2000+seed)
		sets[fmt.Sprintf("seed %d", seed)] = [2]Set{old, new}
	}
	exceeded := 0
	for name, pair := range sets {
		for _, steps := range []int{100_000, 1_000_000} {
			budget := NewBudget(steps)
			c, err := CompareWithin(t.Context(), pair[0], pair[1], budget)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if over := -budget.steps.Steps; over > maxOverdraft {
				t.Errorf("%s: %d steps more were taken than the %d that there were", name, over, steps)
			}
			if !budget.Spent() || c.More {
				continue
			}
			exceeded++
			last := Undecidable{}
			if len(c.Unknown) > 0 {
				last = c.Unknown[len(c.Unknown)-1]
			}
			if !last.Exceeded || !strings.Contains(last.Why, tooComplex) || last.Statement.Statement == nil || c.NothingNew() == True {
				t.Errorf("%s with %d steps: nothing new %v, last unknown %+v", name, steps, c.NothingNew(), last)
			}
		}
	}
	t.Logf("%d comparisons, %d of them exceeded a budget", 2*len(sets), exceeded)
	if exceeded == 0 {
		t.Error("no budget was exceeded")
	}
}

// maxOverdraft is how many steps may be asked of a budget at once, which refuses them then: a twenty-fifth of the default.
const maxOverdraft = defaultSteps / 25

// TestCompareSharesABudget compares twice with one budget: the second comparison has what the first one left.
func TestCompareSharesABudget(t *testing.T) {
	set := func(action string) Set {
		return mustSet(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"`+action+`","Resource":"*"}}`, Identity)
	}
	budget := NewBudget(defaultSteps)
	if _, err := CompareWithin(t.Context(), set("s3:Get*"), set("s3:*"), budget); err != nil {
		t.Fatal(err)
	}
	first := defaultSteps - budget.steps.Steps
	again := NewBudget(first + first/2)
	c, err := CompareWithin(t.Context(), set("s3:Get*"), set("s3:*"), again)
	if err != nil || c.NothingNew() != False || again.Spent() {
		t.Errorf("first: %v, %v", c, err)
	}
	c, err = CompareWithin(t.Context(), set("s3:Get*"), set("s3:*"), again)
	if err != nil || !again.Spent() || len(c.Unknown) == 0 || !c.Unknown[len(c.Unknown)-1].Exceeded {
		t.Errorf("second: %v, %v", c, err)
	}
}

// TestStepsGrowWithTheWork counts by itself how many names of actions have all letters of a pattern, so that they have to be held
// against it, and holds the steps that are spent against that.
func TestStepsGrowWithTheWork(t *testing.T) {
	names := documentedActions().lower
	for _, n := range []int{50, 200, 800} {
		set := tenPolicies(t, 0)
		_, all := numberStatements(set, true, nil)
		statement := all[0].statement
		pairs, patterns := 0, statement.Actions[:min(n, len(statement.Actions))]
		for _, p := range patterns {
			for _, name := range names {
				_, name, _ = strings.Cut(name, ":")
				if !strings.ContainsFunc(strings.Trim(p.Text, "*:"), func(r rune) bool { return r != '*' && !strings.ContainsRune(name, r) }) {
					pairs++
				}
			}
		}
		small := *all[0].compiled
		small.actions = small.actions[:len(patterns)]
		all[0].compiled = &small
		budget := NewBudget(1 << 40)
		newActionUniverse(all[:1], all[:1], &budget.steps)
		spent := 1<<40 - budget.steps.Steps
		if pairs == 0 || spent < globWork*pairs || spent > 2*globWork*pairs {
			t.Errorf("%d patterns: %d steps for %d names that have their letters", len(patterns), spent, pairs)
		}
	}
}

// BenchmarkCompareWorst tells how many steps the comparisons take, and how long a step takes. The yardstick is an ordinary one.
func BenchmarkCompareWorst(b *testing.B) {
	sets := worst(b)
	ordinary := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","ec2:Describe*"],"Resource":"*"},` +
		`{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::secret/*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/app-*"}]}`
	sets["yardstick"] = [2]Set{mustSet(b, ordinary, Identity), mustSet(b, strings.ReplaceAll(ordinary, "Get*", "*"), Identity)}
	for name, pair := range sets {
		b.Run(name, func(b *testing.B) {
			steps, n := 0, 0
			for b.Loop() {
				budget := NewBudget(defaultSteps)
				if _, err := CompareWithin(context.Background(), pair[0], pair[1], budget); err != nil {
					b.Fatal(err)
				}
				steps, n = steps+defaultSteps-budget.steps.Steps, n+1
			}
			b.ReportMetric(float64(steps)/float64(n), "steps/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
		})
	}
}
