package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// IDs of the checks that others name.
const (
	Admin                 = "RW301"
	AdminManagedPolicy    = "RW302"
	ServiceWildcard       = "RW303"
	PassRoleStar          = "RW304"
	AssumeRoleStar        = "RW305"
	AllowNotAction        = "RW306"
	AllowNotResource      = "RW307"
	Escalation            = "RW308"
	SelfModify            = "RW309"
	CredentialsExposure   = "RW310"
	DataAccess            = "RW311"
	PermissionsManagement = "RW312"
	WriteStar             = "RW313"
	BlindTheWatch         = "RW314"
	KMSAnyKey             = "RW315"
	TooComplex            = "RW320"
)

// folds are the checks whose findings follow from administrator access.
var folds = []string{
	ServiceWildcard, PassRoleStar, AssumeRoleStar, AllowNotAction, AllowNotResource, Escalation,
	CredentialsExposure, DataAccess, PermissionsManagement, WriteStar, BlindTheWatch, KMSAnyKey, TooComplex,
}

// selfFold is the check whose findings follow from a privilege-escalation path that the same statements allow.
var selfFold = []string{SelfModify}

const principle = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"

// Checks are the checks of this package. A check without a list of facts reads those that permissions depend on.
func Checks() []*check.Check {
	all := slices.Concat(widest(), others())
	for _, c := range all {
		if c.Reads == nil {
			c.Reads = effective.Reads()
		}
		if c.ID != Admin && c.ID != AdminManagedPolicy && c.ID != TooComplex {
			c.Severities = check.AnySeverity() // It depends on what the role can do, and to what.
		}
		if c.Run != nil {
			c.Run = admittingExcess(c.Run)
		}
	}
	return all
}

// sparing makes a check leave most of the budget of evaluations to the checks after it. What the role can do to any resource is
// evaluated first: several checks need it, and it is the most work.
func sparing(run func(*check.Pass)) func(*check.Pass) {
	return func(p *check.Pass) {
		judgeOf(p.Subject).opening()
		defer effective.BudgetOf(p.Subject).Reserve(forNext).Release()
		run(p)
	}
}

// admittingExcess makes a check undecided as a whole that left something out for lack of budget: it cannot know what it would have found.
func admittingExcess(run func(*check.Pass)) func(*check.Pass) {
	return func(p *check.Pass) {
		budget := effective.BudgetOf(p.Subject)
		before := budget.Unanswered()
		run(p)
		saysSo := func(u check.Undecided) bool { return u.Check == p.Check() && u.Key == "" }
		if budget.Unanswered() > before && !slices.ContainsFunc(p.Left(), saysSo) {
			p.Undecided("", judgeOf(p.Subject).overBudget())
		}
	}
}

// forNext is the part of the remaining budget that a check leaves for the next one, in hundredths.
const forNext = 40

// widest are the checks for administrator access, and for what leads to it.
func widest() []*check.Check {
	return []*check.Check{
		{
			ID: Admin, Slug: "admin", Title: "The role has administrator access", Severity: check.Critical, Since: "0.1.0", Folds: slices.Sorted(slices.Values(append([]string{SelfModify}, folds...))),
			Why: "The role can perform every action on every resource in its account. Anyone who can change the function's code, or exploit a " +
				"flaw in it, controls the account.",
			Fix:    "Replace the statement with one that allows only the actions that the function needs, on the resources that it needs.",
			Source: principle, Run: admin,
		},
		{
			ID: AdminManagedPolicy, Slug: "admin-managed-policy", Title: "An AWS managed policy for administrators is attached", Severity: check.Critical,
			Since: "0.1.0", Folds: folds, FoldsSame: selfFold,
			Why: "AdministratorAccess, IAMFullAccess and PowerUserAccess are made for people who administer an account. Attached to an " +
				"execution role, they give control of the account to anyone who controls the function.",
			Fix:    "Detach the policy, and attach one that allows only what the function needs.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html", Run: adminPolicy,
			Reads: effective.OutsideRCPs(effective.Reads()),
		},
		{
			ID: ServiceWildcard, Slug: "service-wildcard", Title: "The role can perform every action of a service", Severity: check.Medium, Since: "0.1.0",
			Why: "A function does not use every action of a service on every resource. The role can read, change and delete the resources of " +
				"other functions and of people. It can also perform the actions that AWS adds to the service later.",
			Fix: serviceFix, Source: principle, Run: serviceWildcard,
		},
		{
			ID: PassRoleStar, Slug: "pass-role-star", Title: "The role can pass any role to any service", Severity: check.High, Since: "0.1.0",
			Why: "With iam:PassRole on any role, to any service, the function can start resources that run with a more powerful role than its " +
				"own. That is a known privilege-escalation path to administrator access.",
			Fix: "In Resource, name the roles that the function has to pass. In a condition on iam:PassedToService, name the service that " +
				"receives them.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html", Run: sparing(passRole),
			Reads: effective.OutsideRCPs(effective.Reads(check.AccountGraph)),
		},
		{
			ID: AssumeRoleStar, Slug: "assume-role-star", Title: "The role can assume any role", Severity: check.High, Since: "0.1.0",
			Why: "Anyone who controls the function can assume every role whose trust policy trusts the account as a whole, including the most " +
				"powerful ones.",
			Fix:    "In Resource, name the roles that the function has to assume.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html", Run: sparing(assumeRole), About: aboutAny("sts:AssumeRole"),
			Reads: effective.Reads(check.AccountGraph),
		},
		{
			ID: AllowNotAction, Slug: "allow-not-action", Title: "A statement allows every action that NotAction does not list", Severity: check.High, Since: "0.1.0",
			Why: "An Allow statement with NotAction allows every action of every service except those that it lists. It also allows every " +
				"action that AWS adds later.",
			Fix:    "Replace NotAction with Action, and list the actions that the functions need.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html", Run: sparing(allowNotAction),
		},
		{
			ID: AllowNotResource, Slug: "allow-not-resource", Title: "A statement allows its actions on every resource that NotResource does not list", Severity: check.Medium,
			Since: "0.1.0",
			Why: "An Allow statement with NotResource allows its actions on every resource except those that it lists. It also allows them on " +
				"every resource that is created later.",
			Fix:    "Replace NotResource with Resource, and list the resources that the functions need.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html", Run: sparing(allowNotResource),
		},
		{
			ID: Escalation, Slug: "escalation", Title: "The role has a privilege-escalation path", Severity: check.Critical, Since: "0.1.0", FoldsSame: selfFold,
			Why: "The permissions of the role together form a known privilege-escalation path: steps that lead to the permissions of a more " +
				"powerful role or user. Anyone who controls the function, or exploits a flaw in it, can take these steps.",
			Fix:    "Remove the permission for one of the steps, or allow the step only on the resources that the function needs.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html", Run: sparing(escalation), About: aboutPaths,
			Reads: effective.Reads(check.AccountGraph),
		},
		{
			ID: SelfModify, Slug: "self-modify", Title: "The role can change itself or its functions", Severity: check.Critical, Since: "0.1.0",
			Why: "A role that can change its own policies, permissions boundary or trust policy, or the code of its functions, can remove the " +
				"restrictions that are set for it. An attacker who controls the role can keep their access.",
			Fix:    "Deny the role changes to itself and to its functions. Deploy the functions with another role.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html", Run: sparing(selfModify), About: aboutSelf,
			Reads: effective.OutsideRCPs(effective.Reads(check.AccountGraph)),
		},
	}
}

// others are the checks for access to resources, to the monitoring of the account, and for new access.
func others() []*check.Check {
	return []*check.Check{
		{
			ID: CredentialsExposure, Slug: "credentials-exposure", Title: "The role can get credentials of any resource", Severity: check.High, Since: "0.1.0",
			Why:    "The role can call actions that return passwords, keys, tokens or secrets, whichever resource they belong to.",
			Fix:    "In Resource, name the resources whose credentials the function needs.",
			Source: principle, Run: star{
				group: credentials, may: "get credentials of any resource", why: "It allows actions that return credentials, on resources that it does not name.",
				fix: "In Resource, name the secrets, users or databases whose credentials the function needs. Remove the other actions.",
			}.run, About: aboutGroup(credentials),
		},
		{
			ID: DataAccess, Slug: "data-access", Title: "The role can read data of any resource", Severity: check.Medium, Since: "0.1.0",
			Why:    "The role can read data in any bucket, table, queue or log of the account, not only in those that its functions use.",
			Fix:    "In Resource, name the resources that the function reads.",
			Source: principle, Run: star{
				group: data, may: "read data of any resource", why: "It allows actions that read data, on resources that it does not name.", spare: true,
				fix: "In Resource, name the buckets, tables, queues and logs that the functions read.",
			}.run, About: aboutGroup(data),
		},
		{
			ID: PermissionsManagement, Slug: "permissions-management", Title: "The role can change the permissions of any resource", Severity: check.High,
			Since:  "0.1.0",
			Why:    "The role can change who has access to resources. It can make them public, or deny their owners access.",
			Fix:    "Remove these actions, or name in Resource the resources whose permissions the function manages.",
			Source: principle, Run: star{
				group: permissions, may: "change the permissions of any resource", why: "It allows actions that change permissions, on resources that it does not name.",
				fix: "Remove the actions that change permissions, or name in Resource what the functions manage.",
			}.run, About: aboutGroup(permissions),
		},
		{
			ID: WriteStar, Slug: "write-star", Title: "The role can change or delete any resource", Severity: check.Medium, Since: "0.1.0",
			Why:    "The role can change or delete resources of the account that its functions do not use.",
			Fix:    "In Resource, name the resources that the function writes to.",
			Source: principle, Run: star{
				group: write, may: "change or delete any resource", why: "It allows actions that write or delete, on resources that it does not name.", spare: true,
				fix: "In Resource, name what the functions write to. Remove the actions that they do not use.",
			}.run, About: aboutGroup(write),
		},
		{
			ID: BlindTheWatch, Slug: "blind-the-watch", Title: "The role can stop the monitoring of the account", Severity: check.Critical, Since: "0.1.0",
			Why: "CloudTrail trails, EventBridge rules, log groups and rolewatch record or report what happens in the account. A role that can " +
				"stop or delete one of them can prevent its own actions from being recorded or reported.",
			Fix:    "Remove these actions. Deny them to everyone except the administrators of the account with a service control policy.",
			Source: "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html", Run: sparing(blind),
		},
		{
			ID: KMSAnyKey, Slug: "kms-any-key", Title: "The role can decrypt with any KMS key", Severity: check.High, Since: "0.1.0",
			Why: "A KMS key protects data only if few principals can decrypt with it. The role can decrypt with every key whose key policy " +
				"enables IAM policies.",
			Fix: "In Resource, name the keys that the function needs.", Source: "https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html", Run: sparing(anyKey), About: aboutAny("kms:Decrypt"),
		},
		{
			ID: "RW316", Slug: "never-list", Title: "The role has a permission that is never allowed", Severity: check.Critical, Since: "0.1.0",
			Why: "The settings list actions and resources that no execution role is allowed to have. The policies of the role allow one of " +
				"them.",
			Fix: "Remove the permission, or deny it.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html",
			Run: never, Reads: effective.Reads(check.NeverAllowed),
		},
		{
			ID: "RW317", Slug: "new-access", Title: "A change gave the role new permissions", Severity: check.Medium, Since: "0.1.0",
			JudgesEdit: true,
			Why: "A change to the role's policies allows what was not allowed before. The new permissions go beyond reading or writing " +
				"resources that a policy names.",
			Fix: "If the new permissions are not intended, undo the change.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html",
			Run: newAccess, Reads: effective.Reads(check.FormerParts, check.AccountGraph),
		},
		{
			ID: "RW318", Slug: "boundary-weakened", Title: "The role's permissions boundary was weakened", Severity: check.High, Since: "0.1.0",
			JudgesEdit: true,
			Why: "A permissions boundary limits what the policies of a role can allow. Without the boundary, or with one that allows more, the " +
				"same policies allow more.",
			Fix: "Restore the former boundary.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html", Run: boundaryWeakened,
			Reads: []check.Fact{check.Boundary, check.Functions, check.FormerParts},
		},
		{
			ID: "RW319", Slug: "vacuous-condition", Title: "A condition restricts nothing", Severity: check.Medium, Since: "0.1.0",
			Why: "The statement appears to be restricted, but every request meets its condition, or every request without the condition key " +
				"meets it.",
			Fix:    "Compare the key with the intended values, and require that the key is present.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html", Run: vacuous,
			Reads: []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.ServiceControlPolicies, check.Functions},
		},
		{
			ID: TooComplex, Slug: "too-complex", Title: "The role's policies are too complex to evaluate", Severity: check.High, Since: "0.2.0",
			Why: "rolewatch stopped evaluating what the role can do when it reached its limit of work. Some checks have no result for the role, " +
				"so an unintended permission can go unnoticed. A few conditions in a policy of less than a kilobyte can be enough for that.",
			Fix:    "Simplify the conditions: use fewer wildcards in a value, and compare fewer keys together.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html", Join: tooComplex,
		},
	}
}
