package policy

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// The world that sets and requests are drawn from is small, so that they meet often.
var (
	refCallers = []string{"user", "user", "role", "session", "session", "federated", "federated", "root", "account", "stranger", "lambda", "lambda",
		"anonymous", "github", "okta", "slr", "slr-session", "slr-session", "accounts.google.com"}

	// refQuestions are actions with what they are done to.
	refQuestions = [][2]string{
		{"s3:GetObject", "arn:aws:s3:::b/k"}, {"s3:GetObject", "arn:aws:s3:::b/ann"}, {"s3:PutObject", "arn:aws:s3:::b/k"},
		{"S3:getobject", "arn:aws:s3:::b/k"}, {"s3:ListAllMyBuckets", "*"},
		{"sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"}, {"sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q"},
		{"sns:Publish", "arn:aws:sns:us-east-1:111111111111:t"}, {"logs:PutLogEvents", "arn:aws:logs:us-east-1:111111111111:log-group:ann"}, {"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:222222222222:function:f:live"},
		{"kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/k"}, {"kms:Decrypt", "arn:aws:kms:us-east-1:222222222222:key/k"},
		{"kms:CreateAlias", "arn:aws:kms:us-east-1:111111111111:alias/aws/s3"},
		{"iam:PassRole", "arn:aws:iam::111111111111:role/aws-reserved/r"}, {"iam:GetRole", "arn:aws:iam::111111111111:role/app/worker"},
		{"iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/x"}, {"sts:GetCallerIdentity", "*"},
	}
	refAssumptions = [][2]string{
		{"sts:AssumeRole", "arn:aws:iam::111111111111:role/r"}, {"sts:AssumeRole", "arn:aws:iam::222222222222:role/r"},
		{"sts:AssumeRole", "arn:aws:iam::111111111111:role/app/worker"}, {"sts:AssumeRoleWithWebIdentity", "arn:aws:iam::111111111111:role/r"},
		{"sts:AssumeRoleWithSAML", "arn:aws:iam::111111111111:role/r"}, {"sts:TagSession", "arn:aws:iam::111111111111:role/r"},
		{"sts:AssumeRole", "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"},
	}

	refPrincipalTexts = []string{
		`"*"`, `"*"`, `{"AWS":"*"}`, `{"AWS":"111111111111"}`, `{"AWS":"arn:aws:iam::111111111111:root"}`, `{"AWS":"arn:aws-cn:iam::111111111111:root"}`,
		`{"AWS":"arn:aws:iam::111111111111:user/team/ann"}`, `{"AWS":["999999999999","arn:aws:iam::111111111111:role/app/worker"]}`, `{"AWS":"arn:aws:iam::111111111111:role/other/worker"}`,
		`{"AWS":"arn:aws:sts::111111111111:assumed-role/worker/run-1"}`, `{"AWS":["arn:aws:sts::111111111111:federated-user/guest","222222222222"]}`,
		`{"AWS":"arn:aws:iam::999999999999:user/eve"}`, `{"Service":"lambda.amazonaws.com"}`, `{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"],"AWS":"111111111111"}`,
		`"arn:aws:iam::111111111111:user/team/ann"`, `"111111111111"`, `{"Service":"*"}`, `{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"}`,
		`{"Federated":["arn:aws:iam::111111111111:saml-provider/okta","accounts.google.com"]}`, `{"Federated":"*"}`,
		`{"AWS":"arn:aws:iam::111111111111:user/*"}`, `{"AWS":["AIDAEXAMPLEUNIQUEID01","arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"]}`,
		`{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`,
	}
	refNotPrincipalTexts = []string{
		`"*"`, `{"AWS":["111111111111","arn:aws:iam::111111111111:user/team/ann"]}`, `{"AWS":"arn:aws:iam::111111111111:user/team/ann"}`,
		`{"AWS":["111111111111","arn:aws:iam::111111111111:role/app/worker","arn:aws:sts::111111111111:assumed-role/worker/run-1"]}`,
		`{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::111111111111:role/app/worker"]}`, `{"Service":"lambda.amazonaws.com"}`,
		`{"AWS":["111111111111","arn:aws:sts::111111111111:assumed-role/worker/run-1"]}`, `{"AWS":["arn:aws:sts::111111111111:federated-user/guest","arn:aws:iam::111111111111:role/app/worker"]}`,
		`{"AWS":["arn:aws:iam::111111111111:role/app/worker","arn:aws:sts::111111111111:assumed-role/worker/run-1"]}`, `"111111111111"`,
		`{"AWS":["111111111111","arn:aws:iam::111111111111:user/bob"]}`,
		`{"AWS":["111111111111","arn:aws:sts::111111111111:federated-user/guest"],"Federated":"arn:aws:iam::111111111111:saml-provider/okta"}`,
	}
	refActionTexts = []string{
		`"*"`, `"*"`, `"s3:*"`, `"s3:Get*"`, `["sqs:SendMessage","sns:Publish"]`, `"kms:*"`, `"sts:*"`, `["sts:AssumeRole","iam:*","lambda:Invoke*"]`, `"*:*Object"`, `"s?s:*"`,
	}
	refNotActionTexts = []string{`"s3:*"`, `["iam:*","kms:D*"," s3:GetObject"]`, `"sts:AssumeRole"`}
	refResourceTexts  = []string{
		`"*"`, `"*"`, `"*"`, `"arn:aws:s3:::b/*"`, `"arn:aws:s3:::b/${aws:username}"`, `"arn:aws:s3:::b/${aws:username, 'k'}"`, `["arn:aws:sqs:*:111111111111:*","arn:aws:sns"]`,
		`"arn:aws:lambda:us-east-1:*"`, `"arn:aws:iam::*:role/*"`, `["arn:aws:kms:*:*:key/?","arn:aws:s3:::b/k"]`, `"arn:*:s*:::b/k"`, `"arn:aws:sqs:us-east-1"`,
		`"arn:aws:logs:*:log-group:${aws:username}"`, `"arn:???:s3:::b/k"`, `["arn:aws:??:::b/*","arn:*:queue/*"]`,
		`"arn:aws:kms:*:*:ke*/k"`, `["arn:aws:iam::*:rol*/*","arn:aws:s3:::b*/k"]`, `["arn:aws:lambda:*:*:functio?:f*","arn:aws:kms:*:*:*/k"]`,
		`["arn:aws:*:*:*:*-group:${aws:username}","arn:aws:kms:*:*:k??/*","arn:aws:kms:*:*:key/?"]`, `"arn:aws:*:*:*:k*"`,
		`"arn:aws*:*:*:111111111111:*"`, `["arn:aw?:s3:::b/*","ar?:aws:s3:::b/*"]`, `"arn:*s:iam::*:role/*"`, `"???:a*s:s3:::b/k"`, `"arn:aws*:q"`, `"arn:a*:s?s:*:*:*"`,
	}
)

// refConditions holds, for each family, operators with values for them and what a request may carry.
var refConditions = []struct{ operators, values, carried []string }{
	{[]string{"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"},
		[]string{`"a"`, `"A"`, `"a*"`, `["a","b"]`, `"*"`, `"${s:b}"`, `"a${s:b}"`, `["b?","${s:b, 'a'}"]`, `"${*}"`, `[]`, `"k:1"`, `["a:*","t"]`}, []string{"a", "A", "ab", "b", "*"}},
	{[]string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
		[]string{`"1"`, `2`, `[1.50,"2"]`, `"ten"`, `["ten","2"]`}, []string{"1", "1.5", "2.0", "-3", "x"}},
	{[]string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
		[]string{`"2030-01-01"`, `"2030-01-01T00:00:00Z"`, `["2029","1893456000"]`, `"2030-01-01 00:00"`, `"then"`}, []string{"2030-01-01T00:00:00Z", "1893456000", "2029-01-01T00:00:00+01:00", "x"}},
	{[]string{"Bool"}, []string{`"true"`, `false`, `"TRUE"`, `["true","false"]`, `"yes"`, `"${s:b}"`}, []string{"true", "False", "yes"}},
	{[]string{"BinaryEquals"}, []string{`"YQ=="`, `["YQ==","Yg=="]`, `"*"`}, []string{"YQ==", "Yg==", "*"}},
	{[]string{"IpAddress", "NotIpAddress"}, []string{`"10.0.0.0/8"`, `["10.0.0.1","2001:db8::/32"]`, `"0.0.0.0/0"`, `"300.0.0.0/8"`}, []string{"10.0.0.1", "here", "11.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"}},
	{[]string{"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"},
		[]string{`"arn:aws:sns:*:111111111111:t*"`, `["arn:aws:sns:us-east-1:111111111111:t","arn:aws:sqs:*:*:*"]`, `"*"`, `"arn:aws:sns:*"`, `"arn:aws:sns:us-east-1:111111111111:${s:b}"`, `["topic","arn:aws:sqs:*:*:*"]`},
		[]string{"arn:aws:sns:us-east-1:111111111111:t", "arn:aws:sqs:us-east-1:111111111111:a:b", "t"}},
	{[]string{"Null"}, []string{`"true"`, `false`, `["true","false"]`, `"maybe"`}, []string{"a", ""}},
	{[]string{"StringMatches", "String Equals", "ForSomeValues:StringLike"}, []string{`"a"`}, []string{"a"}},
}

// refDrawStatement draws one statement. Most apply to much, or nothing would ever be allowed.
func refDrawStatement(t *rapid.T, kind Kind) string {
	pick := func(label string, from []string) string { return rapid.SampledFrom(from).Draw(t, label) }
	effect := pick("effect", []string{"Allow", "Allow", "Allow", "Allow", "Deny"})
	if kind == RCP {
		effect = pick("effect", []string{"Allow", "Deny"})
	}
	elements := []string{`"Effect":"` + effect + `"`}
	if !refIdentityLike(kind) {
		switch {
		case kind == RCP:
			elements = append(elements, `"Principal":"*"`)
		case effect == "Deny" && kind == Resource && rapid.IntRange(0, 1).Draw(t, "complement") == 0:
			elements = append(elements, `"NotPrincipal":`+pick("not principal", refNotPrincipalTexts))
		case rapid.IntRange(0, 19).Draw(t, "nobody") > 0:
			elements = append(elements, `"Principal":`+pick("principal", refPrincipalTexts))
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "complement") == 0 {
		elements = append(elements, `"NotAction":`+pick("not action", refNotActionTexts))
	} else {
		elements = append(elements, `"Action":`+pick("action", refActionTexts))
	}
	if kind != Trust {
		element := `"Resource":`
		if rapid.IntRange(0, 5).Draw(t, "complement") == 0 {
			element = `"NotResource":`
		}
		elements = append(elements, element+pick("resource", refResourceTexts))
	}
	if rapid.IntRange(0, 2).Draw(t, "conditional") == 0 {
		elements = append(elements, refDrawCondition(t))
	}
	return "{" + strings.Join(elements, ",") + "}"
}

func refDrawCondition(t *rapid.T) string {
	family := rapid.SampledFrom(refConditions).Draw(t, "family")
	operator := rapid.SampledFrom([]string{"", "", "ForAllValues:", "ForAnyValue:"}).Draw(t, "set") +
		rapid.SampledFrom(family.operators).Draw(t, "operator") + rapid.SampledFrom([]string{"", "", "IfExists"}).Draw(t, "if exists")
	values := rapid.SampledFrom(family.values).Draw(t, "values")
	keys := []string{"s:a", "S:A", "s:c"}
	if strings.HasPrefix(family.operators[0], "String") {
		keys = append(keys, "s:p", "s:q") // known in part
	}
	key := rapid.SampledFrom(keys).Draw(t, "key")
	return fmt.Sprintf(`"Condition":{%q:{%q:%s}}`, operator, key, values)
}

// refDrawRequest draws a request whose keys are absent, present, unknown, or known in part.
func refDrawRequest(t *rapid.T) Request {
	name := rapid.SampledFrom(refCallers).Draw(t, "caller")
	questions := refQuestions
	if rapid.IntRange(0, 3).Draw(t, "assumes") == 0 || strings.Contains("github okta accounts.google.com", name) {
		questions = refAssumptions
	}
	question := rapid.SampledFrom(questions).Draw(t, "question")
	req := Request{Principal: name, Action: question[0], Resource: question[1]}
	if text, ok := callers[name]; ok {
		req.Principal = text
	}
	if strings.HasPrefix(req.Resource, "arn:aws:s3") {
		req.ResourceAccount = rapid.SampledFrom([]string{"", "222222222222"}).Draw(t, "owner")
	}
	if name == "federated" {
		req.FederatedBy = rapid.SampledFrom([]string{"", callers["user"], "arn:aws:iam::111111111111:user/bob"}).Draw(t, "federated by")
	}
	req.Context.Keys = map[string]ContextValue{}
	for _, key := range []string{"s:a", "s:b", "s:c", "s:p", "s:q", "aws:username"} {
		if rapid.IntRange(0, 9).Draw(t, key+" is left out") > 0 {
			v := refDrawValue(t, key)
			switch rapid.IntRange(0, 5).Draw(t, key+" is spelled") {
			case 0:
				req.Context.Keys[strings.ToUpper(key)] = v
			case 1:
				req.Context.Keys[strings.ToUpper(key[:1])+key[1:]] = v
			default:
				req.Context.Keys[key] = v
			}
		}
	}
	if strings.HasSuffix(req.Principal, "/run-2") && rapid.Bool().Draw(t, "the path is there") {
		req.Context.Keys["aws:principalarn"] = rapid.SampledFrom([]ContextValue{
			{}, {Presence: KeyUnknown}, {KeyOneOf, []string{"arn:aws:iam::111111111111:role/AWSServiceRoleForX"}},
			present(callers["slr"]), present("arn:aws:iam::111111111111:role/app/AWSServiceRoleForX"),
			present("arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForY"),
			{KeyPresent, []string{callers["slr"], callers["role"]}},
			{KeyOneOf, []string{callers["slr"], "arn:aws:iam::111111111111:role/AWSServiceRoleForX"}},
		}).Draw(t, "path")
	}
	req.Context.RestUnknown = rapid.IntRange(0, 3).Draw(t, "rest") == 0
	if rapid.IntRange(0, 3).Draw(t, "prefixes") == 0 {
		req.Context.AbsentPrefixes = rapid.SampledFrom([][]string{{"s:"}, {"S:"}}).Draw(t, "prefix")
	}
	return req
}

func refDrawValue(t *rapid.T, key string) ContextValue {
	carried := []string{"a", "ann", "k", "1", "t", "*"}
	if key == "s:a" || key == "s:c" {
		carried = rapid.SampledFrom(refConditions).Draw(t, key+" is of").carried
	}
	values := rapid.SliceOfN(rapid.SampledFrom(carried), 1, 2).Draw(t, key)
	switch key {
	case "s:p":
		return ContextValue{Presence: KeyPrefixed, Values: values[:1]}
	case "s:q":
		return ContextValue{Presence: KeyQualified, Values: []string{values[0], values[0] + ":"}}
	}
	switch rapid.SampledFrom([]string{"known", "known", "known", "single", "single", "absent", "empty", "unknown", "one of"}).Draw(t, key+" is") {
	case "known":
		return ContextValue{Presence: KeyPresent, Values: values}
	case "single":
		return ContextValue{Presence: KeyPresent, Values: values[:1]}
	case "empty":
		return ContextValue{Presence: KeyPresent}
	case "unknown":
		return ContextValue{Presence: KeyUnknown}
	case "one of":
		if key == "s:b" || key == "aws:username" {
			values = values[:1] // a variable takes the value that is known, or an unknown one
		}
		return ContextValue{Presence: KeyOneOf, Values: values}
	}
	return ContextValue{}
}

// refDrawDocument draws a document, now and then of a version without variables.
func refDrawDocument(t *rapid.T, kind Kind) *Document {
	statements := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return refDrawStatement(t, kind) }), 1, 3).Draw(t, "statements")
	version := rapid.SampledFrom([]string{`"Version":"2012-10-17",`, `"Version":"2012-10-17",`, `"Version":"2012-10-17",`, `"Version":"2008-10-17",`, ``}).Draw(t, "version")
	d, err := Parse([]byte(`{`+version+`"Statement":[`+strings.Join(statements, ",")+`]}`), kind)
	if d == nil {
		t.Fatalf("parse a drawn document: %v", err)
	}
	return d
}

// refDrawSet draws policies of every kind that may bear on the request; some are missing, and some were not read.
func refDrawSet(t *rapid.T, req Request) Set {
	var set Set
	part := func(name string, kind Kind) Part {
		if rapid.IntRange(0, 11).Draw(t, name+" is unread") == 0 {
			return Part{Name: name}
		}
		return Part{Name: name, Document: refDrawDocument(t, kind)}
	}
	times := func(name string, most int) int {
		return rapid.SampledFrom([]int{0, 0, 0, 1, 1, most}).Draw(t, "how many "+name)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "how many identity") {
		set.Identity = append(set.Identity, part(fmt.Sprintf("identity:%d", i), Identity))
	}
	kind := Resource
	if strings.HasPrefix(req.Action, "sts:") && req.Resource != "*" {
		kind = Trust
	}
	if rapid.IntRange(0, 3).Draw(t, "resource is missing") > 0 {
		p := part("resource", kind)
		set.Resource = &p
	}
	for i := range times("boundary", 2) {
		set.Boundaries = append(set.Boundaries, part(fmt.Sprintf("boundary:%d", i), Boundary))
	}
	if times("session", 1) == 1 {
		p := part("session", Session)
		set.Session = &p
	}
	if times("endpoint", 1) == 1 {
		set.Endpoint = []Part{part("endpoint", Resource)}
	}
	set.SCPs = refDrawLevels(t, "scp", func(name string) Part { return part(name, SCP) })
	set.RCPs = refDrawLevels(t, "rcp", func(name string) Part { return part(name, RCP) })
	given := map[string]bool{"resource": set.Resource != nil, "boundary": set.Boundaries != nil, "session": set.Session != nil, "scp": set.SCPs != nil, "rcp": set.RCPs != nil}
	for _, kind := range []string{"identity", "resource", "boundary", "session", "scp", "rcp"} {
		if !given[kind] && rapid.IntRange(0, 19).Draw(t, kind+" was not read") == 0 {
			set.Unread = append(set.Unread, kind)
		}
	}
	return set
}

func refDrawLevels(t *rapid.T, name string, part func(string) Part) [][]Part {
	var levels [][]Part
	for i := range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "levels of "+name) {
		var level []Part
		for j := range rapid.SampledFrom([]int{1, 1, 1, 2, 2, 0}).Draw(t, "policies of "+name) {
			level = append(level, part(fmt.Sprintf("%s:%d:%d", name, i, j)))
		}
		levels = append(levels, level)
	}
	return levels
}
