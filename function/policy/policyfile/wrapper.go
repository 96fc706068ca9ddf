package policyfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// wrapper is where an output of the AWS CLI holds a policy.
type wrapper struct {
	// path leads to the policy. with is a member next to the first or the last step that identifies the command.
	path, with string
	form       string
	kind       policy.Kind
	// open is set when the form does not say the kind.
	open bool
}

// wrappers are the outputs that hold one policy, from the service models of the AWS CLI. Of several with one path, the
// first whose member is there counts.
var wrappers = []wrapper{
	{path: "Role.AssumeRolePolicyDocument", form: "aws iam get-role", kind: policy.Trust},
	{path: "AssumeRolePolicyDocument", form: "aws iam get-role", kind: policy.Trust},
	{path: "PolicyVersion.Document", form: "aws iam get-policy-version", kind: policy.Identity},
	{path: "Document", with: "VersionId", form: "aws iam get-policy-version", kind: policy.Identity},
	{path: "PolicyDocument", with: "RoleName", form: "aws iam get-role-policy", kind: policy.Identity},
	{path: "PolicyDocument", with: "UserName", form: "aws iam get-user-policy", kind: policy.Identity},
	{path: "PolicyDocument", with: "GroupName", form: "aws iam get-group-policy", kind: policy.Identity},
	{path: "PolicyDocument", with: "VpcEndpointId", form: "aws ec2 describe-vpc-endpoints", kind: policy.Resource},
	{path: "PolicyDocument", form: "PolicyDocument", open: true},
	{path: "InlinePolicy", form: "aws sso-admin get-inline-policy-for-permission-set", kind: policy.Identity},

	{path: "ResourcePolicy.Content", form: "aws organizations describe-resource-policy", kind: policy.Resource},
	{path: "Attributes.Policy", with: "QueueArn", form: "aws sqs get-queue-attributes", kind: policy.Resource},
	{path: "Attributes.Policy", with: "TopicArn", form: "aws sns get-topic-attributes", kind: policy.Resource},
	{path: "Attributes.Policy", form: "aws sqs get-queue-attributes", kind: policy.Resource},
	{path: "ResourcePolicy.Policy", form: "aws redshift get-resource-policy", kind: policy.Resource},
	{path: "resourcePolicy.policy", form: "aws redshift-serverless get-resource-policy", kind: policy.Resource},
	{path: "Policy.Established.Policy", form: "aws s3control get-multi-region-access-point-policy", kind: policy.Resource},
	{path: "Policy.Proposed.Policy", form: "aws s3control get-multi-region-access-point-policy", kind: policy.Resource},
	{path: "policy.document", form: "aws codeartifact get-repository-permissions-policy", kind: policy.Resource},
	{path: "policy.Policy", form: "aws glacier get-vault-access-policy", kind: policy.Resource},
	{path: "policy.deliveryDestinationPolicy", form: "aws logs get-delivery-destination-policy", kind: policy.Resource},
	{path: "DomainStatus.AccessPolicies", form: "aws opensearch describe-domain", kind: policy.Resource},
	{path: "DomainConfig.AccessPolicies.Options", form: "aws opensearch describe-domain-config", kind: policy.Resource},
	{path: "User.Policy", form: "aws transfer describe-user", kind: policy.Session},
	{path: "Access.Policy", form: "aws transfer describe-access", kind: policy.Session},
	{path: "profile.sessionPolicy", form: "aws rolesanywhere get-profile", kind: policy.Session},
	{path: "association.policy", form: "aws eks describe-pod-identity-association", kind: policy.Session},

	{path: "Policy", with: "RevisionId", form: "aws lambda get-policy", kind: policy.Resource},
	{path: "Policy", with: "FileSystemId", form: "aws efs describe-file-system-policy", kind: policy.Resource},
	{path: "Policy", with: "BackupVaultArn", form: "aws backup get-backup-vault-access-policy", kind: policy.Resource},
	{path: "Policy", with: "PolicyName", form: "aws kms get-key-policy", kind: policy.Resource},
	{path: "Policy", with: "Arn", form: "aws events describe-event-bus", kind: policy.Resource},
	{path: "Policy", form: "Policy", kind: policy.Resource},
	{path: "ResourcePolicy", with: "ARN", form: "aws secretsmanager get-resource-policy", kind: policy.Resource},
	{path: "ResourcePolicy", form: "ResourcePolicy", kind: policy.Resource},
	{path: "resourcePolicy", form: "resourcePolicy", kind: policy.Resource},
	{path: "policyText", with: "repositoryName", form: "aws ecr get-repository-policy", kind: policy.Resource},
	{path: "policyText", form: "aws ecr get-registry-policy", kind: policy.Resource},
	{path: "PolicyInJson", form: "aws glue get-resource-policy", kind: policy.Resource},
	{path: "AccessPolicies", form: "aws opensearch describe-domain", kind: policy.Resource},
	{path: "policy", form: "policy", kind: policy.Resource},
	// AWS IoT answers so with policies without principals, other services with resource policies.
	{path: "policyDocument", form: "policyDocument", open: true},
}

// unwrap finds the policy in an object that has no Statement.
func (f File) unwrap(top object) (File, error) {
	if inner, ok, err := f.organizations(top); ok || err != nil {
		return inner, err
	}
	var found []File
	for _, w := range wrappers {
		inner, ok, err := f.follow(top, w)
		if err != nil {
			return f, err
		}
		if !ok || slices.ContainsFunc(found, func(other File) bool { return other.Path == inner.Path }) {
			continue
		}
		inner.Form, inner.Kind, inner.HasKind = w.form, w.kind, !w.open
		found = append(found, inner)
	}
	switch len(found) {
	case 0:
		return f, f.refuseOther(top)
	case 1:
		return found[0].document()
	}
	return f, found[1].refuse(0, "", "the text contains several policies, one of them under %s; specify one", found[0].Path)
}

// follow goes down a wrapper's path. A null at its end, or an object without Statement, is not a policy. A member on the
// way that occurs twice is an error: which of the two counts depends on the reader.
func (f File) follow(top object, w wrapper) (inner File, ok bool, err error) {
	o, with := top, w.with == "" || top.has(w.with)
	steps := strings.Split(w.path, ".")
	for i, step := range steps {
		m, found := o.get(step)
		if !found {
			return f, false, nil
		}
		if twin, twice := o.twin(step); twice {
			return f, false, f.refuse(twin.nameAt, step, "%q occurs twice in one object", step)
		}
		f = f.at(m)
		isObject := kind(f.Text) == '{'
		if isObject {
			if o, err = members(f.Text); err != nil {
				return f, false, nil
			}
			with = with || o.has(w.with)
		}
		switch last := i == len(steps)-1; {
		case last && isObject:
			return f, with && !isMetadata(o), nil
		case last:
			return f, with && kind(f.Text) == '"' && string(f.Text) != `""`, nil
		case !isObject:
			return f, false, nil
		}
	}
	return f, false, nil
}

// isMetadata says whether an object that stands where a policy may is something else: what IAM knows of a policy, or one
// that holds the policy further down.
func isMetadata(o object) bool {
	_, isPolicy := o.hasAny("Statement", "Version")
	return !isPolicy && len(o) > 0 && !slices.ContainsFunc(o, func(m member) bool { return strings.HasPrefix(m.name, "Fn::") || m.name == "Ref" })
}

// document takes the file for the policy itself, which may be encoded.
func (f File) document() (File, error) {
	o, err := f.decode(maxEncodings)
	if err != nil {
		return f, err
	}
	if err := f.refuseForeign(o); err != nil {
		return f, err
	}
	if !o.has("Statement") {
		return f, f.refuse(0, "", "%s has no Statement, so it is not a policy", listed(o))
	}
	return f, nil
}

// policyTypes are the types of policies of AWS Organizations that are in the IAM policy language.
var policyTypes = map[string]policy.Kind{"SERVICE_CONTROL_POLICY": policy.SCP, "RESOURCE_CONTROL_POLICY": policy.RCP}

// organizations finds the policy in the output of describe-policy, also when only its Policy was asked for.
func (f File) organizations(top object) (inner File, ok bool, err error) {
	if m, ok := top.get("Policy"); ok && kind(f.Text[m.start:m.end]) == '{' {
		f = f.at(m)
		if top, err = members(f.Text); err != nil {
			return f, false, nil
		}
	}
	summary, hasSummary := top.get("PolicySummary")
	content, hasContent := top.get("Content")
	if !hasSummary || !hasContent {
		return f, false, nil
	}
	if twin, twice := top.twin("Content"); twice {
		return f, false, f.refuse(twin.nameAt, "Content", "%q occurs twice in one object", "Content")
	}
	about := f.at(summary)
	kindText := ""
	if o, err := members(about.Text); kind(about.Text) == '{' && err == nil {
		if m, ok := o.get("Type"); ok {
			text, _ := jsontext.AppendUnquote(nil, about.Text[m.start:m.end])
			kindText = string(text)
			about = about.at(m)
		}
	}
	k, known := policyTypes[kindText]
	if !known && kindText != "" {
		return f, false, about.refuse(0, "", "a policy of type %s of AWS Organizations is not in the IAM policy language", kindText)
	}
	inner = f.at(content)
	inner.Form, inner.Kind, inner.HasKind = "aws organizations describe-policy", k, known
	inner, err = inner.document()
	return inner, true, err
}

// listed names some members of an object.
func listed(o object) string {
	if len(o) == 0 {
		return "an empty object"
	}
	const most = 4
	var names []string
	for _, m := range o[:min(len(o), most)] {
		names = append(names, fmt.Sprintf("%q", words.Clip(m.name, mostQuoted)))
	}
	text := "an object with " + strings.Join(names, ", ")
	if more := len(o) - most; more > 0 {
		text += fmt.Sprintf(" and %d more members", more)
	}
	return text
}

// mostQuoted bounds a text that a message quotes, in bytes.
const mostQuoted = 100
