package policy_test

import (
	"fmt"

	"github.com/rolewatch/rolewatch/function/policy"
)

// A grant that a condition keeps from a caller outside a network.
func ExampleExplain() {
	identity, err := policy.Parse([]byte(`{
		"Version": "2012-10-17",
		"Statement": {
			"Effect": "Allow",
			"Action": "s3:Get*",
			"Resource": "arn:aws:s3:::reports/*",
			"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
		}
	}`), policy.Identity)
	if err != nil {
		fmt.Println(err)
		return
	}
	request := policy.Request{
		Principal: "arn:aws:iam::111122223333:user/ann", Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/q1.csv",
		Context: policy.Context{Keys: map[string]policy.ContextValue{
			"aws:sourceip": {Presence: policy.KeyPresent, Values: []string{"198.51.100.7"}},
		}},
	}
	e := policy.Explain(request, policy.Set{Identity: []policy.Part{{Name: "inline:Read", Document: identity}}})
	fmt.Println(e.Verdict.Decision == policy.ImplicitDeny)
	for _, p := range e.Policies {
		for _, s := range p.Others {
			for _, m := range s.Mismatches {
				fmt.Println(p.Name, s.Index, m.Condition.Operator, m.Condition.Key, m.Values)
			}
		}
	}
	// Output:
	// true
	// inline:Read 0 IpAddress aws:SourceIp [198.51.100.7]
}
