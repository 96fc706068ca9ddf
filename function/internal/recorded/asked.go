package recorded

import (
	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Asked is what a refused call asked for, as its record tells; nil where that does not have the call's parameters. What a
// call that makes a function leaves out is not configured.
func Asked(record *events.Change) *role.Asked {
	in := record.Asked
	if in == nil {
		return nil
	}
	out := role.Asked{Role: record.Config.Role}
	if m := in.Mapping; m != nil {
		s := Source(m, record.Function.Qualifier)
		if s.ARN == "" && record.Event.Name != "CreateEventSourceMapping" {
			s.Kind = role.SourceOther // A change of a mapping does not name its event source.
		}
		out.Source = role.Have(s)
	}
	if in.OnSuccess != nil && in.OnFailure != nil {
		out.Destinations = role.Have(role.Destinations{Qualifier: record.Function.Qualifier, Success: *in.OnSuccess, Failure: *in.OnFailure})
	}
	if record.Event.Name == "CreateFunction" || record.Event.Name == "UpdateFunctionConfiguration" {
		askedSettings(&out, record)
	}
	for _, name := range in.Unread {
		unreadable(&out, record.Event.Configures, name)
	}
	return &out
}

// defaultMemory is what Lambda gives a function for which a call does not say it, in MB:
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
const defaultMemory = 128

// askedSettings takes over a version's settings.
func askedSettings(out *role.Asked, record *events.Change) {
	in, creates := record.Asked, record.Event.Name == "CreateFunction"
	text := func(v *string) role.Maybe[string] {
		switch {
		case v != nil && *v != "":
			return role.Have(*v)
		case v != nil, creates:
			return role.None[string]()
		}
		return role.Maybe[string]{}
	}
	is := func(v *string, want string) role.Maybe[bool] {
		if v == nil && !creates {
			return role.Maybe[bool]{}
		}
		return role.Have(v != nil && *v == want)
	}
	out.LogGroup, out.DeadLetter, out.KMSKey = text(in.LogGroup), text(in.DeadLetter), text(in.KMSKeyARN)
	out.Tracing, out.SnapStart, out.Image = is(in.TracingMode, "Active"), is(in.SnapStart, "PublishedVersions"), is(in.PackageType, "Image")
	switch {
	case in.VPC != nil && len(in.VPC.Subnets) > 0:
		out.Network = role.Have(role.Network{VPC: in.VPC.ID, Subnets: in.VPC.Subnets, SecurityGroups: in.VPC.SecurityGroups})
	case in.VPC != nil, creates:
		out.Network = role.None[role.Network]()
	}
	switch {
	case in.Layers != nil:
		out.Layers = role.Have(*in.Layers)
	case creates:
		out.Layers = role.Have[[]string](nil)
	}
	switch {
	case in.Mounts != nil:
		var mounts []role.Mount
		for _, m := range *in.Mounts {
			mounts = append(mounts, role.Mount{ARN: m.ARN, Path: m.Path, DirectRead: m.DirectRead})
		}
		out.Mounts = role.Have(mounts)
	case creates:
		out.Mounts = role.Have[[]role.Mount](nil)
	}
	switch {
	case in.Memory != nil:
		out.Memory = role.Have(*in.Memory)
	case creates:
		out.Memory = role.Have(defaultMemory)
	}
	if in.Durable != nil || creates {
		out.Durable = role.Have(in.Durable != nil && *in.Durable)
	}
	switch {
	case record.Config.Environment != nil:
		out.Environment = role.NotRead[bool](role.NotRecorded("CloudTrail shows that an environment was sent, and not whether it is empty"))
	case creates:
		out.Environment = role.Have(false)
	}
}

// unreadable makes what a parameter asks for unknown, where that is not clear.
func unreadable(out *role.Asked, what events.Configures, name string) {
	why := role.Unclear("the call does not show what its parameter " + name + " asks for")
	switch what {
	case events.ConfiguresMapping:
		out.Source = role.NotRead[role.Source](why)
		return
	case events.ConfiguresInvocation:
		out.Destinations = role.NotRead[role.Destinations](why)
		return
	}
	switch name {
	case "loggingConfig":
		out.LogGroup = role.NotRead[string](why)
	case "deadLetterConfig":
		out.DeadLetter = role.NotRead[string](why)
	case "tracingConfig":
		out.Tracing = role.NotRead[bool](why)
	case "snapStart":
		out.SnapStart = role.NotRead[bool](why)
	case "packageType":
		out.Image = role.NotRead[bool](why)
	case "vpcConfig":
		out.Network = role.NotRead[role.Network](why)
	case "layers":
		out.Layers = role.NotRead[[]string](why)
	case "fileSystemConfigs":
		out.Mounts = role.NotRead[[]role.Mount](why)
	case "memorySize":
		out.Memory = role.NotRead[int](why)
	case "durableConfig":
		out.Durable = role.NotRead[bool](why)
	case "kMSKeyArn", "kmsKeyArn":
		out.KMSKey = role.NotRead[string](why)
	}
}
