package awsaccount

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// whyNotAsked is why what no call was made for is unknown.
var whyNotAsked = role.Because("not asked for")

// wrapperVariable is the one variable of a function's environment that is read: it says what a layer does.
const wrapperVariable = "AWS_LAMBDA_EXEC_WRAPPER"

// configOf is a version's configuration as Lambda's lists tell it. What they lack was not asked for, until it is.
func configOf(c *types.FunctionConfiguration) role.Config {
	out := role.UnreadConfig(whyNotAsked)
	out.LogGroup, out.Network, out.DeadLetter, out.Wrapper = role.None[string](), role.None[role.Network](), role.None[string](), role.None[string]()
	if l := c.LoggingConfig; l != nil && aws.ToString(l.LogGroup) != "" {
		out.LogGroup = role.Have(*l.LogGroup)
	}
	if n := c.VpcConfig; n != nil && (aws.ToString(n.VpcId) != "" || len(n.SubnetIds) > 0) {
		out.Network = role.Have(role.Network{VPC: aws.ToString(n.VpcId), Subnets: n.SubnetIds, SecurityGroups: n.SecurityGroupIds})
	}
	if d := c.DeadLetterConfig; d != nil && aws.ToString(d.TargetArn) != "" {
		out.DeadLetter = role.Have(*d.TargetArn)
	}
	out.Tracing = role.Have(c.TracingConfig != nil && c.TracingConfig.Mode == types.TracingModeActive)
	out.Durable, out.Image = role.Have(c.DurableConfig != nil), role.Have(c.PackageType == types.PackageTypeImage)
	out.SnapStart = role.Have(c.SnapStart != nil && c.SnapStart.ApplyOn == types.SnapStartApplyOnPublishedVersions)
	var layers []string
	for _, l := range c.Layers {
		layers = append(layers, aws.ToString(l.Arn))
	}
	var mounts []role.Mount
	for _, m := range c.FileSystemConfigs {
		mounts = append(mounts, role.Mount{ARN: aws.ToString(m.Arn), Path: aws.ToString(m.LocalMountPath)})
	}
	out.Layers, out.Mounts = role.Have(layers), role.Have(mounts)
	if e := c.Environment; e != nil {
		if value, ok := e.Variables[wrapperVariable]; ok {
			out.Wrapper = role.Have(value)
		} else if e.Error != nil {
			out.Wrapper = role.NotRead[string](role.Because("Lambda could not decrypt the environment"))
		}
	}
	return out
}

// sourceOf is an event source mapping, and the function that it invokes.
func sourceOf(m *types.EventSourceMappingConfiguration) (arn string, s role.Source, ok bool) {
	f, err := awsfacts.ParseFunctionARN(aws.ToString(m.FunctionArn))
	if err != nil {
		return "", role.Source{}, false
	}
	s = role.Source{
		UUID: aws.ToString(m.UUID), ARN: aws.ToString(m.EventSourceArn), Qualifier: f.Qualifier, State: aws.ToString(m.State),
		Result: aws.ToString(m.LastProcessingResult), KMSKey: aws.ToString(m.KMSKeyArn),
	}
	s.Kind = role.SourceKindOf(s.ARN)
	s.Topics = append(append(s.Topics, m.Topics...), m.Queues...)
	for _, a := range m.SourceAccessConfigurations {
		s.Access = append(s.Access, role.Access{Type: string(a.Type), URI: aws.ToString(a.URI)})
	}
	if d := m.DestinationConfig; d != nil && d.OnFailure != nil {
		s.Failure = aws.ToString(d.OnFailure.Destination)
	}
	if k := m.AmazonManagedKafkaEventSourceConfig; k != nil {
		s.ConsumerGroup = aws.ToString(k.ConsumerGroupId)
		if r := k.SchemaRegistryConfig; r != nil {
			s.Registry = aws.ToString(r.SchemaRegistryURI)
		}
	}
	if k := m.SelfManagedKafkaEventSourceConfig; k != nil {
		s.ConsumerGroup = aws.ToString(k.ConsumerGroupId)
		if r := k.SchemaRegistryConfig; r != nil {
			s.Registry = aws.ToString(r.SchemaRegistryURI)
		}
	}
	return f.Unqualified(), s, true
}
