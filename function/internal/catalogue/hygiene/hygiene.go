// Package hygiene holds the checks for what is untidy about a role; they are off until somebody asks for them.
package hygiene

import "github.com/rolewatch/rolewatch/function/internal/check"

const guide = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

// otherUsers says what is not counted as a user of a role.
const otherUsers = "Only function versions are counted as users. Other resources that can use a role that trusts lambda.amazonaws.com are not read: " +
	"web functions, MicroVMs, capacity providers and network connectors."

// Checks are the checks of this package.
func Checks() []*check.Check {
	all := []*check.Check{
		{
			ID: "RW501", Slug: "shared-role", Title: "Several functions share the role", Severity: check.Low, Run: shared,
			Why: "Each of the functions may do what any of them needs, and whoever breaks into one has the others' permissions too. " + otherUsers,
			Fix: "Give each function a role of its own.", Source: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
			Reads: []check.Fact{check.Functions},
		},
		{
			ID: "RW502", Slug: "unused-role", Title: "No function uses the role", Severity: check.Low, Settles: true, Run: unused,
			Why: "Nobody maintains a role that nothing uses. Whoever may pass it to a function of their own has its permissions. " + otherUsers,
			Fix: "Make sure that nothing else uses the role. Then delete it, or remove lambda.amazonaws.com from its trust policy.", Source: guide + "best-practices.html#remove-credentials",
			Reads: []check.Fact{check.Trust, check.Functions},
		},
		{
			ID: "RW503", Slug: "unknown-action", Title: "A policy names actions that are not in the list of AWS actions", Severity: check.Medium, Run: unknownActions,
			Why: "A misspelled action allows nothing, or denies nothing: the policy does not do what its author meant, and nothing says so. " +
				"The list has a date, and AWS adds actions: one that the list does not have may be new.",
			Fix:    compareSpelling,
			Source: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
			Reads:  []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW504", Slug: "policy-invalid", Title: "A policy breaks the policy grammar", Severity: check.Medium, Run: invalid,
			Why: "IAM would refuse the policy today, and what it makes of the faulty part now is nowhere documented.",
			Fix: "Mend the places named, and set the policy anew.", Source: guide + "reference_policies_grammar.html",
			Reads: []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW505", Slug: "no-version", Title: "A policy with variables has no Version", Severity: check.Low, Run: noVersion,
			Why: "Without \"Version\": \"2012-10-17\" IAM takes ${...} for plain text: the policy covers resources with that odd name, and no others.",
			Fix: "Add \"Version\": \"2012-10-17\".", Source: guide + "reference_policies_elements_version.html",
			Reads: []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW506", Slug: "redundant", Title: "A statement is covered by another one", Severity: check.Low, Run: redundant,
			Why: "It looks as if it mattered. Whoever takes the permission away there will find that it is still there.",
			Fix: "Take the covered statement out.", Source: guide + "access-analyzer-reference-policy-checks.html",
			Reads: []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW507", Slug: "near-quota", Title: "A policy is almost as long as it may be", Severity: check.Low, Run: nearQuota,
			Why: "The next edit is refused, perhaps the one that an emergency asks for.",
			Fix: "Shorten the policy with wildcards where they mean no more, or split it.", Source: guide + "reference_iam-quotas.html",
			Reads: []check.Fact{check.Trust, check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.Functions},
		},
		{
			ID: "RW508", Slug: "dead-principal", Title: "The trust policy names a principal that was deleted", Severity: check.Low, Run: deadPrincipal,
			Why: "IAM shows a user or role that was deleted by its unique ID. Nobody can be it any more; the line only hides who is trusted.",
			Fix: "Take the principal out of the trust policy.", Source: guide + "reference_policies_elements_principal.html",
			Reads: []check.Fact{check.Trust, check.Functions},
		},
		{
			ID: "RW509", Slug: "drift", Title: "A person edited a role that a tool made", Severity: check.Medium, Run: drift,
			JudgesEdit: true,
			Why:        "CloudFormation or Terraform made the role, and its next run undoes the edit or fails on it. What is in force is not what was reviewed.",
			Fix:        "Make the change where the role is defined, and let the tool apply it.",
			Source:     "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html",
			Reads:      []check.Fact{check.RoleTags, check.Functions, check.Changes, check.Managers},
		},
	}
	for _, c := range all {
		c.Since, c.OptIn = "0.2.0", true
	}
	return all
}
