package main

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// isDiagnosed asks about functions of the account by their names: what a scan finds about whether
// Lambda can use their roles, a diagnosis finds too. One of the emulators lists roles without their boundaries, so that risks differ.
func isDiagnosed(t *testing.T, e emulator) {
	talkTo(t, denying(t, e.endpoint, "ListFunctionEventInvokeConfigs"))
	out, errs, code := runLine(t, "scan", "--region", awstest.Region, "--format", "json", "--checks", "RW1,RW2")
	if code != exitFound {
		t.Fatalf("scan: exit code %d: %s", code, errs)
	}
	asked := 0
	for _, f := range findings(t, out) {
		functions, _ := f["functions"].([]any)
		if len(functions) == 0 {
			continue
		}
		arn := functions[0].(map[string]any)["arn"].(string)
		function := arn[strings.LastIndexByte(arn, ':')+1:]
		got, errs, code := runLine(t, "diagnose", "--format", "json", "--checks", "RW1,RW2", function)
		if code != exitFound || !strings.Contains(got, `"id":"`+f["id"].(string)+`"`) {
			t.Errorf("diagnose %s does not tell %s (%v of %v): exit code %d: %s\n%s", function, f["id"], f["check"], f["role"], code, errs, got)
		}
		asked++
	}
	if asked == 0 {
		t.Fatalf("the scan found nothing to ask about:\n%s", out)
	}
	if _, errs, code := runLine(t, "diagnose", "nobody"); code != exitError || !strings.Contains(errs, "the function does not exist") {
		t.Errorf("a function that is not there: exit code %d: %s", code, errs)
	}
	if _, errs, code := runLine(t, "diagnose", "arn:aws:lambda:us-east-1:999988887777:function:x"); code != exitError || !strings.Contains(errs, "the credentials are of account") {
		t.Errorf("a function of another account: exit code %d: %s", code, errs)
	}
}
