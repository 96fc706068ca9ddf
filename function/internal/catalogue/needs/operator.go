package needs

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	operatorRow = "RW225"
	// operatorPolicy is AWS's managed policy for operator roles. AWS documents its permissions as those that an operator role has at
	// least: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-operator-role.html
	operatorPolicy = "AWSLambdaManagedEC2ResourceOperator"
)

// OperatorChecks are the checks of operator roles, which no call of a function's is refused for.
func OperatorChecks() []*check.Check {
	return []*check.Check{{
		ID: operatorRow, Slug: "operator-role", Title: "The operator role cannot manage the instances of a capacity provider", Severity: check.High,
		Why: "Lambda starts and manages the EC2 instances of a capacity provider with the operator role. Without the permissions of the managed policy " + operatorPolicy + ", Lambda " +
			"starts no instance, and functions that run on the capacity provider get no capacity.",
		Fix:    "Attach the managed policy " + operatorPolicy + ", and remove the statements that deny its permissions.",
		Source: guide + "lambda-managed-instances-operator-role.html", Since: "0.3.0", Settles: true, Run: operator,
		Reads: slices.DeleteFunc(effective.OutsideRCPs(effective.Reads(check.CapacityProviders, check.LastObservation)), func(f check.Fact) bool { return f == check.Functions }),
	}}
}

// operator reports what operator roles lack. Where it is not known whether a role still is one, its findings are undecided.
func operator(p *check.Pass) {
	if p.Role.Exists() == role.Absent {
		return
	}
	if p.Before.Operator {
		p.Undecided("", p.Role.Users.Providers.Gap())
	}
	l := effective.Of(p.Subject).AskingLambda(p.Subject)
	for _, one := range p.Role.Users.Providers.List {
		r := row{what: "to manage the instances of a capacity provider", ask: func(_ *role.Function, at aws.ARN) asked { return operatorNeeds(one, at) }}
		o := judge(l, &r, []role.Function{{ARN: one.ARN}})
		if len(o.missing) > 0 && len(o.lacks) == 0 {
			p.Undecided(one.ARN, o.missing...)
		}
		if len(o.lacks) == 0 {
			continue
		}
		d := diagnostic(p, o)
		d.Functions, d.Title = nil, "The operator role of "+one.Name()+" is not allowed to call "+actionsOf(o.lacks, 3)
		d.Fix = attach(p.Role, d.Fix)
		p.Report(d)
	}
}

// attach is a fix that attaches AWS's managed policy where the fix grants permissions: the policy has the conditions, too, that keep
// an operator role from managing other instances.
func attach(r *role.Snapshot, f check.Fix) check.Fix {
	if f.Document == "" {
		return f
	}
	_, others, _ := strings.Cut(f.Summary, ". ")
	arn := aws.ARN{Partition: r.Ref.Partition, Service: "iam", Account: "aws", Resource: "policy/" + operatorPolicy}.String()
	return check.Fix{
		Summary: strings.TrimSpace("Attach the managed policy " + operatorPolicy + ". " + others),
		Command: rewrite.Command("iam attach-role-policy", "--role-name", r.Ref.Name, "--policy-arn", arn),
	}
}

// operatorNeeds is what the managed policy allows, for one capacity provider. Lambda makes the instances with their network
// interfaces and volumes, from images of Amazon's. Nobody knows their IDs beforehand: each stands for any, and policies name them as
// patterns.
func operatorNeeds(p role.Provider, at aws.ARN) (a asked) {
	const run = "ec2:RunInstances"
	made := func(kind, id string, actions ...string) need {
		n := on(at.In("ec2", kind+"/"+id).String(), notCarried, actions...)
		n.on, n.key, n.value = at.In("ec2", kind+"/*").String(), "ec2:managedresourceoperator", "scaler.lambda.amazonaws.com"
		return n
	}
	image := on(aws.ARN{Partition: at.Partition, Service: "ec2", Region: at.Region, Resource: "image/*"}.String(), notCarried, run)
	image.which = role.Gap{What: "from which image Lambda starts the instances", SettledBy: "Allow " + run + " on " + image.resource + " with the condition that ec2:Owner is amazon."}
	image.key, image.value = "ec2:owner", "amazon"
	a.add(made("instance", "i-0123456789abcdef0", run, "ec2:CreateTags", "ec2:AttachNetworkInterface"),
		made("network-interface", "eni-0123456789abcdef0", run, "ec2:CreateTags", "ec2:AttachNetworkInterface"),
		made("volume", "vol-0123456789abcdef0", run, "ec2:CreateTags"), image)
	for _, id := range p.Subnets {
		a.add(on(at.In("ec2", "subnet/"+id).String(), notCarried, run, "ec2:CreateNetworkInterface"))
	}
	for _, id := range p.SecurityGroups {
		a.add(on(at.In("ec2", "security-group/"+id).String(), notCarried, run, "ec2:CreateNetworkInterface"))
	}
	a.add(everywhere(notCarried, "ec2:DescribeAvailabilityZones", "ec2:DescribeCapacityReservations", "ec2:DescribeInstances", "ec2:DescribeInstanceStatus",
		"ec2:DescribeInstanceTypeOfferings", "ec2:DescribeInstanceTypes", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"))
	a.needs = by(lambdaItself, a.needs...)
	return a
}
