package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// readParts are the kinds of resource that the function reads of an account, and memberParts those of rolewatch's own in a member.
// Policies of the organization are not among them: the hub reads them once for all accounts, with its own role.
var (
	readParts   = []resource{functions, mappings, watched, eventHistory}
	memberParts = []resource{otherDeadLetters, ownRules, trails}
)

// readerPermissions are what the role of a member allows. All of it reads.
func readerPermissions() (out []permission) {
	for _, p := range permissions {
		if slices.Contains(readParts, p.Resource) && !strings.HasPrefix(p.Action, "organizations:") {
			out = append(out, p)
		}
	}
	for _, p := range selfReads {
		if slices.Contains(memberParts, p.Resource) {
			out = append(out, p)
		}
	}
	return out
}

// readerStatements are the statements of the role's policy, one for each kind of resource.
func (m *member) readerStatements() []any {
	targets := permissionTargets{partition: awscdk.Aws_PARTITION(), account: awscdk.Aws_ACCOUNT_ID(), home: m.set.Regions[0], regions: m.set.Regions}
	var out []any
	for _, of := range slices.Concat(readParts, memberParts) {
		var actions []any
		for _, p := range readerPermissions() {
			if p.Resource == of {
				actions = append(actions, p.Action)
			}
		}
		var arns []any
		for _, arn := range m.readerARNs(targets, of) {
			arns = append(arns, arn)
		}
		out = append(out, object{"Sid": string(of), "Effect": "Allow", "Action": actions, "Resource": arns})
	}
	return out
}

// readerARNs are the ARNs of a kind of resource in a member, whose parts have names of their own.
func (m *member) readerARNs(targets permissionTargets, of resource) []string {
	switch of {
	case otherDeadLetters:
		return []string{m.arn("sqs", "*", memberName(deploy.DeadLettersID))}
	case ownRules:
		return []string{m.arn("events", "*", "rule/"+memberName("*"))}
	}
	var out []string
	for _, arn := range targets.arns(of) {
		out = append(out, *arn)
	}
	return out
}
