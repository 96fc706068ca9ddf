package events

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Asked is what a refused call asked Lambda to configure, as far as its parameters tell. A nil field is a setting that the call
// leaves as it is.
type Asked struct {
	LogGroup, DeadLetter, TracingMode, SnapStart, PackageType *string
	VPC                                                       *VPC
	Layers                                                    *[]string
	Mounts                                                    *[]Mount
	Durable                                                   *bool
	KMSKeyARN                                                 *string
	// Memory is in MB.
	Memory *int
	// Mapping is the event source mapping that was to be made or changed; its SourceARN is empty where the call does not say.
	Mapping *Mapping
	// OnSuccess and OnFailure are the destinations of asynchronous invocation, both nil where the call is about another thing.
	OnSuccess, OnFailure *string
	// Unread are the names of parameters of which it is not clear what they ask for, in order: CloudTrail hides them, they have
	// another form than the API's, or they lack what an update would have to say.
	Unread []string
}

// VPC is the VPC configuration of a function.
type VPC struct {
	ID                      string
	Subnets, SecurityGroups []string
}

// hidden stands in a record where CloudTrail does not show a value.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// shown is a text of a parameter, empty where CloudTrail hides it.
func shown(text string) string {
	if text == hidden {
		return ""
	}
	return text
}

// askedReader reads parameters one by one: one that is not clear leaves the others readable.
type askedReader struct {
	parameters map[string]jsontext.Value
	asked      *Asked
	// updates says that the call leaves as it is what it does not name.
	updates bool
}

// take reads the first of the names that is there; false where none is, where it is null, and where it is not clear.
func take[T any](r *askedReader, into **T, clear func(*T) bool, names ...string) bool {
	for _, name := range names {
		text, there := r.parameters[name]
		if !there || text.Kind() == 'n' {
			continue
		}
		v := new(T)
		if withheld(text) || json.Unmarshal(text, v) != nil || !clear(v) {
			r.asked.Unread = append(r.asked.Unread, name)
			return false
		}
		*into = v
		return true
	}
	return false
}

// withheld reports whether CloudTrail hides a part of a value, or has cut it.
func withheld(text jsontext.Value) bool {
	return bytes.Contains(text, []byte(hidden)) || bytes.Contains(text, []byte(`"omitted"`))
}

// readAsked reads what a refused call asked for; nil where the record does not have the parameters.
func (p *parser) readAsked() *Asked {
	r := askedReader{asked: &Asked{}, updates: strings.HasPrefix(p.change.Event.Name, "Update")}
	if json.Unmarshal(p.record.Request.text, &r.parameters) != nil || r.parameters["omitted"] != nil {
		return nil
	}
	for _, name := range []string{"functionName", "qualifier"} {
		if withheld(r.parameters[name]) {
			r.asked.Unread = append(r.asked.Unread, name)
		}
	}
	switch p.change.Event.Name {
	case "CreateFunction", "UpdateFunctionConfiguration":
		r.settings()
	case "CreateEventSourceMapping", "UpdateEventSourceMapping":
		r.mapping()
	case "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig":
		r.destinations()
	}
	slices.Sort(r.asked.Unread)
	return r.asked
}

// The forms of parameters. A member that is not there is nil: it has its default in a call that makes something, and an update
// does not say what becomes of it.
type (
	loggingForm struct {
		LogGroup *string `json:"logGroup"`
	}
	deadLetterForm struct {
		Target *string `json:"targetArn"`
	}
	tracingForm struct {
		Mode *string `json:"mode"`
	}
	snapStartForm struct {
		ApplyOn *string `json:"applyOn"`
	}
	vpcForm struct {
		Subnets        []string `json:"subnetIds"`
		SecurityGroups []string `json:"securityGroupIds"`
	}
	mountForm struct {
		ARN     string `json:"arn"`
		Path    string `json:"localMountPath"`
		S3Files struct {
			DirectRead string `json:"directS3Read"`
		} `json:"s3FilesConfig"`
	}
)

// member reports whether a member of a parameter is clear: it has a value that the API knows, or its default.
func (r *askedReader) member(text *string, known func(string) bool) bool {
	if text == nil {
		return !r.updates
	}
	return known(*text)
}

// settings reads a function's settings. A request has the layers as texts, other than the answer.
func (r *askedReader) settings() {
	var role *string
	take(r, &role, anything, "role")
	logging, dead, tracing, snap := new(loggingForm), new(deadLetterForm), new(tracingForm), new(snapStartForm)
	if take(r, &logging, func(f *loggingForm) bool { return r.member(f.LogGroup, given) }, "loggingConfig") {
		r.asked.LogGroup = orEmpty(logging.LogGroup)
	}
	if take(r, &dead, func(f *deadLetterForm) bool { return r.member(f.Target, arnOrNone) }, "deadLetterConfig") {
		r.asked.DeadLetter = orEmpty(dead.Target)
	}
	if take(r, &tracing, func(f *tracingForm) bool { return r.member(f.Mode, oneOf("Active", "PassThrough")) }, "tracingConfig") {
		r.asked.TracingMode = orEmpty(tracing.Mode)
	}
	if take(r, &snap, func(f *snapStartForm) bool { return r.member(f.ApplyOn, oneOf("PublishedVersions", "None")) }, "snapStart") {
		r.asked.SnapStart = orEmpty(snap.ApplyOn)
	}
	var vpc *vpcForm
	if take(r, &vpc, r.network, "vpcConfig") {
		r.asked.VPC = &VPC{Subnets: vpc.Subnets, SecurityGroups: vpc.SecurityGroups}
	}
	var mounts *[]mountForm
	if take(r, &mounts, func(l *[]mountForm) bool { return all(*l, func(m mountForm) bool { return aws.IsARN(m.ARN) }) }, "fileSystemConfigs") {
		list := make([]Mount, 0, len(*mounts))
		for _, m := range *mounts {
			list = append(list, Mount{m.ARN, m.Path, m.S3Files.DirectRead})
		}
		r.asked.Mounts = &list
	}
	take(r, &r.asked.Layers, func(l *[]string) bool { return all(*l, aws.IsARN) }, "layers")
	take(r, &r.asked.PackageType, func(s *string) bool { return oneOf("Zip", "Image")(*s) }, "packageType")
	take(r, &r.asked.Memory, func(mb *int) bool { return *mb > 0 }, "memorySize")
	take(r, &r.asked.KMSKeyARN, func(s *string) bool { return arnOrNone(*s) }, "kMSKeyArn", "kmsKeyArn")
	var durable *map[string]jsontext.Value
	if take(r, &durable, anything, "durableConfig") {
		yes := true
		r.asked.Durable = &yes
	}
}

// network reports whether a VPC configuration is clear. Lambda takes subnets with security groups, or neither.
func (r *askedReader) network(f *vpcForm) bool {
	if f.Subnets == nil && f.SecurityGroups == nil {
		return !r.updates
	}
	return (len(f.Subnets) > 0) == (len(f.SecurityGroups) > 0) && all(f.Subnets, startsWith("subnet-")) && all(f.SecurityGroups, startsWith("sg-"))
}

func anything[T any](*T) bool { return true }

func given(text string) bool { return text != "" }

func arnOrNone(text string) bool { return text == "" || aws.IsARN(text) }

func oneOf(texts ...string) func(string) bool {
	return func(text string) bool { return slices.Contains(texts, text) }
}

func startsWith(prefix string) func(string) bool {
	return func(text string) bool { return strings.HasPrefix(text, prefix) }
}

func all[T any](list []T, is func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !is(v) })
}

func orEmpty(text *string) *string {
	if text == nil {
		return new(string)
	}
	return text
}
