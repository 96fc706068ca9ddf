// Package trust holds the checks for whether Lambda can assume an execution role. One cause, one check: the diagnosis
// is made once for a role and the function versions that use it, and each check tells its own part of it.
package trust

import (
	"github.com/rolewatch/rolewatch/function/internal/check"
)

const (
	roleGuide   = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"
	conditions  = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
	elements    = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
	assumeFails = "Lambda cannot run the function: each new environment assumes the role first. Those that are warm go on until their credentials " +
		"lapse, so that it breaks later and all at once."
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

// Checks are the checks of this package. What each is stands here; how it is found is in the files beside. One that does
// not say how it runs has its part of the diagnosis; one that does not say what it reads judges the trust policy.
func Checks() []*check.Check {
	all := append(missingChecks(), trustChecks()...)
	for _, c := range all {
		c.Since, c.Settles = "0.1.0", true
		if c.Run == nil {
			c.Run = report
		}
		if c.Reads == nil {
			c.Reads = []check.Fact{check.Identity, check.Trust, check.Functions, check.LastObservation}
		}
	}
	return all
}

// missingChecks are about the role that the function is configured with.
func missingChecks() []*check.Check {
	return []*check.Check{
		{
			ID: roleMissing, Slug: "role-missing", Title: "The execution role does not exist", Severity: check.Critical, Why: assumeFails,
			Fix:    "Create the role again, or give the function another one. A role that is created again under its old name breaks the function's encrypted environment (" + roleRecreated + ").",
			Source: roleGuide,
			Reads:  []check.Fact{check.Identity, check.Functions, check.LastObservation},
		},
		{
			ID: roleARNPath, Slug: "role-arn-path", Title: "The configured role ARN has another path than the role", Severity: check.Critical, PerFunction: true,
			Why: assumeFails, Fix: "Configure the function with the role's whole ARN, path included.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names",
			Reads:  []check.Fact{check.Identity, check.Functions},
		},
		{
			ID: roleARNAccount, Slug: "role-arn-account", Title: "The execution role is in another account", Severity: check.Critical, PerFunction: true,
			Why: "Lambda refuses a role of another account: a role cannot be passed across accounts.", Fix: "Use a role of the function's own account, and let that one assume the other.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
			Reads:  []check.Fact{check.Functions},
		},
		{
			ID: roleARNPartition, Slug: "role-arn-partition", Title: "The execution role is in another partition", Severity: check.Critical, PerFunction: true,
			Why: "Partitions share no accounts: the ARN names a role that cannot be reached from the function.", Fix: "Use a role of the function's own account, with its partition in the ARN.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
			Reads:  []check.Fact{check.Functions},
		},
		{
			ID: roleRecreated, Slug: "role-recreated", Title: "The role was deleted and created again under its name", Severity: check.High, PerFunction: true,
			Why: "Lambda encrypts environment variables under a grant to the role's unique ID. A new role of the same name has another, so that the function " +
				"starts and fails to decrypt its environment.",
			Fix:    "Give the function another role, and then this one again: that makes the grant anew.",
			Source: "https://repost.aws/knowledge-center/lambda-kmsaccessdeniedexception-errors",
			Reads:  []check.Fact{check.Identity, check.Functions, check.Configuration, check.LastObservation},
		},
		{
			ID: roleServiceLinked, Slug: "role-service-linked", Title: "A service-linked role serves as execution role", Severity: check.Critical,
			Why: "A service-linked role trusts its own service and nobody else, and its trust policy cannot be changed.", Fix: "Make a role for the function.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html",
			Reads:  []check.Fact{check.Identity, check.Functions, check.LastObservation},
		},
	}
}

// trustChecks are about the trust policy and what else decides whether Lambda may assume the role.
func trustChecks() []*check.Check {
	return []*check.Check{
		{
			ID: trustLacksLambda, Slug: "trust-lacks-lambda", Title: "The trust policy does not let Lambda in", Severity: check.Critical, Why: assumeFails,
			Fix: "Add a statement that allows sts:AssumeRole to the service lambda.amazonaws.com.", Source: roleGuide,
		},
		{
			ID: trustPrincipalMisspelt, Slug: "trust-principal-misspelt", Title: "The trust policy misspells Lambda's service principal", Severity: check.Critical,
			Why: assumeFails, Fix: "Write the principal as {\"Service\": \"lambda.amazonaws.com\"}: it is the same in every Region and partition.", Source: elements,
		},
		{
			ID: trustWrongAction, Slug: "trust-wrong-action", Title: "The trust policy names Lambda, but not for sts:AssumeRole", Severity: check.Critical,
			Why: assumeFails, Fix: "Allow sts:AssumeRole.", Source: roleGuide,
		},
		{
			ID: trustDenied, Slug: "trust-denied", Title: "A Deny statement of the trust policy keeps Lambda out", Severity: check.Critical,
			Why: assumeFails, Fix: "Spare Lambda in the Deny statement.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
		},
		{
			ID: trustConditionUnmeetable, Slug: "trust-condition-unmeetable", Title: "The trust policy asks for what Lambda's call never carries", Severity: check.Critical,
			Why: assumeFails, Fix: "Take the condition away, or put it on the statements for other principals.", Source: conditions,
		},
		{
			ID: trustConditionMismatch, Slug: "trust-condition-mismatch", Title: "The trust policy's source condition does not match the function", Severity: check.Critical, PerFunction: true,
			Why: assumeFails, Fix: "Name the function in aws:SourceArn with ArnLike, or its account in aws:SourceAccount.",
			Source: "https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html",
			Reads:  []check.Fact{check.Identity, check.Trust, check.Functions},
		},
		{
			ID: trustConditionExpired, Slug: "trust-condition-expired", Title: "The trust policy's date condition is over, or about to be", Severity: check.Critical,
			Why: assumeFails, Fix: "Take the date condition away, or move the date.", Source: conditions,
		},
		{
			ID: trustConditionUnknown, Slug: "trust-condition-unknown", Title: "Whether Lambda can assume the role hangs on a key that is not known", Severity: check.Low,
			Why: "AWS does not document what this condition key holds when Lambda assumes an execution role. It may work today and not tomorrow.",
			Fix: "Use aws:SourceAccount or aws:SourceArn, which are documented.", Source: conditions,
		},
		{
			ID: rcpDeniesLambda, Slug: "rcp-denies-lambda", Title: "A resource control policy keeps Lambda from assuming the role", Severity: check.Critical, Why: assumeFails,
			Fix:    "Spare AWS services in the policy's Deny statement, with aws:PrincipalIsAWSService.",
			Source: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html",
			Reads:  []check.Fact{check.Identity, check.Trust, check.ResourceControlPolicies, check.Functions, check.LastObservation},
		},
		{
			ID: edgeTrustMissing, Slug: "edge-trust-missing", Title: "A Lambda@Edge function's role does not trust edgelambda.amazonaws.com", Severity: check.High,
			Why: "CloudFront refuses to associate the function, and its replicas cannot run.", Fix: "Trust edgelambda.amazonaws.com beside lambda.amazonaws.com.",
			Source: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-permissions.html",
			Reads:  []check.Fact{check.Identity, check.Trust, check.Functions, check.EdgeReplication},
		},
		{
			ID: "RW118", Slug: "trust-invalid", Title: "The trust policy breaks the policy grammar", Severity: check.High,
			Why:    "IAM would refuse this document today: nobody can edit it without mending it first, and what it means may not be what it says.",
			Fix:    "Mend the places that the finding names.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html", Run: invalid,
			Reads: []check.Fact{check.Trust, check.Functions},
		},
	}
}
