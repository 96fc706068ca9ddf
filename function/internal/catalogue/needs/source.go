package needs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// sources asks for every event source mapping of one kind that is on. One that is off, or on its way out, reads nothing.
func sources(kind role.SourceKind, ask func(*asked, role.Source, aws.ARN)) func(role.Function, aws.ARN) asked {
	return func(f role.Function, p aws.ARN) (a asked) {
		list, _ := known(&a, "event source mappings", f.Config.Sources)
		for _, s := range list {
			if s.Kind == kind && isOn(s) {
				ask(&a, s, p)
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
func secrets(a *asked, s role.Source) (any bool) {
	for _, access := range s.Access {
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

// mskSource: https://docs.aws.amazon.com/lambda/latest/dg/msk-permissions.html
func mskSource(a *asked, s role.Source, p aws.ARN) {
	a.add(need{actions: []string{"kafka:DescribeClusterV2", "kafka:DescribeCluster"}, any: true, resource: s.ARN, carries: notCarried},
		on(s.ARN, notCarried, "kafka:GetBootstrapBrokers"))
	a.add(network(p, nil, nil)...)
	if secrets(a, s) {
		return
	}
	cluster, err := aws.ParseARN(s.ARN)
	name, isCluster := strings.CutPrefix(cluster.Resource, "cluster/")
	if err != nil || !isCluster {
		return
	}
	group := s.ConsumerGroup
	if group == "" {
		group = s.UUID
	}
	log := []need{on(s.ARN, notCarried, "kafka-cluster:Connect")}
	for _, topic := range s.Topics {
		log = append(log, on(cluster.In("kafka", "topic/"+name+"/"+topic).String(), notCarried, "kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"))
	}
	if group != "" {
		log = append(log, on(cluster.In("kafka", "group/"+name+"/"+group).String(), notCarried, "kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"))
	}
	for _, n := range log {
		// A serverless cluster knows no other way in; its ARN does not tell it from one that lets in whoever reaches it.
		n.unless = role.Gap{
			What:      "whether " + s.ARN + " asks for authentication with IAM",
			SettledBy: "See in the cluster's client authentication (`aws kafka describe-cluster-v2`) whether IAM is on.",
		}
		a.add(n)
	}
}

// kafkaSource: https://docs.aws.amazon.com/lambda/latest/dg/kafka-permissions.html
func kafkaSource(a *asked, s role.Source, p aws.ARN) {
	secrets(a, s)
	var subnets, groups []string
	for _, access := range s.Access {
		_, value, _ := strings.Cut(access.URI, ":")
		switch access.Type {
		case "VPC_SUBNET":
			subnets = append(subnets, value)
		case "VPC_SECURITY_GROUP":
			groups = append(groups, value)
		}
	}
	if len(subnets)+len(groups) > 0 {
		a.add(network(p, subnets, groups)...)
	}
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
		n.instead = []part{{resource: p.In("rds", one.resource).String()}}
		a.add(n)
	}
	secrets(a, s)
	a.add(network(p, nil, nil)...)
}

// sourceFailures are the on-failure destinations of mappings. One that is a Kafka topic is written to by other means.
func sourceFailures(f role.Function, _ aws.ARN) (a asked) {
	list, _ := known(&a, "event source mappings", f.Config.Sources)
	for _, s := range list {
		switch {
		case s.Failure == "" || !isOn(s):
		case strings.HasPrefix(s.Failure, "kafka://"):
			a.miss(role.Gap{
				What:      "what it takes to write to the topic " + s.Failure + " is not known",
				SettledBy: "AWS does not document the permissions. Test whether failed records reach the topic.",
			})
		default:
			a.deliver(s.Failure, cmp.Or(s.UUID, "01234567-89ab-cdef-0123-456789abcdef")+"/shardId-000000000000")
		}
	}
	return a
}
