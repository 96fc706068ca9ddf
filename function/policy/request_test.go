package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/aws"
)

// valid is a request that nothing is wrong with.
func valid() Request {
	return Request{Principal: callers["user"], Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/q1.csv"}
}

func TestRequestsThatCanBeMade(t *testing.T) {
	principals := []string{
		"*", "111111111111", "accounts.google.com", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
		"arn:aws-cn:iam::111111111111:role/a", strings.Repeat("0123456789abcdef", 4),
	}
	for _, p := range callers {
		principals = append(principals, p)
	}
	for _, p := range principals {
		r := valid()
		r.Principal = p
		if err := r.Validate(); err != nil {
			t.Errorf("principal %s: %v", p, err)
		}
	}
	for _, resource := range []string{
		"*", "arn:aws:s3:::reports", "arn:aws:s3:::reports/*", "arn:aws:sns:us-east-1:111111111111:topic",
		"arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/f:*", "arn:aws:iam::aws:policy/AdministratorAccess",
		"arn:aws:execute-api:us-east-1:111111111111:abc/prod/GET/", "arn:aws:s3:::b/ü \x1b\n",
	} {
		r := valid()
		r.Resource = resource
		if err := r.Validate(); err != nil {
			t.Errorf("resource %s: %v", resource, err)
		}
	}
	r := valid()
	r.Principal, r.FederatedBy = callers["federated"], callers["user"]
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
	r = valid()
	r.ResourceAccount = "222222222222"
	r.Context.Keys = map[string]ContextValue{
		"aws:sourceip": present("192.0.2.1"), "aws:empty": {Presence: KeyPresent}, "aws:gone": {}, "aws:x": {Presence: KeyUnknown},
		"aws:a": {KeyOneOf, []string{"a", "b"}}, "aws:b": {KeyPrefixed, []string{""}}, "aws:c": {KeyQualified, []string{"f", "f:"}},
		"token.actions.githubusercontent.com:sub": present("repo:a\nb"), "iam:PassedToService": present(aws.LambdaService),
	}
	r.Context.AbsentPrefixes = []string{"aws:principaltag/", "aws:RequestTag/"}
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
}

func TestRequestsThatCannotBeMade(t *testing.T) {
	key := func(name string, v ContextValue) func(*Request) {
		return func(r *Request) { r.Context.Keys = map[string]ContextValue{name: v} }
	}
	principal := func(p string) func(*Request) { return func(r *Request) { r.Principal = p } }
	action := func(a string) func(*Request) { return func(r *Request) { r.Action = a } }
	resource := func(a string) func(*Request) { return func(r *Request) { r.Resource = a } }
	federated := func(session, user string) func(*Request) {
		return func(r *Request) { r.Principal, r.FederatedBy = session, user }
	}
	tests := []struct {
		spoil func(*Request)
		want  string
	}{
		{principal(""), "check principal: it is empty"},
		{principal("ann"), `check principal: "ann" is not an ARN`},
		{principal("arn:aws:iam::111111111111"), "fewer than six segments"},
		{principal("arn:aws:iam::111111111111:"), "has no resource"},
		{principal("lambda.amazonaws.com "), "is not an ARN"},
		{principal("a\x00.b"), "control character"},
		{principal("\xff"), "not in UTF-8"},
		{action(""), "check action: it is empty"},
		{action("GetObject"), `check action: "GetObject" is not "service:Name"`},
		{action(":GetObject"), `is not "service:Name"`},
		{action("s3:"), `is not "service:Name"`},
		{action("s3:Get*"), "has a wildcard"},
		{action("s3:Get:Object"), "is not one action"},
		{action(" s3:GetObject"), "is not one action"},
		{action("s3:Get\x00"), "is not one action"},
		{action("s3:GetObject, s3:PutObject"), "is not one action"},
		{resource(""), "check resource: it is empty"},
		{resource("reports/q1.csv"), `check resource: "reports/q1.csv" is not an ARN or "*"`},
		{resource("arn:aws:s3:::\xff"), "not in UTF-8"},
		{resource("arn:aws:s3::reports"), "fewer than six segments"},
		{resource("arn::s3:::reports"), "has no partition"},
		{resource("arn:aws::::reports"), "has no service"},
		{resource("arn:aws:s3:::"), "has no resource"},
		{resource("ARN:aws:s3:::reports"), "is not an ARN"},
		{func(r *Request) { r.ResourceAccount = "1111" }, "check resource account"},
		{federated(callers["role"], callers["user"]), "is not the session of a federated user"},
		{federated(callers["user"], callers["user"]), "is not the session of a federated user"},
		{federated(callers["federated"], "ann"), "is not the ARN of an IAM user"},
		{federated(callers["federated"], callers["role"]), "is not the ARN of an IAM user"},
		{federated(callers["federated"], callers["root"]), "is not the ARN of an IAM user"},
		{federated(callers["federated"], callers["stranger"]), "is not in the principal's account"},
		{federated(callers["federated"], "arn:aws-cn:iam::111111111111:user/ann"), "is not in the principal's account"},
		{federated(callers["federated"], "arn:aws:iam::111111111111:user/a\x00"), "control character"},
		{key("", present("a")), "check context: key \"\": it is empty"},
		{func(r *Request) {
			r.Context.Keys = map[string]ContextValue{"aws:SourceIp": present("192.0.2.1"), "aws:sourceip": present("192.0.2.1")}
		}, `keys "aws:SourceIp" and "aws:sourceip" differ only in case`},
		{key("aws:\xff", present("a")), "not in UTF-8"},
		{key("aws:x", present("\xff")), "not in UTF-8"},
		{key("aws:x", ContextValue{KeyUnknown, []string{"a"}}), "absent or unknown"},
		{key("aws:x", ContextValue{KeyAbsent, []string{"a"}}), "absent or unknown"},
		{key("aws:x", ContextValue{KeyOneOf, nil}), "the list is empty"},
		{key("aws:x", ContextValue{KeyPrefixed, nil}), "0 prefixes"},
		{key("aws:x", ContextValue{KeyQualified, []string{"a", "b"}}), "with a colon"},
		{key("aws:x", ContextValue{Presence: 99}), "no presence 99"},
		{func(r *Request) { r.Context.AbsentPrefixes = []string{""} }, "absent prefix"},
	}
	for _, tt := range tests {
		r := valid()
		tt.spoil(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", r, err, tt.want)
		}
	}
	if err := valid().Validate(); err != nil {
		t.Error(err)
	}
}

// TestValidateTakesAnything holds that no request makes Validate panic, and that a valid one can be evaluated.
func TestValidateTakesAnything(t *testing.T) {
	taken := 0
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`(arn:)?[a-z*]{0,3}(:[a-z0-9*]{0,3}){0,6}`))
	good := valid()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(sound, label string) string { return rapid.OneOf(rapid.Just(sound), text).Draw(t, label) }
		r := Request{Principal: draw(good.Principal, "principal"), Action: draw(good.Action, "action"), Resource: draw(good.Resource, "resource")}
		if r.Validate() == nil {
			taken++
			if v := Evaluate(r, Set{}); v.Decision != ImplicitDeny {
				t.Fatalf("%+v: %v without a policy", r, v)
			}
		}
	})
	if taken == 0 {
		t.Fatal("no request was valid")
	}
	t.Logf("%d requests were valid", taken)
}
