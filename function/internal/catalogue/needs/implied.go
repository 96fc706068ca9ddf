package needs

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// implied is the version with the configuration that it must have for Lambda to make the named calls, where that is not known: if
// only the call that a message names is granted, the next call is denied. No more is known of its configuration.
func implied(f role.Function, named Named) role.Function {
	p, err := aws.ParseARN(f.ARN)
	if err != nil || named.ByCode {
		return f
	}
	c := &f.Config
	for _, action := range named.Actions {
		service, call, _ := strings.Cut(action, ":")
		switch {
		case service == "ec2" && strings.HasSuffix(strings.TrimSuffix(call, "s"), "NetworkInterface"):
			if _, inVPC := c.Network.Get(); !inVPC {
				c.Network = role.Have(role.Network{Subnets: []string{"*"}})
			}
		case service == "xray":
			c.Tracing = role.Have(true)
		case named.Resource == "" && slices.Contains(polled[service], call):
			c.Sources = withSource(c.Sources, p.In(service, "*").String())
		}
	}
	return f
}

// polled are the calls by which Lambda alone reads an event source, by service.
var polled = map[string][]string{
	"sqs": {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}, "kinesis": {"GetRecords", "GetShardIterator", "DescribeStream", "ListShards"},
	"dynamodb": {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"},
}

// withSource has an event source that is read: the one of its service that is known, else one with this ARN.
func withSource(list role.Maybe[[]role.Source], arn string) role.Maybe[[]role.Source] {
	const read = "Enabled"
	kind, all := role.SourceKindOf(arn), slices.Clone(list.Or(nil))
	if i := slices.IndexFunc(all, func(s role.Source) bool { return s.Kind == kind }); i >= 0 {
		all[i].State = read
		return role.Have(all)
	}
	return role.Have(append(all, role.Source{ARN: arn, Kind: kind, State: read}))
}
