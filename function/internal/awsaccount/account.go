// Package awsaccount reads roles, policies and functions of the AWS account through the SDK. What a call would have read that
// is denied, or that the endpoint does not support, is unknown, with the name of that call; what does not exist is absent;
// anything else that goes wrong, throttling included, is an error, and the caller tries again later. The package judges nothing
// and writes nothing.
//
// It calls iam:GetRole, iam:ListRolePolicies, iam:GetRolePolicy, iam:ListAttachedRolePolicies, iam:GetPolicy,
// iam:GetPolicyVersion, iam:ListEntitiesForPolicy, iam:GetAccountAuthorizationDetails, lambda:ListVersionsByFunction,
// lambda:ListFunctions, lambda:ListAliases and lambda:GetEventSourceMapping; iam:ListRoles where the endpoint does not
// support iam:GetAccountAuthorizationDetails; and, as far as Options.Facts asks for them, lambda:GetFunctionConfiguration, lambda:ListTags,
// lambda:ListEventSourceMappings, lambda:ListFunctionEventInvokeConfigs, lambda:GetPolicy, lambda:GetResourcePolicy and lambda:ListFunctionUrlConfigs;
// and, where it is given a client for it, organizations:DescribeOrganization, organizations:ListParents,
// organizations:ListPoliciesForTarget and organizations:DescribePolicy.
//
// Where a role does not exist, it calls iam:ListRoles for the names of those that do.
package awsaccount

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// iamAPI is what is needed of IAM's client.
type iamAPI interface {
	iam.ListRolePoliciesAPIClient
	iam.ListAttachedRolePoliciesAPIClient
	iam.ListEntitiesForPolicyAPIClient
	iam.GetAccountAuthorizationDetailsAPIClient
	iam.ListRolesAPIClient
	iam.GetRoleAPIClient
	iam.GetPolicyAPIClient
	iam.ListAccountAliasesAPIClient
	GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
	GetPolicyVersion(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error)
}

// lambdaAPI is what is needed of Lambda's client in one Region.
type lambdaAPI interface {
	lambda.ListFunctionsAPIClient
	lambda.ListVersionsByFunctionAPIClient
	lambda.ListAliasesAPIClient
	lambda.ListEventSourceMappingsAPIClient
	lambda.ListCapacityProvidersAPIClient
	lambda.ListFunctionEventInvokeConfigsAPIClient
	lambda.ListFunctionUrlConfigsAPIClient
	lambda.GetFunctionConfigurationAPIClient
	GetRuntimeManagementConfig(context.Context, *lambda.GetRuntimeManagementConfigInput, ...func(*lambda.Options)) (*lambda.GetRuntimeManagementConfigOutput, error)
	ListTags(context.Context, *lambda.ListTagsInput, ...func(*lambda.Options)) (*lambda.ListTagsOutput, error)
	GetEventSourceMapping(context.Context, *lambda.GetEventSourceMappingInput, ...func(*lambda.Options)) (*lambda.GetEventSourceMappingOutput, error)
	GetPolicy(context.Context, *lambda.GetPolicyInput, ...func(*lambda.Options)) (*lambda.GetPolicyOutput, error)
	GetResourcePolicy(context.Context, *lambda.GetResourcePolicyInput, ...func(*lambda.Options)) (*lambda.GetResourcePolicyOutput, error)
}

// Options say whose account it is.
type Options struct {
	// Partition and AccountID are the account's own: roles of any other are not asked for.
	Partition, AccountID string
	// Now is the clock, by which cached answers age.
	Now func() time.Time
	// Facts are what is read of functions beside their versions.
	Facts Facts
	// Organizations reads the organization's policies; nil leaves them unread.
	Organizations organizationsAPI
}

// Account reads one account. It is safe for concurrent use; each call reads in sequence, because the rate at which an
// account may call IAM is scarce and shared with everybody in it.
type Account struct {
	iam     iamAPI
	lambdas map[string]lambdaAPI
	opts    Options
	cache   cache

	mu sync.Mutex
	// masters are the function versions that a replica was seen of.
	masters map[string]bool
	// aliases are those that were read lately, by the function's ARN.
	aliases map[string]aliases
	// sources are the event source mappings that were read while functions were listed, by Region.
	sources map[string]sources
	// providers are the capacity providers of a Region, as they were listed last.
	providers map[string]regionProviders
	// beside is what was read of the functions on the page that was listed last, by Region and the function's ARN.
	beside map[string]map[string]beside
	// limits are the organization's policies as they were last read.
	limits limits
	// names are the ARNs of the account's roles, as they were listed last.
	names     []string
	namesRead time.Time
}

// New reads through these clients: IAM's, and one of Lambda for each Region.
func New[L lambdaAPI](iam iamAPI, lambdas map[string]L, opts Options) *Account {
	a := &Account{
		iam: iam, lambdas: make(map[string]lambdaAPI, len(lambdas)), opts: opts,
		masters: map[string]bool{}, aliases: map[string]aliases{}, sources: map[string]sources{}, beside: map[string]map[string]beside{},
		providers: map[string]regionProviders{},
	}
	for region, client := range lambdas {
		a.lambdas[region] = client
	}
	a.cache.clear()
	return a
}
