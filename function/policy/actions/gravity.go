package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Gravity is what kind of access an action gives, and so how much harm it can do.
type Gravity int

// The gravities, the least grave first. An action that AWS does not document counts as a write.
const (
	// Reading are the actions of the access levels Read and List.
	Reading Gravity = iota
	// Writing are those of the access levels Write and Tagging.
	Writing
	// PassingRoles is iam:PassRole, which gives a role to a service.
	PassingRoles
	// Credentials give whoever calls them credentials or a secret, or let them into a machine or a database.
	Credentials
	// ManagingPermissions are those of the access level Permissions management, and those that change who may do what
	// though AWS lists them as writes.
	ManagingPermissions
)

var gravityNames = [...]string{"read", "write", "passing roles", "credentials", "permissions management"}

// String is the gravity in words: "permissions management", for example.
func (g Gravity) String() string {
	if g < 0 || int(g) >= len(gravityNames) {
		return fmt.Sprintf("Gravity(%d)", int(g))
	}
	return gravityNames[g]
}

// GravityOf gives the gravity of an action by its name in a policy, in any case.
func GravityOf(action string) Gravity {
	a, ok := Lookup(action)
	if !ok {
		return Writing
	}
	switch {
	case a.Level == PermissionsManagement || grantsPermissions()[a.full]:
		return ManagingPermissions
	case GivesCredentials(a.full) || assumesRoles[a.full]:
		return Credentials
	case a.full == "iam:PassRole":
		return PassingRoles
	case a.Level == Read || a.Level == List:
		return Reading
	}
	return Writing
}

// CompareGravity sorts the names of actions, the gravest first: by gravity, then those that change the permissions of
// principals, run code or open resources, then those that add before those that take away, then by name.
func CompareGravity(a, b string) int {
	return cmp.Or(int(GravityOf(b)-GravityOf(a)), rank(a)-rank(b), strings.Compare(a, b))
}

// rank sorts actions of one gravity.
func rank(action string) int {
	service, name, _ := strings.Cut(action, ":")
	takesAway := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	switch {
	case grantsPermissions()[action] || runsCode()[action]:
		return 0
	case opensResources()[action]:
		return 1
	case slices.ContainsFunc([]string{"Delete", "Remove", "Detach", "List"}, takesAway):
		return 4
	case service == "iam" || service == "organizations" || service == "sso":
		return 2
	}
	return 3
}

// The actions of these lists are one service a line. What each does is in the Service Authorization Reference:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

// assumesRoles give the credentials of a role to whom its trust policy allows them.
var assumesRoles = map[string]bool{"sts:AssumeRole": true, "sts:AssumeRoleWithSAML": true, "sts:AssumeRoleWithWebIdentity": true}

// grantsPermissions let a principal give itself or others permissions in IAM or IAM Identity Center. Read on 2026-11-28.
var grantsPermissions = sync.OnceValue(func() map[string]bool {
	return Set(`
iam: AddUserToGroup AttachGroupPolicy AttachRolePolicy AttachUserPolicy CreatePolicyVersion DeleteRolePermissionsBoundary
iam: DeleteUserPermissionsBoundary PutGroupPolicy PutRolePermissionsBoundary PutRolePolicy PutUserPermissionsBoundary
iam: PutUserPolicy SetDefaultPolicyVersion UpdateAssumeRolePolicy
sso: AttachManagedPolicyToPermissionSet CreateAccountAssignment PutInlinePolicyToPermissionSet
`)
})

// opensResources change who may use a resource, by its own policy or by a grant.
var opensResources = sync.OnceValue(func() map[string]bool {
	return Set(`
ecr: SetRepositoryPolicy
kms: CreateGrant PutKeyPolicy
lambda: AddLayerVersionPermission AddPermission
s3: PutAccessPointPolicy PutBucketAcl PutBucketPolicy PutObjectAcl
secretsmanager: PutResourcePolicy
sns: AddPermission
sqs: AddPermission
`)
})

// runsCode run code of the caller's, often as a role.
var runsCode = sync.OnceValue(func() map[string]bool {
	return Set(`
cloudformation: CreateStack UpdateStack
codebuild: StartBuild UpdateProject
ec2: RunInstances
ecs: RegisterTaskDefinition RunTask
glue: CreateJob UpdateJob
lambda: CreateFunction InvokeFunction UpdateFunctionCode UpdateFunctionConfiguration
ssm: SendCommand StartSession
`)
})

// Set reads a list of actions: lines of a service's prefix, a colon, and names, "sqs: DeleteMessage SendMessage".
func Set(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(text) {
		service, names, _ := strings.Cut(line, ":")
		for name := range strings.FieldsSeq(names) {
			set[service+":"+name] = true
		}
	}
	return set
}
