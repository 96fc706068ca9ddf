package aws

import (
	"slices"
	"strings"
	"testing"
)

func TestParseARN(t *testing.T) {
	for text, want := range map[string]ARN{
		"arn:aws:iam::111122223333:role/team/orders": {"aws", "iam", "", "111122223333", "role/team/orders"},
		"arn:aws-eusc:lambda:eusc-de-east-1:111122223333:function:orders:live": {
			"aws-eusc", "lambda", "eusc-de-east-1", "111122223333", "function:orders:live",
		},
		"arn:aws:s3:::bucket/a:b": {"aws", "s3", "", "", "bucket/a:b"},
	} {
		got, err := ParseARN(text)
		if err != nil || got != want {
			t.Errorf("ParseARN(%q) = %+v, %v, want %+v", text, got, err, want)
		}
		if got.String() != text {
			t.Errorf("ParseARN(%q).String() = %q", text, got.String())
		}
	}
	for text, want := range map[string]string{
		"":                                   `does not begin with "arn:"`,
		"orders":                             `does not begin with "arn:"`,
		"*:aws:iam::111122223333:role/r":     `does not begin with "arn:"`,
		"arn:aws:iam":                        "3 of 6 segments",
		"arn:aws:iam::111122223333":          "5 of 6 segments",
		"arn::iam::111122223333:role/orders": "partition is empty",
		"arn:aws:::111122223333:role/orders": "service is empty",
		"arn:aws:iam::111122223333:":         "resource is empty",
	} {
		got, err := ParseARN(text)
		if err == nil || !strings.Contains(err.Error(), want) || got != (ARN{}) {
			t.Errorf("ParseARN(%q) = %+v, %v, want an error that says %q", text, got, err, want)
		}
	}
}

func TestParseARNPattern(t *testing.T) {
	for _, text := range []string{"arn:*:iam::*:role/*", "*:*:lambda:${aws:region}:*:x", "arn:::::", "arn:aws:s3:::${aws:username}/*"} {
		if got, ok := ParseARNPattern(text); !ok || got.String() != text {
			t.Errorf("ParseARNPattern(%q) = %+v, %t", text, got, ok)
		}
	}
	if got, ok := ParseARNPattern("arn:*"); ok {
		t.Errorf("ParseARNPattern(arn:*) = %+v, want none: it has two segments", got)
	}
	for _, text := range []string{"", ":", "arn", "arn:aws", "arn:aws:", "arn:aws:s3::", "arn:aws:s3:::", "::::::", "arn:aws:sqs:us-east-1:111122223333:a:b:c", "*"} {
		want := append(strings.SplitN(text, ":", 6), "", "", "", "", "", "")
		got, ok := ParseARNPattern(text)
		if have := []string{got.Prefix, got.Partition, got.Service, got.Region, got.Account, got.Resource}; !slices.Equal(have, want[:6]) || ok != (strings.Count(text, ":") >= 5) {
			t.Errorf("ParseARNPattern(%q) = %q, %t, want %q", text, have, ok, want[:6])
		}
	}
}

func TestRole(t *testing.T) {
	for text, want := range map[string][2]string{
		"arn:aws:iam::111122223333:role/orders":              {"/", "orders"},
		"arn:aws-cn:iam::111122223333:role/team/eu/orders":   {"/team/eu/", "orders"},
		"arn:aws:iam::111122223333:role/team/":               {},
		"arn:aws:iam::111122223333:user/orders":              {},
		"arn:aws:sts::111122223333:assumed-role/orders/sam":  {},
		"arn:aws:other:us-east-1:111122223333:role/orders":   {},
		"arn:aws:iam::111122223333:instance-profile/role/or": {},
	} {
		a, err := ParseARN(text)
		if err != nil {
			t.Fatal(err)
		}
		path, name, ok := a.Role()
		if [2]string{path, name} != want || ok != (name != "") {
			t.Errorf("Role of %s = %q, %q, %t, want %q", text, path, name, ok, want)
		}
		if ok && RoleARN(a.Partition, a.Account, path, name) != a {
			t.Errorf("RoleARN of %s = %s", text, RoleARN(a.Partition, a.Account, path, name))
		}
	}
	session, _ := ParseARN("arn:aws:sts::111122223333:assumed-role/orders/sam")
	if got := session.RoleName(); got != "orders" {
		t.Errorf("role of a session = %q, want orders", got)
	}
	role, _ := ParseARN("arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX")
	if got := role.RoleName(); got != "AWSServiceRoleForX" || !role.IsServiceLinkedRole() {
		t.Errorf("%s: name %q, service-linked %t", role, got, role.IsServiceLinkedRole())
	}
	if got, want := role.AnySession("orders"), SessionARN("aws", "111122223333", "orders", "*"); got != want {
		t.Errorf("any session = %s, want %s", got, want)
	}
}

func TestCompleteARNPattern(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:sqs":                             "arn:aws:sqs:*:*:*",
		"arn:aws:sqs:eu-west-1:*":                 "arn:aws:sqs:eu-west-1:*:*",
		"arn:aws:iam::111122223333":               "arn:aws:iam::111122223333:*",
		"arn:aws:iam::111122223333:role/":         "arn:aws:iam::111122223333:role/",
		"arn:aws:logs:*:111122223333:log-group:x": "arn:aws:logs:*:111122223333:log-group:x",
		"arn:aws": "",
		"*":       "",
	} {
		p, ok := CompleteARNPattern(text)
		if ok != (want != "") || ok && p.String() != want {
			t.Errorf("CompleteARNPattern(%s) = %s, %t, want %q", text, p, ok, want)
		}
	}
}

func TestIAMResources(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com": "token.actions.githubusercontent.com",
		"arn:aws:iam::oidc-provider/gitlab.com":                                       "gitlab.com",
		"arn:aws:iam::111122223333:saml-provider/okta":                                "",
		"gitlab.com": "",
	} {
		if url, ok := OIDCProvider(text); url != want || ok != (want != "") {
			t.Errorf("OIDCProvider(%s) = %q, %t, want %q", text, url, ok, want)
		}
	}
	for text, want := range map[string]bool{
		"arn:aws:iam::111122223333:saml-provider/okta":       true,
		"arn:aws:iam::111122223333:oidc-provider/gitlab.com": false,
		"arn:aws:s3:::saml-provider/okta":                    false,
	} {
		if a, err := ParseARN(text); err != nil || a.IsSAMLProvider() != want {
			t.Errorf("%s is a SAML provider: %t, %v", text, a.IsSAMLProvider(), err)
		}
	}
	for arn, want := range map[string]string{
		"arn:aws:iam::aws:policy/AdministratorAccess":           "AdministratorAccess",
		"arn:aws-cn:iam::aws:policy/service-role/AWSLambdaRole": "service-role/AWSLambdaRole",
		"arn:anything:iam::aws:policy/AdministratorAccess":      "AdministratorAccess",
		"arn::iam::aws:policy/AdministratorAccess":              "AdministratorAccess",
		"x:aws:iam::aws:policy/AdministratorAccess":             "",
		"arn:aws:iam::111122223333:policy/AdministratorAccess":  "",
		"AdministratorAccess":                                   "",
	} {
		if got, ok := AWSManagedPolicy(arn); got != want || ok != (want != "") {
			t.Errorf("AWSManagedPolicy(%s) = %q, %t, want %q", arn, got, ok, want)
		}
	}
}

func TestParseFunctionARN(t *testing.T) {
	const unqualified = "arn:aws:lambda:eu-central-1:111122223333:function:orders"
	for text, qualifier := range map[string]string{unqualified: "", unqualified + ":7": "7", unqualified + ":$LATEST": "$LATEST"} {
		f, err := ParseFunctionARN(text)
		if err != nil || f.Name != "orders" || f.Qualifier != qualifier || f.Unqualified() != unqualified || f.Region != "eu-central-1" {
			t.Errorf("ParseFunctionARN(%s) = %+v, %v", text, f, err)
		}
	}
	for _, text := range []string{"orders", "arn:aws:lambda:eu-central-1:111122223333:function:", "arn:aws:lambda:eu-central-1:111122223333:layer:l:1", "arn:aws:sqs:eu-central-1:111122223333:function:orders"} {
		if f, err := ParseFunctionARN(text); err == nil {
			t.Errorf("ParseFunctionARN(%s) = %+v, want an error", text, f)
		}
	}
	if got := FunctionNameOf(unqualified); got != "orders" {
		t.Errorf("name of %s = %s", unqualified, got)
	}
}

func TestParseLayerARN(t *testing.T) {
	l, err := ParseLayerARN("arn:aws:lambda:eu-central-1:580247275435:layer:LambdaInsightsExtension:53")
	if err != nil || l.Name != "LambdaInsightsExtension" || l.Version != "53" || l.Account != "580247275435" {
		t.Errorf("ParseLayerARN = %+v, %v", l, err)
	}
	if l, err := ParseLayerARN("arn:aws:lambda:eu-central-1:580247275435:function:f"); err == nil {
		t.Errorf("a function is taken for the layer %+v", l)
	}
}

func TestParseFunctionName(t *testing.T) {
	for text, want := range map[string]FunctionName{
		"orders":                             {Name: "orders"},
		"orders:live":                        {Name: "orders", Qualifier: "live"},
		"function:orders":                    {Name: "orders"},
		"111122223333:function:orders":       {Account: "111122223333", Name: "orders"},
		"111122223333:orders:7":              {Account: "111122223333", Name: "orders", Qualifier: "7"},
		"eu-west-1:111122223333:function:or": {Region: "eu-west-1", Account: "111122223333", Name: "or"},
		"arn:aws:lambda:eu-west-1:111122223333:function:or:$LATEST": {"aws", "eu-west-1", "111122223333", "or", "$LATEST"},
	} {
		if got, ok := ParseFunctionName(text); !ok || got != want {
			t.Errorf("ParseFunctionName(%s) = %+v, %t, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "a b", "orders:", "orders:live:7", "function:", "arn:aws:lambda:eu-west-1:111122223333:function:or:", "arn:aws:lambda:eu-west-1:111122223333:function:or:a:b",
		"arn:aws:lambda::111122223333:function:or", "arn:aws:sqs:eu-west-1:111122223333:function:or", "arn:aws:lambda:eu-west-1",
	} {
		if got, ok := ParseFunctionName(text); ok {
			t.Errorf("ParseFunctionName(%q) = %+v, want none", text, got)
		}
	}
}

func TestIsAccountID(t *testing.T) {
	for text, want := range map[string]bool{"111122223333": true, "11112222333": false, "11112222333x": false, "": false, "1111222233334": false} {
		if got := IsAccountID(text); got != want {
			t.Errorf("IsAccountID(%q) = %t", text, got)
		}
	}
}

func TestHasName(t *testing.T) {
	for text, want := range map[string]bool{
		"arn:aws:iam::111122223333:role/*": false, "arn:aws:iam::111122223333:role/app-*": true, "arn:aws:iam::111122223333:role/app/*": true,
		"arn:aws:s3:::*": false, "arn:aws:s3:::orders/*": true, "arn:aws:s3:::*/*": false, "arn:aws:sqs:*:*:orders": true, "arn:aws:sqs:*:*:*": false,
	} {
		if p, ok := ParseARNPattern(text); !ok || p.HasName() != want {
			t.Errorf("%s has a name: %v", text, p.HasName())
		}
	}
}
