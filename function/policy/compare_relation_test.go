package policy

import (
	"testing"

	"pgregory.net/rapid"
)

func TestEquivalent(t *testing.T) {
	for _, tc := range []struct {
		what, a, b string
		want       Truth
	}{
		{"reordered", `{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}`,
			`{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"},{"Effect":"Allow","Action":"S3:GetObject","Resource":"*"}`, True},
		{"narrower", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`, False},
		{"Deny spelled otherwise", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a*"}`,
			`{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::a*"}`, True},
		{"an operator that nobody knows", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`,
			`{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringResembles":{"aws:username":"a"}}}`, Undecided},
	} {
		t.Run(tc.what, func(t *testing.T) {
			a, b := wrapped(t, tc.a, Identity), wrapped(t, tc.b, Identity)
			if got := equivalent(t, a, b); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			if got := equivalent(t, b, a); got != tc.want {
				t.Errorf("the other way round: got %v, want %v", got, tc.want)
			}
		})
	}
}

func wrapped(t *testing.T, statements string, kind Kind) Set {
	t.Helper()
	return mustSet(t, `{"Version":"2012-10-17","Statement":[`+statements+`]}`, kind)
}

func TestCovers(t *testing.T) {
	for _, tc := range []struct {
		what         string
		kind         Kind
		wide, narrow string
		want         Truth
	}{
		{"wider", Identity, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a"}`, True},
		{"narrower", Identity, `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, False},
		{"the effect does not count", Identity, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, `{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}`, True},
		{"a condition less", Identity, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`,
			`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:username":"a"}}}`, True},
		{"a condition more", Identity, `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:username":"a"}}}`,
			`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, False},
		{"everybody but one", Trust, `{"Effect":"Deny","NotPrincipal":{"AWS":["111111111111","arn:aws:iam::111111111111:role/a"]},"Action":"sts:AssumeRole"}`,
			`{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111111111111:role/b"},"Action":"sts:AssumeRole"}`, True},
		{"the one", Trust, `{"Effect":"Deny","NotPrincipal":{"AWS":["111111111111","arn:aws:iam::111111111111:role/a"]},"Action":"sts:AssumeRole"}`,
			`{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111111111111:role/a"},"Action":"sts:AssumeRole"}`, False},
	} {
		t.Run(tc.what, func(t *testing.T) {
			if got := covers(t, onlyStatement(t, tc.wide, tc.kind), onlyStatement(t, tc.narrow, tc.kind)); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
	if got := covers(t, StatementRef{}, StatementRef{}); got != Undecided {
		t.Errorf("of nothing: %v", got)
	}
}

func onlyStatement(t *testing.T, text string, kind Kind) StatementRef {
	t.Helper()
	set := wrapped(t, text, kind)
	p := set.Resource
	if p == nil {
		p = &set.Identity[0]
	}
	return StatementRef{Policy: p.Name, Document: p.Document, Statement: &p.Document.Statements[0]}
}

// TestCompareIsMonotone adds statements to a drawn policy: a Deny never adds access, and an Allow never takes any away.
func TestCompareIsMonotone(t *testing.T) {
	counts := map[Truth]int{}
	rapid.Check(t, func(t *rapid.T) {
		d := drawn{kind: rapid.SampledFrom([]Kind{Identity, Trust, Resource}).Draw(t, "kind")}
		text := d.document(t, "policy")
		base := setOf(t, text, d.kind)
		for _, effect := range []string{"Allow", "Deny"} {
			more := setOf(t, d.with(t, text, effect), d.kind)
			from, to := base, more
			if effect == "Allow" {
				from, to = more, base
			}
			c := compare(t, from, to)
			counts[c.NothingNew()]++
			if c.NothingNew() == False {
				t.Fatalf("another %s: %v", effect, c.Grants)
			}
		}
	})
	if counts[True] == 0 {
		t.Error("nothing was shown")
	}
	t.Log(counts)
}

// with adds a statement of the given effect to a drawn policy.
func (d drawn) with(t *rapid.T, text, effect string) string {
	d.effects = []string{effect}
	return text[:len(text)-len("]}")] + "," + d.statement(t, effect) + "]}"
}

// TestCoversInEveryKind holds that statements of every kind of document can be compared.
func TestCoversInEveryKind(t *testing.T) {
	for kind := range RCP + 1 {
		principal, resource := "", `,"Resource":"*"`
		switch kind {
		case Trust:
			principal, resource = `"Principal":"*",`, ""
		case Resource, RCP:
			principal = `"Principal":"*",`
		}
		statement := func(effect, action string) StatementRef {
			d := parseFor(t, `{"Effect":"`+effect+`",`+principal+`"Action":"`+action+`"`+resource+`}`, kind)
			return StatementRef{Policy: "one", Document: d, Statement: &d.Statements[0]}
		}
		wide, narrow := statement("Deny", "sts:*"), statement("Deny", "sts:AssumeRole")
		if got := covers(t, wide, narrow); got != True {
			t.Errorf("%s: the wide statement covers the narrow one: %s", kind, got)
		}
		if got := covers(t, narrow, wide); got != False {
			t.Errorf("%s: the narrow statement covers the wide one: %s", kind, got)
		}
	}
}
