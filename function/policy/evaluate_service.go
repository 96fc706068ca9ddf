package policy

import (
	"github.com/rolewatch/rolewatch/function/aws"
)

// isProtected says whether nobody may do this, whatever allows it: change what AWS owns inside an account (rule 57).
func (q *query) isProtected() bool {
	for i := range protections {
		if p := &protections[i]; p.covers(q.service, q.action) && p.resources.has(&q.arn) {
			return true
		}
	}
	return false
}

// needsExplicitAllow is true of roles' trust policies and of KMS keys (rule 50).
func (q *query) needsExplicitAllow() bool {
	resources := ownPolicyRule(q.service)
	return resources != nil && resources.has(&q.arn)
}

// isUnderRCPs says whether RCPs apply to the request: its service is one of those that support them, and the resource is not a
// service-linked role. The page on RCPs excepts the retiring of a grant.
func (q *query) isUnderRCPs() bool {
	return aws.SupportsRCPs(q.service) && !serviceLinkedRoles.has(&q.arn) && !q.is("kms", "RetireGrant")
}
