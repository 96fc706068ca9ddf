package ask

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/policy"
)

// TestGateSaysThatItGaveUp asks with budgets that are spent: what is not decided is unknown, and the budget knows.
func TestGateSaysThatItGaveUp(t *testing.T) {
	const text = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{` +
		`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::4444*:role/ci-*"},"StringLike":{"sts:RoleSessionName":"a*"}}}]}`
	doc, err := policy.Parse([]byte(text), policy.Trust)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ search, evaluations int }{{0, evaluationSteps}, {searchSteps, 0}, {0, 0}} {
		b := &Budget{search: policy.NewBudget(c.search), evaluations: policy.NewBudget(c.evaluations)}
		g := NewGate("arn:aws:iam::111122223333:role/orders", policy.Part{Name: "trust", Document: doc}, nil, b)
		visit := Visit{Action: "sts:AssumeRole", Chosen: func(key string) bool { return key == "sts:rolesessionname" }}
		a := g.Ask(g.Everybody("444400000000", visit.Action, true), visit)
		if _, exceeded := b.Exceeded(); a.Decision != policy.Unknown || !a.Exceeded || !exceeded {
			t.Errorf("with %+v steps the answer is %v, exceeded %v, and the budget says %v", c, a.Decision, a.Exceeded, exceeded)
		}
		if _, complete := g.Accounts(CallerKeys); complete != (c.search > 0) {
			t.Errorf("with %+v steps the accounts are complete: %v", c, complete)
		}
	}
}
