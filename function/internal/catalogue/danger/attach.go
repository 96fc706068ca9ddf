package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// worthAttaching are managed policies of AWS that are as good as an administrator's: each leads to all permissions.
var worthAttaching = []string{administrator, "IAMFullAccess"}

// policyARN is the condition key, in lower case, that holds the managed policy which a request attaches.
const policyARN = "iam:policyarn"

// attaching are the keys of requests that attach a managed policy, if any: one of AWS's that is worth it, or one that the role makes
// itself.
func (j *judge) attaching(policy string) []map[string]string {
	if policy == "" {
		return anyRequest
	}
	var out []map[string]string
	for _, name := range worthAttaching {
		out = append(out, map[string]string{policyARN: aws.AWSManagedPolicyARN(j.subject.Role.Ref.Partition, name).String()})
	}
	for _, arn := range j.madePolicies() {
		out = append(out, map[string]string{policyARN: arn})
	}
	return out
}

// madePolicies are managed policies that the role can make: one that no policy names, one of each pattern that statements name for that, and
// one of each pattern that conditions on what is attached hold.
func (j *judge) madePolicies() []string {
	if j.made != nil {
		return *j.made
	}
	const create = "iam:CreatePolicy"
	r := j.subject.Role.Ref
	var candidates, made []string
	if j.Grants(create) {
		candidates = append(candidates, j.ownPolicy())
		for _, ref := range j.Allowing(create) {
			for _, v := range ref.Statement.Resources {
				if arn, ok := j.Instance(v.Text); ok {
					candidates = append(candidates, arn)
				}
			}
		}
		candidates = append(candidates, j.compared(policyARN, "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:AttachGroupPolicy")...)
	}
	for _, arn := range candidates {
		if arn, err := aws.ParseARN(arn); err != nil || arn.Account != r.Account || !strings.HasPrefix(arn.Resource, "policy/") {
			continue // Many statements about other resources cover the action as well.
		}
		if !slices.Contains(made, arn) && j.on(create, arn, nil).Allowed() {
			made = append(made, arn)
		}
	}
	j.made = &made
	return made
}

// compared are instances of the patterns that conditions on a key hold in statements about some actions, whatever they say of them.
func (j *judge) compared(key string, actions ...string) (arns []string) {
	for _, action := range actions {
		for _, value := range j.Compared(j.Covering(action), key) {
			if arn, ok := j.Instance(value); ok {
				arns = append(arns, arn)
			}
		}
	}
	return arns
}

// ownPolicy is the ARN of a managed policy of the account that no policy names.
func (j *judge) ownPolicy() string {
	r := j.subject.Role.Ref
	return aws.ARN{Partition: r.Partition, Service: "iam", Account: r.Account, Resource: "policy/" + j.Name()}.String()
}
