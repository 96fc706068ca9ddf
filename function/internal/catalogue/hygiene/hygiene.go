// Package hygiene holds the checks for roles and policies that are hard to maintain. They are off by default.
package hygiene

import "github.com/rolewatch/rolewatch/function/internal/check"

const guide = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

// otherUsers says what is not counted as a user of a role.
const otherUsers = "rolewatch does not read other resources that can use a role that trusts lambda.amazonaws.com: web functions, MicroVMs and network connectors."

// Checks are the checks of this package.
func Checks() []*check.Check {
	all := []*check.Check{
		{
			ID: "RW501", Slug: "shared-role", Title: "Several functions share the role", Severity: check.Low, Run: shared,
			Why: "Each function has the permissions that any of them needs. An attacker who controls one of them gets the permissions of all. Only functions are counted.",
			Fix: "Give each function a role of its own.", Source: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
			Reads: []check.Fact{check.Functions},
		},
		{
			ID: "RW502", Slug: "unused-role", Title: "No function uses the role", Severity: check.Low, Settles: true, Run: unused,
			Why: "Nobody maintains a role that nothing uses. Anyone who can pass it to a function of their own gets its permissions. " + otherUsers,
			Fix: "Make sure that nothing else uses the role. Then delete it, or remove lambda.amazonaws.com from its trust policy.", Source: guide + "best-practices.html#remove-credentials",
			Reads: []check.Fact{check.Trust, check.RoleTags, check.Functions, check.CapacityProviders},
		},
		{
			ID: "RW503", Slug: "unknown-action", Title: "A policy names actions that are not in the list of AWS actions", Severity: check.Medium, Run: unknownActions,
			Why: "A misspelled action allows or denies nothing. The policy then does not do what its author intended, and AWS reports no error. " +
				"AWS adds actions, so an action that is not in the list can be newer than the list.",
			Fix:    compareSpelling,
			Source: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
			Reads:  []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW504", Slug: "policy-invalid", Title: "A policy violates the policy grammar", Severity: check.Medium, Run: invalid,
			Why: "IAM would reject the policy today. AWS does not document how IAM evaluates the invalid part of a policy that it accepted " +
				"earlier.",
			Fix: "Correct the places that the finding names, and save the policy again.", Source: guide + "reference_policies_grammar.html",
			Reads: []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW505", Slug: "no-version", Title: "A policy with variables has no Version", Severity: check.Low, Run: noVersion,
			Why: "Without \"Version\": \"2012-10-17\", IAM treats ${...} as plain text. The statement matches only that text.",
			Fix: "Add \"Version\": \"2012-10-17\".", Source: guide + "reference_policies_elements_version.html",
			Reads: []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW506", Slug: "redundant", Title: "A statement is redundant", Severity: check.Low, Run: redundant,
			Why: "Another statement already has the effect of this statement. If you remove the statement, the permissions of the role stay the same.",
			Fix: "Remove the covered statement.", Source: guide + "access-analyzer-reference-policy-checks.html",
			Reads: []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW507", Slug: "near-quota", Title: "A policy is close to its size quota", Severity: check.Low, Run: nearQuota,
			Why: "IAM rejects the next edit that exceeds the quota, even if an emergency requires the edit.",
			Fix: "Shorten the policy with wildcards that do not allow additional actions or resources, or split it.", Source: guide + "reference_iam-quotas.html",
			Reads: []check.Fact{check.Trust, check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW508", Slug: "dead-principal", Title: "The trust policy names a principal that was deleted", Severity: check.Low, Run: deadPrincipal,
			Why: "IAM shows the unique ID of a user or role that was deleted. Nobody can use that principal any more. The entry only makes it " +
				"harder to see who is trusted.",
			Fix: "Remove the principal from the trust policy.", Source: guide + "reference_policies_elements_principal.html",
			Reads: []check.Fact{check.Trust, check.Functions},
		},
		{
			ID: "RW509", Slug: "drift", Title: "A person edited a role that a tool manages", Severity: check.Medium, Run: drift,
			JudgesEdit: true,
			Why: "CloudFormation or Terraform created the role. Its next run undoes the edit, or fails because of it. Until then, the role " +
				"differs from what was reviewed.",
			Fix:    "Make the change where the role is defined, and let the tool apply it.",
			Source: "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html",
			Reads:  []check.Fact{check.RoleTags, check.Functions, check.Changes, check.Managers},
		},
	}
	for _, c := range all {
		c.Since, c.OptIn = "0.2.0", true
	}
	return all
}
