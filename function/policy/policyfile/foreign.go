package policyfile

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/words"
)

// signs are members at the top of documents that are something else, whatever else they have.
var signs = []struct {
	names []string
	what  string
}{
	{[]string{"AWSTemplateFormatVersion", "Resources", "Transform"},
		"a CloudFormation template, not a policy; deploy it, or resolve it, and take the policy from there"},
	{[]string{"Properties"}, "a resource of a CloudFormation template, not a policy; resolve it, and take the policy from there"},
	{[]string{"planned_values", "resource_changes", "terraform_version", "lineage"},
		"a plan or a state of Terraform, not a policy; take the policy's own JSON"},
}

// refuseForeign refuses a template, a plan and a function of a template.
func (f File) refuseForeign(o object) error {
	for _, s := range signs {
		if m, ok := o.hasAny(s.names...); ok {
			return f.refuse(m.nameAt, m.name, "this is %s", s.what)
		}
	}
	for _, m := range o {
		if isFunction(m.name) {
			return f.refuse(m.nameAt, m.name, "%s", aboutFunction(m.name))
		}
	}
	return nil
}

// isFunction says whether a member's name is that of an intrinsic function of CloudFormation.
func isFunction(name string) bool { return name == "Ref" || strings.HasPrefix(name, "Fn::") }

func aboutFunction(name string) string {
	return words.Clip(name, mostQuoted) + " is an intrinsic function of CloudFormation; resolve it first"
}

// hints are the members of outputs of the AWS CLI that hold no policy, or several, and what to run instead.
var hints = []struct{ name, what string }{
	{"RoleDetailList", "this is the output of aws iam get-account-authorization-details, which contains many policies; use aws iam get-role-policy, get-policy-version or get-role for one"},
	{"UserDetailList", "this is the output of aws iam get-account-authorization-details, which contains many policies; use aws iam get-user-policy or get-policy-version for one"},
	{"GroupDetailList", "this is the output of aws iam get-account-authorization-details, which contains many policies; use aws iam get-group-policy or get-policy-version for one"},
	{"PolicyNames", "this is a list of names of inline policies; use aws iam get-role-policy, get-user-policy or get-group-policy for one"},
	{"AttachedPolicies", "this is a list of attached policies; use aws iam get-policy-version for one"},
	{"Versions", "this is a list of a policy's versions; use aws iam get-policy-version for one"},
	{"PolicyVersion", "the policy version has no document; use aws iam get-policy-version"},
	{"Roles", "this is a list of roles; use aws iam get-role for one"},
	{"Role", "the role has no trust policy; use aws iam get-role"},
	{"Attributes", "the attributes have no policy: either there is none, or it was not requested; use --attribute-names Policy with Amazon SQS"},
	{"Policies", "this is a list of policies; use aws iam get-policy-version, or aws organizations describe-policy, for one"},
	{"policies", "this is a list of policies; specify one"},
	{"resourcePolicies", "this is a list of policies; specify one"},
	{"accountPolicies", "this is a list of policies; specify one"},
	{"GetResourcePoliciesResponseList", "this is a list of policies; use aws glue get-resource-policy for one"},
	{"VpcEndpoints", "this is a list of VPC endpoints; use --query 'VpcEndpoints[0].PolicyDocument' for one"},
	{"PolicySummary", "this describes a policy but does not contain it; use aws organizations describe-policy"},
	{"EffectivePolicy", "an effective policy of AWS Organizations is not in the IAM policy language"},
	{"DefaultVersionId", "this describes a policy but does not contain it; use aws iam get-policy-version"},
}

// refuseOther refuses an object that has neither a Statement nor a policy where outputs have one.
func (f File) refuseOther(o object) error {
	if m, ok := o.get("Policy"); ok {
		return f.refuseOtherPolicy(m)
	}
	for _, h := range hints {
		if m, ok := o.get(h.name); ok {
			return f.refuse(m.nameAt, m.name, "%s", h.what)
		}
	}
	for _, w := range wrappers {
		if m, ok := o.get(w.path); ok {
			return f.at(m).refuse(0, "", "there is no policy here: %s", nameOfKind(f.Text[m.start:m.end]))
		}
	}
	for _, m := range o {
		if strings.EqualFold(m.name, "Statement") {
			return f.refuse(m.nameAt, m.name, "the element of a policy is spelled Statement")
		}
	}
	if len(o) == 0 {
		return f.refuse(0, "", "an empty object is not a policy: it has no Statement")
	}
	return f.refuse(0, "", "%s has no Statement, so it is neither a policy nor a known output of the AWS CLI that contains one", listed(o))
}

// refuseOtherPolicy refuses an object whose Policy is none: it is null, or what IAM knows of a managed policy.
func (f File) refuseOtherPolicy(m member) error {
	inner := f.at(m)
	if kind(inner.Text) == '{' {
		if o, err := members(inner.Text); err == nil {
			if _, ok := o.hasAny("DefaultVersionId", "PolicyId", "Arn"); ok {
				return inner.refuse(0, "", "this is the output of aws iam get-policy, which does not contain the document; use aws iam get-policy-version with its DefaultVersionId")
			}
			return inner.refuse(0, "", "%s has no Statement, so it is not a policy", listed(o))
		}
	}
	return inner.refuse(0, "", "there is no policy here: %s", nameOfKind(inner.Text))
}

func nameOfKind(text []byte) string {
	switch kind(text) {
	case 'n':
		return "it is null"
	case '"':
		return "the string is empty"
	case '[':
		return "it is a list"
	case '{':
		return "it is an object without Statement"
	case '0':
		return "it is a number"
	}
	return "it is a boolean"
}
