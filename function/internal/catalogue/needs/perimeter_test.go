package needs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// perimeters are Denies of all that does not come from a VPC, with what they say to a call that goes through no endpoint. A call
// that may go through one is decided by none of them.
var perimeters = []struct {
	condition string
	direct    policy.Decision
}{
	{`"StringNotEquals":{"KEY":"VALUE"}`, policy.ExplicitDeny},
	{`"StringNotEqualsIfExists":{"KEY":"VALUE"}`, policy.ExplicitDeny},
	{`"StringEqualsIfExists":{"KEY":"VALUE"}`, policy.ExplicitDeny},
	{`"Null":{"KEY":"true"}`, policy.ExplicitDeny},
	{`"StringEquals":{"KEY":"VALUE"}`, policy.Allowed},
	{`"StringNotEquals":{"KEY":"VALUE"},"Null":{"KEY":"false"}`, policy.Allowed},
	{`"Null":{"KEY":"false"}`, policy.Allowed},
}

// TestAPerimeterIsJudgedByTheWayOfTheCall holds that the answer follows from the operator and from the way of the call, and never
// from whether the Deny spares the function's own VPC or another: which endpoint a call goes through, if any, is not known.
func TestAPerimeterIsJudgedByTheWayOfTheCall(t *testing.T) {
	inside := configured()
	outside := configured()
	outside.Config.Network = role.None[role.Network]()
	unread := configured()
	unread.Config.Network = role.Maybe[role.Network]{}
	asked := map[bool]int{}
	for _, p := range perimeters {
		for key, values := range map[string][]string{
			"aws:SourceVpc": {"vpc-1", "vpc-2"}, "AWS:SOURCEVPC": {"vpc-1"}, "aws:SourceVpce": {"vpce-1", "vpce-2"}, "aws:VpceOrgID": {"o-1", "o-2"},
		} {
			for _, value := range values {
				condition := strings.NewReplacer("KEY", key, "VALUE", value).Replace(p.condition)
				for _, f := range []role.Function{inside, outside, unread} {
					for _, c := range []struct {
						from   maker
						direct bool
					}{
						{lambdaItself, true}, {code, f.Config.Network.State() == role.Absent}, {someone, false},
					} {
						want := policy.Unknown
						if c.direct {
							want = p.direct
						}
						asked[c.direct]++
						if got := decide(f, c.from, deny(condition)); got != want {
							t.Errorf("%s, network %v, maker %d: got %v, want %v", condition, f.Config.Network.State(), c.from, got, want)
						}
					}
				}
			}
		}
	}
	if asked[true] == 0 || asked[false] == 0 {
		t.Errorf("calls that go through no endpoint and others: %v; both are to be asked", asked)
	}
}

// TestAPerimeterThatAgreesIsDecided holds that an answer is certain where it is the same with an endpoint and without one.
func TestAPerimeterThatAgreesIsDecided(t *testing.T) {
	for _, list := range [][]string{
		{deny(`"Null":{"aws:SourceVpc":"true"}`), deny(`"Null":{"aws:SourceVpc":"false"}`)},
		{deny(`"StringNotEquals":{"aws:SourceVpc":"vpc-1"}`), deny(`"StringEquals":{"aws:SourceVpc":"vpc-1"}`)},
	} {
		for _, from := range []maker{lambdaItself, code, someone} {
			if got := decide(configured(), from, list...); got != policy.ExplicitDeny {
				t.Errorf("%v: a call of maker %d is %v, want denied", list, from, got)
			}
		}
	}
}

func deny(condition string) string {
	return fmt.Sprintf(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{%s}}`, condition)
}

// decide asks for a call by a maker, of a role that allows all but what the statements deny.
func decide(f role.Function, from maker, statements ...string) policy.Decision {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},` + strings.Join(statements, ",") + `]}`
	s := &check.Subject{Now: at(), Role: &role.Snapshot{
		Ref:      role.Ref{Partition: "aws", Account: account, Name: "orders", ARN: ourRole},
		Identity: role.Have(role.Identity{ID: "AROAORDERS", ARN: ourRole}), Tags: role.Have(map[string]string{}),
		Inline: role.Have([]role.Policy{role.NewPolicy("inline:a", text, policy.Identity)}), Attached: role.Have([]role.Policy(nil)),
		Boundary: role.None[role.Policy](), SCPs: role.None[[][]policy.Part](),
	}}
	n := by(from, everywhere(carried, "xray:PutTraceSegments"))[0]
	return deskOf(effective.Of(s).AskingLambda(s), &f, n).ask(n.actions[0]).Verdict.Decision
}
