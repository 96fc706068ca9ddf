package policy_test

import (
	"context"
	"fmt"

	"github.com/rolewatch/rolewatch/function/policy"
)

// An edit that widens a bucket's prefix and adds an action.
func ExampleCompare() {
	set := func(text string) policy.Set {
		d, err := policy.Parse([]byte(text), policy.Identity)
		if err != nil {
			panic(err)
		}
		return policy.Set{Identity: []policy.Part{{Name: "inline:reports", Document: d}}}
	}
	before := set(`{"Version": "2012-10-17", "Statement": {
		"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/2026/*"}}`)
	after := set(`{"Version": "2012-10-17", "Statement": {
		"Effect": "Allow", "Action": ["s3:GetObject", "iam:Pass*"], "Resource": "arn:aws:s3:::reports/*"}}`)

	comparison, err := policy.Compare(context.Background(), before, after)
	if err != nil {
		panic(err)
	}
	for _, grant := range comparison.Grants {
		witness := grant.Witness
		old := policy.Evaluate(witness.Request, witness.Under(before))
		new := policy.Evaluate(witness.Request, witness.Under(after))
		fmt.Println(grant.Action, grant.Resource, grant.Actions)
		fmt.Println("  for example", witness.Request.Action, witness.Request.Resource, old.Decision == policy.ImplicitDeny, new.Decision == policy.Allowed)
	}
	// Output:
	// s3:GetObject arn:aws:s3:::reports/* []
	//   for example s3:GetObject arn:aws:s3:::reports/example true true
	// iam:Pass* arn:aws:s3:::reports/* [iam:PassRole]
	//   for example iam:PassRole arn:aws:s3:::reports/example true true
}

// Two ways to write the same.
func ExampleEquivalent() {
	set := func(statements string) policy.Set {
		d, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [`+statements+`]}`), policy.Identity)
		if err != nil {
			panic(err)
		}
		return policy.Set{Identity: []policy.Part{{Name: "identity", Document: d}}}
	}
	a := set(`{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::reports*"}`)
	b := set(`{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
		{"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::reports*"}`)
	same, err := policy.Equivalent(context.Background(), a, b)
	fmt.Println(same == policy.True, err)
	// Output: true <nil>
}

// Why a statement does not apply to a request.
func ExampleDocument_Match() {
	d, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": {
		"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*",
		"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}`), policy.Identity)
	if err != nil {
		panic(err)
	}
	match := d.Match(0, policy.Request{
		Principal: "arn:aws:iam::111111111111:user/ann", Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/a",
	})
	fmt.Println(match.Action == policy.True, match.Resource == policy.True)
	for _, c := range match.Conditions {
		fmt.Println(c.Condition.Key, c.Truth == policy.True, c.Presence == policy.KeyAbsent)
	}
	// Output:
	// true true
	// aws:MultiFactorAuthPresent false true
}

// Every fault of a document comes at once, and the document comes too.
func ExampleParse() {
	d, err := policy.Parse([]byte(`{
  "Version": "2012-10-17",
  "Statement": {"Effect": "allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"}
}`), policy.Identity)
	fmt.Println(len(d.Statements))
	for _, v := range d.Violations {
		fmt.Println(v.Line, v.Column, v.Rule, v.Path)
	}
	fmt.Println(err != nil)
	// Output:
	// 1
	// 3 27 4 Statement[0].Effect
	// 3 92 7 Statement[0].Principal
	// true
}
