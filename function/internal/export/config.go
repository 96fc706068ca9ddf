package export

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// settingsDetail is what list-functions tells of a version's configuration (FunctionConfiguration in the API reference).
type settingsDetail struct {
	VpcConfig *struct {
		VpcId                       string
		SubnetIds, SecurityGroupIds []string
	}
	DeadLetterConfig  *struct{ TargetArn string }
	TracingConfig     *struct{ Mode string }
	Layers            []struct{ Arn string }
	FileSystemConfigs []struct{ Arn, LocalMountPath string }
	LoggingConfig     *struct{ LogGroup string }
	SnapStart         *struct{ ApplyOn string }
	PackageType       string
	DurableConfig     jsontext.Value

	State, StateReason, StateReasonCode                                  string
	LastUpdateStatus, LastUpdateStatusReason, LastUpdateStatusReasonCode string
	Tags                                                                 map[string]string
}

// environmentDetail is a version's environment. Of its variables only the wrapper's value is ever taken.
type environmentDetail struct {
	Variables map[string]jsontext.Value
	Error     jsontext.Value
}

func (e *environmentDetail) failed() bool { return len(e.Error) > 0 && e.Error.Kind() != 'n' }

func (e *environmentDetail) wrapper() role.Maybe[string] {
	switch {
	case e == nil:
		return role.None[string]()
	case e.failed():
		return role.NotRead[string](role.Because("environment: Lambda could not decrypt it"))
	}
	v, ok := e.Variables[role.WrapperVariable]
	if !ok {
		return role.None[string]()
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return role.NotRead[string](role.Because("environment: the value of " + role.WrapperVariable + " is no text"))
	}
	return role.Have(string(text))
}

// config is the configuration as far as list-functions tells of it.
func (v *versionDetail) config() role.Config {
	in := role.Settings{PackageType: v.PackageType, Durable: len(v.DurableConfig) > 0 && v.DurableConfig.Kind() != 'n'}
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
		in.Mounts = append(in.Mounts, role.Mount{ARN: m.Arn, Path: m.LocalMountPath})
	}
	c := in.Config(role.Because("list-functions does not tell it"))
	c.Wrapper = v.Environment.wrapper()
	c.Status = role.NotRead[role.Status](role.Because("list-functions does not tell State; get-function-configuration does"))
	c.Tags = role.NotRead[map[string]string](role.Because("list-functions does not tell a function's tags"))
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
