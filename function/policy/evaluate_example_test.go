package policy_test

import (
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
)

// A trust policy whose condition names an account that was mistyped.
func ExampleLambdaCanAssume() {
	trust, err := policy.Parse([]byte(`{
		"Version": "2012-10-17",
		"Statement": {
			"Effect": "Allow",
			"Principal": {"Service": "lambda.amazonaws.com"},
			"Action": "sts:AssumeRole",
			"Condition": {"StringEquals": {"aws:SourceAccount": "111111111112"}}
		}
	}`), policy.Trust)
	if err != nil {
		fmt.Println(err)
		return
	}
	const (
		role     = "arn:aws:iam::111111111111:role/orders"
		function = "arn:aws:lambda:us-east-1:111111111111:function:orders"
	)
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	verdict := policy.LambdaCanAssume(policy.Part{Name: "trust", Document: trust}, nil, role, nil, function, now)
	fmt.Println(verdict.Decision == policy.ImplicitDeny, verdict.BlockedBy)

	match := trust.Match(0, policy.AssumedByService(aws.LambdaService, role, nil, function, now))
	for _, c := range match.Conditions {
		fmt.Println(c.Condition.Key, c.Truth == policy.False)
	}
	// Output:
	// true [resource]
	// aws:SourceAccount true
}

// An identity policy whose only grant hangs on a key that is not known.
func ExampleEvaluate() {
	identity, err := policy.Parse([]byte(`{
		"Version": "2012-10-17",
		"Statement": {
			"Effect": "Allow",
			"Action": "s3:Get*",
			"Resource": "arn:aws:s3:::reports/*",
			"Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
		}
	}`), policy.Identity)
	if err != nil {
		fmt.Println(err)
		return
	}
	request := policy.Request{
		Principal: "arn:aws:iam::111111111111:user/ann",
		Action:    "s3:GetObject",
		Resource:  "arn:aws:s3:::reports/2026.csv",
		Context:   policy.Context{RestUnknown: true},
	}
	verdict := policy.Evaluate(request, policy.Set{
		Identity: []policy.Part{{Name: "inline:reports", Document: identity}},
	})
	fmt.Println(verdict.Decision == policy.Unknown, verdict.UnknownKeys)
	// Output: true [aws:PrincipalTag/team]
}
