package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// readParts are the kinds of resource that the function reads of an account, and so what the hub reads of a member. Policies of the
// organization are not among them: the hub reads them once for all accounts, with its own role.
var readParts = []resource{functions, mappings, watched, eventHistory}

// readerPermissions are what the role of a member allows. All of it reads.
func readerPermissions() (out []permission) {
	for _, p := range permissions {
		if slices.Contains(readParts, p.Resource) && !strings.HasPrefix(p.Action, "organizations:") {
			out = append(out, p)
		}
	}
	return out
}

// readerStatements are the statements of the role's policy, one for each kind of resource.
func (m *member) readerStatements() []any {
	targets := permissionTargets{partition: awscdk.Aws_PARTITION(), account: awscdk.Aws_ACCOUNT_ID(), home: m.set.Regions[0], regions: m.set.Regions}
	var out []any
	for _, of := range readParts {
		var actions, arns []any
		for _, p := range readerPermissions() {
			if p.Resource == of {
				actions = append(actions, p.Action)
			}
		}
		for _, arn := range targets.arns(of) {
			arns = append(arns, *arn)
		}
		out = append(out, object{"Sid": string(of), "Effect": "Allow", "Action": actions, "Resource": arns})
	}
	return out
}
