package awsaccount

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// whyNotAsked is why what no call was made for is unknown.
var whyNotAsked = role.Because("not asked for")

// configOf is a version's configuration as Lambda's lists tell it. What they lack was not asked for, until it is.
func configOf(c *types.FunctionConfiguration) role.Config {
	in := role.Settings{PackageType: string(c.PackageType), Durable: c.DurableConfig != nil, Memory: int(aws.ToInt32(c.MemorySize))}
	if l := c.LoggingConfig; l != nil {
		in.LogGroup = aws.ToString(l.LogGroup)
	}
	if n := c.VpcConfig; n != nil {
		in.VPC, in.Subnets, in.SecurityGroups = aws.ToString(n.VpcId), n.SubnetIds, n.SecurityGroupIds
	}
	if d := c.DeadLetterConfig; d != nil {
		in.DeadLetter = aws.ToString(d.TargetArn)
	}
	if t := c.TracingConfig; t != nil {
		in.TracingMode = string(t.Mode)
	}
	if s := c.SnapStart; s != nil {
		in.SnapStart = string(s.ApplyOn)
	}
	if p := c.CapacityProviderConfig; p != nil && p.LambdaManagedInstancesCapacityProviderConfig != nil {
		in.CapacityProvider = aws.ToString(p.LambdaManagedInstancesCapacityProviderConfig.CapacityProviderArn)
	}
	if r := c.RuntimeConfig; r != nil {
		in.Runtime = role.Runtime{ARN: aws.ToString(r.RuntimeArn), Alias: aws.ToString(r.RuntimeAlias)}
	}
	for _, l := range c.Layers {
		in.Layers = append(in.Layers, aws.ToString(l.Arn))
	}
	for _, m := range c.FileSystemConfigs {
		mount := role.Mount{ARN: aws.ToString(m.Arn), Path: aws.ToString(m.LocalMountPath)}
		if s := m.S3FilesConfig; s != nil {
			mount.DirectRead = string(s.DirectS3Read)
		}
		in.Mounts = append(in.Mounts, mount)
	}
	out := in.Config(whyNotAsked)
	out.Wrapper = role.None[string]()
	if e := c.Environment; e != nil {
		if value, ok := e.Variables[role.WrapperVariable]; ok {
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
		Result: aws.ToString(m.LastProcessingResult), Transition: aws.ToString(m.StateTransitionReason), KMSKey: aws.ToString(m.KMSKeyArn),
	}
	if e := m.FilterCriteriaError; e != nil {
		s.FilterError = role.FilterError{Code: aws.ToString(e.ErrorCode), Message: aws.ToString(e.Message)}
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
		registryOf(&s, k.SchemaRegistryConfig)
	}
	if k := m.SelfManagedKafkaEventSourceConfig; k != nil {
		s.ConsumerGroup = aws.ToString(k.ConsumerGroupId)
		registryOf(&s, k.SchemaRegistryConfig)
	}
	return f.Unqualified(), s, true
}

// registryOf notes the schema registry of a mapping.
func registryOf(s *role.Source, r *types.KafkaSchemaRegistryConfig) {
	if r == nil {
		return
	}
	s.Registry = aws.ToString(r.SchemaRegistryURI)
	for _, a := range r.AccessConfigs {
		s.RegistryAccess = append(s.RegistryAccess, role.Access{Type: string(a.Type), URI: aws.ToString(a.URI)})
	}
}
