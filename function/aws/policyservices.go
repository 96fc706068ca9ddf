package aws

// policyServices are services whose resources can have a policy that allows a role what its own policies do not, of those that Lambda calls
// for a function. AWS KMS is not among them, for its keys always have one.
var policyServices = table[map[string]bool]{
	sources: []Source{{"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html", "2026-11-30"}},
	rows: map[string]bool{
		"dynamodb": true, "events": true, "kafka": true, "kinesis": true, "lambda": true, "s3": true, "secretsmanager": true, "sns": true, "sqs": true,
	},
}

// HasResourcePolicies reports whether the resources of a service, of those that Lambda calls for a function, can have a policy.
func HasResourcePolicies(service string) bool { return policyServices.rows[service] }
