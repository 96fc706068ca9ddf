package role

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Function is one version of a Lambda function, with what of its configuration makes demands on the role.
type Function struct {
	// ARN is unqualified; Version is aws.LatestVersion or a number; Aliases are those that point to this version.
	ARN     string
	Version string
	Aliases []string
	// Role is the execution role's ARN as the function is configured with it.
	Role string
	// Environment says whether the function has environment variables. Lambda encrypts them under a grant to the role.
	Environment Maybe[bool]
	// KMSKey is the customer key of the environment, absent for the AWS managed one.
	KMSKey Maybe[string]
	// LastModified is when this configuration was last changed.
	LastModified Maybe[time.Time]
	// Edge says whether the version is replicated as a Lambda@Edge function.
	Edge Maybe[bool]
	// Config is the rest of the configuration.
	Config Config
}

// Name is the function's name.
func (f Function) Name() string { return aws.FunctionNameOf(f.ARN) }

// IsLatest tells whether it is the version that can still be changed.
func (f Function) IsLatest() bool { return f.Version == "" || f.Version == aws.LatestVersion }

// RoleKey is the Key of the role that the version uses; what is no role's ARN stands for itself.
func (f Function) RoleKey() string {
	ref, err := ParseRef(f.Role)
	if err != nil {
		return f.Role
	}
	return ref.Key()
}

// CompareVersions orders the versions of a function: $LATEST first, and then by number.
func CompareVersions(a, b string) int {
	length := func(version string) int { return len(strings.TrimPrefix(version, aws.LatestVersion)) }
	return cmp.Or(cmp.Compare(length(a), length(b)), strings.Compare(a, b))
}

// ByVersion orders versions of one function as CompareVersions does, for slices.SortFunc.
func ByVersion(a, b Function) int { return CompareVersions(a.Version, b.Version) }

// QualifiedARN is the ARN with its version; $LATEST has none.
func (f Function) QualifiedARN() string {
	if f.IsLatest() {
		return f.ARN
	}
	return f.ARN + ":" + f.Version
}

// DurableExecution is the ARN of a durable execution of the version. The qualifier in it is $LATEST or a version's number, and never an
// alias; the name of an execution, which its caller chooses, and its ID are made up:
// https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html
func (f Function) DurableExecution() string {
	return f.ARN + ":" + cmp.Or(f.Version, aws.LatestVersion) + "/durable-execution/01234567-89ab-cdef-0123-456789abcdef/89abcdef-0123-4567-89ab-cdef01234567"
}

// Users are what uses a role: function versions and capacity providers. Unless Complete, there may be other versions.
type Users struct {
	List     []Function
	Complete bool
	// Why says why it is not complete.
	Why string
	// Providers are the capacity providers whose operator role it is.
	Providers Providers
}

// ByFunction groups versions by the function that they are of, in their order. The groups share the list's memory.
func ByFunction(list []Function) (groups [][]Function) {
	at := map[string]int{}
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(f Function) bool { return f.ARN != list[0].ARN })
		if n < 0 {
			n = len(list)
		}
		if n == len(list) && len(groups) == 0 {
			return [][]Function{list[:n:n]}
		}
		// Its capacity is cut, so that more of the same function goes to memory of its own.
		run := list[:n:n]
		if i, seen := at[run[0].ARN]; seen {
			groups[i] = append(groups[i], run...)
		} else {
			at[run[0].ARN], groups = len(groups), append(groups, run)
		}
		list = list[n:]
	}
	return groups
}

// ReachedBy tells whether what is configured under a qualifier concerns this version: an unqualified name leads to $LATEST, or
// to $LATEST.PUBLISHED where the function runs on Lambda Managed Instances
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html), a number to that version, and
// an alias to those that it points to. An alias of which aliasKnown does not say that it was read is taken to lead to every version.
func (f Function) ReachedBy(qualifier string, aliasKnown func(name string) bool) bool {
	switch {
	case qualifier == "":
		return f.IsLatest() && f.Config.CapacityProvider.State() != Known || f.Version == aws.LatestPublished
	case qualifier == aws.LatestVersion:
		return f.IsLatest()
	case qualifier == aws.LatestPublished:
		return f.Version == qualifier
	case !IsAlias(qualifier):
		return f.Version == qualifier
	}
	return !aliasKnown(qualifier) || slices.Contains(f.Aliases, qualifier)
}

// AllAliases is that every alias was read, for ReachedBy.
func AllAliases(string) bool { return true }

// IsAlias reports whether a qualifier is the name of an alias, which is neither a number nor empty nor begins with "$":
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
func IsAlias(qualifier string) bool {
	return !strings.HasPrefix(qualifier, "$") && strings.Trim(qualifier, "0123456789") != ""
}
