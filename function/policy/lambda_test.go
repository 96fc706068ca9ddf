package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
)

const (
	testRole     = "arn:aws:iam::111111111111:role/service-role/worker"
	testFunction = "arn:aws:lambda:us-east-1:111111111111:function:orders"
)

var testNow = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// lambdaTrust wraps a condition into the trust policy that every execution role has.
func lambdaTrust(condition string) string {
	return `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":` + condition + `}`
}

const functions = "arn:aws:lambda:us-east-1:111111111111:function:"

// lambdaTrusts are trust policies as they are in the field, and whether Lambda can assume a role with them for
// testFunction; an unknown answer names the keys that it hangs on.
var lambdaTrusts = []struct {
	title, trust string
	want         Decision
	keys         string
}{
	{"the usual one", `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`, Allowed, ""},
	{"among other services", `{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]},"Action":["sts:TagSession","sts:AssumeRole"]}`, Allowed, ""},
	{"a wildcard action", `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"STS:Assume*"}`, Allowed, ""},
	{"everybody", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`, Allowed, ""},
	{"another service", `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`, ImplicitDeny, ""},
	{"the edge alone", `{"Effect":"Allow","Principal":{"Service":"edgelambda.amazonaws.com"},"Action":"sts:AssumeRole"}`, ImplicitDeny, ""},
	{"a regional name", `{"Effect":"Allow","Principal":{"Service":"lambda.us-east-1.amazonaws.com"},"Action":"sts:AssumeRole"}`, ImplicitDeny, ""},
	{"a service as AWS", `{"Effect":"Allow","Principal":{"AWS":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`, ImplicitDeny, ""},
	{"the account", `{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}`, ImplicitDeny, ""},
	{"another action", `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`, ImplicitDeny, ""},
	{"Lambda's own actions", `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"lambda:*"}`, ImplicitDeny, ""},
	{"denied", `[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":"*","Action":"sts:*"}]`, ExplicitDeny, ""},
	{"denied to all but a user", `[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"},{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111111111111:user/ann"},"Action":"sts:*"}]`, ExplicitDeny, ""},
	{"denied to whoever is no service", `[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"Bool":{"aws:PrincipalIsAWSService":"false"}}}]`, Allowed, ""},

	{"the service's name", lambdaTrust(`{"StringEquals":{"aws:PrincipalServiceName":"lambda.amazonaws.com"}}`), Allowed, ""},
	{"an external ID", lambdaTrust(`{"StringEquals":{"sts:ExternalId":"x"}}`), ImplicitDeny, ""},
	{"MFA", lambdaTrust(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), ImplicitDeny, ""},
	{"MFA if there is any", lambdaTrust(`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}`), Allowed, ""},
	{"the age of an MFA", lambdaTrust(`{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`), ImplicitDeny, ""},
	{"an address", lambdaTrust(`{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`), ImplicitDeny, ""},
	{"no such address", lambdaTrust(`{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), Allowed, ""},
	{"a VPC endpoint", lambdaTrust(`{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`), ImplicitDeny, ""},
	{"the organization", lambdaTrust(`{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`), ImplicitDeny, ""},
	{"an organization's path", lambdaTrust(`{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}}`), ImplicitDeny, ""},
	{"a principal's ARN", lambdaTrust(`{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:*"}}`), ImplicitDeny, ""},
	{"a principal's tag", lambdaTrust(`{"StringLike":{"aws:PrincipalTag/team":"*"}}`), ImplicitDeny, ""},
	{"a source identity", lambdaTrust(`{"StringLike":{"aws:SourceIdentity":"*"}}`), ImplicitDeny, ""},
	{"the principal's account", lambdaTrust(`{"StringEquals":{"aws:PrincipalAccount":"111111111111"}}`), Unknown, "aws:PrincipalAccount"},
	{"a VPC's address, which is not documented", lambdaTrust(`{"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"}}`), Unknown, "aws:VpcSourceIp"},
	{"a key of AWS KMS", lambdaTrust(`{"StringEquals":{"kms:ViaService":"lambda.us-east-1.amazonaws.com"}}`), ImplicitDeny, ""},
	{"a key of event source mappings", lambdaTrust(`{"ArnLike":{"lambda:FunctionArn":"` + functions + `*"}}`), ImplicitDeny, ""},
	{"the function whose code calls", lambdaTrust(`{"ArnLike":{"LAMBDA:sourcefunctionarn":"` + functions + `*"}}`), ImplicitDeny, ""},
	{"another key of Lambda", lambdaTrust(`{"StringEquals":{"lambda:Principal":"s3.amazonaws.com"}}`), ImplicitDeny, ""},
	{"the service that the role is passed to", lambdaTrust(`{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}`), ImplicitDeny, ""},
	{"a key that is for another action of AWS STS", lambdaTrust(`{"StringEquals":{"sts:AWSServiceName":"x"}}`), ImplicitDeny, ""},
	{"an instance", lambdaTrust(`{"ArnLike":{"ec2:SourceInstanceArn":"*"}}`), ImplicitDeny, ""},
	{"an identity provider", lambdaTrust(`{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`), ImplicitDeny, ""},
	{"a SAML provider", lambdaTrust(`{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}`), ImplicitDeny, ""},
	{"a user's name", lambdaTrust(`{"StringLike":{"aws:username":"*"}}`), ImplicitDeny, ""},
	{"a service in between", lambdaTrust(`{"ForAnyValue:StringEquals":{"aws:CalledVia":"cloudformation.amazonaws.com"}}`), ImplicitDeny, ""},
	{"a key of AWS KMS, if there is any", lambdaTrust(`{"StringEqualsIfExists":{"kms:ViaService":"lambda.us-east-1.amazonaws.com"}}`), Allowed, ""},
	{"not a key of AWS KMS", lambdaTrust(`{"StringNotEquals":{"kms:ViaService":"lambda.us-east-1.amazonaws.com"}}`), Allowed, ""},
	{"a tag of the role", lambdaTrust(`{"StringEquals":{"iam:ResourceTag/team":"a"}}`), Unknown, "iam:ResourceTag/team"},
	{"a key that AWS does not list", lambdaTrust(`{"StringEquals":{"kms:NoSuchKey":"a"}}`), Unknown, "kms:NoSuchKey"},
	{"a global key that AWS does not list", lambdaTrust(`{"StringEquals":{"aws:NoSuchKey":"a"}}`), Unknown, "aws:NoSuchKey"},
	{"the Region", lambdaTrust(`{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`), Unknown, "aws:RequestedRegion"},

	{"a date to come", lambdaTrust(`{"DateLessThan":{"aws:CurrentTime":"2026-03-05T00:00:00Z"}}`), Allowed, ""},
	{"a date that is over", lambdaTrust(`{"DateLessThan":{"aws:CurrentTime":"2026-03-04T00:00:00Z"}}`), ImplicitDeny, ""},
	{"epoch seconds", lambdaTrust(`{"NumericLessThan":{"aws:EpochTime":1772600767}}`), ImplicitDeny, ""},
	{"a later second", lambdaTrust(`{"DateLessThan":{"aws:EpochTime":1772600768}}`), Allowed, ""},

	{"Lambda's session names", lambdaTrust(`{"StringLike":{"sts:RoleSessionName":"awslambda_*"}}`), Allowed, ""},
	{"some session names", lambdaTrust(`{"StringLike":{"sts:RoleSessionName":"awslambda_7_*"}}`), Unknown, "sts:RoleSessionName"},
	{"any session name", lambdaTrust(`{"StringLike":{"sts:RoleSessionName":"*"}}`), Allowed, ""},
	{"one session name", lambdaTrust(`{"StringEquals":{"sts:RoleSessionName":"awslambda_7"}}`), Unknown, "sts:RoleSessionName"},
	{"a person's session name", lambdaTrust(`{"StringEquals":{"sts:RoleSessionName":"ann"}}`), ImplicitDeny, ""},
	{"session names like a person's", lambdaTrust(`{"StringLike":{"sts:RoleSessionName":"ann-*"}}`), ImplicitDeny, ""},
	{"not a person's session name", lambdaTrust(`{"StringNotEquals":{"sts:RoleSessionName":"ann"}}`), Allowed, ""},
	{"in any case", lambdaTrust(`{"StringEqualsIgnoreCase":{"sts:RoleSessionName":"AWSLambda_x"}}`), Unknown, "sts:RoleSessionName"},

	{"this function", lambdaTrust(`{"StringEquals":{"aws:SourceArn":"` + functions + `orders"}}`), Allowed, ""},
	{"this function as an ARN", lambdaTrust(`{"ArnEquals":{"aws:SourceArn":"` + functions + `orders"}}`), Allowed, ""},
	{"this function with an open end", lambdaTrust(`{"StringLike":{"aws:SourceArn":"` + functions + `orders*"}}`), Allowed, ""},
	{"every function", lambdaTrust(`{"ArnLike":{"aws:SourceArn":"` + functions + `*"}}`), Allowed, ""},
	{"anything", lambdaTrust(`{"StringLike":{"aws:SourceArn":"*"}}`), Allowed, ""},
	{"any ARN", lambdaTrust(`{"ArnLike":{"aws:SourceArn":"*"}}`), Allowed, ""},
	{"any qualifier", lambdaTrust(`{"ArnLike":{"aws:SourceArn":"` + functions + `orders:*"}}`), Unknown, "aws:SourceArn"},
	{"an alias", lambdaTrust(`{"ArnLike":{"aws:SourceArn":"` + functions + `orders:live"}}`), Unknown, "aws:SourceArn"},
	{"a version, as text", lambdaTrust(`{"StringEquals":{"aws:SourceArn":"` + functions + `orders:7"}}`), Unknown, "aws:SourceArn"},
	{"the latest, like", lambdaTrust(`{"StringLike":{"aws:SourceArn":"` + functions + `orders:$LAT*"}}`), Unknown, "aws:SourceArn"},
	{"this function or an alias", lambdaTrust(`{"ArnLike":{"aws:SourceArn":["` + functions + `orders:live","` + functions + `orders"]}}`), Allowed, ""},
	{"an asterisk taken for a wildcard", lambdaTrust(`{"StringEquals":{"aws:SourceArn":"` + functions + `orders*"}}`), ImplicitDeny, ""},
	{"an asterisk taken for a qualifier", lambdaTrust(`{"StringEquals":{"aws:SourceArn":"` + functions + `orders:*"}}`), ImplicitDeny, ""},
	{"more than a qualifier", lambdaTrust(`{"StringLike":{"aws:SourceArn":"` + functions + `orders:*:x"}}`), ImplicitDeny, ""},
	{"an empty qualifier", lambdaTrust(`{"StringLike":{"aws:SourceArn":"` + functions + `orders:"}}`), ImplicitDeny, ""},
	{"another function", lambdaTrust(`{"ArnLike":{"aws:SourceArn":"` + functions + `order"}}`), ImplicitDeny, ""},
	{"another Region", lambdaTrust(`{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:eu-west-1:111111111111:function:*"}}`), ImplicitDeny, ""},
	{"another account", lambdaTrust(`{"StringLike":{"aws:SourceArn":"arn:aws:lambda:us-east-1:222222222222:function:*"}}`), ImplicitDeny, ""},
	{"another partition", lambdaTrust(`{"ArnLike":{"aws:SourceArn":"arn:aws-cn:lambda:*:*:*"}}`), ImplicitDeny, ""},
	{"not this function", lambdaTrust(`{"ArnNotLike":{"aws:SourceArn":"` + functions + `other"}}`), Unknown, "aws:SourceArn"},
	{"a source at all", lambdaTrust(`{"Null":{"aws:SourceArn":"false"}}`), Allowed, ""},
	{"this account", lambdaTrust(`{"StringEquals":{"aws:SourceAccount":"111111111111"}}`), Allowed, ""},
	{"this account among others", lambdaTrust(`{"StringEquals":{"aws:SourceAccount":["222222222222","111111111111"]}}`), Allowed, ""},
	{"a mistyped account", lambdaTrust(`{"StringEquals":{"aws:SourceAccount":"111111111112"}}`), ImplicitDeny, ""},
	{"not another account", lambdaTrust(`{"StringNotEquals":{"aws:SourceAccount":"222222222222"}}`), Unknown, "aws:SourceAccount"},
	{"account and function", lambdaTrust(`{"StringEquals":{"AWS:sourceaccount":"111111111111"},"ArnLike":{"AWS:sourcearn":"` + functions + `orders"}}`), Allowed, ""},
	{"a certain failure beside an unknown", lambdaTrust(`{"StringEquals":{"aws:SourceAccount":"222222222222"},"ArnLike":{"aws:SourceArn":"` + functions + `orders:live"}}`), ImplicitDeny, ""},
}

func TestLambdaCanAssume(t *testing.T) {
	for _, tt := range lambdaTrusts {
		trust := Part{Name: "trust", Document: parseFor(t, tt.trust, Trust)}
		for _, function := range []string{testFunction, testFunction + ":live"} {
			v := LambdaCanAssume(trust, nil, testRole, nil, function, testNow)
			if v.Decision != tt.want {
				t.Errorf("%s, for %s: %s, want %s", tt.title, function, decisions[v.Decision], decisions[tt.want])
			}
			if got := strings.Join(v.UnknownKeys, " "); got != tt.keys {
				t.Errorf("%s: hangs on %q, want %q", tt.title, got, tt.keys)
			}
			long := Evaluate(AssumedByService(aws.LambdaService, testRole, nil, function, testNow), Set{Resource: &trust})
			if !reflect.DeepEqual(v, long) {
				t.Errorf("%s: %+v, and with the whole context %+v", tt.title, v, long)
			}
		}
	}
	if len(lambdaTrusts) < 40 {
		t.Errorf("only %d trust policies", len(lambdaTrusts))
	}
}

func TestLambdaCanAssumeWithoutFunction(t *testing.T) {
	tests := []struct {
		condition string
		want      Decision
	}{
		{`{"ArnLike":{"aws:SourceArn":"` + testFunction + `"}}`, Unknown},
		{`{"StringEquals":{"aws:SourceAccount":"111111111111"}}`, Allowed},
		{`{"StringEquals":{"aws:SourceAccount":"222222222222"}}`, ImplicitDeny},
		{`{"StringLike":{"sts:RoleSessionName":"awslambda*"}}`, Allowed},
	}
	for _, tt := range tests {
		trust := Part{Name: "trust", Document: parseFor(t, lambdaTrust(tt.condition), Trust)}
		for _, function := range []string{"", "orders", "arn:aws:s3:::orders"} {
			if v := LambdaCanAssume(trust, nil, testRole, nil, function, testNow); v.Decision != tt.want {
				t.Errorf("%s, for %q: %s, want %s", tt.condition, function, decisions[v.Decision], decisions[tt.want])
			}
		}
	}
}

func TestLambdaCanAssumeUnderRCPs(t *testing.T) {
	trust := Part{Name: "trust", Document: parseFor(t, lambdaTrust(`{}`), Trust)}
	rcp := func(condition string) [][]Part {
		text := `{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*","Condition":` + condition + `}`
		return [][]Part{nil, {{Name: "rcp:p-1", Document: parseFor(t, text, RCP)}}}
	}
	tests := []struct {
		title string
		rcps  [][]Part
		want  Decision
	}{
		{"strangers only, services spared", rcp(`{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-1"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`), Allowed},
		{"strangers only, services forgotten", rcp(`{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}`), ExplicitDeny},
		{"another source organization", rcp(`{"StringNotEqualsIfExists":{"aws:SourceOrgID":"o-1"}}`), Unknown},
		{"not read", [][]Part{{{Name: "rcp:p-2"}}}, Unknown},
		{"none", nil, Allowed},
	}
	for _, tt := range tests {
		v := LambdaCanAssume(trust, tt.rcps, testRole, nil, testFunction, testNow)
		if v.Decision != tt.want {
			t.Errorf("%s: %s, want %s (%s)", tt.title, decisions[v.Decision], decisions[tt.want], reasons(v))
		}
	}
	if v := LambdaCanAssume(trust, tests[1].rcps, testRole, nil, testFunction, testNow); !slices.Equal(v.BlockedBy, []string{"rcp"}) {
		t.Errorf("blocked by %v, want the RCP", v.BlockedBy)
	}
}

func TestAssumedByAnotherService(t *testing.T) {
	trust := parseFor(t, `{"Effect":"Allow","Principal":{"Service":"edgelambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"sts:RoleSessionName":"awslambda_*"}}}`, Trust)
	req := AssumedByService("edgelambda.amazonaws.com", testRole, nil, testFunction, testNow)
	v := Evaluate(req, Set{Resource: &Part{Name: "trust", Document: trust}})
	if v.Decision != Unknown || !slices.Equal(v.UnknownKeys, []string{"sts:RoleSessionName"}) {
		t.Errorf("what another service calls its sessions is not known: %s, %s", decisions[v.Decision], reasons(v))
	}
}
