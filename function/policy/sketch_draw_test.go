package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// sketcher draws sets and changes them.
type sketcher struct{ *rand.Rand }

func newSketcher(seed, n uint64) sketcher { return sketcher{rand.New(rand.NewPCG(seed, n))} }

func randomSeedOf(t *testing.T) uint64 {
	seed := *randomSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-random-seed %d", seed)
	return seed
}

func (r sketcher) one(of []string) string { return of[r.IntN(len(of))] }
func (r sketcher) chance(of int) bool     { return r.IntN(of) == 0 }

func (r sketcher) some(of []string, most int) []string {
	n := 1 + r.IntN(most)
	var list []string
	for range n {
		list = appendNew(list, r.one(of))
	}
	return list
}

// sketchedServices are the actions and resources of services whose actions take resources of different shapes.
var sketchedServices = []struct{ actions, resources []string }{
	{
		[]string{
			"s3:GetObject", "s3:PutObject", "s3:Get*", "s3:Delete*", "s3:*", "S3:?etObject", "s3:ListBucket", "s3:*Object", "s3:*Bucket*",
			"s3:GetAccessPoint", "s3:ListAllMyBuckets", "s3:Unheard", "s3:Unheard*", "s3:getobjecttagging", "s3:DeleteObject",
		},
		[]string{
			"arn:aws:s3:::rep/*", "arn:aws:s3:::rep", "arn:aws:s3:::*/private/*", "arn:aws:s3:::*", "arn:aws:s3:::rep/private/*", "arn:aws:s3:::re?/x",
			"arn:aws:s3:::rep*", "arn:aws:s3:*:111111111111:accesspoint/*", "arn:aws:s3:::rep/${aws:username}/*", "arn:aws:s3:::${aws:PrincipalTag/team}/*",
			"arn:aws:s3:::rep/a:b", "arn:aws:s3:*:*:rep/*", "arn:aws:s3:us-*:*:accesspoint/a*",
		},
	},
	{
		[]string{"iam:PassRole", "iam:GetPolicyVersion", "iam:Get*", "iam:*", "iam:CreateRole", "iam:AttachRolePolicy", "iam:List*", "iam:Unheard*", "iam:*Role*"},
		[]string{
			"arn:aws:iam::111111111111:role/x", "arn:aws:iam::*:role/*", "arn:aws:iam::*:role/aws-reserved/*", "arn:aws:iam::aws:policy/*",
			"arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::111111111111:*", "arn:aws:iam::*:policy/a*", "arn:aws:iam::1111*:role/x",
		},
	},
	{
		[]string{"sts:AssumeRole", "sts:*", "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:Assume*", "sts:GetCallerIdentity", "sts:Get*"},
		[]string{
			"arn:aws:iam::111111111111:role/x", "arn:aws:iam::*:role/*", "arn:aws:iam::*:role/aws-service-role/*", "arn:aws:iam::222222222222:role/*", "arn:aws:iam::*:role/x*",
		},
	},
	{
		[]string{"kms:Decrypt", "kms:*", "kms:Create*", "kms:CreateAlias", "kms:DescribeKey", "kms:RetireGrant", "kms:*Grant*", "kms:Unheard*"},
		[]string{
			"arn:aws:kms:*:222222222222:key/*", "arn:aws:kms:us-east-1:111111111111:key/k", "arn:aws:kms:*:*:alias/aws/*", "arn:aws:kms:*:*:alias/*",
			"arn:aws:kms:us-*:*:*", "arn:aws:kms:*:111111111111:*",
		},
	},
	{
		[]string{"lambda:InvokeFunction", "lambda:*", "lambda:ListFunctions", "lambda:Get*", "lambda:*Function*", "lambda:GetLayerVersion"},
		[]string{
			"arn:aws:lambda:*:111111111111:function:f", "arn:aws:lambda:*:*:function:*", "arn:aws:lambda:us-east-1:*:function:f:*",
			"arn:aws:lambda:*:*:layer:*", "arn:aws:lambda:*:function:f",
		},
	},
	{
		[]string{"dynamodb:Query", "dynamodb:GetItem", "dynamodb:*", "dynamodb:*Item", "dynamodb:List*", "dynamodb:Delete*"},
		[]string{
			"arn:aws:dynamodb:*:111111111111:table/t", "arn:aws:dynamodb:*:*:table/t/index/*", "arn:aws:dynamodb:*:*:table/*", "arn:aws:dynamodb:us-east-1:*:table/t*",
			"arn:aws:dynamodb:*:*:table/*/stream/*",
		},
	},
	{
		[]string{"sqs:SendMessage", "sqs:*", "sqs:*Message", "sqs:List*"},
		[]string{"arn:aws:sqs:us-east-1:111111111111:q", "arn:aws:sqs:*:*:q*", "arn:aws:sqs:*:111111111111:*", "arn:aws:sqs:??-*-?:*:q"},
	},
	{
		[]string{"ec2:RunInstances", "ec2:DescribeInstances", "ec2:*", "ec2:Describe*", "ec2:*Tags", "ec2:StartInstances"},
		[]string{"arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:us-east-1:111111111111:subnet/s", "arn:aws:ec2:*::image/*", "arn:aws:ec2:*:111111111111:*"},
	},
	{
		[]string{"*", "*:*", "*:Get*", "?3:*", "s*:*", "*:*Role*"},
		[]string{"*", "arn:aws:*:*:*:*", "arn:aws:*:*:111111111111:*", "arn:aws:s3:::*", "*"},
	},
}

// sketchedKeys are, by key, the operators that are used with it and the values that it is compared with.
var sketchedKeys = []struct {
	key               string
	operators, values []string
}{
	{"aws:PrincipalOrgID", []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"}, []string{"o-1", "o-2", "o-*", "O-1", "o-?"}},
	{"aws:PrincipalTag/team", []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotEqualsIgnoreCase"}, []string{"pay", "Pay", "p*", "${aws:RequestTag/team}", "*"}},
	{"aws:RequestTag/team", []string{"StringEquals", "StringLike", "StringNotEquals"}, []string{"pay", "${aws:PrincipalTag/team}", "p*", "*"}},
	{"aws:SourceVpc", []string{"StringEquals", "StringNotEquals", "StringLike"}, []string{"vpc-1", "vpc-2", "vpc-*"}},
	{"s3:prefix", []string{"StringEquals", "StringLike", "StringNotLike"}, []string{"", "a/", "a/*", "*", "${aws:username}/*"}},
	{"aws:username", []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike"}, []string{"u", "v", "u*", "?"}},
	{"aws:PrincipalArn", []string{"ArnLike", "ArnNotLike", "ArnEquals", "StringLike", "StringNotEquals"}, []string{
		"arn:aws:iam::111111111111:role/x", "arn:aws:iam::*:role/*", "arn:aws:iam::111111111111:*", "arn:aws:iam::*:user/u*", "arn:aws:iam::*:role/x",
	}},
	{"aws:PrincipalAccount", []string{"StringEquals", "StringNotEquals"}, []string{"111111111111", "222222222222", "123456789012"}},
	{"aws:ResourceAccount", []string{"StringEquals", "StringNotEquals"}, []string{"111111111111", "222222222222", "${aws:PrincipalAccount}"}},
	{"aws:PrincipalType", []string{"StringEquals", "StringNotEquals"}, []string{"User", "AssumedRole", "Anonymous"}},
	{"aws:SecureTransport", []string{"Bool"}, []string{"true", "false"}},
	{"aws:MultiFactorAuthPresent", []string{"Bool"}, []string{"true", "false"}},
	{"s3:max-keys", []string{"NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericEquals", "NumericNotEquals", "NumericGreaterThanEquals"}, []string{"5", "10", "5.5", "-1"}},
	{"aws:SourceIp", []string{"IpAddress", "NotIpAddress"}, []string{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0", "203.0.113.0/24"}},
	{"aws:CurrentTime", []string{"DateLessThan", "DateGreaterThan", "DateLessThanEquals", "DateEquals", "DateNotEquals"}, []string{
		"2029-01-01T00:00:00Z", "2030-01-01T00:00:00Z", "2030-01-01", "1893456001",
	}},
	{"aws:SourceArn", []string{"ArnLike", "ArnNotLike", "ArnEquals", "StringLike", "ArnNotEquals"}, []string{"arn:aws:s3:::*", "arn:aws:s3:::a", "arn:aws:sns:*:111111111111:*"}},
	{"aws:TagKeys", []string{
		"ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAllValues:StringNotEquals", "ForAnyValue:StringLike", "ForAnyValue:StringNotLike", "ForAllValues:StringLike",
	}, []string{"x", "y", "x*", "*"}},
	{"app:blob", []string{"BinaryEquals"}, []string{"YQ==", "YWI="}},
}

var sketchedPrincipals = []sketchedPrincipal{
	{"*", "*"}, {"AWS", "*"}, {"AWS", "111111111111"}, {"AWS", "222222222222"}, {"AWS", "arn:aws:iam::111111111111:root"},
	{"AWS", "arn:aws:iam::111111111111:role/x"}, {"AWS", "arn:aws:iam::111111111111:user/u"}, {"AWS", "arn:aws:sts::111111111111:assumed-role/x/s"},
	{"AWS", "arn:aws:iam::222222222222:role/y"}, {"Service", "lambda.amazonaws.com"}, {"Service", "ec2.amazonaws.com"},
	{"Federated", "arn:aws:iam::111111111111:saml-provider/p"}, {"AWS", "arn:aws:sts::111111111111:federated-user/f"},
}

func (r sketcher) condition() sketchedCondition {
	k := sketchedKeys[r.IntN(len(sketchedKeys))]
	c := sketchedCondition{r.one(k.operators), k.key, r.some(k.values, 2)}
	switch {
	case r.chance(6):
		c.operator, c.values = "Null", []string{r.one([]string{"true", "false"})}
	case r.chance(4):
		c.operator += "IfExists"
	}
	if r.chance(6) {
		c.key = strings.ToUpper(c.key[:3]) + c.key[3:]
	}
	return c
}

func (s *sketch) addCondition(c sketchedCondition) {
	for _, o := range s.conditions {
		if o.operator == c.operator && strings.EqualFold(o.key, c.key) {
			return
		}
	}
	s.conditions = append(s.conditions, c)
}

// statement draws one. The services are few in a policy, so that its statements meet.
func (r sketcher) statement(place string, services []int) sketch {
	pick := func() (actions, resources []string) {
		s := sketchedServices[services[r.IntN(len(services))]]
		return s.actions, s.resources
	}
	actions, resources := pick()
	s := sketch{effect: "Allow", actions: r.some(actions, 3), resources: r.some(resources, 2)}
	if r.chance(3) {
		actions, resources = pick()
		s.actions = appendNew(s.actions, r.one(actions))
		s.resources = appendNew(s.resources, r.one(resources))
	}
	if r.chance(4) {
		s.resources = []string{"*"}
	}
	if r.chance(3) || place == "rcp" {
		s.effect = "Deny"
	}
	s.notAction, s.notResource = r.chance(20), r.chance(8)
	switch place {
	case "trust", "resource":
		for range 1 + r.IntN(2) {
			s.principals = append(s.principals, sketchedPrincipals[r.IntN(len(sketchedPrincipals))])
		}
		s.notPrincipal = s.effect == "Deny" && r.chance(3)
	case "rcp":
		s.principals, s.notAction = []sketchedPrincipal{{"*", "*"}}, false
	}
	for range r.IntN(3) {
		if r.chance(2) {
			s.addCondition(r.condition())
		}
	}
	return s
}

func (r sketcher) policy(place string, services []int) sketchedPolicy {
	p := sketchedPolicy{place: place, version: "2012-10-17"}
	if r.chance(12) {
		p.version = "2008-10-17"
	}
	kind, _, _ := strings.Cut(place, "/")
	if kind == "scp" || kind == "boundary" || kind == "session" || kind == "endpoint" {
		p.statements = append(p.statements, sketch{effect: "Allow", actions: []string{"*"}, resources: []string{"*"}})
		if r.chance(3) {
			p.statements[0] = sketch{effect: "Allow", actions: []string{"s3:*", "iam:*", "sqs:*"}, resources: []string{"*"}}
		}
	}
	for range 1 + r.IntN(3) {
		p.statements = append(p.statements, r.statement(kind, services))
	}
	return p
}

// sketchedForms are the sets that are drawn, by the places of their policies.
var sketchedForms = [][]string{
	{"identity"}, {"identity"}, {"identity"}, {"trust"}, {"trust"}, {"resource"}, {"resource"},
	{"identity", "boundary"}, {"identity", "scp/0"}, {"identity", "scp/0", "scp/1"}, {"identity", "session"}, {"identity", "rcp/0"},
	{"identity", "identity"}, {"identity", "endpoint"}, {"identity", "resource"}, {"resource", "rcp/0"},
}

func (r sketcher) set() sketchedSet {
	form := sketchedForms[r.IntN(len(sketchedForms))]
	// The last one, of wildcards for all services, takes the most work.
	services := []int{r.IntN(len(sketchedServices) - 1)}
	if r.chance(2) {
		services = append(services, r.IntN(len(sketchedServices)-1))
	}
	if r.chance(12) {
		services[0] = len(sketchedServices) - 1
	}
	if form[0] == "trust" {
		services = []int{2}
	}
	var set sketchedSet
	for _, place := range form {
		set = append(set, r.policy(place, services))
	}
	return set
}
