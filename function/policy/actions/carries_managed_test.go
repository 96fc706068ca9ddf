package actions

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// conditioned is a statement of an AWS managed policy with one of the condition keys that it has. Its actions are expanded.
type conditioned struct {
	policy, key string
	actions     []string
}

// conditionedStatements gives each statement with Action of AWS's managed policies, once for each condition key.
func conditionedStatements(t *testing.T) []conditioned {
	t.Helper()
	var list []conditioned
	for name, text := range externaldata.ManagedPolicies(t) {
		var p struct{ Statement any }
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, s := range asList(p.Statement) {
			statement, _ := s.(map[string]any)
			var expanded []string
			for _, value := range asList(statement["Action"]) {
				text, _ := value.(string)
				if !strings.ContainsAny(text, "*?") {
					expanded = append(expanded, text)
					continue
				}
				Each(text, func(name string) bool {
					expanded = append(expanded, name)
					return true
				})
			}
			condition, _ := statement["Condition"].(map[string]any)
			for _, block := range condition {
				keys, _ := block.(map[string]any)
				for key := range keys {
					list = append(list, conditioned{policy: name, key: key, actions: expanded})
				}
			}
		}
	}
	return list
}

// carriedByNone explains the statements of AWS's managed policies whose key no action of theirs carries. A set operator
// ForAllValues is met by a request without the key, so such a statement does what its author wants.
var carriedByNone = map[string]string{
	"AWSGlueConsoleSageMakerNotebookFullAccess aws:TagKeys":     "ForAllValues on tag:GetResources",
	"AmazonEC2RolePolicyForLaunchWizard aws:TagKeys":            "ForAllValues on fsx:Describe and fsx:ListTagsForResource",
	"AmazonLaunchWizardFullaccess aws:TagKeys":                  "ForAllValues on ssm:SendCommand",
	"AmazonDataZoneSageMakerManageAccessRolePolicy aws:TagKeys": "ForAnyValue on kms:DescribeKey and kms:CreateGrant: AWS KMS has the key for CreateKey, TagResource and UntagResource only, https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html, so that the statements allow nothing",
	"AmazonDataZoneSageMakerProvisioningRolePolicy aws:TagKeys": "ForAnyValue on sagemaker:DeleteDomain, which takes no tags: the statement allows nothing",
}

// TestManagedPoliciesUseKeysThatAreCarried holds that no key of AWS's own policies is said to be absent from the requests that the
// policy is about. A statement of many actions has some that do not carry its key, and one of them must.
func TestManagedPoliciesUseKeysThatAreCarried(t *testing.T) {
	statements, pairs, absent, used := 0, 0, map[string]bool{}, map[string]bool{}
	for _, s := range conditionedStatements(t) {
		statements++
		missing := 0
		for _, action := range s.actions {
			pairs++
			if Carries(action, s.key) == NotCarried {
				missing++
				absent[action+" "+strings.ToLower(s.key)] = true
			}
		}
		if missing == 0 || missing < len(s.actions) {
			continue
		}
		pair := s.policy + " " + s.key
		used[pair] = true
		if carriedByNone[pair] == "" {
			t.Errorf("%s: no action of %v carries %s", s.policy, s.actions, s.key)
		}
	}
	for pair := range carriedByNone {
		if !used[pair] {
			t.Errorf("%s is explained and does not occur", pair)
		}
	}
	if statements < 3_000 || pairs < 20_000 || len(absent) == 0 {
		t.Fatalf("read %d keys of statements, %d pairs of an action and a key", statements, pairs)
	}
	t.Logf("%d keys of statements, %d pairs of an action and a key; %d different pairs are not carried", statements, pairs, len(absent))
}

// keysOfOtherServices explains keys of a service that AWS's managed policies put on actions of another one, which are neither keys
// of the session nor listed for the action.
var keysOfOtherServices = map[string]string{
	"redshift-data:glue-catalog-arn on redshift-serverless": "The statement has actions of the Redshift Data API too, which list the key; whether the others carry it is unknown.",
}

// TestKeysOfOtherServicesAreOfTheSession holds that each key of a service on an action of another one is a key of the session, or
// listed for it, or explained.
func TestKeysOfOtherServicesAreOfTheSession(t *testing.T) {
	carried, explained := map[string]bool{}, map[string]bool{}
	for _, s := range conditionedStatements(t) {
		prefix := ServiceOf(s.key)
		if prefix == "aws" {
			continue
		}
		for _, action := range s.actions {
			if ServiceOf(action) == prefix {
				continue
			}
			pair := fmt.Sprintf("%s on %s", s.key, ServiceOf(action))
			switch Carries(action, s.key) {
			case Carried, CarriedOnRequest:
				carried[pair] = true
			default:
				explained[pair] = true
				if keysOfOtherServices[pair] == "" {
					t.Errorf("%s: %s with %s is not explained", s.policy, action, s.key)
				}
			}
		}
	}
	if len(explained) != len(keysOfOtherServices) {
		t.Errorf("%d pairs are explained, of %d that occur", len(keysOfOtherServices), len(explained))
	}
	if len(carried) < 3 {
		t.Fatalf("met %v", carried)
	}
	t.Logf("carried: %v", carried)
}
