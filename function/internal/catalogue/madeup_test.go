package catalogue_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// TestNoMadeUpNameIsReported judges every case of what a role can do, and of who can get into a role or a function. The names that
// the questions make up say nothing to a reader.
func TestNoMadeUpNameIsReported(t *testing.T) {
	judged := map[string]int{}
	for _, s := range scenarios(t) {
		family := s.id[:min(len(s.id), len("RW4"))]
		if family != "RW3" && family != "RW4" {
			continue
		}
		judged[family]++
		text := render(ofFamily(check.Run(catalogue.Checks(), s.content.subject(t)), s.id))
		// CloudFormation gives this name to the stacks of the members of a hub: a reader finds them by it.
		text = strings.ReplaceAll(text, "StackSet-"+deploy.MembersStackSet, "")
		for _, name := range []string{"-rolewatch-", "rolewatch-probe", "rolewatchprobe", "RolewatchProbe", "rolewatchown", "4xn0q7zk3j8w", "x9/v4", "ZZZZZ", "xxxxx"} {
			if strings.Contains(text, name) {
				t.Errorf("%s: a text has %q:\n%s", s.file, name, text)
			}
		}
	}
	if judged["RW3"] == 0 || judged["RW4"] == 0 {
		t.Fatalf("cases judged: %v", judged)
	}
	t.Logf("cases judged: %v", judged)
}
