package policy

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// costly draws sets of policies within IAM's quotas of which comparisons may take long. In the templates # stands for a letter,
// % for a number, & for an account ID, and [x] for a list of values of the form x.
type costly struct{ *rand.Rand }

func drawCostly(seed int) *costly { return &costly{rand.New(rand.NewPCG(uint64(seed), 1))} }

func (c *costly) pick(list []string) string { return list[c.IntN(len(list))] }

func (c *costly) fill(template string) string {
	var b strings.Builder
	for _, r := range template {
		switch r {
		case '#':
			b.WriteByte(byte('a' + c.IntN(26)))
		case '%':
			b.WriteString(strconv.Itoa(c.IntN(1000)))
		case '&':
			fmt.Fprintf(&b, "%012d", c.IntN(100_000))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// list fills the template of a value as often as it is to.
func (c *costly) list(template string, n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strconv.Quote(c.fill(template))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// expand fills a template that may hold lists.
func (c *costly) expand(template string, n int) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "[")
		b.WriteString(c.fill(before))
		if !ok {
			return b.String()
		}
		value, after, _ := strings.Cut(rest, "]")
		b.WriteString(c.list(value, n))
		template = after
	}
}

var (
	costlyActions   = []string{"*", "s3:*", "*:*#*#*", "*:*#*#*#*", "s3:*#*", "s3:Get*", "##:*", "*:?*#?#*", "#*:*", "s3:x%", "iam:*#*#*", "*:*#", "ec2:*#*"}
	costlyResources = []string{
		"*", "arn:aws:s3:::b%*", "arn:*:*:*:*:*#*#*", "arn:aws:s3:::*#*#*#*", "arn:aws:s3:::#?#?*", "arn:aws:s3:::${aws:PrincipalTag/k%}/*",
		"arn:aws:s3:::${aws:username}/#*", "arn:aws:*:*:&:#*", "arn:aws:logs:*:*:*#*", "arn:aws:iam::&:role/#*", "arn:*:#*:*",
		"arn:aws:s3:::" + strings.Repeat("*#", 100) + "*", "arn:aws:s3:::*" + strings.Repeat("?", 100) + "#*",
		"arn:aws:s3:::*${aws:PrincipalTag/k%}*${aws:PrincipalTag/k%}*",
	}
	costlyConditions = []string{
		"", "", `"StringLike":{"aws:RequestTag/k%":[*#*#*]}`, `"StringEquals":{"aws:PrincipalTag/k%":[v%]}`, `"StringLike":{"aws:username":[u#*#*]}`,
		`"StringLike":{"aws:PrincipalAccount":[%*]}`, `"StringEquals":{"aws:PrincipalAccount":[&]}`, `"ArnLike":{"aws:PrincipalArn":[arn:aws:iam::&:role/#*]}`,
		`"NumericLessThan":{"s3:max-keys":[%]}`, `"IpAddress":{"aws:SourceIp":[10.0.0.0/%]}`, `"ForAllValues:StringLike":{"aws:TagKeys":[*#*#*]}`,
		`"ForAnyValue:StringNotLike":{"aws:TagKeys":[#*#*]}`, `"StringNotLike":{"aws:RequestTag/k%":[*#*]},"StringLike":{"aws:RequestTag/k%":[*#*#*]}`,
		`"StringEquals":{"aws:ResourceAccount":[&]}`, `"StringNotEquals":{"aws:ResourceTag/k%":"${aws:PrincipalTag/k%}"}`,
		`"StringLike":{"aws:PrincipalArn":[arn:aws:iam::%*]}`, `"StringLike":{"s3:prefix":[*` + strings.Repeat("?", 60) + `#*]}`,
		`"StringLike":{"aws:PrincipalServiceName":[#*#*.amazonaws.com]}`,
	}
	costlyPrincipals = []string{`"*"`, `{"AWS":[&]}`, `{"AWS":[arn:aws:iam::&:role/#%]}`, `{"Service":[#%.amazonaws.com]}`, `{"AWS":[arn:aws:iam::&:user/#%]}`}
)

// costlyStatement is a template of a statement, with how many values each element has.
type costlyStatement struct {
	effect, action, resource, condition, principal string
	actions, resources, conditions, principals     int
}

func (c *costly) statement() costlyStatement {
	count := func() int { return []int{1, 1, 3, 10, 40, 200, 1000}[c.IntN(7)] }
	not := func(name string) string {
		if c.IntN(6) == 0 {
			return "Not" + name
		}
		return name
	}
	return costlyStatement{
		effect: c.pick([]string{"Allow", "Allow", "Allow", "Deny"}),
		action: not("Action") + " " + c.pick(costlyActions), resource: not("Resource") + " " + c.pick(costlyResources),
		condition: c.pick(costlyConditions), principal: c.pick(costlyPrincipals),
		actions: count(), resources: count(), conditions: count(), principals: count(),
	}
}

func (c *costly) text(s *costlyStatement, kind Kind) string {
	name, action, _ := strings.Cut(s.action, " ")
	text := fmt.Sprintf(`{"Effect":%q,%q:%s`, s.effect, name, c.list(action, s.actions))
	if kind != Trust {
		name, resource, _ := strings.Cut(s.resource, " ")
		text += fmt.Sprintf(`,%q:%s`, name, c.list(resource, s.resources))
	}
	if kind == Trust || kind == Resource {
		text += `,"Principal":` + c.expand(s.principal, s.principals)
	}
	return text + `,"Condition":{` + c.expand(s.condition, s.conditions) + `}}`
}

// document fills a quota with statements, and gives those that do not fit fewer values.
func (c *costly) document(t testing.TB, templates []costlyStatement, kind Kind, quota int) *Document {
	var list []string
	for size, tries := 60, 0; tries < 200; tries++ {
		s := &templates[c.IntN(len(templates))]
		text := c.text(s, kind)
		if size+len(text) <= quota {
			list, size = append(list, text), size+len(text)+1
			continue
		}
		if len(list) > 0 {
			break
		}
		s.actions, s.resources, s.conditions, s.principals = (s.actions+1)/2, (s.resources+1)/2, (s.conditions+1)/2, (s.principals+1)/2
	}
	d, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(list, ",")+`]}`), kind)
	if d == nil {
		t.Fatal(err)
	}
	return d
}

// set draws one of the sets that are compared: a trust policy, a resource policy, a role's inline policies, ten managed ones, or
// these with SCPs and a boundary.
func (c *costly) set(t testing.TB, templates []costlyStatement, sort int) Set {
	var set Set
	switch sort {
	case 0:
		return Set{Resource: &Part{Name: "trust", Document: c.document(t, templates, Trust, 8192)}}
	case 1:
		return Set{Resource: &Part{Name: "resource", Document: c.document(t, templates, Resource, 20480)}}
	case 2:
		return Set{Identity: []Part{{Name: "inline", Document: c.document(t, templates, Identity, 10240)}}}
	case 4:
		set.SCPs = [][]Part{{{Name: "root", Document: c.document(t, templates, SCP, 5120)}}, {{Name: "account", Document: c.document(t, templates, SCP, 5120)}}}
		set.Boundaries = []Part{{Name: "boundary", Document: c.document(t, templates, Boundary, 6144)}}
	}
	for i := range 10 {
		set.Identity = append(set.Identity, Part{Name: fmt.Sprintf("policy %d", i), Document: c.document(t, templates, Identity, 6144)})
	}
	return set
}

// costlySets are the two sets of a seed.
func costlySets(t testing.TB, seed int) (old, new Set) {
	c := drawCostly(seed)
	var before, after []costlyStatement
	for range 1 + c.IntN(3) {
		s := c.statement()
		before = append(before, s)
		if c.IntN(3) > 0 {
			s.effect = "Allow"
		}
		after = append(after, s)
	}
	if c.IntN(2) == 0 {
		after = append(after, c.statement())
	}
	sort := c.IntN(5)
	return c.set(t, before, sort), c.set(t, after, sort)
}
