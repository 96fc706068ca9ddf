package export

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// settingsDetail is what list-functions tells of a version's configuration (FunctionConfiguration in the API reference).
type settingsDetail struct {
	MemorySize int
	VpcConfig  *struct {
		VpcId                       string
		SubnetIds, SecurityGroupIds []string
	}
	DeadLetterConfig  *struct{ TargetArn string }
	TracingConfig     *struct{ Mode string }
	Layers            []struct{ Arn string }
	FileSystemConfigs []struct {
		Arn, LocalMountPath string
		S3FilesConfig       *struct{ DirectS3Read string }
	}
	CapacityProviderConfig *struct {
		LambdaManagedInstancesCapacityProviderConfig *struct{ CapacityProviderArn string }
	}
	RuntimeConfig *struct{ RuntimeArn, RuntimeAlias string }
	// RuntimeManagementConfig is what get-runtime-management-config tells, which rolewatch export adds.
	RuntimeManagementConfig *struct{ UpdateRuntimeOn, RuntimeVersionArn string }

	LoggingConfig *struct{ LogGroup string }
	SnapStart     *struct{ ApplyOn string }
	PackageType   string
	DurableConfig jsontext.Value

	State, StateReason, StateReasonCode                                  string
	LastUpdateStatus, LastUpdateStatusReason, LastUpdateStatusReasonCode string
	Tags                                                                 map[string]string
}

// environmentDetail is a version's environment. Of its variables only the wrapper's value is ever taken.
type environmentDetail struct {
	Variables variables
	Error     jsontext.Value
}

// variables are whether there are any, and the wrapper's value as the file has it; nil where it is not set.
type variables struct {
	any     bool
	wrapper jsontext.Value
}

// UnmarshalJSONFrom reads an object of variables, or null.
func (v *variables) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*v = variables{}
	if dec.PeekKind() != '{' {
		return json.UnmarshalDecode(dec, new(map[string]jsontext.Value)) // Its error names the kind of value.
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		isWrapper := name.String() == role.WrapperVariable
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		v.any = true
		if isWrapper {
			v.wrapper = value.Clone()
		}
	}
	_, err := dec.ReadToken()
	return err
}

func (e *environmentDetail) failed() bool { return len(e.Error) > 0 && e.Error.Kind() != 'n' }

func (e *environmentDetail) wrapper() role.Maybe[string] {
	switch {
	case e == nil:
		return role.None[string]()
	case e.failed():
		return role.NotRead[string](role.NotExported("environment: Lambda could not decrypt it"))
	}
	if e.Variables.wrapper == nil {
		return role.None[string]()
	}
	text, err := jsontext.AppendUnquote(nil, e.Variables.wrapper)
	if err != nil {
		return role.NotRead[string](role.NotExported("environment: the value of " + role.WrapperVariable + " is not a string"))
	}
	return role.Have(string(text))
}

// config is the configuration as far as list-functions tells of it.
func (v *versionDetail) config() role.Config {
	in := role.Settings{PackageType: v.PackageType, Durable: len(v.DurableConfig) > 0 && v.DurableConfig.Kind() != 'n', Memory: v.MemorySize}
	if l := v.LoggingConfig; l != nil {
		in.LogGroup = l.LogGroup
	}
	if n := v.VpcConfig; n != nil {
		in.VPC, in.Subnets, in.SecurityGroups = n.VpcId, n.SubnetIds, n.SecurityGroupIds
	}
	if d := v.DeadLetterConfig; d != nil {
		in.DeadLetter = d.TargetArn
	}
	if t := v.TracingConfig; t != nil {
		in.TracingMode = t.Mode
	}
	if s := v.SnapStart; s != nil {
		in.SnapStart = s.ApplyOn
	}
	for _, l := range v.Layers {
		in.Layers = append(in.Layers, l.Arn)
	}
	for _, m := range v.FileSystemConfigs {
		mount := role.Mount{ARN: m.Arn, Path: m.LocalMountPath}
		if m.S3FilesConfig != nil {
			mount.DirectRead = m.S3FilesConfig.DirectS3Read
		}
		in.Mounts = append(in.Mounts, mount)
	}
	if p := v.CapacityProviderConfig; p != nil && p.LambdaManagedInstancesCapacityProviderConfig != nil {
		in.CapacityProvider = p.LambdaManagedInstancesCapacityProviderConfig.CapacityProviderArn
	}
	if r := v.RuntimeConfig; r != nil {
		in.Runtime = role.Runtime{ARN: r.RuntimeArn, Alias: r.RuntimeAlias}
	}
	c := in.Config(role.NotExported("list-functions does not show it"))
	if c.Runtime.State() == role.Known {
		c.RuntimeUpdates = role.NotRead[role.RuntimeUpdates](role.NotExported("list-functions does not show when the runtime is updated; get-runtime-management-config does"))
		if u := v.RuntimeManagementConfig; u != nil {
			c.RuntimeUpdates = role.Have(role.RuntimeUpdates{On: u.UpdateRuntimeOn, Version: u.RuntimeVersionArn})
		}
	}
	c.Wrapper = v.Environment.wrapper()
	c.Status = role.NotRead[role.Status](role.NotExported("list-functions does not show State; get-function-configuration does"))
	c.Tags = role.NotRead[map[string]string](role.NotExported("list-functions does not show the tags of a function"))
	if v.State != "" || v.LastUpdateStatus != "" {
		c.Status = role.Have(role.Status{
			State: v.State, StateReason: v.StateReason, StateReasonCode: v.StateReasonCode,
			Update: v.LastUpdateStatus, UpdateReason: v.LastUpdateStatusReason, UpdateReasonCode: v.LastUpdateStatusReasonCode,
		})
	}
	if v.Tags != nil {
		c.Tags = role.Have(v.Tags)
	}
	return c
}

// function is what the entry says of the version.
func (v *versionDetail) function(masters map[string]bool) role.Function {
	out := role.Function{
		ARN: v.arn, Version: v.Version, Role: v.Role, Environment: role.Have(false), KMSKey: role.None[string](),
		Edge:   role.NotRead[bool](role.NotExported("list-functions does not show whether a version is replicated as Lambda@Edge")),
		Config: v.config(),
	}
	if env := v.Environment; env != nil {
		out.Environment = role.Have(env.Variables.any || env.failed())
	}
	if v.KMSKeyArn != "" {
		out.KMSKey = role.Have(v.KMSKeyArn)
	}
	out.LastModified = v.LastModified.time()
	if v.MasterArn != "" || masters[v.arn+":"+v.Version] {
		out.Edge = role.Have(true)
	}
	return out
}
