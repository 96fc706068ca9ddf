package refusal_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/refusal"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// FuzzExplain holds that a message, whatever it says, is explained without a panic, in whole sentences.
func FuzzExplain(f *testing.F) {
	for _, row := range aws.Refusals() {
		f.Add(row.Example, "CreateFunction20150331")
	}
	f.Fuzz(func(t *testing.T, message, event string) {
		e := refusal.Explain(bareRole(), check.Refusal{Function: "arn:aws:lambda:us-east-1:111122223333:function:orders", Event: event, Error: message})
		if e.Title == "" || e.Why == "" || e.Fix.Summary == "" && e.Fix.Document == "" {
			t.Errorf("%q is explained as %+v", message, e)
		}
	})
}
