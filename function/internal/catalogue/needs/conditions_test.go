package needs

// condition is a condition key with the operators and values that are drawn for it, and all values that tell them apart. The
// empty list is a key that is absent.
type condition struct {
	key       string
	operators []string
	values    []string
	universe  [][]string
}

const (
	aVPC     = "arn:aws:ec2:us-east-1:111122223333:vpc/"
	ofLambda = "arn:aws:lambda:us-east-1:111122223333:function:"
)

var (
	ofText  = []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists", "Null"}
	ofLists = []string{"ForAnyValue:StringEquals", "ForAllValues:StringEquals", "Null"}
	texts   = []string{"a", "b", "a*", "*"}
	anyText = [][]string{{}, {""}, {"a"}, {"b"}, {"ab"}, {"c"}, {"a*"}, {"*"}}
)

var conditions = []condition{
	{"aws:RequestTag/x", ofText, texts, anyText},
	{"aws:ResourceTag/x", ofText, texts, anyText},
	{"aws:SourceVpc", ofText, texts, anyText},
	{"aws:SourceVpce", ofText, texts, anyText},
	{"aws:ViaAWSService", []string{"Bool", "BoolIfExists", "Null"}, []string{"true", "false"}, [][]string{{"false"}}},
	{"kms:ViaService", ofText, texts, anyText},
	{"kms:EncryptionContext:x", ofText, texts, anyText},
	{"s3:x-amz-acl", ofText, texts, anyText},
	{"sqs:NotAKey", ofText, texts, anyText},
	{
		"aws:TagKeys", ofLists, []string{"a", "b"},
		[][]string{{}, {""}, {"a"}, {"b"}, {"c"}, {"a", "b"}, {"a", "c"}, {"b", "c"}, {"a", "b", "c"}},
	},
	{
		"ec2:Vpc", append([]string{"ArnLike", "ArnNotLike"}, ofText...), []string{aVPC + "a", aVPC + "b", aVPC + "a*", aVPC + "*"},
		[][]string{{}, {aVPC + "a"}, {aVPC + "b"}, {aVPC + "ab"}, {aVPC + "c"}, {aVPC + "a*"}, {aVPC + "*"}, {"arn:aws:ec2:eu-west-1:444455556666:vpc/a"}},
	},
	{
		"aws:SourceIp", []string{"IpAddress", "NotIpAddress", "Null"}, []string{"10.0.0.0/8", "10.1.0.0/16"},
		[][]string{{}, {"10.1.2.3"}, {"10.2.0.1"}, {"192.0.2.1"}},
	},
	{
		"aws:userid", ofText, []string{"AROAORDERS:a", "AROAORDERS:*", "AROAOTHER:*", "*:b"},
		[][]string{{"AROAORDERS:a"}, {"AROAORDERS:b"}, {"AROAORDERS:c"}, {"AROAORDERS:*"}},
	},
	{"aws:PrincipalTag/team", ofText, append([]string{"pay"}, texts...), [][]string{{"pay"}}},
	{"aws:RequestedRegion", ofText, []string{region, "eu-west-1", "us-*"}, [][]string{{region}}},
	{
		"aws:CurrentTime", []string{"DateLessThan", "DateGreaterThan", "Null"}, []string{"2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		[][]string{{someTime}},
	},
	{"aws:ResourceAccount", ofText, []string{account, "444455556666"}, [][]string{{account}}},
	{
		"lambda:SourceFunctionArn", []string{"ArnEquals", "ArnNotEquals", "StringLike", "Null"},
		[]string{orders, orders + "x", "arn:aws:lambda:*:*:function:orders*"}, [][]string{{}, {orders}, {orders + "x"}, {ofLambda + "other"}},
	},
}
