package needs

import (
	"math/rand/v2"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestAnswersAreCertainWhereAllRequestsAgree holds the answers to the needs of a function that has all of them against every
// request of a small universe: a need is met for certain where all are allowed, lacks for certain where all are denied, and is
// unknown where some are allowed and others denied, and only there.
func TestAnswersAreCertainWhereAllRequestsAgree(t *testing.T) {
	about := questions(configured())
	random := rand.New(rand.NewPCG(1, 2))
	counts := map[policy.Decision]int{}
	for range 150 {
		bytes := make([]byte, 64)
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		agree(t, bytes, about, counts)
	}
	t.Logf("%d questions of each role, answers: %v", len(about), counts)
	for _, d := range []policy.Decision{policy.Allowed, policy.ImplicitDeny, policy.ExplicitDeny, policy.Unknown} {
		if counts[d] < 50 {
			t.Errorf("%d answers are %v: the roles do not show what is to be shown", counts[d], d)
		}
	}
}

func FuzzAnswersAreCertainWhereAllRequestsAgree(f *testing.F) {
	about := questions(configured())
	f.Add([]byte("a role with a boundary, and with a condition or two"))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		c := choices(bytes)
		agree(t, c, about[c.of(len(about)):][:1], map[policy.Decision]int{})
	})
}

func agree(t *testing.T, bytes []byte, about []ask.Call, counts map[policy.Decision]int) {
	t.Helper()
	c := choices(bytes)
	r, used := draw(&c, about)
	s := &check.Subject{Role: r, Now: at()}
	lambda := effective.Of(s).AskingLambda(s)
	for _, call := range about {
		if aws.AccountOf(call.Resource) == aws.AccountOf(foreign) {
			continue // What the policy of a resource in another account says is not known.
		}
		allowed, denied := 0, 0
		for _, request := range requestsOf(call, used) {
			switch policy.Evaluate(request, set(r, call)).Decision {
			case policy.Allowed:
				allowed++
			case policy.Unknown:
				t.Fatalf("a request of the universe is not decided: %+v\n%s", request, documents(r))
			default:
				denied++
			}
		}
		got := lambda.Ask(call).Verdict.Decision
		counts[got]++
		isUnknown, isAllowed := got == policy.Unknown, got == policy.Allowed
		if isUnknown != (allowed > 0 && denied > 0) || !isUnknown && isAllowed != (denied == 0) {
			t.Fatalf("%+v: got %v, and of all requests %d are allowed and %d denied\n%s\n%v", call, got, allowed, denied, documents(r), used)
		}
	}
	if _, exceeded := effective.BudgetOf(s).Exceeded(); exceeded {
		t.Fatalf("the budget was exceeded by\n%s", documents(r))
	}
}

// documents are the policies of a role.
func documents(r *role.Snapshot) string {
	out := r.Inline.Or(nil)[0].Text.Or("")
	if b, ok := r.Boundary.Get(); ok {
		out += "\nboundary " + b.Text.Or("")
	}
	for _, level := range r.SCPs.Or(nil) {
		for _, p := range level {
			for i := range p.Document.Statements {
				out += "\nscp " + p.Document.Text(p.Document.Statements[i].Span)
			}
		}
	}
	return out
}
