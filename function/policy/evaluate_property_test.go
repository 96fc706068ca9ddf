package policy

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/aws"
)

// statements draws a list of statements over a small world, so that they often meet.
func statements(t *rapid.T, label, effect string, withPrincipal bool) string {
	one := rapid.Custom(func(t *rapid.T) string {
		e := effect
		if e == "" {
			e = rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(t, "effect")
		}
		principal := ""
		if withPrincipal {
			principal = rapid.SampledFrom([]string{
				`"Principal":"*",`, `"Principal":{"AWS":"111111111111"},`, `"Principal":{"AWS":"arn:aws:iam::111111111111:user/team/ann"},`,
				`"Principal":{"AWS":"arn:aws:iam::111111111111:role/app/worker"},`, `"Principal":{"Service":"lambda.amazonaws.com"},`, ``,
			}).Draw(t, "principal")
		}
		action := rapid.SampledFrom([]string{`"Action":"s3:*"`, `"Action":"s3:GetObject"`, `"NotAction":"s3:Put*"`, `"Action":["kms:*","s3:Put*"]`}).Draw(t, "action")
		resource := rapid.SampledFrom([]string{`"Resource":"*"`, `"Resource":"arn:aws:s3:::b/*"`, `"NotResource":"arn:aws:s3:::b/k"`, `"Resource":"arn:aws:s3:::b/${aws:username}"`}).Draw(t, "resource")
		condition := rapid.SampledFrom([]string{
			``, ``, `,"Condition":{"StringEquals":{"k:a":"1"}}`, `,"Condition":{"StringNotLike":{"k:a":"1*"}}`,
			`,"Condition":{"ForAllValues:StringEquals":{"k:a":["1","2"]}}`, `,"Condition":{"Null":{"k:a":"true"}}`, `,"Condition":{"Odd":{"k:a":"1"}}`,
		}).Draw(t, "condition")
		return fmt.Sprintf(`{"Effect":"%s",%s%s,%s%s}`, e, principal, action, resource, condition)
	})
	return "[" + strings.Join(rapid.SliceOfN(one, 1, 4).Draw(t, label), ",") + "]"
}

func drawRequest(t *rapid.T) Request {
	caller := rapid.SampledFrom([]string{"user", "role", "session", "lambda", "anonymous", "root"}).Draw(t, "caller")
	action := rapid.SampledFrom([]string{"s3:GetObject", "s3:PutObject", "kms:Decrypt"}).Draw(t, "action")
	resource := rapid.SampledFrom([]string{"arn:aws:s3:::b/k", "arn:aws:s3:::b/ann", "*", "arn:aws:kms:us-east-1:111111111111:key/k"}).Draw(t, "resource")
	req := Request{Principal: callers[caller], Action: action, Resource: resource}
	req.ResourceAccount = rapid.SampledFrom([]string{"", "222222222222"}).Draw(t, "owner")
	req.Context.Keys = map[string]ContextValue{
		"k:a":          rapid.SampledFrom([]ContextValue{{}, {Presence: KeyUnknown}, present("1"), {Presence: KeyOneOf, Values: []string{"1", "2"}}}).Draw(t, "k:a"),
		"aws:username": rapid.SampledFrom([]ContextValue{{}, {Presence: KeyUnknown}, present("ann")}).Draw(t, "username"),
	}
	return req
}

// drawSet draws policies of every kind; some are missing, and some were not read.
func drawSet(t *rapid.T) Set {
	part := func(label string, kind Kind) (Part, bool) {
		switch rapid.SampledFrom([]string{"none", "none", "unread", "there", "there", "there"}).Draw(t, label+" is") {
		case "none":
			return Part{}, false
		case "unread":
			return Part{Name: label}, true
		}
		d, _ := Parse([]byte(`{"Version":"2012-10-17","Statement":`+statements(t, label, "", kind == Resource || kind == RCP)+`}`), kind)
		return Part{Name: label, Document: d}, true
	}
	var set Set
	if p, ok := part("identity", Identity); ok {
		set.Identity = []Part{p}
	}
	if p, ok := part("resource", Resource); ok {
		set.Resource = &p
	}
	if p, ok := part("boundary", Boundary); ok {
		set.Boundaries = []Part{p}
	}
	if p, ok := part("session", Session); ok {
		set.Session = &p
	}
	if p, ok := part("scp", SCP); ok {
		set.SCPs = [][]Part{{p}}
	}
	if p, ok := part("rcp", RCP); ok {
		set.RCPs = [][]Part{{p}}
	}
	return set
}

// access orders decisions by how much they let through.
func access(d Decision) int {
	switch d {
	case Allowed:
		return 2
	case Unknown:
		return 1
	}
	return 0
}

// with gives the set with one more document among the kind's policies. A resource has one policy, so it grows there.
func with(t *rapid.T, set Set, kind, text string) Set {
	parse := func(k Kind) Part {
		d, _ := Parse([]byte(`{"Version":"2012-10-17","Statement":`+text+`}`), k)
		if d == nil {
			t.Fatalf("parse %s", text)
		}
		return Part{Name: "added", Document: d}
	}
	switch kind {
	case "identity":
		set.Identity = append([]Part{parse(Identity)}, set.Identity...)
	case "resource":
		added := parse(Resource)
		if set.Resource != nil && set.Resource.Document != nil {
			merged := *set.Resource.Document
			merged.Statements = append(append([]Statement{}, merged.Statements...), added.Document.Statements...)
			added.Document = &merged
		} else if set.Resource != nil {
			return set
		}
		set.Resource = &added
	case "scp":
		if len(set.SCPs) == 0 {
			return set
		}
		set.SCPs = [][]Part{append([]Part{parse(SCP)}, set.SCPs[0]...)}
	case "rcp":
		set.RCPs = append([][]Part{{parse(RCP)}}, set.RCPs...)
	}
	return set
}

func TestDenyNeverAddsAccess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, req := drawSet(t), drawRequest(t)
		kind := rapid.SampledFrom([]string{"identity", "resource", "scp", "rcp"}).Draw(t, "kind")
		before := Evaluate(req, set)
		after := Evaluate(req, with(t, set, kind, statements(t, "added", "Deny", kind == "resource" || kind == "rcp")))
		if access(after.Decision) > access(before.Decision) {
			t.Errorf("%s became %s", decisions[before.Decision], decisions[after.Decision])
		}
		if before.Decision == ExplicitDeny && after.Decision != ExplicitDeny {
			t.Errorf("an explicit deny became %s", decisions[after.Decision])
		}
	})
}

func TestAllowNeverRemovesAccess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, req := drawSet(t), drawRequest(t)
		kind := rapid.SampledFrom([]string{"identity", "resource", "scp"}).Draw(t, "kind")
		before := Evaluate(req, set)
		after := Evaluate(req, with(t, set, kind, statements(t, "added", "Allow", kind == "resource")))
		if access(after.Decision) < access(before.Decision) {
			t.Errorf("%s became %s", decisions[before.Decision], decisions[after.Decision])
		}
	})
}

// TestUnknownIsHonest replaces what is unknown by something: a certain answer must stand.
func TestUnknownIsHonest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, req := drawSet(t), drawRequest(t)
		before := Evaluate(req, set)
		known := req
		known.Context.Keys = map[string]ContextValue{}
		for key, v := range req.Context.Keys {
			if v.Presence == KeyUnknown || v.Presence == KeyOneOf {
				v = rapid.SampledFrom([]ContextValue{present("1"), present("2")}).Draw(t, key+" turns out")
			}
			known.Context.Keys[key] = v
		}
		after := Evaluate(known, set)
		if before.Decision != Unknown && access(after.Decision) != access(before.Decision) {
			t.Errorf("%s became %s when the context was known", decisions[before.Decision], decisions[after.Decision])
		}
		if before.Decision == Unknown && len(before.Statements)+len(before.Unread) == 0 {
			t.Error("an unknown answer that names nothing")
		}
	})
}

func TestEvaluateConcurrently(t *testing.T) {
	trust := Part{Name: "trust", Document: parseFor(t, lambdaTrust(`{"StringLike":{"aws:SourceArn":"${aws:PrincipalServiceName}*"}}`), Trust)}
	req := AssumedByService(aws.LambdaService, testRole, nil, testFunction, testNow)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if v := Evaluate(req, Set{Resource: &trust}); v.Decision != ImplicitDeny {
					t.Errorf("%s", decisions[v.Decision])
				}
			}
		})
	}
	wg.Wait()
}

// FuzzEvaluate holds that no document makes evaluation panic, and that Match agrees with what Evaluate says of it.
func FuzzEvaluate(f *testing.F) {
	for _, text := range []string{
		`{"Statement":[]}`,
		`{"Version":"2012-10-17","Statement":` + lambdaTrust(`{"ArnLike":{"aws:SourceArn":"${aws:x, 'y'}*"}}`) + `}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"*"},"NotAction":"*:*","NotResource":"arn:*"}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:u}?*${*}","Condition":{"ForAllValues:DateEquals":{"a":["-1","2020"]},"IpAddress":{"b":"::/0"}}}}`,
	} {
		for kind := range RCP + 1 {
			f.Add([]byte(text), int(kind), "lambda.amazonaws.com", "sts:AssumeRole", testRole, "aws:x", "1")
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, kind int, principal, action, resource, key, value string) {
		k := Kind(((kind % 7) + 7) % 7)
		d, _ := Parse(src, k)
		if d == nil {
			return
		}
		p := Part{Name: "fuzz", Document: d}
		whole := setEverywhere(src)
		req := Request{Principal: principal, Action: action, Resource: resource}
		for presence := KeyAbsent; presence <= KeyQualified; presence++ {
			req.Context.Keys = map[string]ContextValue{strings.ToLower(key): {Presence: presence, Values: []string{value, value + ":"}}}
			req.Context.RestUnknown = presence%2 == 0
			if v := Evaluate(req, whole); v.Err != nil {
				t.Error(v.Err)
			}
			v := Evaluate(req, Set{Resource: &p})
			if wanted := k == Resource || k == Trust; (v.Err == nil) != wanted {
				t.Errorf("a document of kind %s as a resource's policy: %v", k, v.Err)
			}
			for _, s := range v.Statements {
				if m := d.Match(s.Statement.Index, req); m.Applies == False {
					t.Errorf("statement %d decides and does not apply", s.Statement.Index)
				}
			}
		}
	})
}

// setEverywhere puts one text into every place of a set.
func setEverywhere(src []byte) Set {
	part := func(kind Kind) Part {
		d, _ := Parse(src, kind)
		return Part{Name: kind.String(), Document: d}
	}
	resource, session := part(Resource), part(Session)
	return Set{
		Identity: []Part{part(Identity)}, Resource: &resource, Boundaries: []Part{part(Boundary)}, Session: &session,
		Endpoint: []Part{part(Resource)}, SCPs: [][]Part{{part(SCP)}}, RCPs: [][]Part{{part(RCP)}},
	}
}

// FuzzMatch holds that the matchers agree with each other and with the naive one.
func FuzzMatch(f *testing.F) {
	f.Add("arn:aws:s3:::b/*", "arn:aws:s3:::b/k")
	f.Add("*a*a?a", "aaaéa")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 40 {
			return
		}
		text = clean(text)
		glob := markWildcards(pattern)
		want := matchSegments(glob, text)
		if got := matchGlob(glob, text); got != want {
			t.Errorf("matchGlob(%q, %q) is %t, matchSegments says %t", glob, text, got, want)
		}
		if isASCII(pattern + text) {
			if naive(glob, text) != want {
				t.Errorf("naive(%q, %q) is %t", glob, text, !want)
			}
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// BenchmarkEvaluateLambdaTrust asks whether Lambda may assume a role whose trust policy has two conditions.
func BenchmarkEvaluateLambdaTrust(b *testing.B) {
	trust := Part{Name: "trust", Document: parseFor(b, lambdaTrust(
		`{"StringEquals":{"aws:SourceAccount":"111111111111"},"ArnLike":{"aws:SourceArn":"arn:aws:lambda:us-east-1:111111111111:function:*"}}`), Trust)}
	req := AssumedByService(aws.LambdaService, testRole, nil, testFunction, testNow)
	set := Set{Resource: &trust}
	b.ReportAllocs()
	for b.Loop() {
		if v := Evaluate(req, set); v.Decision != Allowed {
			b.Fatal(decisions[v.Decision])
		}
	}
}
