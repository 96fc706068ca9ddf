package policy

import "testing"

// proberOf is a prober of one identity policy, with a budget that suffices.
func proberOf(t *testing.T, text string) *Prober {
	t.Helper()
	d, err := Parse([]byte(text), Identity)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewProber(Set{Identity: []Part{{Name: "p", Document: d}}}, NewBudget(1e6), NewBudget(1e6))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAppendLikeness(t *testing.T) {
	const ownDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","s3:*","sts:*"],"Resource":"*"},` +
		`{"Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::${aws:username}/*"]},{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/ops"},` +
		`{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`
	p := proberOf(t, ownDocument)
	of := func(action, resource string) string {
		b, ok := p.AppendLikeness(nil, action, resource, "111122223333")
		if !ok {
			return "none"
		}
		return string(b)
	}
	orders, ops := "arn:aws:iam::111122223333:role/orders", "arn:aws:iam::111122223333:role/ops"
	for _, c := range []struct {
		action, resource, otherAction, otherResource string
		want                                         bool
	}{
		{"iam:GetRole", orders, "iam:DeleteRole", orders, true},
		{"iam:GetRole", orders, "iam:GetRole", ops, false},
		{"iam:GetRole", orders, "iam:GetRole", "arn:aws:iam::444455556666:role/orders", false},
		{"s3:PutObject", "arn:aws:s3:::a/b", "s3:DeleteObject", "arn:aws:s3:::c/d", true},
		{"s3:PutObject", "arn:aws:s3:::a/b", "iam:GetRole", orders, false},
		{"s3:PutObject", "arn:aws:s3:::a/b", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", false},
	} {
		if got := of(c.action, c.resource) == of(c.otherAction, c.otherResource); got != c.want {
			t.Errorf("%s on %s and %s on %s are alike: %v, want %v", c.action, c.resource, c.otherAction, c.otherResource, got, c.want)
		}
	}
	for action, resource := range map[string]string{
		"s3:GetObject": "arn:aws:s3:::a/b", "iam:GetRole": "arn:aws:iam::111122223333:role/*", "sts:GetCallerIdentity": "*", "sns:Publish": "arn:aws:sns:us-east-1:111122223333:t",
		"sts:AssumeRole": "arn:aws:iam::111122223333:role/orders",
		"iam:DeleteRole": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/x",
	} {
		if got := of(action, resource); got != "none" {
			t.Errorf("%s on %s has a likeness", action, resource)
		}
	}
}
