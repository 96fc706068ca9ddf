package danger

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestWhatChecksAreAbout holds the requests of which a check says that it is not silent where the role can make them. That it speaks is
// what other tests hold; a check that is about less than it reports would make them say less.
func TestWhatChecksAreAbout(t *testing.T) {
	s := bounded(subject(allowing(t, "arn:aws:s3:::known/*", "s3:GetObject"), allowing(t, "*", "*")), allowing(t, "*", "*"))
	function := s.Role.Users.List[0].ARN
	const other = "arn:aws:iam::111122223333:role/deploy"
	for _, c := range []struct {
		id, action, resource string
		about                bool
	}{
		{AssumeRoleStar, "sts:AssumeRole", other, true},
		{AssumeRoleStar, "STS:assumerole", other, true},
		{AssumeRoleStar, "sts:AssumeRole", "arn:aws:iam::444455556666:role/deploy", false},
		{AssumeRoleStar, "sts:AssumeRole", "arn:aws-cn:iam::111122223333:role/deploy", false},
		{AssumeRoleStar, "sts:AssumeRole", "*", false},
		{AssumeRoleStar, "sts:TagSession", other, false},
		{KMSAnyKey, "kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/0b1c", true},
		{KMSAnyKey, "kms:Decrypt", "arn:aws:s3:::bucket/key", false},
		{DataAccess, "s3:GetObject", "arn:aws:s3:::bucket/key", true},
		{DataAccess, "s3:GetObject", "arn:aws:s3:::known/key", false},
		{DataAccess, "s3:GetObject", "arn:aws:s3:::bucket", false},
		{DataAccess, "s3:PutObject", "arn:aws:s3:::bucket/key", false},
		{DataAccess, "s3:NoSuchAction", "arn:aws:s3:::bucket/key", false},
		{WriteStar, "s3:DeleteObject", "arn:aws:s3:::bucket/key", true},
		{WriteStar, "s3:GetObject", "arn:aws:s3:::bucket/key", false},
		{WriteStar, "amplifybackend:DeleteToken", "arn:aws:amplifybackend:us-east-1:111122223333:/backend/app/challenge/1", false}, // It takes a backend, too.
		{PermissionsManagement, "s3:PutBucketPolicy", "arn:aws:s3:::bucket", true},
		{CredentialsExposure, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf", true},
		{CredentialsExposure, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:444455556666:secret:db-AbCdEf", false},
		{CredentialsExposure, "amplify:ListApps", "*", true},
		{CredentialsExposure, "amplify:ListApps", other, false},
		{SelfModify, "iam:PutRolePolicy", ownRole, true},
		{SelfModify, "iam:putrolepolicy", ownRole, true},
		{SelfModify, "iam:PutRolePolicy", other, false},
		{SelfModify, "iam:AttachRolePolicy", ownRole, false},
		{SelfModify, "iam:UpdateAssumeRolePolicy", ownRole, true},
		{SelfModify, "iam:DeleteRolePermissionsBoundary", ownRole, true},
		{SelfModify, "iam:TagRole", ownRole, false},
		{SelfModify, "lambda:UpdateFunctionCode", function, true},
		{SelfModify, "lambda:UpdateFunctionCode", function + "-2", false},
		{SelfModify, "iam:PutRolePolicy", function, false},
		{Escalation, "iam:PutRolePolicy", ownRole, true},
		{Escalation, "iam:PutRolePolicy", other, false},
		{Escalation, "iam:CreateAccessKey", "arn:aws:iam::111122223333:user/sam", true},
		{Escalation, "iam:CreateAccessKey", "arn:aws:iam::444455556666:user/sam", false},
		{Escalation, "iam:CreateAccessKey", other, false},
		{Escalation, "lambda:UpdateFunctionCode", function + "-2", true},
		{Escalation, "lambda:UpdateFunctionCode", function, false},
		{Escalation, "s3:GetObject", "arn:aws:s3:::bucket/key", false},
	} {
		found := false
		for _, one := range Checks() {
			if one.ID != c.id {
				continue
			}
			found = true
			if got := one.About(s, policy.Request{Action: c.action, Resource: c.resource}); got != c.about {
				t.Errorf("%s is about %s on %s: %v", c.id, c.action, c.resource, got)
			}
		}
		if !found {
			t.Errorf("there is no check %s", c.id)
		}
	}
	// Which functions are others is not known while those of the role are not.
	s = subject(allowing(t, "*", "*"))
	s.Role.Users = role.Users{}
	for _, one := range Checks() {
		if one.ID == Escalation && one.About(s, policy.Request{Action: "lambda:UpdateFunctionCode", Resource: function + "-2"}) {
			t.Error("a function is taken for another role's")
		}
	}
}
