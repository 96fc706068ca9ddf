package policyjson

import (
	"fmt"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/policy"
)

// TestPoliciesAreParsedOnce asks of the same policy twice, of another kind, and of more than are kept.
func TestPoliciesAreParsedOnce(t *testing.T) {
	var kept documents
	get := func(text string, kind policy.Kind) *policy.Document {
		t.Helper()
		d, err := kept.get([]byte(text), kind)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const text = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`
	first := get(text, policy.Identity)
	if get(text, policy.Identity) != first {
		t.Error("it was parsed twice")
	}
	if d := get(text, policy.SCP); d == first || d.Kind != policy.SCP {
		t.Error("the kind does not count")
	}
	asText, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if d := get(string(asText), policy.Identity); string(d.Source()) != text {
		t.Errorf("the text of a string is %s", d.Source())
	}
	for i := range 2 * maxKept / leastTaken {
		get(fmt.Sprintf(`{"Id":"%d","Statement":[]}`, i), policy.Resource)
		if n := len(kept.kept[policy.Resource]); n > maxKept/leastTaken || n == 0 {
			t.Fatalf("%d policies are kept after %d", n, i)
		}
	}
	if get(text, policy.Identity) == first {
		t.Error("nothing was let go")
	}
}
