package coverage

import "slices"

const (
	ofRegistry = "RW209 and RW210 check the permissions to read the schema registry."
	ofAccess   = "RW209 and RW210 check the permission to read the secret with which Lambda signs in to the schema registry."
	ofSchema   = "It says which part of a record is checked against a schema. The permissions are the same."
	ofOpinion  = "RW224 reports what Lambda returns for a mapping that fails, with the missing permission."
)

var mappingFields = slices.Concat(
	[]Row{
		judged("UUID", "It names the mapping in findings, and the consumer group of RW209."),
		judged("FunctionArn", ofIdentity),
		judged("EventSourceArn", "RW206 to RW209, RW211 and RW212 check the permissions to read it, and RW222 judges its Region."),
		judged("State", "RW206 to RW213 leave out a mapping that is disabled."),
		judged("Topics", "RW209 checks the permissions on each topic."),
		judged("SourceAccessConfigurations.Type", "RW210 checks the permissions that subnets, security groups and sign-in with IAM need."),
		judged("SourceAccessConfigurations.URI", "RW209 to RW212 check the permission to read a secret."),
		judged("AmazonManagedKafkaEventSourceConfig.ConsumerGroupId", "RW209 checks the permissions on the group."),
		judged("DestinationConfig.OnFailure.Destination", "RW213 checks the permission to deliver to it, and RW222 judges its Region."),

		judged("KMSKeyArn", "RW206 to RW212 check the permission to decrypt the filter criteria with the key."),
		judged("FilterCriteriaError", ofOpinion),
		judged("LastProcessingResult", ofOpinion),
		judged("StateTransitionReason", ofOpinion),

		noConcern("DestinationConfig.OnSuccess", "A mapping has no destination for what succeeded."),
		noConcern("SelfManagedKafkaEventSourceConfig.ConsumerGroupId", "A cluster that is not AWS's authorizes the group itself."),
		noConcern("SelfManagedKafkaEventSourceConfig.ConsumptionMode", ofPoller),
		noConcern("SelfManagedEventSource", "It is the address of a cluster that is not AWS's. What it takes to sign in is judged by RW210 from the access configurations."),
		noConcern("Queues", "RW211 checks the permissions on the broker, which queues do not narrow."),
		noConcern("DocumentDBEventSourceConfig", "It says which collection is read, which the database authorizes itself."),
		noConcern("EventSourceMappingArn", "It is made of the UUID."),
		noConcern("LastModified", "When the mapping was changed decides nothing."),
		noConcern("FunctionResponseTypes", ofPoller),
		noConcern("FilterCriteria", "It says which records reach the function. What it takes to read them is the same."),
		noConcern("LoggingConfig", "It sets what Lambda logs of the mapping."),
		noConcern("MetricsConfig", "It sets what Lambda measures of the mapping."),
	},
	registryFields("AmazonManagedKafkaEventSourceConfig"),
	registryFields("SelfManagedKafkaEventSourceConfig"),
	each(noConcern, ofPoller, "BatchSize", "BisectBatchOnFunctionError", "MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts",
		"ParallelizationFactor", "ProvisionedPollerConfig", "ScalingConfig", "StartingPosition", "StartingPositionTimestamp", "TumblingWindowInSeconds"),
)

// registryFields are those of the schema registry of a kind of Kafka.
func registryFields(of string) []Row {
	of += ".SchemaRegistryConfig."
	return []Row{
		judged(of+"SchemaRegistryURI", ofRegistry),
		judged(of+"AccessConfigs.Type", ofAccess),
		judged(of+"AccessConfigs.URI", ofAccess),
		noConcern(of+"EventRecordFormat", ofSchema),
		noConcern(of+"SchemaValidationConfigs", ofSchema),
	}
}
