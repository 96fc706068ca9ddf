package ask_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestFirstWithout asks a trust policy when Lambda is not allowed to assume the role any more, within a day.
func TestFirstWithout(t *testing.T) {
	const allow = `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":`
	const deny = `{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":`
	from := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct{ statements, want string }{
		"an end":               {allow + `{"DateLessThan":{"aws:CurrentTime":"2026-03-02T12:34:56Z"}}}`, "2026-03-02T12:34:56Z"},
		"an end that is met":   {allow + `{"DateLessThanEquals":{"aws:CurrentTime":"2026-03-02T12:34:56Z"}}}`, "2026-03-02T12:34:57Z"},
		"between two seconds":  {allow + `{"DateLessThan":{"aws:CurrentTime":"2026-03-02T12:34:56.5Z"}}}`, "2026-03-02T12:34:57Z"},
		"seconds since 1970":   {allow + `{"NumericLessThan":{"aws:EpochTime":"1772454896"}}}`, "2026-03-02T12:34:56Z"},
		"a gap of ten seconds": {allow + `{"DateLessThan":{"aws:CurrentTime":"2026-03-02T12:10:00Z"}}},` + allow + `{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-03-02T12:10:10Z"}}}`, "2026-03-02T12:10:00Z"},
		"a Deny for a second":  {allow + `{"Null":{"aws:CurrentTime":"false"}}},` + deny + `{"DateEquals":{"aws:CurrentTime":"2026-03-02T12:34:56Z"}}}`, "2026-03-02T12:34:56Z"},
		"a text":               {allow + `{"StringLike":{"aws:CurrentTime":"2026-03-02T*"}}}`, "2026-03-03T00:00:00Z"},
		"after the day":        {allow + `{"DateLessThan":{"aws:CurrentTime":"2026-03-03T09:00:01Z"}}}`, ""},
		"for good":             {allow + `{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}`, ""},
	} {
		doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+c.statements+`]}`), policy.Trust)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := ask.FirstWithout(doc, from, from.Add(24*time.Hour), func(now time.Time) bool {
			v := policy.LambdaCanAssume(policy.Part{Name: "trust", Document: doc}, nil, "arn:aws:iam::111122223333:role/orders", nil, "", now)
			return v.Decision == policy.Allowed
		})
		got := ""
		if ok {
			got = at.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
