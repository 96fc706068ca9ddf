package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// resourceFamily is the resources of a service whose names begin alike. Evaluation asks whether an ARN is one of them, and a
// comparison takes the pattern of all their ARNs.
type resourceFamily struct {
	service string
	// account is the one that all of them have, and empty where they have any.
	account string
	prefix  string
	pattern language.Pattern
}

var inSegmentRun = string([]byte{markRunInSegment})

func familyOf(service, account, prefix string) resourceFamily {
	glob := []string{inSegmentRun, inSegmentRun, service, inSegmentRun, account, prefix + runMark}
	if account == "" {
		glob[arnAccount] = inSegmentRun
	}
	return resourceFamily{service, account, prefix, spelling{}.pattern(strings.Join(glob, ":"))}
}

func (f *resourceFamily) has(a *arn) bool {
	return a[arnService] == f.service && (f.account == "" || a[arnAccount] == f.account) && strings.HasPrefix(a[arnResource], f.prefix)
}

// serviceLinkedRoles are the roles that neither SCPs nor RCPs limit (rule 59).
var serviceLinkedRoles = familyOf("iam", "", aws.ServiceLinkedRolePrefix)

// ownPolicyRules are, by the service of the action, the resources whose own policies must allow even in the same account: role
// trust policies and KMS key policies (rule 50).
var ownPolicyRules = []struct {
	service   string
	resources resourceFamily
}{
	{"sts", familyOf("iam", "", "role/")},
	{"kms", familyOf("kms", "", "key/")},
}

// ownPolicyRule gives the resources whose own policies must allow the actions of a service; nil where there are none.
func ownPolicyRule(service string) *resourceFamily {
	for i := range ownPolicyRules {
		if ownPolicyRules[i].service == service {
			return &ownPolicyRules[i].resources
		}
	}
	return nil
}

// protection is that no policy can allow some actions on what AWS owns in an account (rule 57). The actions are of the
// resources' service.
type protection struct {
	resources resourceFamily
	forbids   func(action string) bool
}

var protections = []protection{
	{familyOf("iam", "", "role/aws-reserved/"), isIAMWrite},
	{familyOf("iam", "aws", "policy/"), isIAMWrite},
	{familyOf("kms", "", "alias/aws/"), isAliasChange},
}

// covers says whether the action is forbidden on the protected resources.
func (p *protection) covers(service, action string) bool {
	return p.resources.service == service && p.forbids(action)
}

func isIAMWrite(action string) bool { return !isIAMRead(action) }

// isIAMRead knows IAM's actions of the access levels Read and List by how their names begin.
func isIAMRead(action string) bool {
	return slices.ContainsFunc([]string{"Get", "List", "Generate", "Simulate"}, func(prefix string) bool {
		return len(action) >= len(prefix) && strings.EqualFold(action[:len(prefix)], prefix)
	})
}

func isAliasChange(action string) bool {
	return slices.ContainsFunc([]string{"CreateAlias", "UpdateAlias", "DeleteAlias"}, func(name string) bool {
		return strings.EqualFold(action, name)
	})
}
