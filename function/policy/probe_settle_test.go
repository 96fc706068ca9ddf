package policy_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/policy"
)

// TestSettle asks for a queue, or for queues by a pattern, with everything open but the caller's keys.
func TestSettle(t *testing.T) {
	const queue = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:"
	const allow, deny = `{"Effect":"Allow","Action":"sqs:*","Resource":`, `{"Effect":"Deny","Action":"sqs:*","Resource":`
	for name, c := range map[string]struct {
		statements, resource string
		avoid                []string
		runes                string
		want                 policy.Decision
		keys                 int
	}{
		"no condition":              {statements: allow + `"*"}`, resource: queue + "a", want: policy.Allowed},
		"nothing":                   {statements: deny + `"` + queue + `b"}`, resource: queue + "a", want: policy.ImplicitDeny},
		"a key":                     {statements: allow + `"*","Condition":{"StringEquals":{"aws:SourceVpc":"a"}}}`, resource: queue + "a", want: policy.Unknown, keys: 1},
		"a key, whatever it holds":  {statements: allow + `"*","Condition":{"StringEquals":{"aws:SourceVpc":"a"}}},` + allow + `"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"a"}}}`, resource: queue + "a", want: policy.Allowed},
		"a key that cannot be both": {statements: allow + `"*","Condition":{"StringEquals":{"aws:SourceVpc":"a"},"StringLike":{"aws:SourceVpc":"b*"}}}`, resource: queue + "a", want: policy.ImplicitDeny},
		"a Deny on what must be":    {statements: allow + `"*"},` + deny + `"*","Condition":{"StringLike":{"aws:userid":"AROA:*"}}}`, resource: queue + "a", want: policy.ExplicitDeny},
		"a key that is present":     {statements: allow + `"*"},` + deny + `"*","Condition":{"Null":{"aws:userid":"true"}}}`, resource: queue + "a", want: policy.Allowed},
		"all of a pattern":          {statements: allow + `"` + queue + `*"}`, resource: queue + "a*", want: policy.Allowed},
		"some of a pattern":         {statements: allow + `"` + queue + `ab"}`, resource: queue + "a*", want: policy.Unknown},
		"none of a pattern":         {statements: allow + `"` + queue + `b*"}`, resource: queue + "a*", want: policy.ImplicitDeny},
		"none but what is avoided":  {statements: allow + `"` + queue + `ab"}`, resource: queue + "a*", avoid: []string{queue + "ab"}, want: policy.ImplicitDeny},
		"all but what is avoided":   {statements: allow + `"*"},` + deny + `"` + queue + `ab"}`, resource: queue + "a*", avoid: []string{queue + "ab"}, want: policy.Allowed},
		"all of a pattern by a key": {statements: allow + `"*","Condition":{"StringEquals":{"aws:SourceVpc":"a"}}}`, resource: queue + "a*", want: policy.Unknown, keys: 1},
		"some, by other runes":      {statements: allow + `"` + queue + `ab*"}`, resource: queue + "a*", runes: "abc", want: policy.Unknown},
		"none, by its runes":        {statements: allow + `"` + queue + `*d*"}`, resource: queue + "a*", runes: "abc", want: policy.ImplicitDeny},
		"all, by its runes":         {statements: allow + `"*"},` + deny + `"` + queue + `*d*"}`, resource: queue + "a?c*", runes: "abc", want: policy.Allowed},
	} {
		doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+c.statements+`]}`), policy.Identity)
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.NewProber(policy.Set{Identity: []policy.Part{{Name: "inline:a", Document: doc}}}, policy.NewBudget(1e6), policy.NewBudget(1e6))
		if err != nil {
			t.Fatal(err)
		}
		user := policy.ContextValue{Presence: policy.KeyPrefixed, Values: []string{"AROA:"}}
		got := p.Settle(policy.Probe{
			Principal: "arn:aws-us-gov:sts::111122223333:assumed-role/orders/orders", Action: "sqs:SendMessage", Resource: c.resource, Avoid: c.avoid, Runes: c.runes,
			Context: policy.Context{RestUnknown: true, Keys: map[string]policy.ContextValue{"aws:userid": user}},
			Open:    func(string) bool { return true }, Like: map[string]string{"aws:userid": "AROA:*"},
		})
		if got.Verdict.Decision != c.want || len(got.Verdict.UnknownKeys) != c.keys || got.Exceeded {
			t.Errorf("%s: got %v with %q unknown, exceeded %v; want %v with %d", name, got.Verdict.Decision, got.Verdict.UnknownKeys, got.Exceeded, c.want, c.keys)
		}
	}
}

// TestAPatternThatStatementsDoNotTellApartNeedsNoSearch asks about all that a pattern stands for with no budget for searches, where statements
// cover all of it or nothing, and where they do not.
func TestAPatternThatStatementsDoNotTellApartNeedsNoSearch(t *testing.T) {
	const group = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/"
	allow, deny := `{"Effect":"Allow","Action":"logs:*","Resource":"`, `{"Effect":"Deny","Action":"logs:PutLogEvents","Resource":"`
	for statements, want := range map[string]policy.Decision{
		allow + `*"}`:                                      policy.Allowed,
		allow + `arn:aws:logs:*:*:*"}`:                     policy.Allowed,
		allow + group + `*:*"}`:                            policy.Allowed,
		allow + group + `orders:*"}`:                       policy.Allowed,
		allow + group + `billing:*"}`:                      policy.ImplicitDeny,
		allow + `*"},` + deny + group + `billing:*"}`:      policy.Allowed,
		allow + `*"},` + deny + group + `ord*"}`:           policy.ExplicitDeny,
		allow + group + `orders:log-stream:2026/01/*"}`:    policy.Unknown,
		allow + group + `orders:log-stream:????/??/??/*"}`: policy.Allowed,
		allow + `*"},` + deny + group + `*0*"}`:            policy.Unknown,
	} {
		doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`), policy.Identity)
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.NewProber(policy.Set{Identity: []policy.Part{{Name: "inline:a", Document: doc}}}, policy.NewBudget(0), policy.NewBudget(1e6))
		if err != nil {
			t.Fatal(err)
		}
		got := p.Settle(policy.Probe{
			Principal: "arn:aws:sts::111122223333:assumed-role/orders/orders", Action: "logs:PutLogEvents", ResourceAccount: "111122223333",
			Resource: group + "orders:log-stream:????/??/??/[$LATEST]*", Runes: "0123456789abcdef",
		})
		if got.Verdict.Decision != want || got.Exceeded != (want == policy.Unknown) {
			t.Errorf("%s: got %v, exceeded %v, want %v", statements, got.Verdict.Decision, got.Exceeded, want)
		}
	}
}

// TestSettleWithoutBudget asks with a budget that is spent.
func TestSettleWithoutBudget(t *testing.T) {
	doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"}]}`), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.NewProber(policy.Set{Identity: []policy.Part{{Name: "inline:a", Document: doc}}}, policy.NewBudget(0), policy.NewBudget(0))
	if err != nil {
		t.Fatal(err)
	}
	got := p.Settle(policy.Probe{Principal: "arn:aws:sts::111122223333:assumed-role/orders/orders", Action: "sqs:SendMessage", Resource: "*"})
	if got.Verdict.Decision != policy.Unknown || !got.Exceeded || len(got.Costliest) != 1 || got.Costliest[0].Statement.Sid != "A" {
		t.Errorf("got %+v, want unknown, exceeded by statement A", got)
	}
}
