package policy

import (
	"slices"
	"testing"
)

// TestAKeyHoldsWhatItHasTo asks with one value that a key has to have, and whatever others the conditions want.
func TestAKeyHoldsWhatItHasTo(t *testing.T) {
	for _, c := range []struct {
		condition string
		want      Decision
		values    []string
	}{
		{`"Null":{"aws:TagKeys":"false"}`, Allowed, []string{"mine"}},
		{`"Null":{"aws:TagKeys":"true"}`, ImplicitDeny, nil},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["team","owner"]}`, Allowed, []string{"mine", "team"}},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["team","mine"]}`, Allowed, []string{"mine"}},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["team","owner"]}`, ImplicitDeny, nil},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["team","mine"]}`, Allowed, []string{"mine"}},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["team","mine"]},"ForAnyValue:StringLike":{"aws:TagKeys":"t*"}`, Allowed, []string{"mine", "team"}},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["owner","mine"]},"ForAnyValue:StringLike":{"aws:TagKeys":"t*"}`, ImplicitDeny, nil},
	} {
		p := proberOf(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+c.condition+`}}]}`)
		got := p.Ask(Probe{
			Principal: "arn:aws:iam::111122223333:user/ann", Action: "iam:TagUser", Resource: "arn:aws:iam::111122223333:user/bob",
			Open: func(key string) bool { return key == "aws:tagkeys" }, Holds: map[string][]string{"aws:tagkeys": {"mine"}},
		})
		if values := got.Request.Context.Keys["aws:tagkeys"].Values; got.Decision != c.want || c.want == Allowed && !slices.Equal(values, c.values) {
			t.Errorf("%s: %v with %v, want %v with %v", c.condition, got.Decision, values, c.want, c.values)
		}
	}
}
