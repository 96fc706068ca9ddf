package catalogue_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// published are the texts of AWS's managed policies that fixes attach, as they were on 2026-11-29.
var published = map[string]string{
	"arn:aws:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator": `{"Statement": [{"Action": ["ec2:RunInstances", "ec2:CreateTags", "ec2:AttachNetworkInterface"], "Condition": {"StringEquals": {"ec2:ManagedResourceOperator": "scaler.lambda.amazonaws.com"}}, "Effect": "Allow", "Resource": ["arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:*:*:network-interface/*", "arn:aws:ec2:*:*:volume/*"]}, {"Action": ["ec2:DescribeAvailabilityZones", "ec2:DescribeCapacityReservations", "ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeInstanceTypes", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcEncryptionControls"], "Effect": "Allow", "Resource": "*"}, {"Action": ["ec2:RunInstances", "ec2:CreateNetworkInterface"], "Effect": "Allow", "Resource": ["arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:security-group/*"]}, {"Action": ["ec2:RunInstances"], "Condition": {"StringEquals": {"ec2:Owner": "amazon"}}, "Effect": "Allow", "Resource": ["arn:aws:ec2:*:*:image/*"]}, {"Action": ["logs:CreateLogGroup"], "Effect": "Allow", "Resource": "arn:aws:logs:*:*:log-group:*"}, {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Effect": "Allow", "Resource": "arn:aws:logs:*:*:log-group:*:log-stream:*"}], "Version": "2012-10-17"}`,
}

// attachPublished attaches one of AWS's managed policies.
func attachPublished(r *role.Snapshot, arn string) error {
	text, ok := published[arn]
	if !ok {
		return fmt.Errorf("no text of %s", arn)
	}
	one := role.NewPolicy(role.ManagedPart(arn), text, policy.Identity)
	r.Attached = role.Have(append(slices.Clone(r.Attached.Or(nil)), one))
	return nil
}

// providers are the capacity providers of a case: none, unless it has them or says why they are not known.
func (c *caseFile) providers() (role.Providers, error) {
	out := role.Providers{Complete: true}
	if err := c.decode("providers.json", &out.List); err != nil {
		return out, err
	}
	if text, unread := strings.CutPrefix(strings.TrimSpace(c.sections["providers"]), "unknown: "); unread {
		out.Complete = false
		return out, out.Why.UnmarshalText([]byte(text))
	}
	return out, nil
}
