package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// isProtected says whether nobody may do this, whatever allows it: change what AWS owns inside an account (rule 57).
func (q *query) isProtected() bool {
	resource := q.arn[arnResource]
	switch {
	case strings.EqualFold(q.service, "iam") && q.arn[arnService] == "iam":
		if isIAMRead(q.action) {
			return false
		}
		return strings.HasPrefix(resource, "role/aws-reserved/") ||
			q.arn[arnAccount] == "aws" && strings.HasPrefix(resource, "policy/")
	case strings.EqualFold(q.service, "kms") && strings.HasPrefix(resource, "alias/aws/"):
		return q.is("kms", "CreateAlias") || q.is("kms", "UpdateAlias") || q.is("kms", "DeleteAlias")
	}
	return false
}

// isIAMRead knows IAM's actions of the access levels Read and List by how their names begin.
func isIAMRead(action string) bool {
	return slices.ContainsFunc([]string{"Get", "List", "Generate", "Simulate"}, func(prefix string) bool {
		return len(action) >= len(prefix) && strings.EqualFold(action[:len(prefix)], prefix)
	})
}

// isUnderRCPs says whether RCPs bear on the request: its service is one of those listed, and the resource is no
// service-linked role. Retiring a grant is excepted by that page.
func (q *query) isUnderRCPs() bool {
	if !aws.SupportsRCPs(q.service) && !aws.SupportsRCPs(lowerASCII(q.service)) {
		return false
	}
	if q.arn[arnService] == "iam" && strings.HasPrefix(q.arn[arnResource], "role/"+servicePath) {
		return false
	}
	return !q.is("kms", "RetireGrant")
}
