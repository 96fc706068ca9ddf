package aws

// refusalServices are the names that Lambda's messages have for services, in small letters, with the prefix of the service's
// actions.
var refusalServices = table[map[string]string]{
	sources: []Source{{"https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html", "2026-11-29"}},
	rows: map[string]string{
		"ec2": "ec2", "sqs": "sqs", "sns": "sns", "s3": "s3", "xray": "xray", "x-ray": "xray", "kinesis": "kinesis", "dynamodb": "dynamodb",
		"lambda": "lambda", "events": "events", "eventbridge": "events", "kms": "kms", "kafka": "kafka", "msk": "kafka", "mq": "mq", "amazonmq": "mq",
		"secretsmanager": "secretsmanager", "efs": "elasticfilesystem", "rds": "rds", "logs": "logs", "cloudwatchlogs": "logs", "glue": "glue",
	},
}
