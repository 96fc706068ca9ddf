package catalogue_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// hostile is a role within IAM's quotas that is made to be much work to judge.
type hostile struct {
	name     string
	policies [][]string
	// boundary, scps and trust are the other policies' statements; none where there are none.
	boundary, trust []string
	scps            [][]string
	// never is a list of what is never allowed, and former policies that were there before an edit.
	never  string
	former []string
	// deniesAll is set where Deny statements apply to every request that carries no tag.
	deniesAll bool
}

// subject is the role with all of its policies, as a role of one function.
func (h *hostile) subject() *check.Subject {
	s := usedRole(usualTrust)
	var attached []role.Policy
	for i, statements := range h.policies {
		attached = append(attached, hostilePolicy(fmt.Sprint("m", i), statements, policy.Identity))
	}
	s.Role.Attached, s.Role.Tags = role.Have(attached), role.Have(map[string]string(nil))
	if len(h.trust) > 0 {
		s.Role.Trust = role.Have(role.NewPolicy("trust", document(h.trust), policy.Trust))
	}
	if len(h.boundary) > 0 {
		s.Role.Boundary = role.Have(role.NewPolicy("boundary", document(h.boundary), policy.Boundary))
	}
	if len(h.scps) > 0 {
		var level []policy.Part
		for i, statements := range h.scps {
			one := role.NewPolicy(role.Part(fmt.Sprint("scp:s", i)), document(statements), policy.SCP)
			level = append(level, one.AsPart())
		}
		s.Role.SCPs = role.Have([][]policy.Part{level})
	}
	if len(h.former) > 0 {
		s.Before.Parts = map[role.Part]role.Maybe[role.Policy]{attached[0].Part: role.Have(hostilePolicy("m0", h.former, policy.Identity))}
	}
	if h.never != "" {
		doc, err := policy.Parse([]byte(document([]string{h.never})), policy.Identity)
		if err != nil {
			panic(err)
		}
		s.Parameters.Never = []check.Never{{Name: "listed", Document: doc}}
	}
	return s
}

func hostilePolicy(name string, statements []string, kind policy.Kind) role.Policy {
	arn := "arn:aws:iam::" + usualAccount + ":policy/" + name
	p := role.NewPolicy(role.ManagedPart(arn), document(statements), kind)
	p.ARN = arn
	return p
}

func document(statements []string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + "]}"
}

// quoted is a list of texts in JSON.
func quoted(n int, text func(i int) string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = `"` + text(i) + `"`
	}
	return "[" + strings.Join(list, ",") + "]"
}

// members are the members of a JSON object.
func members(n int, member func(i int) string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = member(i)
	}
	return "{" + strings.Join(list, ",") + "}"
}

const allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`

// quota is how many characters a managed policy may have.
const quota = 6144

// filled are policies of statements, as many as fit.
func filled(policies int, statement func() string) [][]string {
	var out [][]string
	for range policies {
		var list []string
		for size := len(document(nil)); ; {
			one := statement()
			if size += len(one) + 1; size > quota {
				break
			}
			list = append(list, one)
		}
		out = append(out, list)
	}
	return out
}

func shares(statements []string) [][]string {
	var out [][]string
	size := quota
	for _, one := range statements {
		if size += len(one) + 1; size > quota {
			out, size = append(out, nil), len(document(nil))+len(one)
		}
		out[len(out)-1] = append(out[len(out)-1], one)
	}
	return out
}

// hostileRoles are the roles that are known to be most work, drawn with a seed where they hold what is drawn.
func hostileRoles() []hostile {
	r := rand.New(rand.NewPCG(1, 2))
	letter := func() string { return string(rune('a' + r.IntN(26))) }
	deny := func(condition string) string {
		return `{"Effect":"Deny","Action":"*","Resource":"*","Condition":` + condition + `}`
	}
	tag := func(i int) string { return fmt.Sprintf(`"aws:RequestTag/k%d":"v%d"`, i, i) }
	var contains, pigeon []string
	for c := 'a'; c <= 'z'; c++ {
		contains = append(contains, deny(`{"StringNotLike":{"aws:ResourceTag/t":"*`+string(c)+`*"}}`))
	}
	holes := func(p int) string {
		return fmt.Sprintf(`"aws:RequestTag/p%d":%s`, p, quoted(8, func(h int) string { return fmt.Sprint("h", h) }))
	}
	pigeon = append(pigeon, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":`+members(9, holes)+`}}`)
	for a := range 9 {
		for b := range a {
			for h := range 8 {
				pigeon = append(pigeon, deny(fmt.Sprintf(`{"StringEquals":{"aws:RequestTag/p%d":"h%d","aws:RequestTag/p%d":"h%d"}}`, a, h, b, h)))
			}
		}
	}
	return []hostile{
		{name: "keys", policies: [][]string{{`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":` + members(25, tag) + `}}`}}},
		{name: "denied keys", deniesAll: true, policies: [][]string{{allowAll, deny(`{"StringNotEquals":` + members(25, tag) + `}`)}}},
		{name: "tag with all letters", deniesAll: true, policies: [][]string{append([]string{allowAll}, contains...)}},
		{name: "pigeons", policies: shares(pigeon)},
		{name: "actions with wildcards", policies: filled(10, func() string {
			return `{"Effect":"Allow","Resource":"*","Action":` + quoted(20, func(int) string { return "*:*" + letter() + "*" + letter() + "*" }) + `}`
		})},
		{name: "denied actions with wildcards", policies: append(filled(9, func() string {
			return `{"Effect":"Deny","Resource":"*","Action":` + quoted(20, func(int) string { return "*:*" + letter() + "*" + letter() + "*" + letter() + "*" }) +
				`,"Condition":{"StringLike":{"aws:ResourceTag/` + letter() + `":"*` + letter() + `*"}}}`
		}), []string{allowAll})},
		{name: "resources with wildcards", policies: filled(10, func() string {
			return `{"Effect":"Allow","Action":"*","Resource":` + quoted(30, func(int) string { return "arn:aws:*:*:*:*" + letter() + "*" + letter() + "*" + letter() + "*" }) + `}`
		})},
		{name: "Regions", policies: filled(10, func() string {
			return `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:RequestedRegion":` +
				quoted(20, func(i int) string { return fmt.Sprint("*", letter(), "*", i%9) }) + `}}}`
		})},
		{name: "names", policies: filled(10, func() string {
			return `{"Effect":"Allow","Action":["iam:*","lambda:*","sts:*","s3:*"],"Resource":` +
				quoted(100, func(i int) string { return fmt.Sprint("arn:aws:iam::111122223333:role/", letter(), letter(), i) }) + `}`
		})},
		{name: "inverse", policies: filled(10, func() string {
			return `{"Effect":"Allow","NotAction":["iam:` + letter() + `*"],"NotResource":` + quoted(10, func(i int) string { return "arn:aws:s3:::" + string(rune('a'+i)) + "*" }) + `}`
		})},
		{name: "variables", policies: filled(10, func() string {
			return `{"Effect":"Allow","Action":["s3:*","iam:*","dynamodb:*"],"Resource":` +
				quoted(6, func(int) string { return "arn:aws:s3:::${aws:RequestTag/" + letter() + "}-" + letter() + "*" }) +
				`,"Condition":{"StringLike":{"aws:ResourceTag/` + letter() + `":"${aws:RequestTag/` + letter() + `}*"}}}`
		})},
		{name: "denied tags", policies: append(filled(9, func() string {
			return deny(fmt.Sprintf(`{"StringLike":{"aws:RequestTag/%s":"*%s*","aws:ResourceTag/%s":"*%s*"}}`, letter(), letter(), letter(), letter()))
		}), []string{allowAll})},
	}
}
