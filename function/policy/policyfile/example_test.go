package policyfile_test

import (
	"errors"
	"fmt"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyfile"
)

// The output of aws iam get-role is a role with its trust policy.
func ExampleUnwrap() {
	file, err := policyfile.Unwrap([]byte(`{
	  "Role": {
	    "RoleName": "orders",
	    "AssumeRolePolicyDocument": {
	      "Version": "2012-10-17",
	      "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
	    }
	  }
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(file.Form, file.Path, file.Kind == policy.Trust)

	document, err := file.Parse(file.Kind)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(document.Statements[0].Principals[0].Text)
	// Output:
	// aws iam get-role Role.AssumeRolePolicyDocument true
	// lambda.amazonaws.com
}

// A policy of a Terraform file whose references are not resolved allows nothing that anybody could say.
func ExampleParse() {
	_, err := policyfile.Parse([]byte(`{
	  "Version": "2012-10-17",
	  "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "${aws_s3_bucket.reports.arn}/*"}]
	}`), policy.Identity)
	var refused *policyfile.NotAPolicyError
	if errors.As(err, &refused) {
		fmt.Println(refused.Line, refused.Path)
		fmt.Println(refused.What)
	}
	// Output:
	// 3 Statement[0].Resource
	// ${aws_s3_bucket.reports.arn} is a reference of Terraform; resolve it first
}
