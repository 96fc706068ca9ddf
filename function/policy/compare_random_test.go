package policy

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	randomPairs = flag.Int("random-pairs", 60, "how many pairs of policies TestCompareRandom draws")
	randomSeed  = flag.Uint64("random-seed", 1, "the seed of TestCompareRandom and TestCompareMetamorphicRandom; 0 takes one of the clock")
)

// sketch is a statement that a test takes apart and puts together.
type sketch struct {
	sid                                  string
	effect                               string
	actions, resources                   []string
	principals                           []sketchedPrincipal
	conditions                           []sketchedCondition
	notAction, notResource, notPrincipal bool
	// lists writes lists of one value as lists.
	lists bool
}

type sketchedPrincipal struct{ kind, text string }

type sketchedCondition struct {
	operator, key string
	values        []string
}

// sketchedPolicy is a policy at one place of a set: "identity", "trust", "resource", "boundary", "session", "scp/0", "rcp/0",
// "endpoint".
type sketchedPolicy struct {
	place      string
	version    string
	statements []sketch
}

type sketchedSet []sketchedPolicy

func (s sketch) clone() sketch {
	s.actions, s.resources, s.principals = slices.Clone(s.actions), slices.Clone(s.resources), slices.Clone(s.principals)
	s.conditions = slices.Clone(s.conditions)
	for i := range s.conditions {
		s.conditions[i].values = slices.Clone(s.conditions[i].values)
	}
	return s
}

func (p sketchedPolicy) clone() sketchedPolicy {
	p.statements = slices.Clone(p.statements)
	for i := range p.statements {
		p.statements[i] = p.statements[i].clone()
	}
	return p
}

func (set sketchedSet) clone() sketchedSet {
	out := slices.Clone(set)
	for i := range out {
		out[i] = out[i].clone()
	}
	return out
}

func (s sketch) json(place string) string {
	m := map[string]any{"Effect": s.effect}
	if s.sid != "" {
		m["Sid"] = s.sid
	}
	element := func(name string, not bool) string {
		if not {
			return "Not" + name
		}
		return name
	}
	list := func(values []string) any {
		if len(values) == 1 && !s.lists {
			return values[0]
		}
		return values
	}
	m[element("Action", s.notAction)] = list(s.actions)
	if len(s.resources) > 0 && place != "trust" {
		m[element("Resource", s.notResource)] = list(s.resources)
	}
	if place == "trust" || place == "resource" || place == "rcp" || place == "endpoint" && len(s.principals) > 0 {
		byKind := map[string][]string{}
		for _, p := range s.principals {
			byKind[p.kind] = append(byKind[p.kind], p.text)
		}
		if len(byKind["*"]) > 0 {
			m["Principal"] = "*"
		} else {
			m[element("Principal", s.notPrincipal)] = byKind
		}
	}
	conditions := map[string]map[string]any{}
	for _, c := range s.conditions {
		if conditions[c.operator] == nil {
			conditions[c.operator] = map[string]any{}
		}
		conditions[c.operator][c.key] = list(c.values)
	}
	if len(conditions) > 0 {
		m["Condition"] = conditions
	}
	out, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func (p *sketchedPolicy) json() string {
	place, _, _ := strings.Cut(p.place, "/")
	var list []string
	for _, s := range p.statements {
		list = append(list, s.json(place))
	}
	return `{"Version":"` + p.version + `","Statement":[` + strings.Join(list, ",") + `]}`
}

// String is the set as sections of testdata/compare hold it.
func (set sketchedSet) String() string {
	var b strings.Builder
	for i := range set {
		fmt.Fprintf(&b, "  %s %s\n", set[i].place, set[i].json())
	}
	return b.String()
}

var sketchKinds = map[string]Kind{
	"identity": Identity, "resource": Resource, "trust": Trust, "boundary": Boundary, "session": Session, "endpoint": Resource,
	"scp": SCP, "rcp": RCP,
}

// parse gives the set, or false where a part of it breaks the grammar.
func (set sketchedSet) parse() (Set, bool) {
	var out Set
	for i := range set {
		place, level, _ := strings.Cut(set[i].place, "/")
		d, err := Parse([]byte(set[i].json()), sketchKinds[place])
		if d == nil || err != nil && len(d.Statements) != len(set[i].statements) {
			return out, false
		}
		part := Part{Name: place, Document: d}
		at := 0
		if level != "" {
			at = int(level[0] - '0')
		}
		grow := func(levels [][]Part) [][]Part {
			for len(levels) <= at {
				levels = append(levels, nil)
			}
			levels[at] = append(levels[at], part)
			return levels
		}
		switch place {
		case "identity":
			out.Identity = append(out.Identity, part)
		case "resource", "trust":
			out.Resource = &part
		case "boundary":
			out.Boundaries = append(out.Boundaries, part)
		case "session":
			out.Session = &part
		case "endpoint":
			out.Endpoint = append(out.Endpoint, part)
		case "scp":
			out.SCPs = grow(out.SCPs)
		case "rcp":
			out.RCPs = grow(out.RCPs)
		}
	}
	return out, true
}

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

// change gives a set that differs a little.
func (r sketcher) change(set sketchedSet) sketchedSet {
	set = set.clone()
	for range 1 + r.IntN(3) {
		p := &set[r.IntN(len(set))]
		place, _, _ := strings.Cut(p.place, "/")
		if place != "identity" && place != "resource" && place != "trust" && r.chance(6) {
			for i := range set {
				if &set[i] == p {
					set = slices.Delete(set, i, i+1)
					break
				}
			}
			continue
		}
		r.changePolicy(p, place)
	}
	return set
}

func (r sketcher) changePolicy(p *sketchedPolicy, place string) {
	at := r.IntN(len(p.statements))
	s := &p.statements[at]
	drop := func(list []string) []string {
		if len(list) < 2 {
			return list
		}
		i := r.IntN(len(list))
		return slices.Delete(list, i, i+1)
	}
	switch r.IntN(16) {
	case 0:
		if len(p.statements) > 1 {
			p.statements = slices.Delete(p.statements, at, at+1)
		}
	case 1:
		other := r.statement(place, []int{r.IntN(len(sketchedServices))})
		p.statements = append(p.statements, other)
	case 2:
		for i := range p.statements {
			if p.statements[i].effect == "Deny" && len(p.statements) > 1 {
				p.statements = slices.Delete(p.statements, i, i+1)
				break
			}
		}
	case 3:
		s.actions = drop(s.actions)
	case 4:
		s.resources = drop(s.resources)
	case 5:
		s.actions = appendNew(s.actions, r.one(sketchedServices[r.IntN(len(sketchedServices))].actions))
	case 6:
		s.resources = appendNew(s.resources, r.one(sketchedServices[r.IntN(len(sketchedServices))].resources))
	case 7:
		if len(s.conditions) > 0 {
			i := r.IntN(len(s.conditions))
			s.conditions = slices.Delete(s.conditions, i, i+1)
		}
	case 8:
		s.addCondition(r.condition())
	case 9:
		if len(s.conditions) > 0 {
			i := r.IntN(len(s.conditions))
			for _, k := range sketchedKeys {
				if strings.EqualFold(k.key, s.conditions[i].key) {
					s.conditions = slices.Delete(s.conditions, i, i+1)
					s.addCondition(sketchedCondition{r.one(k.operators), k.key, r.some(k.values, 2)})
					break
				}
			}
		}
	case 10:
		i := r.IntN(len(s.resources))
		s.resources[i] = r.pattern(s.resources[i])
	case 11:
		i := r.IntN(len(s.actions))
		if service, name, ok := strings.Cut(s.actions[i], ":"); ok && len(name) > 4 {
			s.actions[i] = service + ":" + name[:3] + "*"
		} else {
			s.actions[i] = strings.ToUpper(s.actions[i])
		}
	case 12:
		if place == "trust" || place == "resource" {
			if len(s.principals) > 1 && r.chance(2) {
				s.principals = s.principals[1:]
			} else {
				s.principals = append(s.principals, sketchedPrincipals[r.IntN(len(sketchedPrincipals))])
			}
		} else {
			p.statements = append(p.statements, s.split(r)...)
		}
	case 13:
		s.notAction = s.notAction != r.chance(3)
	case 14:
		s.notResource = !s.notResource
	case 15:
		s.effect = map[string]string{"Allow": "Deny", "Deny": "Allow"}[s.effect]
		if s.effect == "Allow" || place == "rcp" {
			s.notPrincipal = false
		}
		if place == "rcp" {
			s.effect = "Deny"
		}
	}
}

// split gives what must be added where a statement keeps only its first action.
func (s *sketch) split(r sketcher) []sketch {
	if len(s.actions) < 2 || s.notAction {
		return nil
	}
	rest := s.clone()
	rest.actions, s.actions = rest.actions[1:], s.actions[:1]
	return []sketch{rest}
}

// pattern makes an ARN wider or narrower.
func (r sketcher) pattern(text string) string {
	switch i := strings.LastIndexByte(text, '*'); {
	case i >= 0 && r.chance(2):
		return text[:i] + "a" + text[i:]
	case i >= 0 && r.chance(3):
		return text[:i] + "?" + text[i+1:]
	}
	if segments := strings.SplitN(text, ":", 6); len(segments) == 6 {
		if r.chance(2) {
			segments[4] = r.one([]string{"*", "111111111111", "", "222222222222"})
		} else if n := len(segments[5]); n > 1 {
			segments[5] = segments[5][:1+r.IntN(n-1)] + "*"
		}
		return strings.Join(segments, ":")
	}
	return text
}

// world is what requests are made of to hold a comparison of two sets against Evaluate.
type world struct {
	principals, actions, resources []string
	keys                           map[string][]ContextValue
	resourceKind                   string
}

// worldOf makes instances of all patterns of both sets, of pairs of them, and what lies next to them.
func (r sketcher) worldOf(old, new sketchedSet) *world {
	w := &world{keys: map[string][]ContextValue{}}
	var resources, actions []string
	w.principals = []string{
		"arn:aws:iam::123456789012:role/example", "arn:aws:iam::111111111111:role/x", "arn:aws:iam::111111111111:user/u", "arn:aws:iam::111111111111:user/uv",
		"arn:aws:sts::111111111111:assumed-role/x/s", "arn:aws:iam::222222222222:role/y", "arn:aws:iam::111111111111:role/p/z",
	}
	for _, set := range []sketchedSet{old, new} {
		for _, p := range set {
			if p.place == "resource" || p.place == "trust" {
				w.resourceKind = p.place
			}
			for _, s := range p.statements {
				for _, a := range s.actions {
					actions = appendNew(actions, a)
				}
				for _, text := range s.resources {
					resources = appendNew(resources, text)
				}
				for _, c := range s.conditions {
					w.addValues(c)
				}
			}
		}
	}
	if w.resourceKind != "" {
		w.principals = append(w.principals, "lambda.amazonaws.com", "ec2.amazonaws.com", "sns.amazonaws.com", "*", "arn:aws:iam::111111111111:saml-provider/p",
			"arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:role/r", "arn:aws:sts::111111111111:assumed-role/x/t", "arn:aws:sts::111111111111:federated-user/f")
	}
	w.addActions(actions)
	w.addResources(resources)
	if w.resourceKind == "trust" {
		w.actions = slices.DeleteFunc(w.actions, func(a string) bool { return !strings.HasPrefix(a, "sts:") })
		w.actions = appendNew(w.actions, "sts:AssumeRole")
		w.resources = []string{"arn:aws:iam::111111111111:role/example", "arn:aws:iam::222222222222:role/example", "arn:aws:iam::123456789012:role/example"}
	}
	return w
}

// sketchedRequests are documented actions of every shape, and some that are not.
var sketchedRequests = []string{
	"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteBucket", "s3:ListBucket", "s3:GetBucketPolicy", "s3:GetAccessPoint", "s3:ListAllMyBuckets", "s3:GetObjectTagging",
	"s3:DeleteAccessPoint", "iam:PassRole", "iam:GetPolicyVersion", "iam:GetRole", "iam:CreateRole", "iam:AttachRolePolicy", "iam:ListRoles", "iam:DeleteUser", "iam:CreatePolicyVersion",
	"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:GetFederationToken", "sts:GetSessionToken", "kms:Decrypt", "kms:CreateAlias", "kms:CreateKey",
	"kms:DescribeKey", "kms:RetireGrant", "kms:CreateGrant", "lambda:InvokeFunction", "lambda:ListFunctions", "lambda:GetFunction", "lambda:GetLayerVersion",
	"dynamodb:Query", "dynamodb:GetItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:ListTables", "dynamodb:GetRecords", "sqs:SendMessage", "sqs:DeleteMessage", "sqs:ListQueues",
	"ec2:RunInstances", "ec2:DescribeInstances", "ec2:CreateTags", "ec2:StartInstances", "sns:Publish", "s3:unheardofthing", "iam:unheardofthing", "kms:unheardofthing", "sso:getrole",
}

func (w *world) addActions(patterns []string) {
	for _, text := range patterns {
		p := compileAction(text)
		for _, request := range sketchedRequests {
			if service, name, _ := strings.Cut(strings.ToLower(request), ":"); p.matches(service, name) {
				w.actions = appendNew(w.actions, request)
			}
		}
		if service, name, ok := strings.Cut(text, ":"); ok {
			made := strings.NewReplacer("*", "s", "?", "s").Replace(service) + ":" + strings.NewReplacer("*", "example", "?", "x").Replace(name)
			w.actions = appendNew(w.actions, made)
		}
	}
	w.actions = appendNew(w.actions, "s3:GetObject")
}

var sketchedSegments = [][]string{{"arn"}, {"aws"}, {"s3", "iam", "kms", "lambda", "dynamodb", "sqs", "ec2"}, {"", "us-east-1", "eu-west-1"}, {"111111111111", "222222222222", "", "123456789012", "aws"}}

// addResources adds ARNs as AWS makes them: what patterns and pairs of them cover.
func (w *world) addResources(patterns []string) {
	var split [][]string
	for _, text := range append([]string{"arn:aws:*:*:*:*", "arn:aws:s3:::*", "arn:aws:iam::*:role/*"}, patterns...) {
		for _, value := range []string{"u", "pay"} {
			for {
				before, _, after, ok := cutVariable(text)
				if !ok {
					break
				}
				text = before + value + after
			}
			segments := strings.SplitN(text, ":", 6)
			if segments[0] == "*" {
				continue
			}
			for len(segments) < 6 {
				segments = append(segments, "*")
			}
			split = append(split, segments)
		}
	}
	w.resources = []string{"*"}
	for i, a := range split {
		for _, b := range split[:i+1] {
			head := []string{""}
			for k, choices := range sketchedSegments {
				var next []string
				for _, choice := range choices {
					if globMatches(a[k], choice) && globMatches(b[k], choice) {
						for _, h := range head {
							next = append(next, h+choice+":")
						}
						if k != 4 && len(next) > 1 {
							break
						}
					}
				}
				head = next
			}
			for _, h := range head {
				if strings.Contains(h, ":aws:") && !strings.HasPrefix(h, "arn:aws:iam::aws:") {
					continue // Only IAM has resources that AWS owns.
				}
				for _, fill := range []string{"", "example", "private/x"} {
					if tail, ok := globMeet(a[5], b[5], fill); ok && tail != "" && len(w.resources) < 150 {
						w.resources = appendNew(w.resources, h+tail)
					}
				}
			}
		}
	}
}

func globMatches(glob, text string) bool { return matchGlob(markWildcards(glob), text) }

// globMeet is a text that two globs match; fill stands for a run that both hold at the same place.
func globMeet(a, b, fill string) (string, bool) {
	failed := map[[2]int]bool{}
	var meet func(i, j int) (string, bool)
	meet = func(i, j int) (string, bool) {
		if i == len(a) && j == len(b) {
			return "", true
		}
		if failed[[2]int{i, j}] {
			return "", false
		}
		starA, starB := i < len(a) && a[i] == '*', j < len(b) && b[j] == '*'
		if starA && starB {
			if text, ok := meet(i+1, j+1); ok {
				return fill + text, true
			}
		}
		if starA {
			if text, ok := meet(i+1, j); ok {
				return text, true
			}
			if j < len(b) && !starB {
				if text, ok := meet(i, j+1); ok {
					return plain(b[j]) + text, true
				}
			}
		}
		if starB {
			if text, ok := meet(i, j+1); ok {
				return text, true
			}
			if i < len(a) && !starA {
				if text, ok := meet(i+1, j); ok {
					return plain(a[i]) + text, true
				}
			}
		}
		if i < len(a) && j < len(b) && !starA && !starB && (a[i] == b[j] || a[i] == '?' || b[j] == '?') {
			c := a[i]
			if c == '?' {
				c = b[j]
			}
			if text, ok := meet(i+1, j+1); ok {
				return plain(c) + text, true
			}
		}
		failed[[2]int{i, j}] = true
		return "", false
	}
	return meet(0, 0)
}

func plain(c byte) string {
	if c == '?' {
		return "x"
	}
	return string([]byte{c})
}

// derivedKeys follow from the caller and the resource.
var derivedKeys = []string{"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:username", "aws:resourceaccount", "aws:principalisawsservice"}

// addValues adds values of a key that a condition tells apart, and the key's absence.
func (w *world) addValues(c sketchedCondition) {
	key := strings.ToLower(c.key)
	for _, v := range c.values {
		if _, inner, _, ok := cutVariable(v); ok {
			if inner = strings.ToLower(inner); len(w.keys[inner]) == 0 && !slices.Contains(derivedKeys, inner) {
				w.keys[inner] = []ContextValue{{}, present("pay"), present("u")}
			}
		}
	}
	if slices.Contains(derivedKeys, key) {
		return
	}
	var texts []string
	add := func(list ...string) {
		for _, text := range list {
			texts = appendNew(texts, text)
		}
	}
	switch key {
	case "aws:securetransport", "aws:multifactorauthpresent":
		add("true", "false")
	case "s3:max-keys":
		add("5", "4", "6", "10", "9", "11", "5.2", "5.7", "-2")
	case "aws:sourceip":
		add("10.0.0.1", "10.1.0.0", "10.1.2.3", "10.1.2.4", "11.0.0.0", "9.255.255.255", "2001:db8::1", "2001:db9::", "203.0.113.255", "203.0.114.0")
	case "aws:currenttime":
		add("2028-12-31T23:59:59Z", "2029-01-01T00:00:00Z", "2029-06-01T00:00:00Z", "2030-01-01T00:00:00Z", "2030-01-01T00:00:01Z", "2031-01-01T00:00:00Z")
	case "aws:sourcearn":
		add("arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:sns:us-east-1:111111111111:t", "arn:aws:sns:us-east-1:222222222222:t")
	case "app:blob":
		add("YQ==", "YWI=", "YWJj")
	case "s3:prefix":
		add("", "a/", "a/b", "b", "u/x")
	case "aws:sourcevpc":
		add("vpc-1", "vpc-2", "vpc-3")
	case "aws:principalorgid":
		add("o-1", "o-2", "O-1", "o-33")
	default:
		add("pay", "Pay", "pa", "other", "x")
	}
	var list []ContextValue
	for _, text := range texts {
		list = append(list, present(text))
	}
	if key == "aws:tagkeys" {
		list = list[:0]
		for _, values := range [][]string{{"x"}, {"y"}, {"z"}, {"x", "y"}, {"x", "z"}, {"xx", "z"}, {"y", "xx"}} {
			list = append(list, ContextValue{Presence: KeyPresent, Values: values})
		}
	}
	if key != "aws:securetransport" && key != "aws:currenttime" {
		list = append(list, ContextValue{})
	}
	w.keys[key] = list
}

// request draws one out of the world.
func (w *world) request(r sketcher) Request {
	req := Request{Principal: r.one(w.principals), Action: r.one(w.actions), Resource: r.one(w.resources), Context: Context{Keys: map[string]ContextValue{}}}
	who := parseCaller(req.Principal)
	for _, key := range slices.Sorted(maps.Keys(w.keys)) {
		values := w.keys[key]
		if !who.inAccount() && strings.HasPrefix(key, "aws:principal") {
			continue
		}
		if v := values[r.IntN(len(values))]; v.Presence == KeyPresent {
			req.Context.Keys[key] = v
		}
	}
	owner := ""
	if a, ok := splitARN(req.Resource); ok && isAccountID(a[arnAccount]) {
		owner = a[arnAccount]
	} else if owner = r.one([]string{"111111111111", "222222222222", "444444444444"}); ok && a[arnAccount] == "" {
		req.ResourceAccount = owner
	} else {
		owner = who.account
	}
	if w.resourceKind == "" && owner != "" && r.chance(2) && req.ResourceAccount != "" {
		owner, req.ResourceAccount = who.account, who.account
	}
	set := func(key, value string) {
		if value != "" {
			req.Context.Keys[key] = present(value)
		}
	}
	set("aws:resourceaccount", owner)
	set("aws:principalaccount", who.account)
	isService := "false"
	switch who.kind {
	case callerRole:
		set("aws:principalarn", req.Principal)
		set("aws:principaltype", "AssumedRole")
	case callerSession:
		set("aws:principalarn", "arn:aws:iam::"+who.account+":role/"+who.role)
		set("aws:principaltype", "AssumedRole")
	case callerUser:
		set("aws:principalarn", req.Principal)
		set("aws:principaltype", "User")
		set("aws:username", lastSegment(req.Principal))
	case callerFederatedUser:
		set("aws:principalarn", req.Principal)
		set("aws:principaltype", "FederatedUser")
	case callerAccount:
		set("aws:principalarn", req.Principal)
		set("aws:principaltype", "Account")
	case callerAnonymous:
		set("aws:principaltype", "Anonymous")
		set("aws:principalaccount", "anonymous")
	case callerService:
		isService = "true"
		set("aws:principalservicename", req.Principal)
	case callerProvider:
		delete(req.Context.Keys, "aws:principalaccount")
	}
	set("aws:principalisawsservice", isService)
	return req
}

// isNewlyAllowed says whether a request is newly allowed under the assumptions of Compare: what neither set holds does not
// stand in the way, except that a resource's own account may do by itself what it likes, unless the resource's policy denies
// it: that is new where the old one denied it.
func isNewlyAllowed(req Request, old, new Set) bool {
	ofResource, ofIdentity := old.Resource != nil || new.Resource != nil, len(old.Identity)+len(new.Identity) > 0
	who, q := parseCaller(req.Principal), newQuery(req)
	owner := q.arn[arnAccount]
	if !isAccountID(owner) {
		owner = req.ResourceAccount
	}
	if who.kind == callerFederatedUser && old.Session == nil && new.Session == nil {
		old.Session = &Part{Name: "assumed", Document: allowEverything}
		new.Session = old.Session
	}
	inside := who.inAccount() && (owner == "" || owner == who.account)
	switch {
	case !ofResource:
		if !who.inAccount() || who.kind == callerAccount {
			return false
		}
		part := &Part{Name: "assumed", Document: delegation(who.account)}
		old.Resource, new.Resource = part, part
	case inside && who.kind == callerAccount:
		return false
	case !ofIdentity && who.inAccount():
		old.Identity = []Part{{Name: "assumed", Document: allowEverything}}
		new.Identity = old.Identity
	}
	b, a := Evaluate(req, old).Decision, Evaluate(req, new).Decision
	if ofResource && !ofIdentity && inside && !q.needsExplicitAllow() {
		switch {
		case b == ExplicitDeny && a == Allowed && isOfOneService(&q):
			return true
		case namesAccountOf(old, who.account):
			return false
		}
		old.Identity, new.Identity = nil, nil
		b, a = Evaluate(req, old).Decision, Evaluate(req, new).Decision
	}
	return a == Allowed && b != Allowed && b != Unknown
}

// isOfOneService says whether the action and the resource are of one service.
func isOfOneService(q *query) bool {
	service := strings.ToLower(q.service)
	return q.arn[arnService] == service || q.arn[arnService] == "iam" && service == "sts"
}

func namesAccountOf(set Set, account string) bool {
	if set.Resource == nil {
		return false
	}
	for _, s := range set.Resource.Document.compiled().statements {
		if slices.ContainsFunc(s.principals, func(p principalPattern) bool { return p.kind == namesAccount && p.account == account }) {
			return true
		}
	}
	return false
}

// shrink takes away from both sets what is not needed for bad.
func shrink(old, new sketchedSet, bad func(old, new sketchedSet) bool) (smallerOld, smallerNew sketchedSet) {
	sides := [2]sketchedSet{old, new}
	try := func(change func(sides *[2]sketchedSet) bool) bool {
		next := [2]sketchedSet{sides[0].clone(), sides[1].clone()}
		if !change(&next) || !bad(next[0], next[1]) {
			return false
		}
		sides = next
		return true
	}
	for again := true; again; {
		again = false
		for side := range sides {
			for p := 0; p < len(sides[side]); p++ {
				again = try(func(n *[2]sketchedSet) bool {
					kind, _, _ := strings.Cut(n[side][p].place, "/")
					n[side] = slices.Delete(n[side], p, p+1)
					return kind != "identity" && kind != "resource" && kind != "trust"
				}) || again
				if p >= len(sides[side]) {
					continue
				}
				for s := 0; s < len(sides[side][p].statements); s++ {
					for step := range 12 {
						again = try(func(n *[2]sketchedSet) bool {
							return n[side][p].cut(s, step)
						}) || again
						if s >= len(sides[side][p].statements) {
							break
						}
					}
				}
			}
		}
	}
	return sides[0], sides[1]
}

// cut takes one thing away.
func (p *sketchedPolicy) cut(at, step int) bool {
	s := &p.statements[at]
	less := func(list *[]string, i int) bool {
		if i >= len(*list) || len(*list) < 2 {
			return false
		}
		*list = slices.Delete(*list, i, i+1)
		return true
	}
	switch {
	case step == 0:
		if len(p.statements) < 2 {
			return false
		}
		p.statements = slices.Delete(p.statements, at, at+1)
		return true
	case step < 4:
		return less(&s.actions, step-1)
	case step < 7:
		return less(&s.resources, step-4)
	case step < 9:
		if i := step - 7; i < len(s.conditions) {
			s.conditions = slices.Delete(s.conditions, i, i+1)
			return true
		}
	case step < 11:
		if i := step - 9; i < len(s.principals) && len(s.principals) > 1 {
			s.principals = slices.Delete(s.principals, i, i+1)
			return true
		}
	default:
		for i := range s.conditions {
			if len(s.conditions[i].values) > 1 {
				s.conditions[i].values = s.conditions[i].values[:1]
				return true
			}
		}
	}
	return false
}

// randomCheck is one pair of TestCompareRandom.
type randomCheck struct {
	counts map[string]int
	faults []string
}

func (c *randomCheck) fault(old, new sketchedSet, format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...)+"\nold\n"+old.String()+"new\n"+new.String())
}

const requestsPerPair = 300

// pair compares two sets and holds the answer against Evaluate.
func (c *randomCheck) pair(t *testing.T, r sketcher, oldSketch, newSketch sketchedSet) {
	old, okOld := oldSketch.parse()
	new, okNew := newSketch.parse()
	if !okOld || !okNew {
		c.counts["no policy"]++
		return
	}
	c.counts["pairs"]++
	comparison := compare(t, old, new)
	answer := comparison.NothingNew()
	c.counts[[]string{"something new", "nothing new", "undecided"}[answer]]++
	for _, g := range comparison.Grants {
		c.counts["witnesses"]++
		w := g.Witness
		if b, a := Evaluate(w.Request, w.Under(old)).Decision, Evaluate(w.Request, w.Under(new)).Decision; b == Allowed || b == Unknown || a != Allowed {
			c.fault(oldSketch, newSketch, "the witness of %v is %v before and %v after: %+v", g, b, a, w.Request)
		}
		if err := w.Request.Validate(); err != nil {
			c.fault(oldSketch, newSketch, "the witness of %v cannot be: %v", g, err)
		}
	}
	for _, u := range comparison.Unknown {
		c.counts["unknown: "+u.Why]++
	}
	c.unproven(t, oldSketch, newSketch, comparison)
	if r.chance(4) {
		c.alone(t, oldSketch, newSketch, old, new, comparison)
	}
	if answer != True {
		return
	}
	w := r.worldOf(oldSketch, newSketch)
	for range requestsPerPair {
		req := w.request(r)
		c.counts["requests"]++
		if !isNewlyAllowed(req, old, new) {
			continue
		}
		oldSketch, newSketch = shrink(oldSketch, newSketch, func(old, new sketchedSet) bool {
			o, okOld := old.parse()
			n, okNew := new.parse()
			return okOld && okNew && isNewlyAllowed(req, o, n) && compare(t, o, n).NothingNew() == True
		})
		c.fault(oldSketch, newSketch, "nothing is said to be new, and yet %s of %s on %s (of %q) with %v is",
			req.Action, req.Principal, req.Resource, req.ResourceAccount, req.Context.Keys)
		return
	}
}

// unproven reports requests that a search found and Evaluate does not confirm: then the two disagree.
func (c *randomCheck) unproven(t *testing.T, old, new sketchedSet, comparison Comparison) {
	unproven := func(u Undecidable) bool { return u.Why == "the requests that could be new did not prove so" }
	if !slices.ContainsFunc(comparison.Unknown, unproven) {
		return
	}
	old, new = shrink(old, new, func(old, new sketchedSet) bool {
		o, okOld := old.parse()
		n, okNew := new.parse()
		return okOld && okNew && slices.ContainsFunc(compare(t, o, n).Unknown, unproven)
	})
	c.fault(old, new, "requests that were found are not newly allowed")
}

// grantName names a grant within a comparison.
type grantName struct {
	policy                      string
	statement                   int
	action, resource, principal string
}

func namesOf(c Comparison) map[grantName]Grant {
	names := map[grantName]Grant{}
	for _, g := range c.Grants {
		names[grantName{g.Statement.Policy, g.Statement.Statement.Index, g.Action, g.Resource, g.Principal}] = g
	}
	return names
}

// alone compares each action of a statement as if it stood there alone: what is granted then is among what is granted.
func (c *randomCheck) alone(t *testing.T, oldSketch, newSketch sketchedSet, old, new Set, whole Comparison) {
	if old.Resource != nil && len(old.Identity) > 0 {
		// Which of the two sides of a request a grant is put down to depends on which of them was changed.
		return
	}
	if whole.More || slices.ContainsFunc(whole.Unknown, func(u Undecidable) bool { return u.Action == "*" && u.Resource == "*" }) {
		return
	}
	names := namesOf(whole)
	for p := range newSketch {
		for s, statement := range newSketch[p].statements {
			if statement.effect == "Deny" || statement.notAction || len(statement.actions) < 2 {
				continue
			}
			for _, action := range statement.actions {
				one := newSketch.clone()
				one[p].statements[s].actions = []string{action}
				set, ok := one.parse()
				if !ok {
					continue
				}
				c.counts["alone"]++
				for name := range namesOf(compare(t, old, set)) {
					if name.statement != s || name.action != action || name.policy != strings.Split(newSketch[p].place, "/")[0] {
						continue
					}
					c.counts["alone granted"]++
					if _, ok := names[name]; !ok {
						c.fault(oldSketch, newSketch, "%s alone is granted on %s, among others it is not", action, name.resource)
						return
					}
				}
			}
		}
	}
}

// TestCompareRandom draws pairs of sets, most of them alike: where a comparison says that nothing is new, no request of a
// small world may be; every witness must hold; and what one action alone is granted is granted among others.
func TestCompareRandom(t *testing.T) {
	seed := randomSeedOf(t)
	c := randomCheck{counts: map[string]int{}}
	for n := range *randomPairs {
		r := newSketcher(seed, uint64(n))
		old := r.set()
		new := r.change(old)
		if r.chance(2) {
			old, new = new, old
		}
		before := len(c.faults)
		c.pair(t, r, old, new)
		for _, fault := range c.faults[before:] {
			if len(c.faults) < 40 || *randomAll {
				t.Errorf("pair %d: %s", n, fault)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.counts)) {
		t.Logf("%7d %s", c.counts[name], name)
	}
	t.Logf("%7d faults", len(c.faults))
	for _, name := range []string{"pairs", "nothing new", "something new", "witnesses", "requests", "alone granted"} {
		if c.counts[name] == 0 {
			t.Errorf("there is no %q", name)
		}
	}
}

var randomAll = flag.Bool("random-all", false, "report all faults of TestCompareRandom, not only the first ones")
