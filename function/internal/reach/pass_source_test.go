package reach_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestTheFunctionThatGetsARoleIsOneThatItTrusts goes through what the trust policy of an administrator and the policy of a role name of
// functions, and compares what the graph says with an evaluation of every request on a few functions: those that tell all of the patterns apart.
func TestTheFunctionThatGetsARoleIsOneThatItTrusts(t *testing.T) {
	names, patterns := []string{"q", "team-a", "team-q", "z-q", "z"}, []string{"q", "team-*", "*-q", "team-a", "*"}
	becomes, not := 0, 0
	for _, trusted := range patterns {
		for _, of := range []string{"us-east-1", "eu-west-1", "*"} {
			for _, granted := range patterns {
				for _, in := range []string{"us-east-1", "eu-west-1", "eu-*", "*"} {
					trust := document(with(trusting("Service", "lambda.amazonaws.com"), object{"ArnLike": object{"aws:SourceArn": functionIn(of, trusted)}}))
					start := newRole("start", document(), document(
						allow("iam:PassRole", roleARN("boss")), allow([]string{"lambda:CreateFunction", "lambda:InvokeFunction"}, functionIn(in, granted)),
					), "", nil)
					boss := newRole("boss", trust, document(allow("*", "*")), "", nil)
					want := false
					o := oracle{roles: []*role.Snapshot{start, boss}}
					for _, name := range names {
						for _, region := range []string{"us-east-1", "eu-west-1"} {
							function := functionIn(region, name)
							want = want || o.may(state{role: "start"}, "lambda:CreateFunction", function, nil, nil) && policy.LambdaCanAssume(
								boss.Trust.Or(role.Policy{}).AsPart(), nil, boss.ARN(), boss.KnownTags(), function, now).Decision == policy.Allowed
						}
					}
					got := len(danger.NewGraph(reach.Listing{Roles: o.roles}, now, check.Parameters{}).Of(start.ARN()).Paths) > 0
					if got != want {
						t.Errorf("trusted: %s in %s, allowed: %s in %s: the graph says %v, and the evaluation %v", trusted, of, granted, in, got, want)
					}
					if want {
						becomes++
					} else {
						not++
					}
				}
			}
		}
	}
	if becomes < 50 || not < 50 {
		t.Errorf("%d become the administrator, and %d do not: the patterns do not differ enough", becomes, not)
	}
}
