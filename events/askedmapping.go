package events

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// accessTypes are the types of SourceAccessConfigurations, with what the URI of each begins with, if it has to have one:
// https://docs.aws.amazon.com/lambda/latest/api/API_SourceAccessConfiguration.html
var accessTypes = map[string]string{
	"BASIC_AUTH": "arn:", "SASL_SCRAM_512_AUTH": "arn:", "SASL_SCRAM_256_AUTH": "arn:", "CLIENT_CERTIFICATE_TLS_AUTH": "arn:",
	"SERVER_ROOT_CA_CERTIFICATE": "arn:", "VPC_SUBNET": "subnet:", "VPC_SECURITY_GROUP": "security_group:", "VIRTUAL_HOST": "",
	"IAM_AUTH": "", "IAM_OAUTHBEARER_AUTH": "",
}

type (
	askedKafkaForm struct {
		ConsumerGroup *string `json:"consumerGroupId"`
		Registry      struct {
			URI    string       `json:"schemaRegistryURI"`
			URL    string       `json:"schemaRegistryUri"`
			Access []accessForm `json:"accessConfigs"`
		} `json:"schemaRegistryConfig"`
	}
	outcomeForm struct {
		Destination *string `json:"destination"`
	}
	destinationsForm struct {
		OnSuccess outcomeForm `json:"onSuccess"`
		OnFailure outcomeForm `json:"onFailure"`
	}
)

// mapping reads an event source mapping.
func (r *askedReader) mapping() {
	m := &Mapping{}
	r.asked.Mapping = m
	if !r.updates {
		m.State = "Enabled"
	}
	var id, source, key *string
	if take(r, &id, func(s *string) bool { return given(*s) }, "uUID", "uuid") {
		m.ID = *id
	}
	if take(r, &source, func(s *string) bool { return aws.IsARN(*s) }, "eventSourceArn") {
		m.SourceARN = *source
	} else if _, selfManaged := r.parameters["selfManagedEventSource"]; !r.updates && !selfManaged && len(r.asked.Unread) == 0 {
		r.asked.Unread = append(r.asked.Unread, "eventSourceArn")
	}
	if take(r, &key, func(s *string) bool { return arnOrNone(*s) }, "kMSKeyArn", "kmsKeyArn") {
		m.KMSKeyARN = *key
	}
	var enabled *bool
	if take(r, &enabled, anything, "enabled") {
		if m.State = "Enabled"; !*enabled {
			m.State = "Disabled"
		}
	}
	for _, name := range []string{"topics", "queues"} {
		var list *[]string
		if take(r, &list, func(l *[]string) bool { return all(*l, given) }, name) {
			m.Topics = append(m.Topics, *list...)
		}
	}
	var access *[]accessForm
	if take(r, &access, func(l *[]accessForm) bool { return all(*l, accessForm.clear) }, "sourceAccessConfigurations") {
		m.Access = pairs(*access)
	}
	var to *destinationsForm
	if take(r, &to, (*destinationsForm).clear, "destinationConfig") {
		m.OnFailure = *orEmpty(to.OnFailure.Destination)
	}
	for _, name := range []string{"amazonManagedKafkaEventSourceConfig", "selfManagedKafkaEventSourceConfig"} {
		var kafka *askedKafkaForm
		if take(r, &kafka, r.kafka, name) {
			m.ConsumerGroup = *orEmpty(kafka.ConsumerGroup)
			m.Registry, m.RegistryAccess = first(kafka.Registry.URI, kafka.Registry.URL), pairs(kafka.Registry.Access)
		}
	}
}

// kafka reports whether the configuration of Apache Kafka is clear.
func (r *askedReader) kafka(f *askedKafkaForm) bool {
	return r.member(f.ConsumerGroup, given) && all(f.Registry.Access, accessForm.clear)
}

// clear reports whether what a mapping is to use for access is clear. A secret is named by its ARN.
func (f accessForm) clear() bool {
	prefix, known := accessTypes[f.Type]
	uri := first(f.URI, f.URL)
	return known && (uri != "" || prefix == "") && strings.HasPrefix(uri, prefix)
}

// clear reports whether destinations are clear: ARNs, topics of the mapping's own cluster, or none.
func (f *destinationsForm) clear() bool {
	for _, text := range []*string{f.OnSuccess.Destination, f.OnFailure.Destination} {
		if text != nil && !arnOrNone(*text) && !strings.HasPrefix(*text, "kafka://") {
			return false
		}
	}
	return true
}

// destinations reads where results of asynchronous invocation are to go. Put replaces the whole configuration; an update without
// destinations leaves them as they are. AWS does not document whether an update that names one of the two keeps the other.
func (r *askedReader) destinations() {
	to := new(destinationsForm)
	whole := func(f *destinationsForm) bool {
		return f.clear() && (!r.updates || f.OnSuccess.Destination != nil && f.OnFailure.Destination != nil)
	}
	if take(r, &to, whole, "destinationConfig") || !r.updates {
		r.asked.OnSuccess, r.asked.OnFailure = orEmpty(to.OnSuccess.Destination), orEmpty(to.OnFailure.Destination)
	}
}
