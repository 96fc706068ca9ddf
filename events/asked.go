package events

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Asked is what a refused call asked Lambda to configure, as far as its parameters tell. A nil field is a setting that the call
// leaves as it is.
type Asked struct {
	LogGroup, DeadLetter, TracingMode, SnapStart, PackageType *string
	VPC                                                       *VPC
	Layers                                                    *[]string
	Mounts                                                    *[]Mount
	Durable                                                   *bool
	// Mapping is the event source mapping that was to be made or changed; its SourceARN is empty where the call does not say.
	Mapping *Mapping
	// OnSuccess and OnFailure are the destinations of asynchronous invocation, both nil where the call is about another thing.
	OnSuccess, OnFailure *string
	// Unread are the names of parameters that have another form than the API's, in order.
	Unread []string
}

// VPC is the VPC configuration of a function.
type VPC struct {
	ID                      string
	Subnets, SecurityGroups []string
}

// askedReader reads parameters one by one: one that has another form than the API's leaves the others readable.
type askedReader struct {
	parameters map[string]jsontext.Value
	asked      *Asked
}

// take reads the first of the names that is there; false where none is, where it is null, and where it has another form.
func take[T any](r *askedReader, into **T, names ...string) bool {
	for _, name := range names {
		text, there := r.parameters[name]
		if !there || text.Kind() == 'n' {
			continue
		}
		v := new(T)
		if err := json.Unmarshal(text, v); err != nil {
			r.asked.Unread = append(r.asked.Unread, name)
			return false
		}
		*into = v
		return true
	}
	return false
}

// asked reads what a refused call asked for; nil where the record does not have the parameters.
func (p *parser) readAsked() *Asked {
	text := p.record.Request.text
	r := askedReader{asked: &Asked{}}
	if text == nil || json.Unmarshal(text, &r.parameters) != nil || r.parameters["omitted"] != nil {
		return nil
	}
	switch p.change.Event.Name {
	case "CreateFunction", "UpdateFunctionConfiguration":
		r.settings()
	case "CreateEventSourceMapping", "UpdateEventSourceMapping":
		r.mapping()
	case "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig":
		r.destinations(p.change.Event.Name == "PutFunctionEventInvokeConfig")
	}
	slices.Sort(r.asked.Unread)
	return r.asked
}

// settings reads a function's settings. A request has the layers as texts, other than the answer.
func (r *askedReader) settings() {
	var form settingsForm
	logging, dead, tracing, snap := &form.LoggingConfig, &form.DeadLetterConfig, &form.TracingConfig, &form.SnapStart
	if take(r, &logging, "loggingConfig") {
		r.asked.LogGroup = &logging.LogGroup
	}
	if take(r, &dead, "deadLetterConfig") {
		r.asked.DeadLetter = &dead.Target
	}
	if take(r, &tracing, "tracingConfig") {
		r.asked.TracingMode = &tracing.Mode
	}
	if take(r, &snap, "snapStart") {
		r.asked.SnapStart = &snap.ApplyOn
	}
	vpc, mounts := &form.VPCConfig, &form.FileSystemConfigs
	if take(r, &vpc, "vpcConfig") {
		r.asked.VPC = &VPC{ID: vpc.VPC, Subnets: vpc.Subnets, SecurityGroups: vpc.SecurityGroups}
	}
	if take(r, &mounts, "fileSystemConfigs") {
		list := make([]Mount, 0, len(*mounts))
		for _, m := range *mounts {
			list = append(list, Mount{m.ARN, m.Path})
		}
		r.asked.Mounts = &list
	}
	take(r, &r.asked.Layers, "layers")
	take(r, &r.asked.PackageType, "packageType")
	var durable *jsontext.Value
	if take(r, &durable, "durableConfig") {
		yes := durable.Kind() == '{'
		r.asked.Durable = &yes
	}
}

// mapping reads an event source mapping.
func (r *askedReader) mapping() {
	m := &Mapping{State: "Enabled"}
	r.asked.Mapping = m
	for into, names := range map[*string][]string{
		&m.ID: {"uUID", "uuid"}, &m.SourceARN: {"eventSourceArn"}, &m.KMSKeyARN: {"kMSKeyArn", "kmsKeyArn"},
	} {
		var text *string
		if take(r, &text, names...) {
			*into = *text
		}
	}
	var enabled *bool
	if take(r, &enabled, "enabled") && !*enabled {
		m.State = "Disabled"
	}
	var form besideForm
	for _, name := range []string{"topics", "queues"} {
		var list *[]string
		if take(r, &list, name) {
			m.Topics = append(m.Topics, *list...)
		}
	}
	access := &form.Access
	if take(r, &access, "sourceAccessConfigurations") {
		for _, a := range *access {
			m.Access = append(m.Access, [2]string{a.Type, first(a.URI, a.URL)})
		}
	}
	to, msk, kafka := &form.DestinationConfig, &form.MSK, &form.Kafka
	if take(r, &to, "destinationConfig") {
		m.OnFailure = to.OnFailure.Destination
	}
	if take(r, &msk, "amazonManagedKafkaEventSourceConfig") {
		m.ConsumerGroup = msk.ConsumerGroup
	}
	if take(r, &kafka, "selfManagedKafkaEventSourceConfig") {
		m.ConsumerGroup = kafka.ConsumerGroup
	}
}

// destinations reads where results of asynchronous invocation are to go. Put replaces the whole configuration; an update without
// destinations leaves them as they are.
func (r *askedReader) destinations(whole bool) {
	var form besideForm
	to := &form.DestinationConfig
	if take(r, &to, "destinationConfig") || whole {
		r.asked.OnSuccess, r.asked.OnFailure = &to.OnSuccess.Destination, &to.OnFailure.Destination
	}
}
