package organization

import (
	"encoding/json"
	"fmt"
)

// Permission is an action that the role in an account allows, and what it reads.
type Permission struct{ Action, Reason string }

// Permissions are the calls that are made with the role in an account. The role needs them, and the session policy allows no others.
var Permissions = []Permission{
	{"account:ListRegions", "the Regions that the account has enabled, unless Regions are named"},
	{"iam:GetAccountAuthorizationDetails", "all roles with their policies"},
	{"iam:ListRoles", "the roles where iam:GetAccountAuthorizationDetails is not supported, and those with similar names to a missing one"},
	{"iam:GetRole", "a role that a function names and the list of roles lacks"},
	{"iam:ListRolePolicies", "the names of such a role's inline policies"},
	{"iam:GetRolePolicy", "an inline policy of such a role"},
	{"iam:ListAttachedRolePolicies", "the managed policies of such a role"},
	{"iam:GetPolicy", "the default version of a managed policy"},
	{"iam:GetPolicyVersion", "the text of a managed policy"},
	{"lambda:ListFunctions", "all functions, every version"},
	{"lambda:GetFunctionConfiguration", "the state that Lambda reports of a function"},
	{"lambda:GetRuntimeManagementConfig", "when Lambda updates a customer-managed runtime"},
	{"lambda:ListTags", "the tags of a function, which exceptions can name"},
	{"lambda:ListAliases", "which versions an alias points to"},
	{"lambda:ListEventSourceMappings", "the event source mappings"},
	{"lambda:ListFunctionEventInvokeConfigs", "the destinations of asynchronous invocations"},
	{"lambda:ListFunctionUrlConfigs", "the URLs that lead to a function"},
	{"lambda:ListCapacityProviders", "the capacity providers, each with an operator role"},
	{"lambda:GetPolicy", "who may invoke a function"},
	{"lambda:GetResourcePolicy", "who may invoke a function, as lambda:PutResourcePolicy writes it"},
}

// SessionPolicy is the session policy with which the role is assumed: what the role allows beyond these actions, or beyond those of Permissions where
// they are nil, the session is not allowed
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session).
func SessionPolicy(actions []string) string {
	if actions == nil {
		for _, p := range Permissions {
			actions = append(actions, p.Action)
		}
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []map[string]any{{"Effect": "Allow", "Action": actions, "Resource": "*"}}})
	if err != nil {
		panic(fmt.Sprintf("write a list of strings: %v", err)) // It has nothing that JSON does not.
	}
	return string(text)
}
