package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTypeWildcards(t *testing.T) {
	tests := map[string]bool{
		"arn:aws:dynamodb:*:*:tabl*/orders":                    true,
		"arn:aws:ec2:*:*:security-group*/*":                    true,
		"arn:aws:ec2:*:*:?ecurity-group/*":                     true,
		"arn:aws:lambda:*:*:func*:f":                           true,
		"arn:aws:iam::*:rol*/${aws:username}":                  true,
		"arn:aws:iam::*:${aws:PrincipalTag/team}*/r":           true,
		"arn:aws:s3:*:*:access*/a":                             true,
		"arn:aws:s3:*:*:rep*/a":                                true, // Amazon S3's ARNs with an account all name a type.
		"arn:aws:*:*:*:rep*/a":                                 true,
		"arn:aws:nosuch:*:*:rep*/a":                            true,
		"arn:aws:s3:::rep*/a":                                  false,
		"arn:aws:s3:::*/a":                                     false,
		"arn:aws:dynamodb:*:*:*/orders":                        false,
		"arn:aws:dynamodb:*:*:**/orders":                       false,
		"arn:aws:dynamodb:*:*:*":                               false,
		"arn:aws:dynamodb:*:*:table*":                          false,
		"arn:aws:dynamodb:*:*:table/*":                         false,
		"arn:aws:sqs:*:*:que*/x":                               false,
		"arn:aws:ec2:*:security-group*/x":                      false,
		"arn:aws:iam::*:role/${aws:PrincipalTag/team}*/r":      false,
		"arn:aws:dynamodb:*:*:${aws:PrincipalTag/type}/orders": false,
	}
	for text, want := range tests {
		if got := hasTypeWildcard(strings.SplitN(text, ":", 6), true); got != want {
			t.Errorf("%s has a wildcard inside the word for a type: %t, want %t", text, got, want)
		}
	}
	// Without variables, braces are text, and an asterisk between them is a wildcard.
	if !hasTypeWildcard(strings.SplitN("arn:aws:iam::*:${*}/r", ":", 6), false) {
		t.Error("${*} is no variable in a document of 2008")
	}
}

// TestParseTakesTypeWildcards holds that what AWS's own policies have is no fault.
func TestParseTakesTypeWildcards(t *testing.T) {
	for kind, principal := range map[Kind]string{Identity: "", SCP: "", Resource: `"Principal":"*",`, RCP: `"Principal":"*",`} {
		_, err := Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny",`+principal+`"Action":"s3:*","Resource":"arn:aws:ec2:*:*:security-group*/*"}}`), kind)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestTypeWildcardsOfManagedPolicies asks AWS's own policies for a resource of each such pattern: as they are they allow
// it, and as a Deny they leave it unknown.
func TestTypeWildcardsOfManagedPolicies(t *testing.T) {
	found := map[string]int{}
	for name, d := range managedPolicies(t) {
		for i := range d.Statements {
			s := &d.Statements[i]
			for j, v := range s.Resources {
				if s.NotResource || !hasTypeWildcard(strings.SplitN(v.Text, ":", 6), d.hasVariables()) {
					continue
				}
				found[v.Text]++
				resource := strings.NewReplacer("security-group*", "security-group", "*-model", "foundation-model", "*:*:", "us-east-1:111111111111:", "*", "x").Replace(v.Text)
				one := *s
				one.Conditions, one.Resources = nil, s.Resources[j:j+1]
				alone := &Document{Kind: Identity, Version: d.Version, src: d.src, Statements: []Statement{one}}
				req := Request{Principal: callers["user"], Resource: resource}
				req.Action = strings.NewReplacer("*", "X").Replace(s.Actions[0].Text)
				set := Set{Identity: []Part{{Name: name, Document: alone}}}
				if got := Evaluate(req, set); got.Decision != Allowed {
					t.Errorf("%s[%d]: %s on %s is %s", name, i, req.Action, req.Resource, got.Decision)
				}
				alone.Statements[0].Effect = Deny
				set.Identity = append(set.Identity, Part{Name: "everything", Document: allowEverything})
				if got := Evaluate(req, set); got.Decision != Unknown || len(got.Statements) != 1 {
					t.Errorf("%s[%d] as a Deny: %s on %s is %s", name, i, req.Action, req.Resource, got.Decision)
				}
				alone.Statements[0].Resources = append([]Value{{Text: "*"}}, one.Resources...)
				if got := Evaluate(req, set); got.Decision != ExplicitDeny {
					t.Errorf("%s[%d] as a Deny on everything: %s", name, i, got.Decision)
				}
			}
		}
	}
	if found["arn:aws:ec2:*:*:security-group*/*"] != 11 || found["arn:aws:bedrock:*:*:*-model/*"] != 1 || len(found) != 2 {
		t.Errorf("the managed policies have %v", found)
	}
}

// TestTypeWildcardsAreFoundBeforehand holds that a pattern which reaches a resource by such a wildcard is known as one
// without the resource, which is all that Compare has.
func TestTypeWildcardsAreFoundBeforehand(t *testing.T) {
	reached := 0
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
		service, account := pick("service", "s3", "ec2", "dynamodb", "aws-marketplace", "codepipeline", "nosuch"), pick("account", "", "111111111111")
		word := pick("word", "table", "instance", "accesspoint", "catalog", "reports", "webhook", "job")
		resource := "arn:aws:" + service + ":us-east-1:" + account + ":" + word + pick("separator", "/", ":") + "x/y"
		q := newQuery(Request{Resource: resource})
		part := []rune(word)
		for i := range part {
			part[i] = []rune(pick("character", string(part[i]), string(part[i]), "*", "?"))[0]
		}
		text := "arn:aws:" + pick("service pattern", service, "*") + ":*:" + pick("account pattern", account, "*") + ":" + string(part[:rapid.IntRange(1, len(part)).Draw(t, "length")]) + pick("rest", "/*", ":*", "*/*", "*y/*", "/x*")
		p := compileResource(text, Identity, true)
		got, hasSeparator := cutTypePart(strings.SplitN(text, ":", 6)[arnResource], true)
		if !hasSeparator || !strings.ContainsAny(got, "*?") || isEverything(got) || p.matches(&q) != True || !q.arn.namesType() {
			return
		}
		reached++
		if !hasTypeWildcard(strings.SplitN(text, ":", 6), true) {
			t.Fatalf("%s reaches %s", text, resource)
		}
	})
	if reached == 0 {
		t.Error("nothing was reached")
	}
}

// TestCoversByText holds that what a statement covers does not depend on its effect.
func TestCoversByText(t *testing.T) {
	statement := func(effect, resource string) StatementRef {
		d := parseFor(t, `{"Effect":"`+effect+`","Action":"dynamodb:GetItem","Resource":"`+resource+`"}`, Identity)
		return StatementRef{Policy: "one", Document: d, Statement: &d.Statements[0]}
	}
	for _, effect := range []string{"Allow", "Deny"} {
		wide, narrow := statement(effect, "arn:aws:dynamodb:*:*:tabl*/orders"), statement(effect, "arn:aws:dynamodb:*:*:table/orders")
		if got := covers(t, wide, narrow); got != True {
			t.Errorf("%s: %s", effect, got)
		}
	}
}
