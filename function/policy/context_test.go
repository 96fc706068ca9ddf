package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestKeysInAnyCase is rule 28 for whoever calls the library: a Deny counts however the caller spells its key.
func TestKeysInAnyCase(t *testing.T) {
	set := Set{Identity: []Part{{Name: "identity", Document: parseFor(t, `[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}},
		{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalTag/Équipe":"x"}}},
		{"Effect":"Deny","Action":"sqs:*","Resource":"arn:aws:sqs:us-east-1:111111111111:${aws:UserName}"}]`, Identity)}}}
	tests := []struct {
		action, resource, key, value string
	}{
		{"iam:PassRole", "arn:aws:iam::111111111111:role/r", "iam:PassedToService", "ec2.amazonaws.com"},
		{"s3:GetObject", "arn:aws:s3:::b/k", "aws:PrincipalTag/Équipe", "x"},
		{"sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:ann", "aws:UserName", "ann"},
	}
	for _, tt := range tests {
		for _, spell := range []func(string) string{strings.ToLower, strings.ToUpper, func(s string) string { return s }} {
			req := Request{Principal: callers["user"], Action: tt.action, Resource: tt.resource}
			req.Context.Keys = map[string]ContextValue{spell(tt.key): present(tt.value), "aws:Other": present("y")}
			if err := req.Validate(); err != nil {
				t.Error(err)
			}
			if v := Evaluate(req, set); v.Decision != ExplicitDeny {
				t.Errorf("%s with %s is %s", tt.action, spell(tt.key), v.Decision)
			}
			if n := testing.AllocsPerRun(10, func() {
				if v := Evaluate(req, set); v.Decision != ExplicitDeny {
					t.Error("the answer changed")
				}
			}); n != 0 {
				if tt.action != "sqs:SendMessage" { // A variable is put in place anew for each request.
					t.Errorf("%s with %s takes memory %v times", tt.action, spell(tt.key), n)
				}
			}
		}
	}
}

func TestKeysThatDifferOnlyByCase(t *testing.T) {
	c := Context{Keys: map[string]ContextValue{"aws:SourceIp": present("a"), "AWS:SOURCEIP": present("b")}}
	if v := c.lookup("aws:sourceip"); v.Presence != KeyUnknown {
		t.Errorf("two spellings without lower case give %v", v)
	}
	c.Keys["aws:sourceip"] = present("c")
	if v, _ := c.lookup("aws:sourceip").single(); v != "c" {
		t.Errorf("lower case gives %q", v)
	}
}

func TestAbsentPrefixesInAnyCase(t *testing.T) {
	c := Context{RestUnknown: true, AbsentPrefixes: []string{"aws:PrincipalTag/"}}
	for key, want := range map[string]Presence{"aws:principaltag/team": KeyAbsent, "aws:principaltag": KeyUnknown, "aws:requesttag/team": KeyUnknown} {
		if got := c.lookup(key).Presence; got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
}

// TestFoldingAgreesWithToLower holds the comparison without memory against the one that a document's keys go through.
func TestFoldingAgreesWithToLower(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[aAkKsSİıſK:/]{0,4}`))
	rapid.Check(t, func(t *rapid.T) {
		lower, spelled := strings.ToLower(text.Draw(t, "lower")), text.Draw(t, "spelled")
		if rapid.Bool().Draw(t, "same") {
			lower = strings.ToLower(spelled + text.Draw(t, "rest"))
		}
		rest, ok := cutFolded(lower, spelled)
		if want, wanted := strings.CutPrefix(lower, strings.ToLower(spelled)); ok != wanted || ok && rest != want {
			t.Fatalf("cutFolded(%q, %q) is %q, %t", lower, spelled, rest, ok)
		}
	})
}
