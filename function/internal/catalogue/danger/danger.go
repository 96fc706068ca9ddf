// Package danger holds the checks for what a role can do that it should not. They judge what the role can really do:
// all its identity policies together, less its permissions boundary, denies, and what the organization takes away.
package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// folds are the checks whose findings follow from being an administrator.
var folds = []string{
	"RW303", "RW304", "RW305", "RW306", "RW307", "RW308", "RW310", "RW311", "RW312", "RW313", "RW314", "RW315",
}

const principle = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"

// Checks are the checks of this package.
func Checks() []*check.Check {
	return []*check.Check{
		{
			ID: "RW301", Slug: "admin", Title: "The role is an administrator", Severity: check.Critical, Since: "0.1.0", Folds: folds,
			Why: "The role may do everything to everything in its account. Whoever can change the function's code, or makes it do what it was " +
				"not meant to, owns the account.",
			Fix:    "Replace the statement by one that allows the actions the function needs, on the resources it needs.",
			Source: principle, Run: admin,
		},
		{
			ID: "RW302", Slug: "admin-managed-policy", Title: "An administrator's managed policy is attached", Severity: check.Critical,
			Since: "0.1.0", Folds: folds,
			Why: "AdministratorAccess, IAMFullAccess and PowerUserAccess are made for people who run an account. On an execution role they give " +
				"the account to whoever controls the function.",
			Fix:    "Detach the policy, and attach one that allows what the function needs.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html", Run: adminPolicy,
		},
		{
			ID: "RW304", Slug: "pass-role-star", Title: "The role may pass any role to any service", Severity: check.High, Since: "0.1.0",
			Why: "iam:PassRole on every role, to every service, lets the function run things under a more powerful role than its own: a way to " +
				"become an administrator.",
			Fix:    "Name the roles that the function has to pass, and the service it passes them to with the condition key iam:PassedToService.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html", Run: passRole,
		},
	}
}

// probe is one request that tells something.
type probe struct{ action, resource string }

// ask gives the answer to all probes together: allowed when each is, denied when one is, and else unknown; with the
// statements that decided, and what an unknown answer hung on.
func ask(e *effective.Permissions, probes []probe, context policy.Context) (policy.Decision, []policy.StatementRef, []string) {
	decision := policy.Allowed
	var statements []policy.StatementRef
	var hangs []string
	for _, p := range probes {
		v := e.Ask(p.action, p.resource, context)
		switch v.Decision {
		case policy.Allowed:
			statements = append(statements, v.Statements...)
		case policy.Unknown:
			decision = policy.Unknown
			hangs = append(hangs, e.Hangs(v)...)
		default:
			return v.Decision, nil, nil
		}
	}
	slices.Sort(hangs)
	return decision, effective.Distinct(statements), slices.Compact(hangs)
}

// detail joins sentences.
func detail(sentences ...string) string { return strings.Join(sentences, " ") }
