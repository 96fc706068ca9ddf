package policyjson_test

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyjson"
)

func ExampleReader() {
	reader := policyjson.NewReader()
	for _, line := range []string{
		`{"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "arn:aws:s3:::reports/q1.csv",
		  "identity": [{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}]}`,
		`{"principal": "*", "action": "s3:GetObject", "resource": "*", "resource policy": null}`,
	} {
		request, set, err := reader.Read([]byte(line))
		var field *policyjson.FieldError
		switch {
		case errors.As(err, &field):
			fmt.Println(field.Offset, err)
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(request.Action, set.Identity[0].Name, policy.Evaluate(request, set).Decision == policy.Allowed)
		}
	}
	// Output:
	// s3:GetObject identity[0] true
	// 62 a request does not have a field "resource policy"
}

func ExampleNewRequest() {
	written, err := policyjson.NewRequest(policy.Request{
		Principal: "arn:aws:iam::111122223333:user/ann", Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/q1.csv",
		Context: policy.Context{Keys: map[string]policy.ContextValue{
			"aws:principaltag/team": {Presence: policy.KeyPresent, Values: []string{"blue"}},
			"aws:sourcevpc":         {Presence: policy.KeyUnknown},
		}},
	}, policy.Set{})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.Marshal(written)
	fmt.Println(string(text), err)
	// Output:
	// {"principal":"arn:aws:iam::111122223333:user/ann","action":"s3:GetObject","resource":"arn:aws:s3:::reports/q1.csv","context":{"aws:PrincipalTag/team":["blue"]},"unknown":["aws:SourceVpc"]} <nil>
}

func ExampleNewVerdict() {
	request, set, err := policyjson.NewReader().Read([]byte(`{
		"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "*",
		"identity": [{"Version": "2012-10-17", "Statement": {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.Marshal(policyjson.NewVerdict(policy.Evaluate(request, set)))
	fmt.Println(string(text), err)
	// Output:
	// {"decision":"allowed","statements":[{"policy":"identity[0]","statement":0,"sid":"Read","effect":"Allow"}]} <nil>
}
