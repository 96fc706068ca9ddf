package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// exemptAction is an action that a rule exempts by its name. Evaluation compares the action of a request with it, and a
// comparison excludes it when it looks for an action that AWS does not document.
type exemptAction struct{ service, name string }

var (
	// getCallerIdentity is allowed whatever the policies say (rule 55).
	getCallerIdentity = exemptAction{"sts", "GetCallerIdentity"}
	// retireGrant is not limited by RCPs: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
	retireGrant = exemptAction{"kms", "RetireGrant"}
)

// is compares a service and an action, whose case does not count (rule 12).
func (a exemptAction) is(service, action string) bool {
	return strings.EqualFold(a.service, service) && strings.EqualFold(a.name, action)
}

// pattern matches the action alone, in lower case.
func (a exemptAction) pattern() language.Pattern {
	return language.Literal(ascii.Lower(a.service + ":" + a.name))
}

// is reports whether the request is for the action.
func (q *query) is(a exemptAction) bool { return a.is(q.service, q.action) }

// NeedsNoPermission reports whether an action is allowed whatever the policies say (rule 55).
func NeedsNoPermission(action string) bool {
	service, name, _ := strings.Cut(action, ":")
	return getCallerIdentity.is(service, name)
}

// isProtected says whether nobody may do this, whatever allows it: change what AWS owns inside an account (rule 57).
func (q *query) isProtected() bool {
	for i := range protections {
		if p := &protections[i]; p.covers(q.service, q.action) && p.resources.has(&q.arn) {
			return true
		}
	}
	return false
}

// mayBeProtected reports whether isProtected is true of an action on some resource.
func mayBeProtected(service, action string) bool {
	return slices.ContainsFunc(protections, func(p protection) bool { return p.covers(service, action) })
}

// needsExplicitAllow is true of roles' trust policies and of KMS keys (rule 50).
func (q *query) needsExplicitAllow() bool {
	resources := ownPolicyRule(q.service)
	return resources != nil && resources.has(&q.arn)
}

// isUnderRCPs says whether RCPs apply to the request: its service is one of those that support them, and the resource is not a
// service-linked role.
func (q *query) isUnderRCPs() bool {
	return aws.SupportsRCPs(q.service) && !serviceLinkedRoles.has(&q.arn) && !q.is(retireGrant)
}
