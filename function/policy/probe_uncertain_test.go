package policy

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestUncertainVariablesLeaveNoCertainAnswer draws policies with policy variables whose values are not known, and questions about one
// resource or a pattern. What Ask and Settle say for certain holds for every value that the keys may have.
func TestUncertainVariablesLeaveNoCertainAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 2))
	counts := map[string]int{}
	for range 2000 {
		text := drawUncertain(r)
		doc, err := Parse([]byte(text), Identity)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		set := Set{Identity: []Part{{Name: "identity", Document: doc}}}
		p, err := NewProber(set, NewBudget(1e6), NewBudget(1e6))
		if err != nil {
			t.Fatal(err)
		}
		q := drawUncertainProbe(r)
		asked, settled := p.Ask(q), p.Settle(q)
		for _, req := range everyRequest(&q) {
			got := Evaluate(req, set).Decision
			if got == Allowed && asked.Decision != Allowed && asked.Decision != Unknown {
				t.Fatalf("%s\n%s\nAsk says %v, and the request is allowed: %+v", text, q.Resource, asked.Decision, req)
			}
			isNo := got == ExplicitDeny || got == ImplicitDeny
			if d := settled.Verdict.Decision; d == Allowed && isNo || (d == ImplicitDeny || d == ExplicitDeny) && got == Allowed {
				t.Fatalf("%s\n%s\nSettle says %v, and the request gets %v: %+v", text, q.Resource, d, got, req)
			}
		}
		counts["ask "+asked.Decision.String()]++
		counts["settle "+settled.Verdict.Decision.String()]++
	}
	t.Log(counts)
	for _, one := range []string{"ask allowed", "ask unknown", "ask implicitDeny", "settle allowed", "settle unknown", "settle implicitDeny"} {
		if counts[one] < 50 {
			t.Errorf("%s: only %d", one, counts[one])
		}
	}
}

// uncertainValues are values of the keys whose values are not known: of one key all are listed that the question takes for possible.
var uncertainValues = map[string][]ContextValue{
	"aws:principaltag/team":    {{Presence: KeyAbsent}, present("pay"), present("web/x"), present("arn:aws:s3:::pay"), present("aws"), present("arn:aws")},
	"lambda:sourcefunctionarn": {present("arn:aws:lambda:us-east-1:111122223333:function:a"), present("arn:aws:lambda:us-east-1:111122223333:function:b")},
	"aws:userid":               {present("AROA:pay"), present("AROA:x:y")},
}

// knownInPart is what the question says of them.
var knownInPart = map[string]ContextValue{
	"lambda:sourcefunctionarn": {Presence: KeyOneOf, Values: []string{
		"arn:aws:lambda:us-east-1:111122223333:function:a", "arn:aws:lambda:us-east-1:111122223333:function:b"}},
	"aws:userid": {Presence: KeyPrefixed, Values: []string{"AROA:"}},
}

// uncertainOpen are some of what the open key may hold.
var uncertainOpen = []ContextValue{
	{Presence: KeyAbsent}, present("pay"), present("a-pay-b"), present("a-web/x-b"), present("AROA:pay"), present("arn:aws:s3:::pay"), present("arn:aws:s3:::pay"), present("arn:aws:s3:::pay/x"),
	present("arn:aws:lambda:us-east-1:111122223333:function:a"), {Presence: KeyPresent, Values: []string{"pay", "other"}},
}

func drawUncertain(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	variable := func() string {
		return "${" + pick("aws:PrincipalTag/team", "aws:PrincipalTag/team, 'pay'", "lambda:SourceFunctionArn", "aws:userid") + "}"
	}
	values := func() []string {
		var list []string
		for range 1 + r.IntN(2) {
			list = append(list, pick(variable(), variable(), "a-"+variable()+"-b", "a-*", "*-b", "pay", "*"))
		}
		return list
	}
	arns := func() []string {
		return []string{pick(variable(), "${aws:PrincipalTag/team}:s3:::pay", "${aws:PrincipalTag/team}:s3:::pay", "arn:"+variable()+":s3:::*", "arn:aws:s3:::"+variable(), "arn:aws:s3:::"+variable()+"/*", "arn:aws:s3:::*")}
	}
	resources := func() []string {
		return []string{pick("*", "arn:aws:s3:::"+variable()+"/*", "arn:aws:s3:::"+variable()+"/*", "arn:aws:s3:::pay/*", "arn:aws:s3:::*/"+variable(), "arn:aws:s3:::pay/"+variable()+"*")}
	}
	var statements []map[string]any
	for range 1 + r.IntN(3) {
		one := map[string]any{"Effect": pick("Allow", "Allow", "Deny"), "Action": pick("s3:GetObject", "s3:*"), pick("Resource", "Resource", "NotResource"): resources()}
		conditions := map[string]map[string]any{}
		for range r.IntN(3) {
			set, ifExists := pick("", "", "ForAnyValue:", "ForAllValues:"), pick("", "", "IfExists")
			key := pick("s3:prefix", "s3:prefix", "aws:PrincipalTag/team")
			if r.IntN(2) == 0 {
				conditions[set+pick("ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals")+ifExists] = map[string]any{key: arns()}
			} else {
				conditions[set+pick("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase")+ifExists] = map[string]any{key: values()}
			}
		}
		if len(conditions) > 0 {
			one["Condition"] = conditions
		}
		statements = append(statements, one)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // They are texts.
	}
	return string(text)
}

func drawUncertainProbe(r *rand.Rand) Probe {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	q := Probe{
		Principal: "arn:aws:sts::111122223333:assumed-role/r/s", Action: "s3:GetObject", ResourceAccount: "111122223333",
		Resource: pick("arn:aws:s3:::pay/x", "arn:aws:s3:::pay/pay", "arn:aws:s3:::*/*", "arn:aws:s3:::pay/*"),
		Context:  Context{RestUnknown: true, Keys: map[string]ContextValue{}},
	}
	for key, v := range knownInPart {
		q.Context.Keys[key] = v
	}
	if r.IntN(2) == 0 {
		q.Context.Keys["s3:prefix"] = uncertainOpen[r.IntN(len(uncertainOpen))]
	} else {
		q.Open = func(key string) bool { return key == "s3:prefix" }
	}
	return q
}

// everyRequest are requests that the question may be.
func everyRequest(q *Probe) []Request {
	resources := []string{q.Resource}
	if isPattern(q.Resource) {
		resources = []string{"arn:aws:s3:::pay/x", "arn:aws:s3:::pay/pay", "arn:aws:s3:::web/x/y", "arn:aws:s3:::q/AROA:pay"}
		p := compileResource(q.Resource, Identity, false)
		resources = slices.DeleteFunc(resources, func(resource string) bool {
			asked := newQuery(Request{Resource: resource})
			return p.matches(&asked) != True
		})
	}
	open := uncertainOpen
	if q.Open == nil {
		open = []ContextValue{q.Context.Keys["s3:prefix"]}
	}
	var list []Request
	for _, resource := range resources {
		for _, prefix := range open {
			for _, team := range uncertainValues["aws:principaltag/team"] {
				for _, function := range uncertainValues["lambda:sourcefunctionarn"] {
					for _, user := range uncertainValues["aws:userid"] {
						list = append(list, Request{Principal: q.Principal, Action: q.Action, Resource: resource, ResourceAccount: q.ResourceAccount, Context: Context{Keys: map[string]ContextValue{
							"s3:prefix": prefix, "aws:principaltag/team": team, "lambda:sourcefunctionarn": function, "aws:userid": user,
						}}})
					}
				}
			}
		}
	}
	return list
}
