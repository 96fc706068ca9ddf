package events

import "github.com/go-json-experiment/json"

// Settings is what an answer of Lambda's tells of a version's configuration. It is whole: what is not in it is not set.
type Settings struct {
	LogGroup, VPC, DeadLetter string
	Subnets, SecurityGroups   []string
	Layers                    []string
	Mounts                    []Mount
	// TracingMode, SnapStart (what it applies to) and PackageType are in the words of Lambda's API.
	TracingMode, SnapStart, PackageType string
	Durable                             bool
	// CapacityProvider is the ARN of the capacity provider that the function runs on.
	CapacityProvider string
	// RuntimeARN and RuntimeAlias are the customer-managed runtime that the function uses.
	RuntimeARN, RuntimeAlias string
	// Memory is in MB; 0 where the answer does not have it.
	Memory int
}

// Mount is a file system that a function mounts.
type Mount struct{ ARN, Path, DirectRead string }

// Beside is what a record tells of what is configured beside a function's versions; each event fills its own fields.
type Beside struct {
	// StatementID and Statement are a permission of the resource policy; Statement is its text, empty when it was removed.
	StatementID, Statement string
	// Policy is the whole resource policy that the record put; nil where the record does not have its text.
	Policy *string
	// AuthType and URL are a function URL's.
	AuthType, URL string
	// OnSuccess and OnFailure are the destinations of asynchronous invocation.
	OnSuccess, OnFailure string
	// RuntimeUpdates is when Lambda updates the runtime, in the words of Lambda's API, and RuntimeVersion the ARN of the version that
	// the function keeps.
	RuntimeUpdates, RuntimeVersion string
	// Mapping is an event source mapping; nil where the record tells of none.
	Mapping *Mapping
}

// Mapping is an event source mapping as its record tells.
type Mapping struct {
	ID, SourceARN, State, OnFailure, ConsumerGroup, KMSKeyARN string
	Topics                                                    []string
	// Result and Transition are Lambda's word on the last processing and on the last change of the state.
	Result, Transition string
	// FilterErrorCode and FilterErrorMessage are what AWS KMS answered about encrypted filter criteria.
	FilterErrorCode, FilterErrorMessage string
	// Registry is the URI of a schema registry.
	Registry string
	// Access and RegistryAccess are pairs of a type and a URI.
	Access, RegistryAccess [][2]string
}

type destination struct {
	Destination string `json:"destination"`
}

// settingsForm is how responseElements has a function's configuration; CloudTrail writes the API's names with a small
// first letter.
type settingsForm struct {
	FunctionARN   string `json:"functionArn"`
	LastModified  any    `json:"lastModified"`
	LoggingConfig struct {
		LogGroup string `json:"logGroup"`
	} `json:"loggingConfig"`
	VPCConfig struct {
		VPC            string   `json:"vpcId"`
		Subnets        []string `json:"subnetIds"`
		SecurityGroups []string `json:"securityGroupIds"`
	} `json:"vpcConfig"`
	DeadLetterConfig struct {
		Target string `json:"targetArn"`
	} `json:"deadLetterConfig"`
	TracingConfig struct {
		Mode string `json:"mode"`
	} `json:"tracingConfig"`
	Layers []struct {
		ARN string `json:"arn"`
	} `json:"layers"`
	FileSystemConfigs []struct {
		ARN     string `json:"arn"`
		Path    string `json:"localMountPath"`
		S3Files struct {
			DirectRead string `json:"directS3Read"`
		} `json:"s3FilesConfig"`
	} `json:"fileSystemConfigs"`
	CapacityProviderConfig struct {
		Instances struct {
			ARN string `json:"capacityProviderArn"`
		} `json:"lambdaManagedInstancesCapacityProviderConfig"`
	} `json:"capacityProviderConfig"`
	SnapStart struct {
		ApplyOn string `json:"applyOn"`
	} `json:"snapStart"`
	RuntimeConfig struct {
		ARN   string `json:"runtimeArn"`
		Alias string `json:"runtimeAlias"`
	} `json:"runtimeConfig"`
	PackageType   string         `json:"packageType"`
	MemorySize    int            `json:"memorySize"`
	DurableConfig map[string]any `json:"durableConfig"`
}

// settings reads them. A form that is not as expected tells nothing: the record itself is sound all the same.
func (p *parser) settings() *Settings {
	var in settingsForm
	if json.Unmarshal(p.record.Response.text, &in) != nil || in.FunctionARN == "" || in.LastModified == nil {
		return nil
	}
	s := &Settings{
		LogGroup: in.LoggingConfig.LogGroup, VPC: in.VPCConfig.VPC, DeadLetter: in.DeadLetterConfig.Target, Subnets: in.VPCConfig.Subnets,
		SecurityGroups: in.VPCConfig.SecurityGroups, TracingMode: in.TracingConfig.Mode, SnapStart: in.SnapStart.ApplyOn,
		PackageType: in.PackageType, Durable: in.DurableConfig != nil,
		CapacityProvider: in.CapacityProviderConfig.Instances.ARN, Memory: in.MemorySize,
		RuntimeARN: in.RuntimeConfig.ARN, RuntimeAlias: in.RuntimeConfig.Alias,
	}
	for _, l := range in.Layers {
		s.Layers = append(s.Layers, l.ARN)
	}
	for _, m := range in.FileSystemConfigs {
		s.Mounts = append(s.Mounts, Mount{m.ARN, m.Path, m.S3Files.DirectRead})
	}
	return s
}

// besideForm is how requests and responses have what is configured beside a function.
type besideForm struct {
	StatementID       string  `json:"statementId"`
	Statement         string  `json:"statement"`
	Policy            *string `json:"policy"`
	AuthType          string  `json:"authType"`
	URL               string  `json:"functionUrl"`
	DestinationConfig struct {
		OnSuccess destination `json:"onSuccess"`
		OnFailure destination `json:"onFailure"`
	} `json:"destinationConfig"`
	RuntimeUpdates string `json:"updateRuntimeOn"`
	RuntimeVersion string `json:"runtimeVersionArn"`
	ID             string `json:"uUID"`
	IDLower        string `json:"uuid"`
	SourceARN      string `json:"eventSourceArn"`
	State          string `json:"state"`
	KMSKeyARN      string `json:"kMSKeyArn"`
	Result         string `json:"lastProcessingResult"`
	Transition     string `json:"stateTransitionReason"`
	FilterError    struct {
		Code    string `json:"errorCode"`
		Message string `json:"message"`
	} `json:"filterCriteriaError"`
	Topics []string     `json:"topics"`
	Queues []string     `json:"queues"`
	Access []accessForm `json:"sourceAccessConfigurations"`
	MSK    kafkaForm    `json:"amazonManagedKafkaEventSourceConfig"`
	Kafka  kafkaForm    `json:"selfManagedKafkaEventSourceConfig"`
}

// accessForm is how Lambda authenticates. CloudTrail writes the URI's name with the first letter small, whatever follows.
type accessForm struct {
	Type string `json:"type"`
	URI  string `json:"uRI"`
	URL  string `json:"uri"`
}

func pairs(list []accessForm) (out [][2]string) {
	for _, a := range list {
		out = append(out, [2]string{a.Type, first(a.URI, a.URL)})
	}
	return out
}

// kafkaForm is what only a mapping of Apache Kafka has.
type kafkaForm struct {
	ConsumerGroup string `json:"consumerGroupId"`
	Registry      struct {
		URI    string       `json:"schemaRegistryURI"`
		URL    string       `json:"schemaRegistryUri"`
		Access []accessForm `json:"accessConfigs"`
	} `json:"schemaRegistryConfig"`
}

// kafka notes what a mapping of Apache Kafka has.
func (m *Mapping) kafka(f *kafkaForm) {
	m.ConsumerGroup = first(m.ConsumerGroup, f.ConsumerGroup)
	m.Registry = first(m.Registry, f.Registry.URI, f.Registry.URL)
	m.RegistryAccess = append(m.RegistryAccess, pairs(f.Registry.Access)...)
}

// beside reads what the response tells, and the request where there is none: RemovePermission and deletions have no
// answer. A form that is not as expected tells nothing.
func (p *parser) beside() Beside {
	var asked, answered besideForm
	if json.Unmarshal(p.record.Request.text, &asked) != nil {
		asked = besideForm{}
	}
	if json.Unmarshal(p.record.Response.text, &answered) != nil {
		answered = besideForm{}
	}
	b := Beside{
		StatementID: asked.StatementID, Statement: answered.Statement, AuthType: first(answered.AuthType, asked.AuthType), URL: answered.URL,
		OnSuccess:      first(answered.DestinationConfig.OnSuccess.Destination, asked.DestinationConfig.OnSuccess.Destination),
		OnFailure:      first(answered.DestinationConfig.OnFailure.Destination, asked.DestinationConfig.OnFailure.Destination),
		RuntimeUpdates: first(answered.RuntimeUpdates, asked.RuntimeUpdates), RuntimeVersion: first(answered.RuntimeVersion, asked.RuntimeVersion),
	}
	if p.change.Event.Name == "PutResourcePolicy" {
		b.Policy = answered.Policy
		if b.Policy == nil {
			b.Policy = asked.Policy
		}
	}
	if id := first(answered.ID, answered.IDLower, asked.ID, asked.IDLower); id != "" && p.change.Event.Subject == SubjectMapping {
		m := &Mapping{
			ID: id, SourceARN: first(answered.SourceARN, asked.SourceARN), State: answered.State, OnFailure: b.OnFailure, KMSKeyARN: answered.KMSKeyARN,
			Topics: append(append([]string(nil), answered.Topics...), answered.Queues...),
			Result: answered.Result, Transition: answered.Transition, FilterErrorCode: answered.FilterError.Code, FilterErrorMessage: answered.FilterError.Message,
		}
		m.Access = pairs(answered.Access)
		m.kafka(&answered.MSK)
		m.kafka(&answered.Kafka)
		b.Mapping = m
	}
	return b
}
