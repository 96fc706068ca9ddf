package needs

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// otherPolicies says of which resources the own policies may allow what lacks; it is empty where none may.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func otherPolicies(r *role.Snapshot, o outcome) string {
	var resources []string
	for _, l := range o.lacks {
		resource := l.withPolicy(r.Ref.Account)
		if resource != "" && resource != o.function && !slices.Contains(resources, resource) {
			resources = append(resources, resource)
		}
	}
	if len(resources) == 0 {
		return ""
	}
	return "This check does not evaluate the resource " + words.Either(len(resources), "policy of ", "policies of ") + words.List(resources) +
		". In the same account, a resource policy that allows the role the call is enough."
}

// withPolicy is the resource whose own policy may allow what nothing else does: one in the account, or a bucket, whose account is not known.
// What is limited by something else, a resource policy does not allow for certain. It is empty where there is none, or where it is not known.
func (l lack) withPolicy(account string) string {
	resource := l.need.target()
	at, err := aws.ParseARN(resource)
	switch {
	case err != nil || !aws.HasResourcePolicies(at.Service) || at.Account != "" && at.Account != account:
		return ""
	case l.verdict.Decision != policy.ImplicitDeny || !slices.Equal(l.verdict.BlockedBy, []string{"identity"}):
		return ""
	case at.Service == "s3":
		resource, _, _ = strings.Cut(resource, "/")
	case at.Service == "lambda":
		resource = strings.TrimSuffix(resource, ":*")
	case at.Service == "kafka" && !strings.HasPrefix(at.Resource, "cluster/"):
		return "" // A cluster has a policy, and its topics and groups have none.
	}
	if strings.Contains(resource, "*") {
		return ""
	}
	return resource
}
