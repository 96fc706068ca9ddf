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

// wrapperVariable is the one variable that says what a layer does.
const wrapperVariable = "AWS_LAMBDA_EXEC_WRAPPER"

func (e *environmentDetail) wrapper() role.Maybe[string] {
	switch {
	case e == nil:
		return role.None[string]()
	case e.failed():
		return role.NotRead[string](role.Because("environment: Lambda could not decrypt it"))
	}
	v, ok := e.Variables[wrapperVariable]
	if !ok {
		return role.None[string]()
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return role.NotRead[string](role.Because("environment: the value of " + wrapperVariable + " is no text"))
	}
	return role.Have(string(text))
}

// config is the configuration as far as list-functions tells of it.
func (v *versionDetail) config() role.Config {
	c := role.Config{
		LogGroup: role.None[string](), Network: role.None[role.Network](), DeadLetter: role.None[string](), Tracing: role.Have(false),
		Wrapper: v.Environment.wrapper(), Durable: role.Have(len(v.DurableConfig) > 0 && v.DurableConfig.Kind() != 'n'),
		SnapStart: role.Have(v.SnapStart != nil && v.SnapStart.ApplyOn == "PublishedVersions"), Image: role.Have(v.PackageType == "Image"),
		Status: role.NotRead[role.Status](role.Because("list-functions does not tell State; get-function-configuration does")),
		Tags:   role.NotRead[map[string]string](role.Because("list-functions does not tell a function's tags")),
	}
	if l := v.LoggingConfig; l != nil && l.LogGroup != "" {
		c.LogGroup = role.Have(l.LogGroup)
	}
	if n := v.VpcConfig; n != nil && (n.VpcId != "" || len(n.SubnetIds) > 0) {
		c.Network = role.Have(role.Network{VPC: n.VpcId, Subnets: n.SubnetIds, SecurityGroups: n.SecurityGroupIds})
	}
	if d := v.DeadLetterConfig; d != nil && d.TargetArn != "" {
		c.DeadLetter = role.Have(d.TargetArn)
	}
	if t := v.TracingConfig; t != nil {
		c.Tracing = role.Have(t.Mode == "Active")
	}
	var layers []string
	for _, l := range v.Layers {
		layers = append(layers, l.Arn)
	}
	var mounts []role.Mount
	for _, m := range v.FileSystemConfigs {
		mounts = append(mounts, role.Mount{ARN: m.Arn, Path: m.LocalMountPath})
	}
	c.Layers, c.Mounts = role.Have(layers), role.Have(mounts)
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
