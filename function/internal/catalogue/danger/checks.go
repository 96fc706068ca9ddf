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

// folds are the checks whose findings follow from being an administrator.
var folds = []string{
	ServiceWildcard, PassRoleStar, AssumeRoleStar, AllowNotAction, AllowNotResource, Escalation,
	CredentialsExposure, DataAccess, PermissionsManagement, WriteStar, BlindTheWatch, KMSAnyKey, TooComplex,
}

// selfFold is what follows from a way to more power where the same statements are to blame.
var selfFold = []string{SelfModify}

const principle = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"

// Checks are the checks of this package. One that does not say what it reads judges the role's permissions.
func Checks() []*check.Check {
	all := slices.Concat(widest(), others())
	for _, c := range all {
		if c.Reads == nil {
			c.Reads = effective.Reads()
		}
	}
	return all
}

// sparing has a check leave most of the budget of evaluations to those after it. What the role may do to anything comes first: several
// ask for it, and it is much work.
func sparing(run func(*check.Pass)) func(*check.Pass) {
	return func(p *check.Pass) {
		judgeOf(p.Subject).opening()
		defer effective.BudgetOf(p.Subject).Reserve(forNext).Release()
		run(p)
	}
}

// forNext is how much of what is left of the budget a check leaves for the next one, in hundredths.
const forNext = 40

// widest are those for what makes a role an administrator, or leads to it.
func widest() []*check.Check {
	return []*check.Check{
		{
			ID: Admin, Slug: "admin", Title: "The role is an administrator", Severity: check.Critical, Since: "0.1.0", Folds: slices.Sorted(slices.Values(append([]string{SelfModify}, folds...))),
			Why: "The role may do everything to everything in its account. Whoever can change the function's code, or makes it do what it was " +
				"not meant to, owns the account.",
			Fix:    "Replace the statement by one that allows the actions the function needs, on the resources it needs.",
			Source: principle, Run: admin,
		},
		{
			ID: AdminManagedPolicy, Slug: "admin-managed-policy", Title: "An administrator's managed policy is attached", Severity: check.Critical,
			Since: "0.1.0", Folds: folds, FoldsSame: selfFold,
			Why: "AdministratorAccess, IAMFullAccess and PowerUserAccess are made for people who run an account. On an execution role they give " +
				"the account to whoever controls the function.",
			Fix:    "Detach the policy, and attach one that allows what the function needs.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html", Run: adminPolicy,
		},
		{
			ID: ServiceWildcard, Slug: "service-wildcard", Title: "The role may do everything with a service", Severity: check.Medium, Since: "0.1.0",
			Why: "Every action of a service on every resource is more than a function uses: it may read, change and delete what other functions and " +
				"people keep there, and what AWS adds to the service later.",
			Fix: serviceFix, Source: principle, Run: serviceWildcard,
		},
		{
			ID: PassRoleStar, Slug: "pass-role-star", Title: "The role may pass any role to any service", Severity: check.High, Since: "0.1.0",
			Why: "iam:PassRole on every role, to every service, lets the function run things under a more powerful role than its own: a way to " +
				"become an administrator.",
			Fix:    "Name the roles that the function has to pass, and the service it passes them to with the condition key iam:PassedToService.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html", Run: sparing(passRole),
		},
		{
			ID: AssumeRoleStar, Slug: "assume-role-star", Title: "The role may assume any role", Severity: check.High, Since: "0.1.0",
			Why: "Whoever has the function can become every role whose trust policy leaves it to the account who may assume it, the most powerful " +
				"ones included.",
			Fix:    "Name the roles that the function has to assume.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html", Run: sparing(assumeRole), About: aboutAny("sts:AssumeRole"),
		},
		{
			ID: AllowNotAction, Slug: "allow-not-action", Title: "A statement allows everything but what it lists", Severity: check.High, Since: "0.1.0",
			Why:    "Allow with NotAction gives every action of every service but a few, and every one that AWS adds.",
			Fix:    "List in Action what the functions need.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html", Run: sparing(allowNotAction),
		},
		{
			ID: AllowNotResource, Slug: "allow-not-resource", Title: "A statement allows its actions on everything but what it lists", Severity: check.Medium,
			Since:  "0.1.0",
			Why:    "Allow with NotResource gives its actions on every resource but a few, and on every one that is made later.",
			Fix:    "List in Resource what the functions need.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html", Run: sparing(allowNotResource),
		},
		{
			ID: Escalation, Slug: "escalation", Title: "The role can get more power than it has", Severity: check.Critical, Since: "0.1.0", FoldsSame: selfFold,
			Why: "The role's permissions together are a known way to those of a more powerful role or user. Whoever can make the function do " +
				"what it was not meant to can take it.",
			Fix:    "Take one of the steps away, or allow it only on the resources that the function has to use it on.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html", Run: sparing(escalation), About: aboutPaths,
		},
		{
			ID: SelfModify, Slug: "self-modify", Title: "The role can change itself", Severity: check.Critical, Since: "0.1.0",
			Why: "A role that can change its own policies, boundary or trust, or the code of its functions, is not limited by them, and who gets " +
				"in can stay.",
			Fix:    "Deny the role to change itself and its functions; deploy with another role.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html", Run: sparing(selfModify), About: aboutSelf,
		},
	}
}

// others are those for what a role can do to resources, to the watch, and by an edit.
func others() []*check.Check {
	return []*check.Check{
		{
			ID: CredentialsExposure, Slug: "credentials-exposure", Title: "The role may get credentials of any resource", Severity: check.High, Since: "0.1.0",
			Why:    "The role may call actions that give out passwords, keys, tokens or secrets, whichever resource they belong to.",
			Fix:    "Name the resources whose credentials the function needs.",
			Source: principle, Run: star{
				group: credentials, may: "get credentials of any resource", why: "It allows actions that give credentials, on resources that it does not name.",
				fix: "Name in Resource the secrets, users or databases whose credentials the function needs, and take the other actions away.",
			}.run, About: aboutGroup(credentials),
		},
		{
			ID: DataAccess, Slug: "data-access", Title: "The role may read data of any resource", Severity: check.Medium, Since: "0.1.0",
			Why:    "The role may read what is kept in any bucket, table, queue or log of the account, not only in those of its functions.",
			Fix:    "Name the resources that the function reads.",
			Source: principle, Run: star{
				group: data, may: "read data of any resource", why: "It allows to read data of resources that it does not name.", spare: true,
				fix: "Name in Resource the buckets, tables, queues and logs that the functions read.",
			}.run, About: aboutGroup(data),
		},
		{
			ID: PermissionsManagement, Slug: "permissions-management", Title: "The role may change the permissions of any resource", Severity: check.High,
			Since:  "0.1.0",
			Why:    "The role may change who has access to resources: it can open them to the world, or shut their owners out.",
			Fix:    "Take these actions away, or name the resources whose permissions the function manages.",
			Source: principle, Run: star{
				group: permissions, may: "change the permissions of any resource", why: "It allows to change permissions of resources that it does not name.",
				fix: "Take the actions away that change permissions, or name in Resource what the functions manage.",
			}.run, About: aboutGroup(permissions),
		},
		{
			ID: WriteStar, Slug: "write-star", Title: "The role may change any resource", Severity: check.Medium, Since: "0.1.0",
			Why:    "The role may change or delete resources of the account that have nothing to do with its functions.",
			Fix:    "Name the resources that the function writes to.",
			Source: principle, Run: star{
				group: write, may: "write to any resource, or delete it", why: "It allows to write to resources that it does not name.", spare: true,
				fix: "Name in Resource what the functions write to, and take the actions away that they do not use.",
			}.run, About: aboutGroup(write),
		},
		{
			ID: BlindTheWatch, Slug: "blind-the-watch", Title: "The role can stop what watches the account", Severity: check.Critical, Since: "0.1.0",
			Why: "What a role can stop or delete cannot be relied on to tell of it: CloudTrail's trails, EventBridge's rules, log groups, or " +
				"rolewatch itself.",
			Fix:    "Take these actions away, and deny them to all but who runs the account by a service control policy.",
			Source: "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html", Run: sparing(blind),
		},
		{
			ID: KMSAnyKey, Slug: "kms-any-key", Title: "The role may decrypt with any key", Severity: check.High, Since: "0.1.0",
			Why: "A key guards data only as long as few may decrypt with it: the role may with every key whose policy leaves it to the account.",
			Fix: "Name the keys that the function needs.", Source: "https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html", Run: sparing(anyKey), About: aboutAny("kms:Decrypt"),
		},
		{
			ID: "RW316", Slug: "never-list", Title: "The role may do what is never allowed", Severity: check.Critical, Since: "0.1.0",
			Why: "The owner of the account listed actions and resources that no execution role may have, and this one has them.",
			Fix: "Take the permission away, or deny it.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html",
			Run: never, Reads: effective.Reads(check.NeverAllowed),
		},
		{
			ID: "RW317", Slug: "new-access", Title: "An edit gave the role more than it had", Severity: check.Medium, Since: "0.1.0",
			JudgesEdit: true,
			Why:        "An edit of the role's policies lets it do what it could not do before, and that is more than to read or write what is named.",
			Fix:        "If it was not meant, undo the edit.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html",
			Run: newAccess, Reads: effective.Reads(check.FormerParts),
		},
		{
			ID: "RW318", Slug: "boundary-weakened", Title: "The role's permissions boundary was weakened", Severity: check.High, Since: "0.1.0",
			JudgesEdit: true,
			Why: "A permissions boundary is the most that a role can have, whatever its policies say. Without it, or with a wider one, they count " +
				"for more.",
			Fix: "Put the former boundary back.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html", Run: boundaryWeakened,
			Reads: []check.Fact{check.Boundary, check.Functions, check.FormerParts},
		},
		{
			ID: "RW319", Slug: "vacuous-condition", Title: "A condition keeps nobody out", Severity: check.Medium, Since: "0.1.0",
			Why:    "A statement looks limited and is not: its condition is met by any request, or by every one that leaves the key out.",
			Fix:    "Compare the key with the values that are meant, and require it to be there.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html", Run: vacuous,
			Reads: []check.Fact{check.InlinePolicies, check.AttachedPolicies, check.Boundary, check.ServiceControlPolicies, check.Functions},
		},
		{
			ID: TooComplex, Slug: "too-complex", Title: "The role's policies are too complex to judge", Severity: check.High, Since: "0.2.0",
			Why: "What the role may do could not be worked out within the budget of work. Some checks have no answer for it, so that a permission may go " +
				"unnoticed; few conditions in a policy of less than a kilobyte can be enough for that.",
			Fix:    "Write the conditions more simply: fewer wildcards in a value, fewer keys that are compared together.",
			Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html", Join: tooComplex,
		},
	}
}
