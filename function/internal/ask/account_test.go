package ask

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy"
)

// TestUnlikeAll draws lists of IDs: where a digit is in none, one account is unlike all, which going through the digits gives, too.
func TestUnlikeAll(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	plain, others := 0, 0
	for range 500 {
		var texts []string
		for range 1 + r.IntN(3) {
			text := fmt.Sprintf("%012d", r.Int64N(1_000_000_000_000))
			if r.IntN(4) > 0 {
				text = fmt.Sprintf("%06d%06d", r.IntN(2)*111111, r.IntN(10)*100111)
			}
			if r.IntN(8) == 0 {
				text = text[:r.IntN(idLength)] + "*"
			}
			texts = append(texts, text)
		}
		budget := policy.NewBudget(10_000_000)
		want, complete := accountsByDigits(texts, budget)
		got, ok := accountsLike(texts, budget)
		if !complete || !ok {
			t.Fatalf("%v took %d steps", texts, 10_000_000-budget.Left())
		}
		if _, isPlain := unlikeAll(texts); isPlain {
			plain++
		} else {
			others++
		}
		if !slices.Equal(got, want) {
			t.Fatalf("unlike %v: %v, want %v", texts, got, want)
		}
	}
	if plain < 100 || others < 50 {
		t.Errorf("%d were unlike all, %d not", plain, others)
	}
}

// TestAccountsBesideNumbers compares the account with numbers: some account is on each side that is not the resource's own.
func TestAccountsBesideNumbers(t *testing.T) {
	const own, resource = "111122223333", "arn:aws:lambda:us-east-1:111122223333:function:orders"
	for _, bound := range []string{"111122223333", "111122223334", "111122223332.5", "444455556666", "0", "-1", "1e13", "999999999999"} {
		for operator, holds := range map[string]func(id, n float64) bool{
			"NumericLessThan": func(id, n float64) bool { return id < n }, "NumericGreaterThanEqualsIfExists": func(id, n float64) bool { return id >= n },
		} {
			text := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": "*",
				"Condition": {%q: {"aws:SourceAccount": %q}}}}`, operator, bound)
			doc, err := policy.Parse([]byte(text), policy.Resource)
			if err != nil {
				t.Fatal(err)
			}
			g := NewGate(resource, policy.Part{Name: "function", Document: doc}, nil, NewBudget())
			list, complete := g.Accounts([]string{"aws:sourceaccount"})
			n, _ := strconv.ParseFloat(bound, 64)
			found := slices.ContainsFunc(list, func(a Account) bool {
				id, _ := strconv.ParseFloat(a.ID, 64)
				return holds(id, n)
			})
			want := operator == "NumericLessThan" && n > 0 || operator != "NumericLessThan" && n < 999_999_999_999
			if !complete || want && !found {
				t.Errorf("%s %s: %v, want one that meets it", operator, bound, list)
			}
			if slices.ContainsFunc(list, func(a Account) bool { return a.ID == own || len(a.ID) != idLength }) {
				t.Errorf("%s %s: %v", operator, bound, list)
			}
		}
	}
}
