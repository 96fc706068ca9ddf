package actions

import (
	"math"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
)

// TestCarries holds facts of the Service Authorization Reference and of the IAM User Guide.
func TestCarries(t *testing.T) {
	for _, tc := range []struct {
		action, key string
		want        Carriage
	}{
		// Global keys, whatever the action.
		{"s3:GetObject", "aws:SourceIp", Carried},
		{"iam:PassRole", "AWS:principaltag/team", Carried},
		{"nosuch:Action", "aws:SecureTransport", Carried},
		{"s3:Get*", "aws:ResourceAccount", Carried},
		// Keys of the session.
		{"s3:GetObject", "lambda:sourcefunctionarn", Carried},
		{"lambda:InvokeFunction", "lambda:SourceFunctionArn", Carried},
		{"ec2:CreateSnapshots", "ec2:SourceInstanceARN", Carried},
		{"glue:GetTable", "glue:CredentialIssuingService", Carried},
		{"codebuild:StartBuild", "codebuild:projectArn", Carried},
		{"s3:GetObject", "identitystore:UserId", Carried},
		{"sts:AssumeRole", "saml:aud", Carried},
		{"dynamodb:GetItem", "saml:SomethingNew", Carried},
		{"dynamodb:GetItem", "cognito-identity.amazonaws.com:sub", Carried},
		{"dynamodb:GetItem", "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE:sub", Carried},
		// Keys of the request, on the action or on one of its resource types.
		{"iam:PassRole", "iam:PassedToService", CarriedOnRequest},
		{"IAM:passrole", "IAM:passedtoservice", CarriedOnRequest},
		{"ec2:RunInstances", "ec2:MetadataHttpTokens", CarriedOnRequest},
		{"ec2:CreateTags", "aws:RequestTag/team", CarriedOnRequest},
		{"ec2:CreateTags", "aws:TagKeys", CarriedOnRequest},
		{"ec2:TerminateInstances", "ec2:ResourceTag/team", CarriedOnRequest},
		{"ec2:TerminateInstances", "aws:ResourceTag/team", CarriedOnRequest},
		{"s3:GetObject", "s3:ExistingObjectTag/team", CarriedOnRequest},
		{"kms:Decrypt", "kms:ViaService", CarriedOnRequest},
		{"kms:Decrypt", "kms:EncryptionContext:app", CarriedOnRequest},
		{"dynamodb:GetItem", "dynamodb:LeadingKeys", CarriedOnRequest},
		{"sts:AssumeRole", "iam:ResourceTag/team", CarriedOnRequest},
		{"aws-marketplace:DescribeEntity", "catalog:ChangeType", CarriedOnRequest},
		{"lambda:CreateEventSourceMapping", "lambda:FunctionArn", CarriedOnRequest},
		// AWS's tables write the variable part of this key in two ways.
		{"ssm:DeregisterManagedInstance", "ssm:resourceTag/team", CarriedOnRequest},
		{"secretsmanager:GetSecretValue", "secretsmanager:ResourceTag/team", CarriedOnRequest},
		// Documented on another page only.
		{"aws-marketplace:Subscribe", "aws-marketplace:ProductId", CarriedOnRequest},
		// Keys of other requests of the service.
		{"iam:CreateRole", "iam:PassedToService", NotCarried},
		{"iam:PutRolePolicy", "iam:PolicyARN", NotCarried},
		{"lambda:InvokeFunction", "lambda:Layer", NotCarried},
		{"dynamodb:ListTables", "dynamodb:LeadingKeys", NotCarried},
		{"s3:ListBucket", "s3:ExistingObjectTag/team", NotCarried},
		{"kms:ListKeys", "kms:EncryptionContext:app", NotCarried},
		{"sts:GetCallerIdentity", "sts:ExternalId", NotCarried},
		{"s3:GetObject", "aws:RequestTag/team", NotCarried},
		{"s3:GetObject", "aws:TagKeys", NotCarried},
		{"ec2:DescribeInstances", "aws:ResourceTag/team", NotCarried},
		// The catalogue knows too little.
		{"nosuch:Action", "aws:RequestTag/team", CarriageUnknown},
		{"s3:GetObjec", "s3:ExistingObjectTag/team", CarriageUnknown},
		{"s3:Get*", "s3:ExistingObjectTag/team", CarriageUnknown},
		{"s3:GetObject", "s3:NoSuchKey", CarriageUnknown},
		{"s3:GetObject", "aws:NoSuchKey", CarriageUnknown},
		{"s3:GetObject", "ec2:ResourceTag/team", CarriageUnknown},
		{"s3:GetObject", "kms:ViaService", CarriageUnknown},
		{"s3:GetObject", "aws:RequestTag/", CarriageUnknown},
		{"", "", CarriageUnknown},
		// The service documents the key, but no action lists it.
		{"iottwinmaker:GetEntity", "iottwinmaker:linkedServices", CarriageUnknown},
	} {
		if got := Carries(tc.action, tc.key); got != tc.want {
			t.Errorf("%s with %s: %d, want %d", tc.action, tc.key, got, tc.want)
		}
	}
}

// TestEveryKeyThatAnActionListsIsCarried goes through the whole catalogue.
func TestEveryKeyThatAnActionListsIsCarried(t *testing.T) {
	checked := 0
	for _, a := range Expand("*") {
		lists := [][]string{a.ConditionKeys}
		for _, r := range a.ResourceTypes {
			lists = append(lists, r.Keys)
		}
		for _, list := range lists {
			for _, key := range list {
				checked++
				if got := Carries(a.String(), key); got != CarriedOnRequest && got != Carried {
					t.Fatalf("%v with %s: %d", a, key, got)
				}
			}
		}
	}
	if checked < 50_000 {
		t.Fatalf("checked %d keys of actions", checked)
	}
	t.Logf("checked %d keys of actions", checked)
}

// TestGlobalAndSessionKeysAreCarried goes through both tables, and holds that a key of a service that AWS's page of global keys has
// is a key of the session.
func TestGlobalAndSessionKeysAreCarried(t *testing.T) {
	global := 0
	for _, k := range globalKeys {
		name := strings.ReplaceAll(k.Name, "${TagKey}", "team")
		if isTagKey(strings.ToLower(name)) {
			continue
		}
		global++
		if got := Carries("sqs:SendMessage", name); got != Carried {
			t.Errorf("%s: %d", name, got)
		}
		if !strings.HasPrefix(k.Name, "aws:") && !ofSession(strings.ToLower(k.Name)) {
			t.Errorf("%s is on the page of global keys, and no key of the session", k.Name)
		}
	}
	session := 0
	for _, row := range keysOfSessions {
		if !strings.HasPrefix(row.source, "https://docs.aws.amazon.com/") || row.says == "" {
			t.Errorf("%v%s has no source", row.names, row.prefix)
		}
		for _, name := range row.names {
			session++
			if got := Carries("sqs:SendMessage", name); got != Carried {
				t.Errorf("%s: %d", name, got)
			}
		}
	}
	providers := aws.BuiltInProviders()
	for _, host := range providers {
		if got := Carries("sqs:SendMessage", host+":aud"); got != Carried {
			t.Errorf("%s:aud: %d", host, got)
		}
	}
	if global < 50 || session < 10 || len(providers) < 4 {
		t.Fatalf("checked %d global keys, %d of sessions, %d providers", global, session, len(providers))
	}
}

// TestKeysListedElsewhereAreMissingInTheTables fails when AWS's table has caught up, and the row may go.
func TestKeysListedElsewhereAreMissingInTheTables(t *testing.T) {
	for _, row := range listedElsewhere {
		a, ok := Lookup(row.action)
		if _, known := Key(row.key); !ok || !known || row.source == "" || row.says == "" {
			t.Errorf("%s with %s is not known or has no source", row.action, row.key)
		}
		if listsKey(a, row.key) {
			t.Errorf("AWS's table lists %s for %s: the row is not needed", row.key, row.action)
		}
	}
}

// listsKey reports whether an action or one of its resource types has a key by this very name.
func listsKey(a Action, key string) bool {
	for _, name := range a.ConditionKeys {
		if strings.EqualFold(name, key) {
			return true
		}
	}
	for _, r := range a.ResourceTypes {
		for _, name := range r.Keys {
			if strings.EqualFold(name, key) {
				return true
			}
		}
	}
	return false
}

// TestKeysFitTheirIndex holds that the place of every key is a number of 16 bits.
func TestKeysFitTheirIndex(t *testing.T) {
	if n := len(conditionKeys().list); n < 1_500 || n > math.MaxUint16 {
		t.Errorf("there are %d keys", n)
	}
	for i, k := range globalKeys {
		if conditionKeys().list[i] != k {
			t.Errorf("%s is not in its place", k.Name)
		}
	}
}

// TestKnownNamesMatchNoTemplate holds what lets a known name without a template's characters skip the templates.
func TestKnownNamesMatchNoTemplate(t *testing.T) {
	k, checked := conditionKeys(), 0
	for name := range k.byName {
		if strings.ContainsAny(name, "/<$") {
			continue
		}
		checked++
		for _, f := range k.families {
			if f.pattern.matches(name) {
				t.Errorf("%s matches the template %s", name, k.list[f.key].Name)
			}
		}
	}
	if checked < 1_000 {
		t.Fatalf("checked %d names", checked)
	}
}
