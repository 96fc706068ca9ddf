package policy

import "testing"

func TestIsApart(t *testing.T) {
	const other = "arn:aws:sns:*:999999999999:?*"
	for _, c := range []struct {
		operator, value, like string
		want                  bool
	}{
		{"ArnLike", "arn:aws:sns:us-east-1:111122223333:topic", other, true},
		{"ArnLike", "arn:aws:sns:us-east-1:*:topic", other, false},
		{"ArnLike", "arn:aws:sns:us-east-1:9999*:topic", other, false},
		{"ArnLike", "arn:aws:sns:us-east-1:1111*:topic", other, true},
		{"ArnLike", "arn:aws:s3:::bucket", other, true},
		{"ArnEquals", "arn:aws:s3:::bucket", "arn:aws:s3:::?*", false},
		{"ArnEquals", "arn:aws:s3:::bucket", "arn:aws:s3:::buckets?*", true},
		{"ArnEquals", "arn:aws:s3:::buckets", "arn:aws:s3:::bucket", true},
		{"ArnLike", "arn:aws:s3:::bucket*", "arn:aws:s3:::buckets?*", false},
		{"ArnLike", "arn:aws:s3", other, false},
		{"ArnLike", "*", other, false},
		{"ArnLike", "${aws:PrincipalTag/source}", other, false},
		{"StringEquals", "${aws:PrincipalTag/source}", other, false},
		{"StringEquals", "arn:aws:sns:us-east-1:111122223333:topic", other, true},
		{"StringEquals", "arn:aws:sns:us-east-1:9*9:topic", other, true},
		{"StringLike", "arn:aws:sns:us-east-1:111122223333:topic", other, true},
		{"StringLike", "arn:aws:sns:us-east-1:1111*:topic", other, false},
		{"StringLike", "arn:aws:s*:topic", other, false},
		{"StringLike", "arn:aws:sqs:*", other, true},
		{"StringEquals", "AROAOTHER:session", "AROA?*:?*", false},
		{"StringEquals", "AIDAOTHER", "AROA?*:?*", true},
		{"StringEquals", "AROA", "AROAOTHER:?*", true},
		{"StringEqualsIgnoreCase", "aida", "AIDA?*", false},
		{"NumericEquals", "1", "2", false},
	} {
		compiled := compileCondition(&Condition{Operator: c.operator, Key: "k", Values: []Value{{Text: c.value}}}, true)
		if got := compiled.operands[0].isApart(compiled.family, c.like); got != c.want {
			t.Errorf("%s %s and a value like %s are apart: %v, want %v", c.operator, c.value, c.like, got, c.want)
		}
	}
}

// TestABoundThatSaysNothing asks with a bound that an empty value meets, too, of which AWS says that it is none.
func TestABoundThatSaysNothing(t *testing.T) {
	for like, want := range map[string]Decision{"*": Unknown, "?*": ImplicitDeny} {
		p := proberOf(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:userid":"true"}}}]}`)
		got := p.Ask(Probe{
			Principal: "arn:aws:iam::111122223333:user/ann", Action: "iam:ListUsers", Resource: "*",
			Open: func(key string) bool { return key == "aws:userid" }, Like: map[string]string{"aws:userid": like},
		})
		if got.Decision != want {
			t.Errorf("for a value like %s the answer is %v, want %v", like, got.Decision, want)
		}
	}
}
