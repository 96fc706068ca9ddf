package danger

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
)

// throughPaths have CloudFormation, or its Cloud Control API, make requests with the role's own permissions. Policies can allow those requests, and
// not the same requests by the role itself:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
var throughPaths = []path{
	{id: "cloudformation-own-rights", does: "use CloudFormation to give itself more permissions, with permissions that it has only for requests through AWS services", ways: ownRights()},
}

// ownRights are all pairs of a way to have CloudFormation act and something that CloudFormation can do for the role. A stack that has a
// role of its own does not use the caller's rights.
func ownRights() [][]step {
	own := []string{"cloudformation:rolearn"}
	carriers := [][]step{
		{{action: "cloudformation:CreateStack", without: own}},
		{{action: "cloudformation:CreateResource"}},
		{{action: "cloudformation:CreateChangeSet", on: aThing, without: own}, {action: "cloudformation:ExecuteChangeSet", on: aThing}},
	}
	changes := [][]step{
		{{action: "iam:PutRolePolicy", on: itself, through: true}},
		{{action: "iam:CreateRole", on: otherRole, through: true, without: bounds}, {action: "iam:PutRolePolicy", on: otherRole, through: true, without: bounds}},
		{{action: "iam:CreateRole", on: otherRole, through: true, without: bounds}, {action: "iam:AttachRolePolicy", on: otherRole, through: true, without: bounds, attaches: administrator}},
	}
	var out [][]step
	for _, change := range changes {
		for _, carrier := range carriers {
			out = append(out, way(change, carrier))
		}
	}
	return out
}

func isThrough(s step) bool { return s.through }

// tellsThrough reports whether a policy distinguishes requests through services from others. Without such a policy, a request through
// a service is allowed where the role's own is, which other paths report.
func (j *judge) tellsThrough() bool {
	for st := range j.Statements() {
		for _, c := range st.Conditions {
			if ask.IsVia(strings.ToLower(c.Key)) {
				return true
			}
		}
	}
	return false
}

// isThroughCloudFormation reports whether a request is one that CloudFormation makes for the role, as far as policies distinguish them.
func isThroughCloudFormation(r policy.Request) bool {
	said := func(key, value string) bool { return slices.Equal(r.Context.Keys[key].Values, []string{value}) }
	return said("aws:viaawsservice", "true") || slices.ContainsFunc(calledVia, func(key string) bool { return said(key, aws.CloudFormationService) })
}

// calledVia are the keys that contain the services through which a request comes.
var calledVia = []string{"aws:calledvia", "aws:calledviafirst", "aws:calledvialast"}

// through adds to sets of keys what a request has that CloudFormation makes for the role.
func through(sets []map[string]string) []map[string]string {
	out := slices.Clone(sets)
	for i := range out {
		if out[i] = maps.Clone(out[i]); out[i] == nil {
			out[i] = map[string]string{}
		}
		out[i]["aws:viaawsservice"] = "true"
		for _, key := range calledVia {
			out[i][key] = aws.CloudFormationService
		}
	}
	return out
}
