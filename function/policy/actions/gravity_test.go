package actions

import (
	"slices"
	"testing"
)

// TestGravity holds that the kinds of access are told apart whatever the access level says.
func TestGravity(t *testing.T) {
	for action, want := range map[string]Gravity{
		"s3:GetObject": Reading, "s3:ListBucket": Reading, "s3:PutObject": Writing, "s3:PutObjectTagging": Writing, "s3:Unheard": Writing,
		"IAM:passrole": PassingRoles, "secretsmanager:GetSecretValue": Credentials, "sts:AssumeRole": Credentials,
		"iam:CreateAccessKey": Credentials, "iam:AddUserToGroup": ManagingPermissions, "s3:PutBucketPolicy": ManagingPermissions,
	} {
		if got := GravityOf(action); got != want {
			t.Errorf("%s: %v, want %v", action, got, want)
		}
	}
	list := []string{"s3:GetObject", "s3:PutBucketPolicy", "iam:DetachRolePolicy", "a4b:Unheard", "iam:PassRole", "iam:PutRolePolicy", "lambda:UpdateFunctionCode"}
	slices.SortFunc(list, CompareGravity)
	want := []string{"iam:PutRolePolicy", "s3:PutBucketPolicy", "iam:DetachRolePolicy", "iam:PassRole", "lambda:UpdateFunctionCode", "a4b:Unheard", "s3:GetObject"}
	if !slices.Equal(list, want) {
		t.Errorf("sorted %v, want %v", list, want)
	}
	if Gravity(9).String() != "Gravity(9)" || ManagingPermissions.String() != "permissions management" {
		t.Error("gravities are not in words")
	}
}

// TestGravityListsAreOfDocumentedActions holds the lists against the catalogue.
func TestGravityListsAreOfDocumentedActions(t *testing.T) {
	checked, credentials := 0, map[string]bool{}
	for name := range credentialMembers() {
		credentials[name] = true
	}
	for _, list := range []map[string]bool{grantsPermissions(), runsCode(), opensResources(), credentials, assumesRoles} {
		for name := range list {
			checked++
			if a, ok := Lookup(name); !ok || a.String() != name {
				t.Errorf("AWS documents no action %s", name)
			}
		}
	}
	if checked < 80 {
		t.Fatalf("checked %d actions", checked)
	}
}
