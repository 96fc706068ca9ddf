package policy_test

import (
	"context"
	"fmt"

	"github.com/rolewatch/rolewatch/function/policy"
)

// What a reviewer of an edit has to see first, and what an SCP next to it does not let.
func ExampleReview() {
	parse := func(text string, kind policy.Kind) *policy.Document {
		d, err := policy.Parse([]byte(text), kind)
		if err != nil {
			panic(err)
		}
		return d
	}
	scp := policy.Part{Name: "scp", Document: parse(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "*", "Resource": "*"},
		{"Effect": "Deny", "Action": "iam:Create*", "Resource": "*"}]}`, policy.SCP)}
	set := func(text string) policy.Set {
		identity := policy.Part{Name: "inline:deploy", Document: parse(text, policy.Identity)}
		return policy.Set{Identity: []policy.Part{identity}, SCPs: [][]policy.Part{{scp}}}
	}
	before := set(`{"Version": "2012-10-17", "Statement": {
		"Effect": "Allow", "Action": "lambda:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}}`)
	after := set(`{"Version": "2012-10-17", "Statement": {
		"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole", "iam:CreateUser"], "Resource": "*"}}`)

	ctx := context.Background()
	comparison, err := policy.Compare(ctx, before, after)
	if err != nil {
		panic(err)
	}
	for _, change := range policy.Review(before, after, comparison) {
		for _, grant := range change.Grants {
			fmt.Println(grant.Action, "on", grant.Resource+":", grant.Gravity, grant.Without)
		}
	}
	ineffective, err := policy.WithoutEffect(ctx, before, after, comparison)
	for _, grant := range ineffective {
		fmt.Println("without effect:", grant.Action, grant.Verdict.Decision)
	}
	fmt.Println(err)
	// Output:
	// lambda:* on *: permissions management [aws:PrincipalOrgID]
	// iam:PassRole on *: passing roles []
	// without effect: iam:CreateUser explicitDeny
	// <nil>
}
