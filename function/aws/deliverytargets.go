package aws

// DeliveryTarget is a service to which Lambda delivers the records of invocations and batches, and the action that the role needs for it.
type DeliveryTarget struct{ Service, Action string }

// deliveryTargets are those of asynchronous invocation, of dead-letter queues and of event source mappings, less Apache Kafka topics,
// which have no ARN.
var deliveryTargets = table[[]DeliveryTarget]{
	sources: []Source{
		{"https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html", "2026-11-28"},
		{"https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html", "2026-11-28"},
	},
	rows: []DeliveryTarget{
		{"sqs", "sqs:SendMessage"}, {"sns", "sns:Publish"}, {"lambda", "lambda:InvokeFunction"}, {"events", "events:PutEvents"}, {"s3", "s3:PutObject"},
	},
}

// DeliversTo is the action that delivering to a resource of a service takes; false for a service that AWS does not document as a target.
func DeliversTo(service string) (action string, ok bool) {
	for _, t := range deliveryTargets.rows {
		if t.Service == service {
			return t.Action, true
		}
	}
	return "", false
}
