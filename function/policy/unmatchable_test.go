package policy

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// TestUnmatchable holds values that no request matches, and some that look like it.
func TestUnmatchable(t *testing.T) {
	allow := func(rest string) string { return `{"Version":"2012-10-17","Statement":[{` + rest + `}]}` }
	const identity, resource = `"Effect":"Allow","Action":"sqs:*","Resource":`, `"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*","Principal":`
	const condition = `"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":`
	for _, tc := range []struct {
		text string
		kind Kind
		path string
	}{
		{identity + `"arn:aws:sqs:us-east-1:$ACCOUNT_ID:q"`, Identity, "Resource"}, {identity + `"arn:aws:iam::12345:role/admin"`, Identity, "Resource"},
		{identity + `"arn:aws:sqs:<region>:111122223333:q"`, Identity, "Resource"}, {identity + `"arn:aws:sqs:us-*:11112222*:q"`, Identity, ""},
		{identity + `"arn:aws:iam::aws:policy/*"`, Identity, ""}, {identity + `"arn:aws*:s3:::b"`, Identity, ""},
		{resource + `{"AWS":"ACCOUNT_ID"}`, Resource, "Principal"}, {resource + `{"AWS":"arn:aws:iam::$ACC:root"}`, Resource, "Principal"},
		{resource + `{"AWS":"4444-5555-6666"}`, Resource, "Principal"}, {resource + `{"AWS":"arn:aws:iam::*:root"}`, Resource, "Principal"},
		{resource + `{"Service":"lambda"}`, Resource, "Principal"}, {resource + `{"Service":"$SVC"}`, Resource, "Principal"},
		{resource + `{"Federated":"$IDP"}`, Resource, "Principal"}, {resource + `{"AWS":"AROADBQP57FF2AEXAMPLE"}`, Resource, ""},
		{resource + `{"Service":"logs.eu-west-1.amazonaws.com"}`, Resource, ""}, {resource + `"*"`, Resource, ""},
		{resource + `{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}`, Resource, ""},
		{`"Effect":"Allow","Action":"s3:*","Resource":"*","NotPrincipal":{"AWS":"111122223333"}`, Resource, "NotPrincipal"},
		{condition + `{"IpAddress":{"aws:SourceIp":"$OFFICE_CIDR"}}`, Identity, "Condition"}, {condition + `{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`, Identity, "Condition"},
		{condition + `{"NumericLessThan":{"s3:max-keys":"3600 "}}`, Identity, "Condition"}, {condition + `{"Bool":{"aws:SecureTransport":"$TLS"}}`, Identity, "Condition"},
		{condition + `{"Null":{"aws:MultiFactorAuthAge":"maybe"}}`, Identity, "Condition"}, {condition + `{"Null":{"aws:MultiFactorAuthAge":true}}`, Identity, ""},
		{condition + `{"StringEquals":{"aws:PrincipalAccount":"<ACCOUNT_ID>"}}`, Identity, "Condition"}, {condition + `{"StringEquals":{"aws:ResourceAccount":"1111222233334"}}`, Identity, "Condition"},
		{condition + `{"StringLike":{"aws:PrincipalAccount":["1111*","1111222?3333"]}}`, Identity, ""}, {condition + `{"StringEquals":{"aws:SourceAccount":"111122223333"}}`, Identity, ""},
		{condition + `{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}`, Identity, "Condition"}, {condition + `{"StringEquals":{"aws:PrincipalArn":"<ARN>"}}`, Identity, "Condition"},
		{condition + `{"StringLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/x","arn:aws:iam::77*"]}}`, Identity, ""},
		{condition + `{"StringEquals":{"aws:SecureTransport":"<B>"}}`, Identity, "Condition"}, {condition + `{"StringEquals":{"aws:SecureTransport":"true"}}`, Identity, ""},
		{condition + `{"Bool":{"aws:SecureTransport":"True"}}`, Identity, ""}, {condition + `{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}`, Identity, ""},
		{condition + `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}`, Identity, ""},
	} {
		d, _ := Parse([]byte(allow(tc.text)), tc.kind)
		if d == nil {
			t.Fatalf("parse %s", tc.text)
		}
		list := d.Unmatchable()
		if len(list) != number(tc.path != "") || tc.path != "" && !strings.Contains(list[0].Path, "."+tc.path) {
			t.Errorf("%s: %v, want %q", tc.text, list, tc.path)
		}
	}
}

// TestUnmatchableOfRealPolicies holds that AWS's own policies have no such values.
func TestUnmatchableOfRealPolicies(t *testing.T) {
	looked := 0
	check := func(name string, text []byte, kind Kind) {
		d, _ := Parse(text, kind)
		if d == nil {
			t.Fatalf("parse %s", name)
		}
		looked++
		for _, v := range d.Unmatchable() {
			// One policy of AWS's has a variable where an ARN has its account, and one has services as values of a boolean key.
			if (name != "AmazonTimestreamInfluxDBServiceRolePolicy" || v.Rule != 19) &&
				(name != "AIOpsAssistantPolicy" || !strings.Contains(v.Message, "aws:ViaAWSService")) {
				t.Errorf("%s: %v", name, v)
			}
		}
	}
	for name, text := range externaldata.ManagedPolicies(t) {
		check(name, text, Identity)
	}
	for _, tc := range externaldata.List[newAccess](t, "new-access/cases.json") {
		kind := Identity
		if tc.Kind == "resource" {
			kind = Trust
		}
		check(tc.Title, tc.New, kind)
	}
	if looked < 1000 {
		t.Fatalf("looked at %d policies", looked)
	}
}
