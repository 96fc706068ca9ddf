package policy

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// drawn is a policy that a test draws: its text is made of few words, so that its statements meet often.
type drawn struct {
	kind Kind
	// variables allows ${...}.
	variables bool
	// effects are those that statements have.
	effects []string
}

var drawnActions = []string{
	"s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "*", "S3:?etObject", "ec2:DescribeInstances", "iam:PassRole", "sts:AssumeRole",
	"sts:*", "kms:Decrypt", "s3:Unheard*",
}

var drawnResources = []string{
	"*", "arn:aws:s3:::a/*", "arn:aws:s3:::a/b", "arn:aws:s3:::*", "arn:aws:s3:::a/b*", "arn:aws:s3:::?/b",
	"arn:aws:iam::111111111111:role/x", "arn:aws:iam::*:role/*", "arn:aws:kms:*:222222222222:key/*",
	"arn:aws*:iam::*:role/*", "arn:aw?:s3:::a/*", "arn:aws:iam::*:rol*/*", "arn:aws:kms:*:*:ke?/k",
}

var drawnConditions = []string{
	`"StringEquals":{"aws:PrincipalOrgID":"o-1"}`, `"StringEquals":{"aws:PrincipalOrgID":["o-1","o-2"]}`,
	`"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}`, `"StringLike":{"aws:PrincipalOrgID":"o-*"}`,
	`"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}`, `"Null":{"aws:PrincipalOrgID":"true"}`,
	`"Null":{"aws:PrincipalOrgID":"false"}`, `"Bool":{"aws:SecureTransport":"true"}`, `"Bool":{"aws:SecureTransport":"false"}`,
	`"NumericLessThan":{"app:max-keys":"10"}`, `"NumericGreaterThanEquals":{"app:max-keys":"5"}`,
	`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, `"NotIpAddress":{"aws:SourceIp":"10.1.0.0/16"}`,
	`"ForAllValues:StringEquals":{"app:TagKeys":["x","y"]}`, `"ForAnyValue:StringEquals":{"app:TagKeys":["x"]}`,
	`"NumericLessThan":{"s3:max-keys":"10"}`, `"StringLike":{"aws:RequestTag/team":"*"}`, `"StringNotEquals":{"aws:RequestTag/team":"pay"}`,
	`"ForAllValues:StringNotEquals":{"app:TagKeys":["x"]}`, `"ForAnyValue:StringLike":{"app:TagKeys":"x*"}`,
	`"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}`, `"ArnNotEquals":{"aws:SourceArn":"arn:aws:s3:::a"}`,
	`"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}`, `"DateGreaterThan":{"aws:CurrentTime":"2029-01-01T00:00:00Z"}`,
	`"StringLikes":{"aws:PrincipalOrgID":"o-1"}`,
}

var drawnPrincipals = []string{
	`"*"`, `{"AWS":"*"}`, `{"AWS":"111111111111"}`, `{"AWS":"arn:aws:iam::111111111111:role/x"}`,
	`{"AWS":["arn:aws:iam::111111111111:user/u","222222222222"]}`, `{"Service":"lambda.amazonaws.com"}`,
	`{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]}`, `{"Federated":"arn:aws:iam::111111111111:saml-provider/p"}`,
	`{"AWS":["arn:aws:sts::111111111111:federated-user/g","arn:aws:iam::111111111111:user/u"]}`, `{"AWS":"arn:aws:sts::111111111111:federated-user/g"}`,
}

func (d drawn) document(t *rapid.T, name string) string {
	var statements []string
	for i := range rapid.IntRange(1, 4).Draw(t, name+" statements") {
		statements = append(statements, d.statement(t, fmt.Sprintf("%s %d", name, i)))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func (d drawn) statement(t *rapid.T, name string) string {
	one := func(of []string, what string) string { return rapid.SampledFrom(of).Draw(t, name+" "+what) }
	list := func(of []string, what string) string {
		raw, err := json.Marshal(rapid.SliceOfN(rapid.SampledFrom(of), 1, 3).Draw(t, name+" "+what))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	effects := d.effects
	if len(effects) == 0 {
		effects = []string{"Allow", "Allow", "Allow", "Deny"}
	}
	effect := one(effects, "effect")
	not := func(what string) string {
		if rapid.IntRange(0, 5).Draw(t, name+" not "+what) == 5 {
			return "Not" + what
		}
		return what
	}
	s := fmt.Sprintf(`{"Effect":%q,%q:%s`, effect, not("Action"), list(drawnActions, "action"))
	if d.kind != Trust {
		resources := drawnResources
		if d.variables {
			resources = append([]string{"arn:aws:s3:::a/${aws:username}", "arn:aws:s3:::a/${aws:username}/*"}, resources...)
		}
		s += fmt.Sprintf(`,%q:%s`, not("Resource"), list(resources, "resource"))
	}
	if d.kind == Trust || d.kind == Resource {
		element := "Principal"
		if effect == "Deny" {
			element = not("Principal")
		}
		s += fmt.Sprintf(`,%q:%s`, element, one(drawnPrincipals, "principal"))
	}
	if rapid.Bool().Draw(t, name+" has conditions") {
		s += `,"Condition":{` + one(drawnConditions, "condition") + `}`
	}
	return s + "}"
}

// drawComparedRequest draws a request that the drawn policies may tell apart.
func drawComparedRequest(t *rapid.T) Request {
	one := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(t, what) }
	req := Request{
		Principal: one("principal", "arn:aws:iam::111111111111:role/x", "arn:aws:iam::111111111111:user/u",
			"arn:aws:iam::222222222222:role/y", "arn:aws:iam::333333333333:root", "arn:aws:iam::111111111111:root",
			"lambda.amazonaws.com", "sns.amazonaws.com", "*", "arn:aws:iam::111111111111:saml-provider/p", "arn:aws:sts::111111111111:federated-user/g"),
		Action: one("action", "s3:GetObject", "sqs:CreateQueue", "s3:PutObject", "s3:SetObject", "ec2:DescribeInstances", "iam:PassRole",
			"sts:AssumeRole", "sts:AssumeRoleWithSAML", "kms:Decrypt", "s3:UnheardOf", "s3:ListBucket", "sqs:SendMessage"),
		Resource: one("resource", "*", "arn:aws:s3:::a/b", "arn:aws:s3:::a/bc", "arn:aws:s3:::b", "arn:aws:s3:::c/b", "arn:aws:s3:::a/rolewatch-u",
			"arn:aws:iam::111111111111:role/x", "arn:aws:iam::333333333333:role/z", "arn:aws:kms:us-east-1:222222222222:key/k", "arn:aws:sqs:us-east-1:444444444444:q"),
		Context: Context{Keys: map[string]ContextValue{}},
	}
	key := func(name string, values ...string) {
		if v := one(name, append(values, "")...); v != "" {
			req.Context.Keys[name] = ContextValue{Presence: KeyPresent, Values: strings.Split(v, " ")}
		}
	}
	if !strings.Contains(req.Principal, ".amazonaws.com") && req.Principal != "*" && !strings.Contains(req.Principal, "saml") {
		key("aws:principalorgid", "o-1", "o-2", "x")
	}
	if strings.Contains(req.Principal, ":federated-user/") {
		req.FederatedBy = one("federated by", "", "arn:aws:iam::111111111111:user/u", "arn:aws:iam::111111111111:user/v")
	}
	key("app:max-keys", "4", "5", "9", "10", "11")
	key("s3:max-keys", "9", "10")
	key("aws:requesttag/team", "pay", "web")
	maps.DeleteFunc(req.Context.Keys, func(key string, _ ContextValue) bool { return actions.Carries(req.Action, key) == actions.NotCarried })
	key("aws:sourceip", "10.0.0.1", "10.1.2.3", "11.0.0.1")
	key("app:tagkeys", "x", "y", "z", "x y", "x z", "xx z")
	key("aws:sourcearn", "arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:sns:us-east-1:111111111111:t")
	if strings.Contains(req.Principal, ":user/") {
		req.Context.Keys["aws:username"] = present("u")
	}
	req.Context.Keys["aws:securetransport"] = present(one("transport", "true", "false"))
	req.Context.Keys["aws:currenttime"] = present(one("time", "2028-01-01T00:00:00Z", "2029-06-01T00:00:00Z", "2031-01-01T00:00:00Z"))
	return req
}

// frame is the set under which a request is asked, with what Compare assumes. It says false where the policy alone does
// not tell: a caller of the resource's own account may do what its own policies allow.
func frame(kind Kind, req Request, set Set) (Set, bool) {
	if strings.Contains(req.Principal, ":federated-user/") {
		set.Session = &Part{Name: "assumed", Document: allowEverything}
	}
	if kind == Identity {
		set.Resource = &Part{Name: "assumed", Document: delegation(parseCaller(req.Principal).account)}
		return set, true
	}
	owner, _ := splitARN(req.Resource)
	who, q := parseCaller(req.Principal), newQuery(req)
	if !who.inAccount() {
		return set, true
	}
	set.Identity = []Part{{Name: "assumed", Document: allowEverything}}
	return set, q.needsExplicitAllow() || owner[arnAccount] != "" && owner[arnAccount] != who.account
}

// TestCompareMissesNothing draws policies and requests: a request that is newly allowed contradicts a comparison that
// says that nothing is, and every witness must check.
func TestCompareMissesNothing(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		d := drawn{kind: rapid.SampledFrom([]Kind{Identity, Trust, Resource}).Draw(t, "kind"), variables: rapid.Bool().Draw(t, "variables")}
		oldText, newText := d.document(t, "old"), d.document(t, "new")
		old, new := setOf(t, oldText, d.kind), setOf(t, newText, d.kind)
		c := compare(t, old, new)
		t.Logf("old %s\nnew %s", oldText, newText)
		checkDrawn(t, c, old, new)
		counts[fmt.Sprint(d.kind, c.NothingNew())]++
		for range 30 {
			req := drawComparedRequest(t)
			if strings.HasSuffix(req.Principal, ":root") {
				// What a root user may do in its own account does not come from the resource's policy.
				continue
			}
			if d.kind == Identity && !strings.HasPrefix(req.Principal, "arn:aws:iam::111111111111:") || d.kind == Trust && !strings.Contains(req.Resource, ":role/") {
				continue
			}
			before, tells := frame(d.kind, req, old)
			after, _ := frame(d.kind, req, new)
			if !tells {
				continue
			}
			b, a := Evaluate(req, before).Decision, Evaluate(req, after).Decision
			if a == Allowed && b != Allowed && b != Unknown {
				counts["newly allowed"]++
				if c.NothingNew() == True {
					t.Fatalf("%+v is newly allowed\nold %s\nnew %s", req, oldText, newText)
				}
			}
		}
	})
	t.Log(counts)
	if counts["newly allowed"] == 0 || counts["identity true"]+counts["resource true"]+counts["trust true"] == 0 || counts["identity false"] == 0 {
		t.Error("the cases are too few")
	}
}

func setOf(t *rapid.T, text string, kind Kind) Set {
	d, _ := Parse([]byte(text), kind)
	if d == nil {
		t.Fatalf("cannot parse %s", text)
	}
	if kind == Trust || kind == Resource {
		return Set{Resource: &Part{Name: "resource", Document: d}}
	}
	return Set{Identity: []Part{{Name: "identity", Document: d}}}
}

func checkDrawn(t *rapid.T, c Comparison, old, new Set) {
	for _, g := range c.Grants {
		w := g.Witness
		if b, a := Evaluate(w.Request, w.Under(old)).Decision, Evaluate(w.Request, w.Under(new)).Decision; b == Allowed || b == Unknown || a != Allowed {
			t.Fatalf("%v: %v before and %v after for %+v", g, b, a, w.Request)
		}
	}
	for _, u := range c.Unknown {
		if u.Why == "a request that may be new could not be confirmed" {
			t.Fatalf("%+v", u)
		}
	}
}

func TestCompareWithItselfIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn{kind: rapid.SampledFrom([]Kind{Identity, Trust, Resource}).Draw(t, "kind"), variables: true}
		text := d.document(t, "policy")
		set := setOf(t, text, d.kind)
		if c := compare(t, set, set); len(c.Grants) > 0 {
			t.Fatalf("%s: %v", text, c)
		}
	})
}
