package policyfile

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/policy"
)

// statement is an identity policy with one statement.
func statement(members string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + members + `}]}`
}

// refusals are texts that are not policies of a kind, and what is said of them.
var refusals = []struct {
	src  string
	kind policy.Kind
	what string
}{
	{"", 0, "the text is empty"},
	{" \n", 0, "the text is empty"},
	{"{}", 0, "an empty object is not a policy"},
	{"null", 0, "not null"},
	{"[]", 0, "not a list"},
	{"12", 0, "not a number"},
	{"true", 0, "not a boolean"},
	{`""`, 0, "the text is empty"},
	{`"`, 0, "not JSON"},
	{"{", 0, "it ends too early"},
	{`{"Statement":[]} x`, 0, "more text follows"},
	{"{ // comment\n\"Statement\": []}", 0, "not JSON"},
	{"\xff", 0, "not JSON"},
	{"\xff\xfe{\x00}\x00", 0, "UTF-16"},
	{"%7B%zz", 0, "percent-encoded"},
	{"%5B%5D", 0, "not a list"},
	{"Version: 2012-10-17\nStatement:\n  - Effect: Allow", 0, "YAML"},
	{"---\nStatement: []", 0, "YAML"},
	{"PolicyDocument:\n  Statement: []", 0, "--output json"},
	{"resource \"aws_iam_policy\" \"p\" {\n}", 0, "HCL"},
	{"data \"aws_iam_policy_document\" \"p\" {\n}", 0, "HCL"},
	{"policy = jsonencode({\n})", 0, "HCL"},
	{"POLICYDOCUMENT\t2012-10-17\nSTATEMENT\tAllow", 0, "--output json"},
	{"--------------------\n|  GetRolePolicy   |", 0, "--output json"},
	{"<PolicyDocument/>", 0, "XML"},
	{"{{ policy }}", 0, "template"},
	{"{% if x %}{}{% endif %}", 0, "template"},
	{"<%= policy %>", 0, "template"},
	{"\nAn error occurred (NoSuchEntity) when calling the GetRolePolicy operation: The role policy with name p cannot be found.", 0, "error message of the AWS CLI"},
	{"aws: [ERROR]: An error occurred (NoSuchEntity) when calling the GetRolePolicy operation", 0, "error message of the AWS CLI"},
	{`{"AWSTemplateFormatVersion":"2010-09-09"}`, 0, "CloudFormation template"},
	{`{"Resources":{},"Statement":[]}`, 0, "CloudFormation template"},
	{`{"Transform":"AWS::Serverless-2016-10-31","Statement":[]}`, 0, "CloudFormation template"},
	{`{"Type":"AWS::IAM::Role","Properties":{}}`, 0, "CloudFormation template"},
	{`{"format_version":"1.2","terraform_version":"1.9","planned_values":{}}`, 0, "Terraform"},
	{`{"version":4,"lineage":"x","resources":[]}`, 0, "Terraform"},
	{`{"Fn::Sub":"{}"}`, 0, "Fn::Sub is an intrinsic function"},
	{`{"PolicyDocument":{"Fn::Sub":"{}"}}`, 0, "Fn::Sub is an intrinsic function"},
	{`{"PolicyDocument":{"Ref":"P"}}`, 0, "Ref is an intrinsic function"},
	{`{"Version":"2012-10-17"}`, 0, "has no Statement"},
	{`{"statement":[]}`, 0, "spelled Statement"},
	{`{"a":1,"b":2,"c":3,"d":4,"e":5}`, 0, `an object with "a", "b", "c", "d" and 1 more members has no Statement`},
	{`{"PolicyDocument":null}`, 0, "it is null"},
	{`{"PolicyDocument":{}}`, 0, "an empty object has no Statement"},
	{`{"PolicyDocument":[{"Statement":[]}]}`, 0, "it is a list"},
	{`{"PolicyDocument":"x"}`, 0, "not JSON"},
	{`{"PolicyDocument":"[]"}`, 0, "not a list"},
	{`{"PolicyDocument":"{\"PolicyDocument\":{}}"}`, 0, "has no Statement"},
	{`{"PolicyDocument":{"Statement":[]},"PolicyDocument":{"Statement":[]}}`, 0, "occurs twice"},
	{`{"Role":{"AssumeRolePolicyDocument":{"Statement":[]},"AssumeRolePolicyDocument":{"Statement":[]}}}`, policy.Trust, "occurs twice"},
	{`{"Policy":{"Content":"{\"Statement\":[]}","Content":"","PolicySummary":{}}}`, policy.SCP, "occurs twice"},
	{`{"PolicyDocument":{"Statement":[]},"Policy":"{\"Statement\":[]}"}`, 0, "several policies"},
	{`{"Policy":{"Established":{"Policy":"{\"Statement\":[]}"},"Proposed":{"Policy":"{\"Statement\":[]}"}}}`, policy.Resource, "several policies"},
	{`{"Policy":""}`, 0, "the string is empty"},
	{`{"Policy":{"PolicyName":"p","PolicyId":"A","Arn":"arn:aws:iam::111122223333:policy/p","DefaultVersionId":"v3"}}`, 0, "get-policy-version"},
	{`{"PolicyVersion":{"VersionId":"v1","IsDefaultVersion":true}}`, 0, "get-policy-version"},
	{`{"PolicyNames":["a"]}`, 0, "get-role-policy"},
	{`{"AttachedPolicies":[]}`, 0, "get-policy-version"},
	{`{"Policies":[]}`, 0, "list of policies"},
	{`{"Roles":[]}`, 0, "get-role"},
	{`{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[],"Policies":[]}`, 0, "get-account-authorization-details"},
	{`{"Attributes":{}}`, 0, "--attribute-names Policy"},
	{`{"Attributes":{"QueueArn":"x"}}`, 0, "--attribute-names Policy"},
	{`{"VpcEndpoints":[{"PolicyDocument":"{}"}]}`, 0, "--query"},

	{`{"Statement":"Allow"}`, 0, "the value must be a statement, which is an object, not a string"},
	{`{"Statement":[["x"]]}`, 0, "the value must be a statement, which is an object, not a list"},
	{`{"Statement":null}`, 0, "the value must be a statement"},
	{`{"Statement":[{"Fn::If":["C",{},{}]}]}`, 0, "Fn::If is an intrinsic function"},
	{statement(`"Action":{"Ref":"A"},"Resource":"*"`), 0, "Ref is an intrinsic function"},
	{statement(`"Action":"s3:*","Resource":{"Fn::GetAtt":["B","Arn"]}`), 0, "Fn::GetAtt is an intrinsic function"},
	{statement(`"Action":"s3:*","Resource":[{"Fn::Join":["",["a"]]}]`), 0, "Fn::Join is an intrinsic function"},
	{statement(`"Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:x":{"Ref":"A"}}}`), 0, "Ref is an intrinsic function"},
	{statement(`"Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"Fn::If":["A","b"]}}`), 0, "Fn::If is an intrinsic function"},
	{statement(`"Action":"s3:*","Resource":"*","Condition":{"Fn::If":["A","b"]}`), 0, "Fn::If is an intrinsic function"},
	{statement(`"Action":"sts:AssumeRole","Principal":{"AWS":{"Fn::Sub":"arn"}}`), policy.Trust, "Fn::Sub is an intrinsic function"},
	{statement(`"Action":"sts:AssumeRole","Principal":{"Fn::Sub":"arn"}`), policy.Trust, "Fn::Sub is an intrinsic function"},
	{statement(`"Action":"sts:AssumeRole","Principal":{"Ref":"arn"}`), policy.Trust, "Ref is an intrinsic function"},
	{statement(`"Action":1,"Resource":"*"`), 0, "the value must be a string or a list of strings, not a number"},
	{statement(`"Action":"s3:*","Resource":[["*"]]`), 0, "the value must be a string or a list of strings, not a list"},
	{statement(`"Action":"s3:*","Resource":"*","Condition":[]`), 0, "the value must be an object of condition operators"},
	{`{"Statement":[{"Effect":true}]}`, 0, "the value must be a string, not a boolean"},

	{statement(`"Action":"s3:*","Resource":"*","Principal":"*"`), policy.Identity, "an identity policy has no principals"},
	{statement(`"Action":"s3:*","Resource":"*","Principal":"*"`), policy.Boundary, "a permissions boundary has no principals"},
	{statement(`"Action":"s3:*","Resource":"*","NotPrincipal":"*"`), policy.SCP, "an SCP has no principals"},
	{trustPolicy, policy.Session, "a session policy has no principals"},
	{identityPolicy, policy.Trust, "a trust policy has no resources"},
	{queuePolicy, policy.Trust, "a trust policy has no resources"},
	{identityPolicy, policy.Resource, "a resource policy has principals"},
	{identityPolicy, policy.RCP, "an RCP has principals"},
	{statement(`"Action":"sts:AssumeRole"`), policy.Trust, "a trust policy has principals"},
	{`{"Policy":` + quote(queuePolicy) + `,"RevisionId":"x"}`, policy.RCP, "aws lambda get-policy returns a resource policy; want an RCP"},
	{`{"Policy":"{\"Statement\":[]}"}`, policy.Identity, "an output of the AWS CLI with Policy contains a resource policy; want an identity policy"},
	{`{"Role":{"AssumeRolePolicyDocument":{"Statement":[]}}}`, policy.Identity, "aws iam get-role returns a trust policy; want an identity policy"},
}

func TestWhatIsNotAPolicyIsRefused(t *testing.T) {
	for _, r := range refusals {
		d, err := Parse([]byte(r.src), r.kind)
		var refused *NotAPolicyError
		if d != nil || !errors.As(err, &refused) || !strings.Contains(refused.What, r.what) {
			t.Errorf("%s as %s: %v, want %s", r.src, r.kind.Short(), err, r.what)
		}
	}
}

// TestFaultyPoliciesAreNotRefused holds that what breaks the grammar is a policy all the same.
func TestFaultyPoliciesAreNotRefused(t *testing.T) {
	for _, r := range []struct {
		src  string
		kind policy.Kind
	}{
		{`{"Statement":[]}`, policy.Trust},
		{`{"Version":"2020-01-01","Statement":[{"Effect":"allow","Action":"s3","Resource":"x"}]}`, policy.Identity},
		{`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}]}`, policy.Resource},
		{`{"Extra":{"Ref2":1},"Statement":[{"Effect":"Allow","Action":"s3:*","Action":"s3:*","Resource":"${"}]}`, policy.Identity},
		{`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NoSuch":{"a":"b"},"StringEquals":{"":"{}"}}}]}`, policy.Identity},
		{`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"arn:aws:iam::111122223333:root"}]}`, policy.Resource},
	} {
		d, err := Parse([]byte(r.src), r.kind)
		if err != nil || len(d.Violations) == 0 {
			t.Errorf("%s: %v, %+v", r.src, err, d)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	for text, want := range map[string]string{
		"${aws_s3_bucket.b.arn}/*":                  "a reference of Terraform",
		"arn:aws:s3:::${var.bucket}":                "a reference of Terraform",
		"${var.x ? \"a\" : \"b\"}":                  "a reference of Terraform",
		"${data.aws_caller_identity.me.account_id}": "a reference of Terraform",
		"${local.x}":                            "a reference of Terraform",
		"${each.value}":                         "a reference of Terraform",
		"${module.m[\"a:b\"].arn}":              "a reference of Terraform",
		"${AWS::AccountId}":                     "a pseudo parameter of CloudFormation",
		"${Bucket}":                             "a placeholder of CloudFormation",
		"${Bucket.Arn}":                         "a placeholder of CloudFormation",
		"${self:custom.bucket}":                 "a variable of the Serverless Framework",
		"${opt:stage, 'dev'}":                   "a variable of the Serverless Framework",
		"${ssm:/path/to}":                       "a variable of the Serverless Framework",
		"${aws:accountId}":                      "a variable of the Serverless Framework",
		"${cf.us-west-2:stack.out}":             "a variable of the Serverless Framework",
		"${Token[TOKEN.12]}":                    "a token of the AWS CDK",
		"{{ bucket }}":                          "a placeholder of a template",
		"{{resolve:ssm:name}}":                  "a placeholder of a template",
		"<%= bucket %>":                         "a placeholder of a template",
		"#{AWS::AccountId}":                     "a placeholder of a deployment tool",
		"&{aws:username}":                       "Terraform's form of a policy variable",
		"${}":                                   "not a policy variable of IAM, but a placeholder",
		"${x}":                                  "not a policy variable of IAM, but a placeholder",
		"${nosuch:key}":                         "not a policy variable of IAM, but a placeholder",
		"${aws:username, default}":              "a variable of the Serverless Framework",
		"${aws:username}/${var.x}":              "a reference of Terraform",
		"${*}${?}${$}":                          "",
		"${aws:username}":                       "",
		"${AWS:UserName}":                       "",
		"${aws:PrincipalTag/Cost Team}":         "",
		"${aws:PrincipalTag/a:b/c}":             "",
		"${aws:PrincipalTag/team, 'all*'}":      "",
		"${ aws:username }":                     "",
		"${s3:prefix}":                          "",
		"${saml:sub}":                           "",
		"${cognito-identity.amazonaws.com:sub}": "",
		"${graph.facebook.com:id}":              "",
		"${oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE0123456789:sub}": "",
		"${iot:Connection.Thing.ThingName}":                            "",
		"${transfer:HomeBucket}":                                       "",
		"${redshift:DbUser}":                                           "",
		"${aws:NewKeyThatNobodyKnows}":                                 "",
		"no placeholder":                                               "",
		"${open":                                                       "",
		"a}b{c$":                                                       "",
		"{{open":                                                       "",
	} {
		if _, _, got := placeholder(text); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	// Every text of a policy is looked at.
	const x = `${var.x}`
	for path, r := range map[string]struct {
		src  string
		kind policy.Kind
	}{
		"Id":                                       {`{"Id":"` + x + `","Statement":[]}`, 0},
		"Statement[0].Sid":                         {statement(`"Sid":"` + x + `"`), 0},
		"Statement[0].NotAction":                   {statement(`"NotAction":"` + x + `"`), 0},
		"Statement[0].Action[1]":                   {statement(`"Action":["s3:*","\u0024{var.x}"]`), 0},
		"Statement[0].NotResource[0]":              {statement(`"Action":"*","NotResource":["` + x + `"]`), 0},
		"Statement[0].Principal.AWS":               {statement(`"Action":"*","Principal":{"AWS":"` + x + `"}`), policy.Trust},
		"Statement[0].Condition." + x:              {statement(`"Action":"*","Condition":{"` + x + `":{"a":"b"}}`), 0},
		"Statement[0].Condition.Null." + x:         {statement(`"Action":"*","Condition":{"Null":{"` + x + `":"b"}}`), 0},
		"Statement[0].Condition.StringLike.a":      {statement(`"Action":"*","Condition":{"StringLike":{"a":"` + x + `"}}`), 0},
		"Statement[0].Condition.StringEquals.a[1]": {statement(`"Action":"*","Condition":{"StringEquals":{"a":["b","` + x + `"]}}`), 0},
	} {
		_, err := Parse([]byte(r.src), r.kind)
		var refused *NotAPolicyError
		if !errors.As(err, &refused) || refused.Path != path || !strings.Contains(refused.What, "${var.x} is a reference of Terraform") {
			t.Errorf("%s: %v", r.src, err)
		}
	}
}

// TestManagedPoliciesPass takes AWS's managed policies, with all their variables, as what they are.
func TestManagedPoliciesPass(t *testing.T) {
	all := externaldata.ManagedPolicies(t)
	for name, value := range all {
		f, err := Unwrap(value)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := f.Parse(policy.Identity); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if kind, ok := f.Recognize(); !ok || kind != policy.Identity {
			t.Errorf("%s is recognized as %v, %v", name, kind, ok)
		}
	}
	t.Logf("parsed %d policies", len(all))
}

// TestExamplesOfEditsPass takes the policies of AWS's examples of edits.
func TestExamplesOfEditsPass(t *testing.T) {
	cases := externaldata.List[struct {
		Title    string         `json:"title"`
		Kind     string         `json:"kind"`
		Existing jsontext.Value `json:"existing"`
		New      jsontext.Value `json:"new"`
	}](t, "new-access/cases.json")
	kinds := map[string]policy.Kind{"identity": policy.Identity, "resource": policy.Resource, "trust": policy.Trust}
	for _, c := range cases {
		for _, src := range []jsontext.Value{c.Existing, c.New} {
			f, err := Unwrap(src)
			if err != nil {
				t.Errorf("%s: %v", c.Title, err)
				continue
			}
			kind := kinds[c.Kind]
			if told, ok := f.Recognize(); ok && told == policy.Trust && kind == policy.Resource {
				kind = policy.Trust
			}
			if _, err := f.Parse(kind); err != nil {
				t.Errorf("%s: %v\n%s", c.Title, err, src)
			}
		}
	}
	t.Logf("parsed the policies of %d edits", len(cases))
}

// TestWhatIAMTakesPasses takes documents that IAM takes as identity policies.
func TestWhatIAMTakesPasses(t *testing.T) {
	valid := externaldata.List[jsontext.Value](t, "policy-grammar/valid.json")
	for _, src := range valid {
		if _, err := Parse(src, policy.Identity); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
	t.Logf("parsed %d documents", len(valid))
}

func TestDecode(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "{%7B": "{%7B", " \n{\"a\":\"%\"}": " \n{\"a\":\"%\"}", "%7B%22a+b%22%7D": "{\"a+b\"}", "plain": "plain",
	} {
		if got, err := Decode(text); err != nil || got != want {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
	}
	if got, err := Decode("%7"); err == nil {
		t.Errorf("%q", got)
	}
}
