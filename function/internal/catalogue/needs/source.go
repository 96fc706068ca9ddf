package needs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// sources asks for every event source mapping of one kind that is enabled. One that is disabled, or being deleted, reads nothing.
func sources(kind role.SourceKind, ask func(*asked, role.Source, aws.ARN)) func(*role.Function, aws.ARN) asked {
	return func(f *role.Function, p aws.ARN) (a asked) {
		list, _ := known(&a, "event source mappings", f.Config.Sources)
		for _, s := range list {
			if s.Kind == kind && isOn(s) {
				ask(&a, s, p)
				filters(&a, s)
			}
		}
		return a
	}
}

func isOn(s role.Source) bool {
	return !slices.Contains([]string{"Disabled", "Disabling", "Deleting"}, s.State)
}

// sqsSource: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func sqsSource(a *asked, s role.Source, _ aws.ARN) {
	a.add(on(s.ARN, notCarried, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"))
}

// kinesisSource: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html. With enhanced fan-out the
// mapping names a consumer, and records come by subscription.
func kinesisSource(a *asked, s role.Source, _ aws.ARN) {
	stream, _, fansOut := strings.Cut(s.ARN, "/consumer/")
	if fansOut {
		a.add(on(s.ARN, notCarried, "kinesis:SubscribeToShard"), on(stream, notCarried, "kinesis:DescribeStream", "kinesis:ListShards"),
			softly(on(stream, notCarried, "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator")))
	} else {
		a.add(on(stream, notCarried, "kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"),
			softly(on(stream, notCarried, "kinesis:DescribeStreamSummary")))
	}
}

// dynamoDBSource: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
func dynamoDBSource(a *asked, s role.Source, _ aws.ARN) {
	list := softly(on(s.ARN, notCarried, "dynamodb:ListStreams"))
	a.add(on(s.ARN, notCarried, "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"), list)
}

// network is what a poller in a VPC takes.
func network(p aws.ARN, subnets, groups []string) []need {
	return []need{
		interfaces(p, subnets, groups, "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
		everywhere(notCarried, "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"),
	}
}

// secrets are what a mapping authenticates with. What else a mapping names for access is not written as an ARN.
func secrets(a *asked, s role.Source) (any bool) { return accesses(a, s.Access) }

func accesses(a *asked, list []role.Access) (any bool) {
	for _, access := range list {
		p, err := aws.ParseARN(access.URI)
		switch {
		case err != nil && aws.IsARN(access.URI):
			a.miss(notResource(access.URI))
			any = true
		case p.Service == "secretsmanager":
			a.add(on(access.URI, notCarried, "secretsmanager:GetSecretValue"))
			any = true
		}
	}
	return any
}

// mqSource: https://docs.aws.amazon.com/lambda/latest/dg/process-mq-messages-with-lambda.html
func mqSource(a *asked, s role.Source, p aws.ARN) {
	a.add(on(s.ARN, notCarried, "mq:DescribeBroker"))
	secrets(a, s)
	a.add(network(p, nil, nil)...)
}

// documentDBSource: https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html. Which groups the cluster has is not read.
func documentDBSource(a *asked, s role.Source, p aws.ARN) {
	a.add(on(s.ARN, notCarried, "rds:DescribeDBClusters"))
	for _, one := range []struct{ action, resource string }{
		{"rds:DescribeDBClusterParameters", "cluster-pg:*"}, {"rds:DescribeDBSubnetGroups", "subgrp:*"},
	} {
		n := everywhere(notCarried, one.action)
		n.instead = []part{{resource: p.In("rds", one.resource).String(), which: role.Gap{
			What: "on which resources Lambda calls " + one.action, SettledBy: "Allow the action on every resource (*), or test whether the event source mapping reads the change stream.",
		}}}
		a.add(n)
	}
	secrets(a, s)
	a.add(network(p, nil, nil)...)
}

// sourceFailures are the on-failure destinations of mappings. One that is a Kafka topic is in the cluster of the event source.
func sourceFailures(f *role.Function, _ aws.ARN) (a asked) {
	list, _ := known(&a, "event source mappings", f.Config.Sources)
	for _, s := range list {
		topic, isTopic := strings.CutPrefix(s.Failure, "kafka://")
		switch {
		case s.Failure == "" || !isOn(s):
		case isTopic:
			failureTopic(&a, s, topic)
		default:
			a.deliver(s.Failure, cmp.Or(s.UUID, "*")+"/"+shards(s.Kind))
		}
	}
	return a
}

// shards is what the shards of an event source are called in the keys of objects; any name where it is not documented:
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
func shards(kind role.SourceKind) string {
	if kind == role.SourceKinesis || kind == role.SourceDynamoDB {
		return "shardId-*"
	}
	return anyName
}

// filters are the customer keys of mappings' filter criteria. Lambda decrypts the criteria itself, where the policy of the key
// allows it, and the developer guide lists the key among the permissions of the role:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filter-criteria-encryption and
// https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
func filters(a *asked, s role.Source) {
	if s.KMSKey != "" {
		n := on(s.KMSKey, notCarried, "kms:Decrypt")
		n.unless = role.Gap{
			What:      "whether the policy of the key " + s.KMSKey + " allows Lambda to decrypt the filter criteria",
			SettledBy: role.PolicySettledBy(s.KMSKey),
		}
		n.open = true
		a.add(n)
	}
}
