package diagnosis_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/diagnosis"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// TestAMappingThatMovesIsWhatItWas moves an event source mapping to another function, as a call that is still to come and as one that
// was refused. The call does not name the event source: it is that of the former function, or unknown where that was not found.
func TestAMappingThatMovesIsWhatItWas(t *testing.T) {
	const nightly = "arn:aws:lambda:us-east-1:" + account + ":function:nightly"
	with := function(nightly, aws.LatestVersion, "arn:aws:iam::"+account+":role/former")
	with.Config.Sources = role.Have([]role.Source{{UUID: "u-1", ARN: "arn:aws:sqs:us-east-1:" + account + ":a", Kind: role.SourceSQS, State: "Enabled"}})
	asked := 0
	for _, message := range []string{"", "The function execution role does not have permissions to call ReceiveMessage on SQS"} {
		for _, found := range []bool{true, false} {
			asked++
			f := &fake{
				regions: []string{"us-east-1"}, functions: map[string][]role.Function{checkout: {function(checkout, aws.LatestVersion, roleARN)}, nightly: {with}},
				mappings: map[string]string{},
			}
			if found {
				f.mappings["us-east-1 u-1"] = nightly
			}
			a, err := ask(t, f, diagnosis.Question{Call: call(t, `{"UUID":"u-1","FunctionName":"checkout","Enabled":true}`), Message: message})
			if err != nil {
				t.Fatal(err)
			}
			says := func(text string) bool {
				return slices.ContainsFunc(a.Unknowns, func(u scan.Unknown) bool { return strings.Contains(u.Missing, text) })
			}
			judged := slices.Contains(checks(a), "RW206") || slices.Contains(checks(a), "RW117")
			if found && (!judged || says("u-1") || says("what reading it takes")) {
				t.Errorf("%q, found: %v, %v", message, checks(a), a.Unknowns)
			}
			if !found && (slices.Contains(checks(a), "RW206") || says("what reading it takes") || message == "" && !says("event source mapping u-1 that the call changes was not found")) {
				t.Errorf("%q, not found: %v, %v", message, checks(a), a.Unknowns)
			}
		}
	}
	if asked != 4 {
		t.Fatalf("%d questions were asked", asked)
	}
}
