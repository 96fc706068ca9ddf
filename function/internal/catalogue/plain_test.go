package catalogue_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// plainStatements are statements that anybody can read, and the checks that report them.
var plainStatements = []struct{ id, action, resource string }{
	{danger.Admin, "*", "*"},
	{danger.PassRoleStar, "iam:PassRole", "*"},
	{danger.AssumeRoleStar, "sts:AssumeRole", "*"},
	{danger.Escalation, "iam:CreateAccessKey", "*"},
	{danger.Escalation, "iam:PutRolePolicy", "*"},
	{"RW309", "iam:PutRolePolicy", "arn:aws:iam::" + usualAccount + ":role/orders"},
	{danger.CredentialsExposure, "secretsmanager:GetSecretValue", "*"},
	{danger.DataAccess, "s3:GetObject", "*"},
	{danger.PermissionsManagement, "s3:PutBucketPolicy", "*"},
	{danger.WriteStar, "dynamodb:DeleteTable", "*"},
	{danger.BlindTheWatch, "cloudtrail:StopLogging", "*"},
	{danger.KMSAnyKey, "kms:Decrypt", "*"},
}

// TestAPlainStatementIsReportedNextToAHostileOne adds a plain statement to every hostile role that does not deny what is plain, and
// that is not an administrator without it.
func TestAPlainStatementIsReportedNextToAHostileOne(t *testing.T) {
	checked := 0
	for _, h := range hostileRoles() {
		if h.deniesAll {
			continue
		}
		isAdmin := slices.ContainsFunc(h.policies, func(statements []string) bool { return slices.Contains(statements, allowAll) })
		for _, one := range plainStatements {
			// Whether an action that AWS adds carries the tags that a Deny statement is about is not known, and so not whether an
			// administrator may call it.
			if isAdmin != (one.id == danger.Admin) || one.id == danger.Admin && h.name == "pigeons" {
				continue
			}
			s := h.subject()
			text := `{"Effect":"Allow","Action":"` + one.action + `","Resource":"` + one.resource + `"}`
			s.Role.Inline = role.Have([]role.Policy{role.NewPolicy(role.InlinePart("plain"), document([]string{text}), policy.Identity)})
			result := check.Run(catalogue.Checks(), s)
			if !slices.ContainsFunc(result.Diagnostics, func(d check.Diagnostic) bool {
				return d.Check.ID == one.id || slices.Contains(d.Folds, one.id)
			}) {
				t.Errorf("%s: %s on %s is not reported by %s", h.name, one.action, one.resource, one.id)
			}
			checked++
		}
	}
	if checked < 70 {
		t.Fatalf("%d statements were checked", checked)
	}
	t.Logf("%d statements", checked)
}
