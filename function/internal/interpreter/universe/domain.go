// Package universe is a small world for tests: a role, some actions, resources, context keys and the few values of each that
// matter, random policies over them, and every concrete request that can be made in it.
package universe

import "strings"

// Chooser is who decides the value of a context key.
type Chooser int

const (
	// Caller is the role's own code, which may also leave the key out where a choice is nil.
	Caller Chooser = iota
	// Tagger is whoever tagged the resource.
	Tagger
	// Fixed is a fact of the role, the account or the time, and known.
	Fixed
	// Unknown is a fact that those who judge the role do not know.
	Unknown
)

// Type is the type of a key's value, which says which operators compare it.
type Type int

const (
	String Type = iota
	Number
	Date
	Bool
	Address
	ARN
)

// Key is a context key with the values that it may have.
type Key struct {
	Name    string
	Chooser Chooser
	Type    Type
	// Choices are the values in the requests; nil is a key that is absent.
	Choices [][]string
	// Operands are the values that policies compare with.
	Operands []string
}

// Resource is a resource with the owner that its ARN may not name.
type Resource struct {
	ARN string
	// Region is where the resource is. It is empty where the ARN does not say: of Amazon S3, of IAM, and of no resource.
	Region string
	// Named is false for one that no policy has to name: it stands for any that could exist.
	Named bool
}

// Action is an action with the resources that it is made on.
type Action struct {
	Name      string
	Resources []Resource
}

// Region is where a request for the action on a resource goes. It is empty where it may go to any.
func (a Action) Region(r Resource) string {
	if strings.HasPrefix(a.Name, "iam:") {
		return "us-east-1"
	}
	return r.Region
}

// Domain is everything that can be part of a request.
type Domain struct {
	// Principal is the ARN of the caller: a session of a role.
	Principal string
	// Role is the ARN of that role.
	Role    string
	Actions []Action
	Keys    []Key
	// ActionPatterns and ResourcePatterns are what policies hold.
	ActionPatterns, ResourcePatterns []string
}

const (
	// Account owns everything in the domain.
	Account = "111122223333"
	// Tag is the name of the one tag, and RoleTag its value on the role.
	Tag, RoleTag = "team", "pay"
	// UnnamedService is a service that no policy names.
	UnnamedService = "u5x.amazonaws.com"
	// Function is the function that runs under the role.
	Function = "arn:aws:lambda:us-east-1:" + Account + ":function:orders-api"
	// Role is the role that makes the requests.
	Role = "arn:aws:iam::" + Account + ":role/orders"
)

func in(service, region, resource string) string {
	return "arn:aws:" + service + ":" + region + ":" + Account + ":" + resource
}

// Default is a function's role, two other roles, and a resource of each kind that the actions reach, with and without a name.
func Default() Domain {
	role := func(name string) Resource { return Resource{ARN: in("iam", "", "role/"+name), Named: true} }
	unnamed := func(service, region, resource string) Resource {
		return Resource{ARN: in(service, region, resource), Region: region}
	}
	named := func(service, resource string) Resource {
		return Resource{ARN: in(service, "us-east-1", resource), Region: "us-east-1", Named: true}
	}
	roles := []Resource{{ARN: Role, Named: true}, role("deploy"), role("app/reports"), unnamed("iam", "", "role/u5x")}
	users := []Resource{{ARN: in("iam", "", "user/ann"), Named: true}, unnamed("iam", "", "user/u5x")}
	functions := []Resource{{ARN: Function, Region: "us-east-1", Named: true}, named("lambda", "function:deploy-hook"), unnamed("lambda", "eu-west-1", "function:u5x")}
	objects := []Resource{{ARN: "arn:aws:s3:::orders/k", Named: true}, {ARN: "arn:aws:s3:::u5x/k"}}
	buckets := []Resource{{ARN: "arn:aws:s3:::orders", Named: true}, {ARN: "arn:aws:s3:::u5x"}}
	secrets := []Resource{named("secretsmanager", "secret:orders-AbCdEf"), unnamed("secretsmanager", "us-east-1", "secret:u5x-AbCdEf")}
	instances := []Resource{unnamed("ec2", "us-east-1", "instance/i-0123456789abcdef0")}
	cryptoKeys := []Resource{named("kms", "key/11111111-2222-3333-4444-555555555555"), unnamed("kms", "us-east-1", "key/u5x")}
	trails := []Resource{unnamed("cloudtrail", "us-east-1", "trail/u5x")}
	none := []Resource{{ARN: "*"}}
	return Domain{
		Principal: "arn:aws:sts::" + Account + ":assumed-role/orders/orders-api", Role: Role,
		Actions: []Action{
			{"iam:PutRolePolicy", roles}, {"iam:AttachRolePolicy", roles}, {"iam:UpdateAssumeRolePolicy", roles}, {"iam:PassRole", roles},
			{"sts:AssumeRole", roles}, {"iam:CreateAccessKey", users}, {"iam:CreateUser", users}, {"lambda:UpdateFunctionCode", functions},
			{"lambda:CreateFunction", functions}, {"s3:GetObject", objects}, {"secretsmanager:GetSecretValue", secrets},
			{"ssm:StartSession", instances}, {"s3:ListAllMyBuckets", none}, {"kms:Decrypt", cryptoKeys}, {"s3:PutBucketPolicy", buckets},
			{"s3:DeleteObject", objects}, {"cloudtrail:StopLogging", trails}, {"iam:DeleteRolePermissionsBoundary", roles},
		},
		Keys: keys(),
		ActionPatterns: []string{
			"*", "iam:*", "iam:Put*", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PassRole", "iam:*Role*", "iam:CreateAccessKey", "iam:Create*",
			"sts:AssumeRole", "lambda:*", "lambda:UpdateFunctionCode", "lambda:CreateFunction", "s3:*", "s3:GetObject", "secretsmanager:Get*", "ssm:StartSession",
			"kms:Decrypt", "s3:PutBucketPolicy", "s3:Delete*", "cloudtrail:*", "iam:Delete*",
		},
		ResourcePatterns: []string{
			"*", Role, in("iam", "", "role/*"), in("iam", "", "role/deploy"), in("iam", "", "role/app/*"), in("iam", "", "role/u*"), "arn:aws:iam::*:user/*",
			in("iam", "", "*"), in("lambda", "*", "function:*"), in("lambda", "us-east-1", "function:orders-*"), in("lambda", "eu-*", "*"),
			"arn:aws:s3:::orders/*", "arn:aws:s3:::*/${aws:PrincipalTag/team}", "arn:*:s3:::u?x/k", "arn:aws:iam", in("secretsmanager", "*", "secret:orders-*"),
			in("ec2", "*", "instance/*"), "arn:aws:kms:*:*:key/1*", "arn:aws:s3:::orders", in("iam", "", "role/${aws:PrincipalTag/team, 'deploy'}"),
		},
	}
}

// The keys whose values depend on one another.
const (
	requestTag      = "aws:RequestTag/" + Tag
	tagKeys         = "aws:TagKeys"
	resourceTag     = "aws:ResourceTag/" + Tag
	principalTag    = "aws:PrincipalTag/" + Tag
	requestedRegion = "aws:RequestedRegion"
)

func keys() []Key {
	const managed = "arn:aws:iam::aws:policy/"
	one := func(values ...string) (out [][]string) {
		for _, v := range values {
			out = append(out, []string{v})
		}
		return out
	}
	orNot := func(choices [][]string) [][]string { return append([][]string{nil}, choices...) }
	return []Key{
		{requestTag, Caller, String, orNot(one("pay", "other")), []string{"pay", "pa*", "*", "x"}},
		{tagKeys, Caller, String, [][]string{nil, {"team"}, {"cost"}, {"team", "cost"}}, []string{"team", "cost", "t*"}},
		{resourceTag, Tagger, String, orNot(one("pay", "other")), []string{"pay", "p*", "?ther", "${aws:PrincipalTag/team}"}},
		{principalTag, Fixed, String, one(RoleTag), []string{"pay", "other", "p*"}},
		{requestedRegion, Caller, String, one("us-east-1", "eu-west-1"), []string{"us-east-1", "eu-*", "ap-south-1"}},
		{"iam:PassedToService", Caller, String, one("lambda.amazonaws.com", "ec2.amazonaws.com", UnnamedService), []string{"lambda.amazonaws.com", "*.amazonaws.com", "ecs-tasks.amazonaws.com"}},
		{"iam:PolicyARN", Caller, ARN, one(managed+"AdministratorAccess", managed+"ReadOnlyAccess"), []string{managed + "AdministratorAccess", managed + "Read*", "arn:aws:iam::*:policy/*"}},
		{"iam:PermissionsBoundary", Unknown, ARN, orNot(one(in("iam", "", "policy/edge"))), []string{in("iam", "", "policy/edge"), in("iam", "", "policy/other")}},
		{"sts:ExternalId", Caller, String, orNot(one("e-1")), []string{"e-1", "e-*", "f"}},
		{"sts:DurationSeconds", Caller, Number, one("900", "3600", "43200"), []string{"900", "901", "3600", "43201", "5.5"}},
		{"aws:SourceIp", Unknown, Address, one("192.0.2.7", "10.1.2.3"), []string{"10.0.0.0/8", "192.0.2.7", "2001:db8::/32"}},
		{"aws:CurrentTime", Fixed, Date, one("2026-03-02T09:00:00Z"), []string{"2026-03-02T09:00:00Z", "2030-01-01", "2020-01-01"}},
		{"aws:SecureTransport", Fixed, Bool, one("true"), []string{"true", "false"}},
		{"aws:PrincipalArn", Fixed, ARN, one(Role), []string{Role, "arn:aws:iam::*:role/o*", in("iam", "", "role/deploy")}},
	}
}
