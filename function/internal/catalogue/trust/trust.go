// Package trust holds the checks for whether Lambda can assume an execution role. One cause, one check: the diagnosis
// is made once for a role and the function versions that use it, and each check reports its own part of it.
package trust

import (
	"github.com/rolewatch/rolewatch/function/internal/check"
)

const (
	roleGuide   = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"
	conditions  = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
	elements    = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
	assumeFails = "Lambda cannot start new execution environments for the function. Running environments continue until their credentials expire, so " +
		"invocations fail later and all at once. Lambda assumes the execution role before it starts an environment."
)

// IDs of the checks that the diagnosis and other checks name.
const (
	roleMissing              = "RW101"
	trustLacksLambda         = "RW102"
	trustPrincipalMisspelt   = "RW103"
	trustWrongAction         = "RW104"
	trustDenied              = "RW105"
	trustConditionUnmeetable = "RW106"
	trustConditionMismatch   = "RW107"
	trustConditionExpired    = "RW108"
	trustConditionUnknown    = "RW109"
	roleARNPath              = "RW110"
	roleARNAccount           = "RW111"
	roleARNPartition         = "RW112"
	roleRecreated            = "RW113"
	roleServiceLinked        = "RW114"
	rcpDeniesLambda          = "RW115"
	edgeTrustMissing         = "RW116"
)

// Checks are the checks of this package. This file describes them; the other files find the causes. A check that does
// not say how it runs reports its part of the diagnosis.
func Checks() []*check.Check {
	all := append(missingChecks(), trustChecks()...)
	for _, c := range all {
		c.Since, c.Settles, c.Severities = "0.1.0", true, check.Milder(c.Severity)
		if c.Run == nil {
			c.Run = report
		}
	}
	return all
}

// trustFacts are what a check of the trust policy reads.
var trustFacts = []check.Fact{check.Identity, check.Trust, check.RoleTags, check.Functions, check.CapacityProviders, check.LastObservation}

// missingChecks are about the role that the function is configured with.
func missingChecks() []*check.Check {
	return []*check.Check{
		{
			ID: roleMissing, Slug: "role-missing", Title: "The execution role does not exist", Severity: check.Critical, Why: assumeFails,
			Fix:    "Create the role again, or configure the function with another role. If the role is created again under its former name, the function cannot decrypt its environment variables (" + roleRecreated + ").",
			Source: roleGuide,
			Reads:  []check.Fact{check.Identity, check.Functions, check.CapacityProviders, check.LastObservation},
		},
		{
			ID: roleARNPath, Slug: "role-arn-path", Title: "The role ARN in the function's configuration does not have the path of the role", Severity: check.Critical, PerFunction: true,
			Why: assumeFails, Fix: "Configure the function with the complete ARN of the role, including its path.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names",
			Reads:  []check.Fact{check.Identity, check.Functions},
		},
		{
			ID: roleARNAccount, Slug: "role-arn-account", Title: "The execution role is in another account", Severity: check.Critical, PerFunction: true,
			Why: "Lambda rejects an execution role of another account, because a role cannot be passed across accounts.", Fix: "Configure the function with a role of its own account. If the function needs access to the other account, allow its role to assume the role there.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
			Reads:  []check.Fact{check.Functions},
		},
		{
			ID: roleARNPartition, Slug: "role-arn-partition", Title: "The execution role is in another partition", Severity: check.Critical, PerFunction: true,
			Why: "Lambda cannot assume the role. An account belongs to one partition, and a function cannot use a role of another partition.", Fix: "Configure the function with a role of its own account, with the function's partition in the ARN.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
			Reads:  []check.Fact{check.Functions},
		},
		{
			ID: roleRecreated, Slug: "role-recreated", Title: "The role was deleted and created again under the same name", Severity: check.High, PerFunction: true,
			Why: "The function fails to decrypt its environment variables when it starts. Lambda encrypts them under a grant for the unique ID of the role, and a role " +
				"that is created again under the same name has a different unique ID.",
			Fix:    "Configure the function with another role, and then with this role again. Lambda then creates a new grant.",
			Source: "https://repost.aws/knowledge-center/lambda-kmsaccessdeniedexception-errors",
			Reads:  []check.Fact{check.Identity, check.Functions, check.Configuration, check.LastObservation},
		},
		{
			ID: roleServiceLinked, Slug: "role-service-linked", Title: "The execution role is a service-linked role", Severity: check.Critical,
			Why: "Lambda cannot assume a service-linked role. Its trust policy allows only the service that the role is linked to, and cannot be changed.", Fix: "Create an execution role for the function.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html",
			Reads:  []check.Fact{check.Identity, check.Functions, check.CapacityProviders, check.LastObservation},
		},
	}
}

// trustChecks are about the trust policy and what else decides whether Lambda may assume the role.
func trustChecks() []*check.Check {
	return []*check.Check{
		{
			ID: trustLacksLambda, Slug: "trust-lacks-lambda", Title: "The trust policy does not allow Lambda to assume the role", Severity: check.Critical, Why: assumeFails,
			Fix: "Add a statement that allows sts:AssumeRole to the service principal lambda.amazonaws.com.", Source: roleGuide, Reads: trustFacts,
		},
		{
			ID: trustPrincipalMisspelt, Slug: "trust-principal-misspelt", Title: "The trust policy misspells Lambda's service principal", Severity: check.Critical,
			Why: assumeFails, Fix: "Write the principal as {\"Service\": \"lambda.amazonaws.com\"}. It is the same in every Region and partition.", Source: elements, Reads: trustFacts,
		},
		{
			ID: trustWrongAction, Slug: "trust-wrong-action", Title: "The trust policy names Lambda, but does not allow sts:AssumeRole", Severity: check.Critical,
			Why: assumeFails, Fix: "Allow sts:AssumeRole to the service principal lambda.amazonaws.com.", Source: roleGuide, Reads: trustFacts,
		},
		{
			ID: trustDenied, Slug: "trust-denied", Title: "A Deny statement in the trust policy denies sts:AssumeRole to Lambda", Severity: check.Critical,
			Why: assumeFails, Fix: "Exempt Lambda from the Deny statement with a condition on aws:PrincipalServiceName, or remove the statement.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html", Reads: trustFacts,
		},
		{
			ID: trustConditionUnmeetable, Slug: "trust-condition-unmeetable", Title: "The trust policy requires a condition that Lambda never meets", Severity: check.Critical,
			Why: assumeFails, Fix: "Remove the condition from the statement for Lambda. If other principals need the condition, keep it in a separate statement for them.", Source: conditions, Reads: trustFacts,
		},
		{
			ID: trustConditionMismatch, Slug: "trust-condition-mismatch", Title: "The source condition in the trust policy does not match the function", Severity: check.Critical, PerFunction: true,
			Why: assumeFails, Fix: "Add the function's ARN to aws:SourceArn with ArnLike, or its account to aws:SourceAccount.",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html",
			Reads:  []check.Fact{check.Identity, check.Trust, check.RoleTags, check.Functions},
		},
		{
			ID: trustConditionExpired, Slug: "trust-condition-expired", Title: "The date condition in the trust policy is not met, or expires within 14 days", Severity: check.Critical,
			Why: assumeFails, Fix: "Remove the date condition, or change the date.", Source: conditions, Reads: trustFacts,
		},
		{
			ID: trustConditionUnknown, Slug: "trust-condition-unknown", Title: "Whether Lambda can assume the role depends on a condition key whose value is unknown", Severity: check.Low,
			Why: "The role may work today and fail tomorrow. AWS does not document the value of this condition key when Lambda assumes an execution role.",
			Fix: "Use aws:SourceAccount or aws:SourceArn. AWS documents both for execution roles.", Source: conditions, Reads: trustFacts,
		},
		{
			ID: rcpDeniesLambda, Slug: "rcp-denies-lambda", Title: "A resource control policy denies Lambda permission to assume the role", Severity: check.Critical, Why: assumeFails,
			Fix:    "Exempt AWS services from the Deny statement of the policy with a condition on aws:PrincipalIsAWSService.",
			Source: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html",
			Reads:  []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions, check.CapacityProviders, check.LastObservation},
		},
		{
			ID: edgeTrustMissing, Slug: "edge-trust-missing", Title: "The role of a Lambda@Edge function does not trust edgelambda.amazonaws.com", Severity: check.High,
			Why: "CloudFront rejects the association of the function with a distribution, and replicas of the function cannot run.", Fix: "Allow sts:AssumeRole to edgelambda.amazonaws.com in addition to lambda.amazonaws.com.",
			Source: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-permissions.html",
			Reads:  []check.Fact{check.Identity, check.Trust, check.RoleTags, check.Functions, check.EdgeReplication},
		},
		{
			ID: "RW118", Slug: "trust-invalid", Title: "The trust policy violates the policy grammar", Severity: check.High,
			Why:    "IAM would reject this document today. Nobody can update the trust policy without fixing it first, and its effect may differ from its wording.",
			Fix:    "Fix the violations that the finding names.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html", Run: invalid,
			Reads: []check.Fact{check.Trust, check.Functions},
		},
	}
}
