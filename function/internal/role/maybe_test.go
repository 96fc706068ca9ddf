package role

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestMaybeComesBackFromJSONAsItWas(t *testing.T) {
	type facts struct {
		Text Maybe[string]   `json:"text"`
		List Maybe[[]string] `json:"list"`
	}
	compared := 0
	for _, want := range []facts{
		{}, {Text: Have(""), List: Have([]string{})}, {Text: None[string](), List: None[[]string]()},
		{Text: NotRead[string](Denied("iam:GetRole")), List: Have([]string{"a"})},
	} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got facts
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Maybe[string]{}, Maybe[[]string]{}, Reason{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		compared++
	}
	var got facts
	if err := json.Unmarshal([]byte(`{}`), &got); err != nil || got.Text.State() != Unknown || got.Text.Why() != "not read" {
		t.Errorf("what is not there is %v (%s), %v", got.Text.State(), got.Text.Why(), err)
	}
	if err := json.Unmarshal([]byte(`{"text":{"valeu":"a"}}`), &got); err == nil {
		t.Error("a member that is not known was taken")
	}
	t.Logf("%d compared", compared)
}

func TestConfigOfWhichNothingWasReadSaysSoThroughout(t *testing.T) {
	text, err := json.Marshal(UnreadConfig(Denied("lambda:ListFunctions")))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]map[string]string
	if err := json.Unmarshal(text, &fields); err != nil || len(fields) < 16 {
		t.Fatalf("%d fields: %v", len(fields), err)
	}
	for name, f := range fields {
		if f["why"] != "lambda:ListFunctions was denied" {
			t.Errorf("%s is %v", name, f)
		}
	}
}
