package role

import "github.com/rolewatch/rolewatch/function/aws"

// Config is what of a function version's configuration asks something of its role, or lets somebody in. An optional
// setting that is not there is absent. Field names follow Lambda's API:
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
type Config struct {
	// LogGroup is LoggingConfig's log group; absent where the version logs to /aws/lambda/NAME.
	LogGroup Maybe[string] `json:"logGroup"`
	// Network is absent for a version outside of a VPC.
	Network Maybe[Network] `json:"network"`
	// DeadLetter is the ARN of the queue or topic for events that failed.
	DeadLetter Maybe[string] `json:"deadLetter"`
	// Tracing says whether the tracing mode is Active.
	Tracing Maybe[bool] `json:"tracing"`
	// Layers are the ARNs of layer versions, none for an empty list.
	Layers Maybe[[]string] `json:"layers"`
	// Mounts are EFS and S3 Files file systems, none for an empty list.
	Mounts Maybe[[]Mount] `json:"mounts"`
	// Memory is the amount of memory, in MB: Lambda reads S3 Files file systems directly from their buckets by it.
	Memory Maybe[int] `json:"memory,omitzero"`
	// Wrapper is the environment variable WrapperVariable.
	Wrapper Maybe[string] `json:"wrapper"`
	// Durable, SnapStart and Image say whether the version is a durable function, has SnapStart on published versions,
	// and is a container image.
	Durable   Maybe[bool] `json:"durable"`
	SnapStart Maybe[bool] `json:"snapStart"`
	Image     Maybe[bool] `json:"image"`
	// CapacityProvider is the ARN of the capacity provider of Lambda Managed Instances that the function runs on; absent for a
	// function that runs on none.
	CapacityProvider Maybe[string] `json:"capacityProvider"`
	// Runtime is the customer-managed runtime that the version uses; absent for one that uses none.
	Runtime Maybe[Runtime] `json:"runtime"`
	// RuntimeUpdates says when Lambda gives the version another version of its runtime. It is read where Runtime is known, and
	// absent where that is absent.
	RuntimeUpdates Maybe[RuntimeUpdates] `json:"runtimeUpdates"`
	// Status is Lambda's own word on the version.
	Status Maybe[Status] `json:"status"`
	// Sources are the event source mappings that invoke the version, none for an empty list.
	Sources Maybe[[]Source] `json:"sources"`
	// Destinations are where results of asynchronous invocations of the version go; a list for each qualifier.
	Destinations Maybe[[]Destinations] `json:"destinations"`
	// Policies are the resource policies that let somebody invoke the version, by qualifier.
	Policies Maybe[[]ResourcePolicy] `json:"policies"`
	// SeenPolicies are resource policies that are known, or in part, although the list is not.
	SeenPolicies []ResourcePolicy `json:"seenPolicies,omitempty"`
	// URLs are the function URLs that lead to the version, by qualifier.
	URLs Maybe[[]URL] `json:"urls"`
	// Tags are the function's own tags.
	Tags Maybe[map[string]string] `json:"tags"`
}

// WrapperVariable is the one variable of a function's environment that is read: it says what a layer does.
const WrapperVariable = "AWS_LAMBDA_EXEC_WRAPPER"

// NotLayerVersion is why nothing is known of a text among a version's layers that is not the ARN of a layer version.
func NotLayerVersion(layer string) string {
	return "layers: the layer " + layer + " is not the ARN of a layer version"
}

// Network is where in a VPC a version's network interfaces are.
type Network struct {
	VPC            string   `json:"vpc,omitempty"`
	Subnets        []string `json:"subnets,omitempty"`
	SecurityGroups []string `json:"securityGroups,omitempty"`
}

// Mount is a file system: the ARN of an EFS access point, or of an S3 Files access point or file system.
type Mount struct {
	ARN  string `json:"arn"`
	Path string `json:"path,omitempty"`
	// DirectRead says whether an S3 file system is read directly from its bucket ("ENABLED", "DISABLED" or "AUTO").
	DirectRead string `json:"directRead,omitempty"`
}

// Runtime is FunctionRuntimeConfig: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionRuntimeConfig.html
type Runtime struct {
	ARN   string `json:"arn"`
	Alias string `json:"alias,omitempty"`
}

// RuntimeUpdates is the answer of GetRuntimeManagementConfig:
// https://docs.aws.amazon.com/lambda/latest/api/API_GetRuntimeManagementConfig.html
type RuntimeUpdates struct {
	// On is RuntimeAuto, RuntimeFunctionUpdate or RuntimeManual.
	On string `json:"on"`
	// Version is the ARN of the runtime version that RuntimeManual names.
	Version string `json:"version,omitempty"`
}

// The runtime update modes: https://docs.aws.amazon.com/lambda/latest/dg/runtime-management-controls.html
const (
	RuntimeAuto           = "Auto"
	RuntimeFunctionUpdate = "FunctionUpdate"
	RuntimeManual         = "Manual"
)

// Status is State and LastUpdateStatus with their reasons, as GetFunctionConfiguration gives them.
type Status struct {
	State            string `json:"state,omitempty"`
	StateReason      string `json:"stateReason,omitempty"`
	StateReasonCode  string `json:"stateReasonCode,omitempty"`
	Update           string `json:"update,omitempty"`
	UpdateReason     string `json:"updateReason,omitempty"`
	UpdateReasonCode string `json:"updateReasonCode,omitempty"`
}

// Source is an event source mapping:
// https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
type Source struct {
	UUID string `json:"uuid,omitempty"`
	// Kind is one of the Source kinds below.
	Kind SourceKind `json:"kind"`
	// ARN is the event source's (for Kinesis with enhanced fan-out the consumer's); empty for self-managed Kafka.
	ARN string `json:"arn,omitempty"`
	// Qualifier is the version or alias that the mapping names; empty for $LATEST.
	Qualifier string `json:"qualifier,omitempty"`
	// State is Lambda's ("Enabled", "Disabled", ...), Result its word on the last processing, and Transition on the last change of
	// the state.
	State      string `json:"state,omitempty"`
	Result     string `json:"result,omitempty"`
	Transition string `json:"transition,omitempty"`
	// FilterError is the error that AWS KMS gave for the encrypted filter criteria; it has no code where there is none.
	FilterError FilterError `json:"filterError,omitzero"`
	// Unsaid is why Lambda's present word is not known; the zero value says that Result, Transition and FilterError are it.
	Unsaid Reason `json:"unsaid,omitzero"`
	// Access are SourceAccessConfigurations; Topics the Kafka topics, or Amazon MQ queues.
	Access        []Access `json:"access,omitempty"`
	Topics        []string `json:"topics,omitempty"`
	ConsumerGroup string   `json:"consumerGroup,omitempty"`
	// Failure is the ARN of the on-failure destination, or kafka://TOPIC.
	Failure string `json:"failure,omitempty"`
	// KMSKey is the customer key of the filter criteria; Registry the URI of a schema registry, and RegistryAccess how Lambda
	// authenticates with it.
	KMSKey         string   `json:"kmsKey,omitempty"`
	Registry       string   `json:"registry,omitempty"`
	RegistryAccess []Access `json:"registryAccess,omitempty"`
}

// FilterError is FilterCriteriaError of an event source mapping.
type FilterError struct {
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// SourceKind is a kind of event source.
type SourceKind string

// The kinds of event source. SourceOther is one that is not known here.
const (
	SourceSQS        SourceKind = "sqs"
	SourceKinesis    SourceKind = "kinesis"
	SourceDynamoDB   SourceKind = "dynamodb"
	SourceMSK        SourceKind = "msk"
	SourceKafka      SourceKind = "kafka"
	SourceMQ         SourceKind = "mq"
	SourceDocumentDB SourceKind = "documentdb"
	SourceOther      SourceKind = "other"
)

// SourceKindOf tells the kind of an event source by its ARN; without one it is self-managed Kafka. An ARN that is not whole
// still names the service.
func SourceKindOf(arn string) SourceKind {
	if arn == "" {
		return SourceKafka
	}
	source, _ := aws.ParseARNPattern(arn)
	if !aws.IsARN(arn) {
		return SourceOther
	}
	switch source.Service {
	case "sqs":
		return SourceSQS
	case "kinesis":
		return SourceKinesis
	case "dynamodb":
		return SourceDynamoDB
	case "kafka":
		return SourceMSK
	case "mq":
		return SourceMQ
	case "rds":
		return SourceDocumentDB
	}
	return SourceOther
}

// Access is one of a mapping's SourceAccessConfigurations: its type ("SASL_SCRAM_512_AUTH", "VPC_SUBNET", ...) and a
// secret's ARN, a subnet, a security group, or a virtual host.
type Access struct {
	Type string `json:"type"`
	URI  string `json:"uri"`
}

// Destinations are where the results of asynchronous invocations under one qualifier go: ARNs, empty for none.
type Destinations struct {
	Qualifier string `json:"qualifier,omitempty"`
	Success   string `json:"success,omitempty"`
	Failure   string `json:"failure,omitempty"`
}

// ResourcePolicy is the function's own policy under one qualifier.
type ResourcePolicy struct {
	Qualifier string `json:"qualifier,omitempty"`
	Text      string `json:"text"`
}

// URL is a function URL under one qualifier; Auth is "NONE" or "AWS_IAM".
type URL struct {
	Qualifier string `json:"qualifier,omitempty"`
	Auth      string `json:"auth"`
	URL       string `json:"url,omitempty"`
}

// UnreadConfig is a configuration of which nothing was read, and why.
func UnreadConfig(why Reason) Config {
	return Config{
		LogGroup: NotRead[string](why), Network: NotRead[Network](why), DeadLetter: NotRead[string](why), Tracing: NotRead[bool](why),
		Layers: NotRead[[]string](why), Mounts: NotRead[[]Mount](why), Memory: NotRead[int](why), Wrapper: NotRead[string](why), Durable: NotRead[bool](why),
		SnapStart: NotRead[bool](why), Image: NotRead[bool](why), CapacityProvider: NotRead[string](why),
		Runtime: NotRead[Runtime](why), RuntimeUpdates: NotRead[RuntimeUpdates](why), Status: NotRead[Status](why), Sources: NotRead[[]Source](why),
		Destinations: NotRead[[]Destinations](why), Policies: NotRead[[]ResourcePolicy](why), URLs: NotRead[[]URL](why),
		Tags: NotRead[map[string]string](why),
	}
}
