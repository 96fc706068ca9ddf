package events

import (
	"strings"
	"testing"
)

func TestWhatARefusalNames(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/service-role/orders"
	tests := []struct {
		message string
		want    Change
	}{
		{"User: arn:aws:iam::111122223333:user/x is not authorized to perform: iam:PassRole on resource: " + role + " because no identity-based policy allows the iam:PassRole action",
			Change{Role: RoleRef{ARN: role, Name: "orders", Path: "/service-role/"}}},
		{"User: arn:aws:iam::111122223333:user/x is not authorized to perform: iam:PassRole on resource: " + role,
			Change{Role: RoleRef{ARN: role, Name: "orders", Path: "/service-role/"}}},
		{"User: x is not authorized to perform: iam:PutRolePolicy on resource: role orders with an explicit deny in a service control policy",
			Change{Role: RoleRef{Name: "orders"}}},
		{"User: x is not authorized to perform: iam:SetDefaultPolicyVersion on resource: policy arn:aws:iam::111122223333:policy/p version v2 because no",
			Change{Policy: PolicyRef{ARN: "arn:aws:iam::111122223333:policy/p", VersionID: "v2"}}},
		{"User: x is not authorized to perform: iam:SetDefaultPolicyVersion on resource: policy arn:aws:iam::111122223333:policy/p version",
			Change{Policy: PolicyRef{ARN: "arn:aws:iam::111122223333:policy/p"}}},
		{"User: x is not authorized to perform: iam:CreatePolicyVersion on resource: policy arn:aws:iam::111122223333:policy/p because no identity-based policy",
			Change{Policy: PolicyRef{ARN: "arn:aws:iam::111122223333:policy/p"}}},
		{"User: x is not authorized to perform: iam:CreatePolicy on resource: policy orders", Change{}},
		{"User: x is not authorized to perform: iam:DeleteRole on resource: role service-role/orders.", Change{Role: RoleRef{Name: "orders"}}},
		{"User: x is not authorized to perform: lambda:InvokeFunction on resource: orders because no", Change{}},
		{"User: x is not authorized to perform: lambda:UpdateFunctionCode on resource: arn:aws:lambda:us-east-1:111122223333:function:f:live because no",
			Change{Function: FunctionRef{Name: "f", ARN: "arn:aws:lambda:us-east-1:111122223333:function:f", Qualifier: "live"}}},
		{"User: " + role + " is not authorized to perform: lambda:CreateEventSourceMapping on resource: * because no", Change{}},
		{"User: x is not authorized to perform: iam:CreateRole on resource: role", Change{}},
		{"User: x is not authorized to perform: iam:CreateRole on resource: ", Change{}},
		{"Cross-account pass role is not allowed.", Change{}},
		{"", Change{}},
	}
	for _, tt := range tests {
		body := edited(t, "lambda.CreateFunction.passRole", func(r object) { r["errorMessage"] = tt.message })
		c := parse(t, body)
		if c.Role != tt.want.Role || c.Policy != tt.want.Policy || c.Function != tt.want.Function {
			t.Errorf("%q names %+v %+v %+v", tt.message, c.Role, c.Policy, c.Function)
		}
	}
}

// CloudTrail cuts a message after 1 KB. What its end names may be something else.
func TestTheEndOfACutMessageNamesNothing(t *testing.T) {
	const before = "User: arn:aws:iam::111122223333:user/"
	message := before + strings.Repeat("x", 800) + " is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/"
	for rest, want := range map[string]string{"orders": "", "orders because no identity-based policy allows it": "orders"} {
		cut := strings.Repeat("y", 1024-len(message)-len(rest))
		body := edited(t, "lambda.CreateFunction.passRole", func(r object) { r["errorMessage"] = strings.Replace(message, "x", "x"+cut, 1) + rest })
		if got := parse(t, body).Role.Name; got != want {
			t.Errorf("a message that ends with %q names the role %q, want %q", rest, got, want)
		}
	}
}

func TestParametersOutweighTheMessage(t *testing.T) {
	body := edited(t, "lambda.CreateFunction.cannotAssume", func(r object) {
		r["errorMessage"] = "not authorized to perform: iam:PassRole on resource: arn:aws:iam::444455556666:role/other because"
	})
	if got := parse(t, body).Role.Name; got != "orders-worker" {
		t.Errorf("the role is %q, want the one of the parameters", got)
	}
}
