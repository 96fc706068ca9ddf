package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// TestTheTableCountsRolesAndFunctionsOnce orders checks by severity and then by their number of findings. Versions of a function
// are one function, and a check whose findings differ in severity has several rows.
func TestTheTableCountsRolesAndFunctionsOnce(t *testing.T) {
	of := func(id string, s check.Severity, role string, functions ...string) finding.Finding {
		f := finding.Finding{Check: id, Severity: s, Role: role}
		for _, name := range functions {
			arn, version, _ := strings.Cut(name, ":")
			f.Functions = append(f.Functions, finding.FunctionRef{ARN: arn, Version: version})
		}
		return f
	}
	findings := []finding.Finding{
		of("RW303", check.Low, "a", "f"), of("RW303", check.Medium, "b", "g"),
		of("RW102", check.Critical, "a", "f:1", "f:2"),
		of("RW101", check.Critical, "a", "f"), of("RW101", check.Critical, "a", "f:1", "g"), of("RW101", check.Critical, "b", "h"),
		of("RW999", check.Critical, "c"),
	}
	want := `SEVERITY  CHECK  FINDINGS  ROLES  FUNCTIONS  TITLE
critical  RW101         3      2          3  TITLE OF RW101
critical  RW102         1      1          1  TITLE OF RW102
critical  RW999         1      1          0
medium    RW303         1      1          1  TITLE OF RW303
low       RW303         1      1          1  TITLE OF RW303
`
	// The titles of checks are the catalogue's.
	shown := func(width int) string {
		var lines []string
		for line := range strings.Lines(table(tableOf(findings), width)) {
			lines = append(lines, strings.TrimRight(line, " \n"))
		}
		return strings.Join(lines, "\n") + "\n"
	}
	got := shown(0)
	for _, id := range []string{"RW101", "RW102", "RW303"} {
		want = strings.ReplaceAll(want, "TITLE OF "+id, titleOf(id))
		if titleOf(id) == "" {
			t.Errorf("%s has no title", id)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
	narrow := shown(66)
	for line := range strings.SplitSeq(narrow, "\n") {
		if len(line) > 66 {
			t.Errorf("a line is wider than the terminal: %q", line)
		}
	}
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if narrow == got || words(narrow) != words(got) {
		t.Errorf("titles are not wrapped, or not whole:\n%s", narrow)
	}
}
