package catalogue_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/needs"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// notGranted are the checks of needs that no inline policy satisfies, and why.
var notGranted = map[string]string{
	"RW214": "it fires only where a statement denies: a file system without a policy allows every client",
	"RW216": "it fires only where a statement denies: a grant may allow the use of the key",
	"RW222": "a target is in another Region",
}

// TestGrantsMend adds each fix of a missing permission to the role as an inline policy: the check is silent then. What Lambda says
// stays until it tries again: RW220 and RW224 then grant nothing more.
func TestGrantsMend(t *testing.T) {
	tried := map[string]int{}
	for _, s := range scenarios(t) {
		if s.kind != "bad" || !strings.HasPrefix(s.id, "RW2") {
			continue
		}
		for _, d := range check.Run(catalogue.Checks(), s.content.subject(t)).Diagnostics {
			if d.Check.ID != s.id || d.Fix.Document == "" {
				continue
			}
			if s.id == "RW224" && !strings.Contains(d.Fix.Command, "put-role-policy") {
				continue // Lambda cannot assume the role: the fix is that of a check of the trust policy.
			}
			tried[s.id]++
			mended := s.content.subject(t)
			p := role.NewPolicy("inline:fix", d.Fix.Document, policy.Identity)
			if ofTrust := strings.Contains(d.Fix.Command, "update-assume-role-policy"); ofTrust && s.id == "RW224" {
				// Lambda could not assume the role: the fix is that of its trust policy.
				p = role.NewPolicy(role.PartTrust, d.Fix.Document, policy.Trust)
				mended.Role.Trust = role.Have(p)
			} else {
				mended.Role.Inline = role.Have(append(slices.Clone(mended.Role.Inline.Or(nil)), p))
			}
			if p.Fault != nil {
				t.Errorf("%s: the fix is no policy: %v", s.file, p.Fault)
			}
			if !strings.Contains(d.Fix.Command, "put-role-policy") && p.Part != role.PartTrust {
				t.Errorf("%s: the fix has no command: %q", s.file, d.Fix.Command)
			}
			if again := check.Run(catalogue.Checks(), mended); lacksStill(again, d) && !strings.Contains(d.Fix.Summary, "too.") {
				t.Errorf("%s: %s still speaks after its fix %s:\n%s", filepath.Base(s.file), d.Check.ID, d.Fix.Document, render(again))
			}
		}
	}
	for _, c := range needs.Checks() {
		if why := notGranted[c.ID]; (tried[c.ID] == 0) != (why != "") {
			t.Errorf("%d fixes of %s were tried; it is excepted because %q", tried[c.ID], c.ID, why)
		}
	}
	t.Logf("fixes tried: %v", tried)
}

// lacksStill reports whether a check still reports that something is missing.
func lacksStill(r check.Result, d check.Diagnostic) bool {
	return slices.ContainsFunc(r.Diagnostics, func(o check.Diagnostic) bool {
		return o.Check.ID == d.Check.ID && o.Key == d.Key && (d.Check.ID != "RW220" && d.Check.ID != "RW224" || o.Fix.Document != "")
	})
}

// mayFire tells whether a check could not be decided.
func mayFire(r check.Result, id string) bool {
	return slices.ContainsFunc(r.Undecided, func(u check.Undecided) bool { return u.Check.ID == id })
}

// TestPoliciesOfAWSMeetTheNeedsThatTheyAreFor attaches each policy that AWS made for a need to the role of a function that
// has it.
func TestPoliciesOfAWSMeetTheNeedsThatTheyAreFor(t *testing.T) {
	policies := externaldata.ManagedPolicies(t)
	own := "arn:aws:%s:us-east-1:" + usualAccount + ":"
	arn := func(service, resource string) string { return strings.Replace(own, "%s", service, 1) + resource }
	source := func(kind role.SourceKind, arn string) func(*role.Config) {
		return func(c *role.Config) {
			c.Sources = role.Have([]role.Source{{Kind: kind, ARN: arn, UUID: "u-1", State: "Enabled", Topics: []string{"orders"}}})
		}
	}
	cases := []struct {
		policy, check string
		configure     func(*role.Config)
		// soft says that AWS's policy lacks what is told as medium, and open that something else cannot be known.
		soft, open bool
	}{
		{policy: "AWSLambdaBasicExecutionRole", check: "RW201"},
		{policy: "AWSLambdaVPCAccessExecutionRole", check: "RW202", configure: func(c *role.Config) {
			c.Network = role.Have(role.Network{VPC: "vpc-1", Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"}})
		}},
		{policy: "AWSLambdaENIManagementAccess", check: "RW202", soft: true, configure: func(c *role.Config) {
			c.Network = role.Have(role.Network{VPC: "vpc-1", Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"}})
		}},
		{policy: "AWSXRayDaemonWriteAccess", check: "RW203", configure: func(c *role.Config) { c.Tracing = role.Have(true) }},
		{policy: "AWSLambdaSQSQueueExecutionRole", check: "RW206", configure: source(role.SourceSQS, arn("sqs", "orders"))},
		{policy: "AWSLambdaKinesisExecutionRole", check: "RW207", configure: source(role.SourceKinesis, arn("kinesis", "stream/clicks"))},
		{policy: "AWSLambdaDynamoDBExecutionRole", check: "RW208", configure: source(role.SourceDynamoDB, arn("dynamodb", "table/orders/stream/2026-01-01T00:00:00.000"))},
		{policy: "AWSLambdaMSKExecutionRole", check: "RW209", open: true, configure: source(role.SourceMSK, arn("kafka", "cluster/main/1b2c-5"))},
		{policy: "AmazonElasticFileSystemClientReadWriteAccess", check: "RW214", configure: func(c *role.Config) {
			c.Mounts = role.Have([]role.Mount{{ARN: arn("elasticfilesystem", "access-point/fsap-1"), Path: "/mnt/a"}})
		}},
		{policy: "AmazonS3FilesClientReadWriteAccess", check: "RW215", configure: func(c *role.Config) {
			c.Mounts = role.Have([]role.Mount{{ARN: arn("s3files", "file-system/fs-1/access-point/fsap-1"), Path: "/mnt/s"}})
		}},
		{policy: "AWSLambdaBasicDurableExecutionRolePolicy", check: "RW217", configure: func(c *role.Config) { c.Durable = role.Have(true) }},
		{policy: "CloudWatchLambdaInsightsExecutionRolePolicy", check: "RW218", configure: func(c *role.Config) {
			c.Layers = role.Have([]string{"arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:53"})
		}},
		{policy: "CloudWatchLambdaApplicationSignalsExecutionRolePolicy", check: "RW219", configure: func(c *role.Config) {
			c.Layers, c.Wrapper = role.Have([]string{"arn:aws:lambda:us-east-1:615299751070:layer:AWSOpenTelemetryDistroPython:5"}), role.Have("/opt/otel-instrument")
		}},
	}
	ran := 0
	for _, c := range cases {
		text, ok := policies[c.policy]
		if !ok {
			t.Errorf("there is no managed policy %s", c.policy)
			continue
		}
		ran++
		bare := usedRole(usualTrust)
		granted := usedRole(usualTrust, role.NewPolicy(role.ManagedPart("arn:aws:iam::aws:policy/"+c.policy), string(text), policy.Identity))
		for _, s := range []*check.Subject{bare, granted} {
			if c.configure != nil {
				c.configure(&s.Role.Users.List[0].Config)
			}
		}
		before, after := check.Run(catalogue.Checks(), bare), check.Run(catalogue.Checks(), granted)
		if !fires(before, c.check) && !mayFire(before, c.check) {
			t.Errorf("%s does not fire without a policy", c.check)
		}
		for _, d := range after.Diagnostics {
			if d.Check.ID == c.check && !(c.soft && d.Severity == check.Medium) {
				t.Errorf("%s fires with %s: %s", c.check, c.policy, d.Detail)
			}
		}
		for _, u := range after.Undecided {
			if u.Check.ID == c.check && !c.open {
				t.Errorf("%s is undecided with %s: %v", c.check, c.policy, u.Missing)
			}
		}
	}
	t.Logf("%d policies", ran)
}
