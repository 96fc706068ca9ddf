package needs

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// The types of access by which the role itself authenticates with brokers that are not Amazon MSK's:
// https://docs.aws.amazon.com/lambda/latest/api/API_SourceAccessConfiguration.html
const (
	signed   = "IAM_AUTH"
	webToken = "IAM_OAUTHBEARER_AUTH"
)

// mskSource: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html
func mskSource(a *asked, s role.Source, p aws.ARN) {
	a.add(need{actions: []string{"kafka:DescribeClusterV2", "kafka:DescribeCluster"}, any: true, resource: s.ARN, carries: notCarried},
		on(s.ARN, notCarried, "kafka:GetBootstrapBrokers"))
	if _, another := cut(s.ARN, "vpc-connection/"); another {
		a.add(on(s.ARN, notCarried, "kafka:DescribeVpcConnection"))
	}
	a.add(network(p, nil, nil)...)
	registry(a, s)
	if secrets(a, s) {
		return
	}
	cluster, isCluster := cut(s.ARN, "cluster/")
	if !isCluster {
		return
	}
	group := s.ConsumerGroup
	if group == "" {
		group = s.UUID
	}
	log := []need{on(s.ARN, notCarried, "kafka-cluster:Connect")}
	for _, topic := range s.Topics {
		log = append(log, on(cluster.in("topic", topic), notCarried, "kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"))
	}
	if group != "" {
		log = append(log, on(cluster.in("group", group), notCarried, "kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup"))
	}
	a.ifIAM(s, log...)
}

// ifIAM adds needs that exist only where the cluster requires IAM authentication. A serverless cluster supports no other method;
// its ARN does not distinguish it from a cluster that allows unauthenticated access.
func (a *asked) ifIAM(s role.Source, needs ...need) {
	for _, n := range needs {
		n.unless = role.Gap{
			What:      "whether " + s.ARN + " requires IAM authentication",
			SettledBy: "Check in the client authentication of the cluster (`aws kafka describe-cluster-v2`) whether IAM is enabled.",
		}
		a.add(n)
	}
}

// cluster is the name of a cluster with its ID, and its ARN.
type cluster struct {
	arn  aws.ARN
	name string
}

// cut reads the ARN of a resource of Amazon MSK of one kind; false for any other.
func cut(arn, kind string) (cluster, bool) {
	p, err := aws.ParseARN(arn)
	name, is := strings.CutPrefix(p.Resource, kind)
	return cluster{p, name}, err == nil && is
}

// in is the ARN of a topic or a consumer group in the cluster.
func (c cluster) in(kind, name string) string {
	return c.arn.In("kafka", kind+"/"+c.name+"/"+name).String()
}

// kafkaSource: https://docs.aws.amazon.com/lambda/latest/dg/kafka-permissions.html
func kafkaSource(a *asked, s role.Source, p aws.ARN) {
	secrets(a, s)
	registry(a, s)
	var subnets, groups []string
	for _, access := range s.Access {
		_, value, _ := strings.Cut(access.URI, ":")
		switch access.Type {
		case "VPC_SUBNET":
			subnets = append(subnets, value)
		case "VPC_SECURITY_GROUP":
			groups = append(groups, value)
		case webToken:
			a.add(everywhere(notCarried, "sts:GetWebIdentityToken"))
		case signed:
			n := everywhere(notCarried, "kafka-cluster:Connect", "kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:DescribeGroup", "kafka-cluster:AlterGroup")
			n.unless = role.Gap{
				What:      "which kafka-cluster actions, on which resources, IAM authentication (" + signed + ") requires with brokers that are not Amazon MSK brokers",
				SettledBy: "AWS does not document them. Test whether the event source mapping reads its topics.",
			}
			n.open = true
			a.add(n)
		}
	}
	if len(subnets)+len(groups) > 0 {
		a.add(network(p, subnets, groups)...)
	}
}

// registry is what the schema registry of a mapping requires: of AWS Glue two actions, and of Confluent the secrets with which Lambda
// authenticates. The documentation does not say on which resource AWS Glue checks the reading of a version of a schema.
// https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html
func registry(a *asked, s role.Source) {
	accesses(a, s.RegistryAccess)
	name, isGlue := cut(s.Registry, "registry/")
	switch {
	case isGlue && name.arn.Service == "glue":
		version := everywhere(notCarried, "glue:GetSchemaVersion")
		for _, resource := range []string{s.Registry, name.arn.In("glue", "schema/"+name.name+"/*").String()} {
			version.instead = append(version.instead, part{resource: resource, which: versionOnWhat, unless: versionOnWhat})
		}
		a.add(on(s.Registry, notCarried, "glue:GetRegistry"), version)
	case aws.IsARN(s.Registry):
		a.miss(role.Gap{
			What:      "which permissions the schema registry " + s.Registry + " requires",
			SettledBy: "AWS does not document the permissions for a registry with this kind of ARN. Test whether the event source mapping decodes its records.",
		})
	}
}

var versionOnWhat = role.Gap{
	What:      "on which resources AWS Glue checks glue:GetSchemaVersion",
	SettledBy: "AWS does not document them. Allow the action on the registry and on all of its schemas, or test whether the event source mapping decodes its records.",
}

// failureTopic is what writing to an on-failure topic requires, which is in the cluster of the event source:
// https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
func failureTopic(a *asked, s role.Source, topic string) {
	var used asked
	if secrets(&used, s) {
		return // Lambda authenticates as it does for reading, without the role.
	}
	if c, isCluster := cut(s.ARN, "cluster/"); isCluster && s.Kind == role.SourceMSK {
		a.ifIAM(s, on(s.ARN, notCarried, "kafka-cluster:Connect"), on(c.in("topic", topic), notCarried, "kafka-cluster:WriteData"))
		return
	}
	for _, access := range s.Access {
		if access.Type == webToken {
			return // Reading the cluster needs the token, too, and the broker decides what the token allows.
		}
	}
	if s.Kind == role.SourceKafka && !authenticated(s) {
		return
	}
	a.miss(role.Gap{
		What:      "which permissions writing to the topic kafka://" + topic + " requires",
		SettledBy: "AWS does not document the permissions. Test whether failed records reach the topic.",
	})
}

// authenticated reports whether the role itself authenticates with the brokers of a mapping.
func authenticated(s role.Source) bool {
	for _, access := range s.Access {
		if access.Type == signed || access.Type == webToken {
			return true
		}
	}
	return false
}
