package watch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// TestAPolicyThatIsTooComplexIsReportedWithItsActor edits a policy so that a check of what the role may do has no answer: the edit that
// brought the statement is the cause, and taking it back resolves the finding.
func TestAPolicyThatIsTooComplexIsReportedWithItsActor(t *testing.T) {
	l := newLab(t, slices.DeleteFunc(catalogue.Checks(), func(c *check.Check) bool {
		return !slices.Contains([]string{"RW102", "RW305", "RW320"}, c.ID)
	})...)
	l.role("orders", goodTrust).inline["app"] = harmless
	l.function("checkout", "orders")
	l.swept()
	l.pass(time.Hour)
	l.want()
	statements := []string{`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::` + account + `:role/*"}`}
	for _, letter := range "abcdefghijklmnopqrst" {
		statements = append(statements, fmt.Sprintf(`{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringNotLike":{"sts:RoleSessionName":"*%c*"}}}`, letter))
	}
	text := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	l.cloud.roles["orders"].inline["app"] = text
	record := l.record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "app", "policyDocument": text})
	l.must(record)
	m := l.want("opened RW320 orders")[0]
	opened := m.Opened[0]
	if opened.Severity != check.High || opened.Cause == nil || opened.Cause.Certainty != finding.Certain || opened.Evidence[0].Policy != "inline:app" || opened.Evidence[0].Statement == 0 {
		t.Errorf("the finding is %+v, its cause %+v", opened, opened.Cause)
	}
	if len(m.Changes) != 1 || m.Changes[0].Actor.Name != "mallory" || m.Changes[0].EventID != opened.Cause.EventID {
		t.Errorf("the changes are %+v", m.Changes)
	}
	l.cloud.roles["orders"].inline["app"] = harmless
	l.pass(10 * time.Second)
	l.must(l.record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "app", "policyDocument": harmless}))
	l.want("resolved RW320 orders mended")
}
