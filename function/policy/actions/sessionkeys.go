package actions

import (
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// sessionKeys are condition keys that AWS puts into the request context because of the credentials that sign a request, whatever
// its action. They are those of one AWS page; the global keys of role sessions ("aws:") are in globalKeys.
type sessionKeys struct {
	// names are the keys by their names; prefix, where it is set, covers all keys that begin with it, in lower case.
	names  []string
	prefix string
	// issuers covers all keys whose prefix is the URL of an OIDC provider without its scheme.
	issuers bool
	// source is the page, and says what it says of when the keys are in the request context.
	source, says string
}

const (
	globalKeysPage   = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
	iamAndSTSPage    = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"
	identityKeysPage = "https://docs.aws.amazon.com/singlesignon/latest/userguide/condition-context-keys-sts-idc.html"
)

// keysOfSessions count whether a page says of each key that it stays in the session or not: a key that a session may have is never
// said to be absent. Read on 2026-11-29.
var keysOfSessions = []sessionKeys{
	{
		names: []string{"ec2:RoleDelivery", "ec2:SourceInstanceArn"}, source: globalKeysPage + "#condition-keys-ec2-role-delivery",
		says: "This key is included in the request context whenever the role session is created by an Amazon EC2 instance.",
	},
	{
		names: []string{"glue:RoleAssumedBy"}, source: globalKeysPage + "#condition-keys-glue-role-assumed-by",
		says: "This key is included in the request context when AWS Glue makes a request using a service role on the customer's behalf.",
	},
	{
		names: []string{"glue:CredentialIssuingService"}, source: globalKeysPage + "#condition-keys-glue-credential-issuing",
		says: "This key is included in the request context when AWS Glue makes a request that comes from a job or developer endpoint.",
	},
	{
		names: []string{"codebuild:BuildArn", "codebuild:ProjectArn"}, source: globalKeysPage + "#condition-keys-codebuild-build-arn",
		says: "This key is included in the request context whenever a request is made by a role assumed by CodeBuild.",
	},
	{
		names: []string{"lambda:SourceFunctionArn"}, source: globalKeysPage + "#condition-keys-lambda-source-function-arn",
		says: "This key is included in the request context whenever Lambda function code is invoked.",
	},
	{
		names: []string{"ssm:SourceInstanceArn"}, source: globalKeysPage + "#condition-keys-ssm-source-instance-arn",
		says: "This key is included in the request context whenever role credentials are delivered to an AWS Systems Manager managed instance.",
	},
	{
		names: []string{"identitystore:UserId"}, source: globalKeysPage + "#condition-keys-identity-store-user-id",
		says: "This key is included when the caller of the request is a user in IAM Identity Center.",
	},
	{
		names:  []string{"identitystore:IdentityStoreArn", "identitycenter:ApplicationArn", "identitycenter:CredentialId", "identitycenter:InstanceArn"},
		source: identityKeysPage,
		says:   "These keys are included in IAM roles. The key values are set when an application passes a token to AWS STS.",
	},
	{
		issuers: true, source: iamAndSTSPage + "#condition-keys-wif",
		says: "The tables of the providers' keys have a column that says which of them are available in the session.",
	},
	{
		prefix: "saml:", source: iamAndSTSPage + "#cross-condition-keys-saml",
		says: "The page has a list of its own of the SAML keys that are in the context of later requests to other services.",
	},
}

var sessionKeyNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, row := range keysOfSessions {
		for _, name := range row.names {
			names[ascii.Lower(name)] = true
		}
	}
	return names
})

// ofSession reports whether a key, in lower case, may be one of a session.
func ofSession(folded string) bool {
	if sessionKeyNames()[folded] {
		return true
	}
	prefix, _, _ := strings.Cut(folded, ":")
	for i := range keysOfSessions {
		row := &keysOfSessions[i]
		// No service's prefix has a dot, and every host has one.
		if row.prefix != "" && strings.HasPrefix(folded, row.prefix) || row.issuers && strings.Contains(prefix, ".") {
			return true
		}
	}
	return false
}

// OfSession reports whether a condition key, in any case, is one of the credentials that sign a request: a key of a role session
// that is not global ("ec2:SourceInstanceArn"), or of an identity provider's token. A call that is not signed by a session's
// credentials does not have it.
func OfSession(key string) bool { return ofSession(ascii.Lower(key)) }
