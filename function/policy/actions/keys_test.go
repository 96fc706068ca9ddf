package actions

import (
	"strings"
	"testing"
)

func TestKey(t *testing.T) {
	for name, want := range map[string]ConditionKey{
		"aws:securetransport":             {Name: "aws:SecureTransport", Type: Bool, Always: true},
		"AWS:TagKeys":                     {Name: "aws:TagKeys", Type: String, Multi: true},
		"aws:EpochTime":                   {Name: "aws:EpochTime", Type: AnyType, Always: true},
		"aws:PrincipalArn":                {Name: "aws:PrincipalArn", Type: ARN},
		"aws:RequestTag/team":             {Name: "aws:RequestTag/${TagKey}", Type: String},
		"aws:PrincipalTag/a/b:c":          {Name: "aws:PrincipalTag/${TagKey}", Type: String},
		"aws:RequestTag/${TagKey}":        {Name: "aws:RequestTag/${TagKey}", Type: String},
		"aws:ResourceTag/\u00e9":          {Name: "aws:ResourceTag/${TagKey}", Type: String},
		"s3:ExistingObjectTag/owner":      {Name: "s3:ExistingObjectTag/<key>", Type: String},
		"secretsmanager:ResourceTag/team": {Name: "secretsmanager:ResourceTag/tag-key", Type: String},
		"kms:EncryptionContext:app/name":  {Name: "kms:EncryptionContext:${EncryptionContextKey}", Type: String},
		"s3:max-keys":                     {Name: "s3:max-keys", Type: Numeric},
		"iam:PassedToService":             {Name: "iam:PassedToService", Type: String},
		"s3:RequestObjectTagKeys":         {Name: "s3:RequestObjectTagKeys", Type: String, Multi: true},
		"lambda:sourcefunctionarn":        {Name: "lambda:SourceFunctionArn", Type: ARN},
		// The services disagree.
		"identitystore:UserId": {Name: "identitystore:UserId", Type: String, Multi: true},
		// Two templates match; the longer one counts.
		"events:Metadata/x/Matcher": {Name: "events:Metadata/${MetadataKey}/Matcher", Type: String},
		"codebuild:secondarySources/x.auth.type": {
			Name: "codebuild:secondarySources/${sourceIdentifier}.auth.type", Type: String,
		},
		"token.actions.githubusercontent.com:actor": {Name: "token.actions.githubusercontent.com:actor", Type: String},
	} {
		got, ok := Key(name)
		if !ok || got != want {
			t.Errorf("%s: known %v, %+v, want %+v", name, ok, got, want)
		}
	}
	for _, name := range []string{"", "nosuch", "nosuch:key", "aws:RequestTag", "aws:RequestTag/", "aws:SecureTransport/x", "\xff"} {
		if k, ok := Key(name); ok {
			t.Errorf("%q is %+v", name, k)
		}
	}
}

func TestSpelling(t *testing.T) {
	for name, want := range map[string]string{
		"aws:sourceip":                                        "aws:SourceIp",
		"AWS:SourceVPC":                                       "aws:SourceVpc",
		"aws:requesttag/Team Blue":                            "aws:RequestTag/Team Blue",
		"AWS:PRINCIPALTAG/a/b:C":                              "aws:PrincipalTag/a/b:C",
		"aws:resourcetag/\u00c9":                              "aws:ResourceTag/\u00c9",
		"secretsmanager:resourcetag/Key":                      "secretsmanager:ResourceTag/Key",
		"KMS:encryptioncontext:App/Name":                      "kms:EncryptionContext:App/Name",
		"events:metadata/X/matcher":                           "events:Metadata/X/Matcher",
		"codebuild:secondarysources/Matcher.auth.x.AUTH.TYPE": "codebuild:secondarySources/Matcher.auth.x.auth.type",
		"":             "",
		"NoSuch:Key":   "NoSuch:Key",
		"aws:TagKeys/": "aws:TagKeys/",
		"\xff":         "\xff",
	} {
		if got := Spelling(name); got != want {
			t.Errorf("%q is spelled %q, want %q", name, got, want)
		}
	}
	// Every documented name is spelled as it is, whatever stands for its variable parts.
	families := 0
	for _, k := range conditionKeys().list {
		name := placeholder.ReplaceAllStringFunc(k.Name, func(s string) string {
			families++
			if s[0] == '/' {
				return "/Own Value"
			}
			return "Own Value"
		})
		if known, _ := Key(name); known.Name != k.Name {
			continue // a template that says more has it
		}
		folded := strings.ReplaceAll(strings.ToUpper(name), "OWN VALUE", "Own Value")
		if got := Spelling(folded); got != name {
			t.Errorf("%q is spelled %q, want %q", folded, got, name)
		}
	}
	if families < 50 {
		t.Fatalf("looked at %d families", families)
	}
	t.Logf("looked at %d variable parts", families)
}

// TestEveryKeyOfAnActionIsKnown walks from the actions to the keys.
func TestEveryKeyOfAnActionIsKnown(t *testing.T) {
	checked := map[string]bool{}
	check := func(a Action, names []string) {
		for _, name := range names {
			if checked[name] {
				continue
			}
			checked[name] = true
			if k, ok := Key(name); !ok || !strings.EqualFold(k.Name, name) {
				t.Errorf("%v: %s is %+v, known %v", a, name, k, ok)
			}
		}
	}
	for _, a := range Expand("*") {
		check(a, a.ConditionKeys)
		for _, r := range a.ResourceTypes {
			check(a, r.Keys)
		}
	}
	if len(checked) < 1_000 {
		t.Fatalf("checked %d keys", len(checked))
	}
	t.Logf("checked %d keys", len(checked))
}

// TestGlobalKeysAgreeWithTheServices holds that a global key which a service's table also has is of the same type
// there, so that what counts first hides nothing.
func TestGlobalKeysAgreeWithTheServices(t *testing.T) {
	global := map[string]ConditionKey{}
	for _, k := range globalKeys {
		folded := strings.ToLower(k.Name)
		if _, ok := global[folded]; ok {
			t.Errorf("%s stands in the table twice", k.Name)
		}
		global[folded] = k
	}
	both := 0
	for _, k := range catalogue().keys {
		g, ok := global[strings.ToLower(k.Name)]
		if !ok {
			if strings.HasPrefix(strings.ToLower(k.Name), "aws:") {
				t.Errorf("%s is not in the table of global keys", k.Name)
			}
			continue
		}
		both++
		if g.Type != KeyType(k.Type) || g.Multi != k.Multi {
			t.Errorf("%s: %v, multi %v, but with a service %v, multi %v", g.Name, g.Type, g.Multi, KeyType(k.Type), k.Multi)
		}
	}
	if both < 3 {
		t.Fatalf("compared %d keys", both)
	}
	t.Logf("compared %d of %d global keys", both, len(globalKeys))
}
