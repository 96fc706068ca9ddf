// Package recorded turns what a CloudTrail record says of a function's configuration into the shapes of package role. It judges
// nothing.
package recorded

import (
	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Config is a version's configuration as Lambda's answer told it. Variables are never in a record.
func Config(s *events.Settings) role.Config {
	in := role.Settings{
		LogGroup: s.LogGroup, DeadLetter: s.DeadLetter, VPC: s.VPC, Subnets: s.Subnets, SecurityGroups: s.SecurityGroups,
		TracingMode: s.TracingMode, SnapStart: s.SnapStart, PackageType: s.PackageType, Layers: s.Layers, Durable: s.Durable,
		CapacityProvider: s.CapacityProvider, Memory: s.Memory, Runtime: role.Runtime{ARN: s.RuntimeARN, Alias: s.RuntimeAlias},
	}
	for _, m := range s.Mounts {
		in.Mounts = append(in.Mounts, role.Mount{ARN: m.ARN, Path: m.Path, DirectRead: m.DirectRead})
	}
	c := in.Config(role.NotRecorded("no record shows it"))
	c.Wrapper = role.NotRead[string](role.NotRecorded("CloudTrail omits the variables of an environment"))
	return c
}

// whyUnsaid is why Lambda's present word on an event source mapping is not known.
var whyUnsaid = role.NotRecorded("a record has what Lambda returned when the call was made, and no record shows what it returned later")

// Source is an event source mapping that a record tells of, under a qualifier of its function.
func Source(m *events.Mapping, qualifier string) role.Source {
	s := role.Source{
		UUID: m.ID, Kind: role.SourceKindOf(m.SourceARN), ARN: m.SourceARN, Qualifier: qualifier, State: m.State, Topics: m.Topics,
		ConsumerGroup: m.ConsumerGroup, Failure: m.OnFailure, KMSKey: m.KMSKeyARN, Registry: m.Registry,
	}
	s.Result, s.Transition, s.FilterError = m.Result, m.Transition, role.FilterError{Code: m.FilterErrorCode, Message: m.FilterErrorMessage}
	s.Unsaid = whyUnsaid
	for _, a := range m.Access {
		s.Access = append(s.Access, role.Access{Type: a[0], URI: a[1]})
	}
	for _, a := range m.RegistryAccess {
		s.RegistryAccess = append(s.RegistryAccess, role.Access{Type: a[0], URI: a[1]})
	}
	return s
}
