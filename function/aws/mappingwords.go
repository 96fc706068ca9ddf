package aws

import (
	"regexp"
	"slices"
)

// MappingField is a field of an event source mapping in which Lambda says what became of it.
type MappingField string

// The fields: https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
const (
	LastProcessingResult  MappingField = "LastProcessingResult"
	StateTransitionReason MappingField = "StateTransitionReason"
	FilterCriteriaError   MappingField = "FilterCriteriaError"
)

// MappingCause is what Lambda's word on an event source mapping says about the execution role.
type MappingCause string

// The causes.
const (
	// SourceRefused says that the role lacks a permission that Lambda needs to read the event source.
	SourceRefused MappingCause = "The role lacks a permission to read the event source"
	// ClusterRefused says that brokers of Apache Kafka refused whoever Lambda authenticated as: the role, or the user of a secret.
	ClusterRefused MappingCause = "The Kafka cluster refused Lambda"
	// PollerNotAssuming says that Lambda could not assume the role.
	PollerNotAssuming MappingCause = "Lambda cannot assume the role"
	// FilterKeyUnusable says that nobody can use the key of the filter criteria.
	FilterKeyUnusable MappingCause = "The key of the filter criteria cannot be used"
	// NotPermissions says that the cause is not a permission of the role.
	NotPermissions MappingCause = "The cause is not a permission of the role"
)

// MappingWord is a text that Lambda gives in a field of an event source mapping.
type MappingWord struct {
	Field MappingField
	Cause MappingCause
	// Says is what the text means, in whole sentences; empty where a Refusal says it.
	Says string
	// Example is the text as Lambda gives it, and Source the page or public report that shows it.
	Example, Source string

	pattern *regexp.Regexp
}

// MappingWords gives the table. The first row of a field whose pattern the text matches counts.
func MappingWords() []MappingWord { return slices.Clone(mappingWords.rows) }

// ReadMappingWord reads what Lambda gives in a field of an event source mapping; false for a text of which nothing is known. The
// Refused says which call was denied, where the text has the sentence of a refusal.
func ReadMappingWord(field MappingField, text string) (MappingWord, Refused, bool) {
	for _, row := range mappingWords.rows {
		if row.Field == field && row.pattern.MatchString(text) {
			return row, Refused{}, true
		}
	}
	refused, ok := ReadRefusal(text)
	if !ok || field == FilterCriteriaError {
		return MappingWord{}, Refused{}, false
	}
	word := MappingWord{Field: field, Cause: NotPermissions, Source: refused.Source}
	switch refused.Meaning {
	case RoleLacks, CodeLacks:
		word.Cause = SourceRefused
	case RoleNotAssumable:
		word.Cause = PollerNotAssuming
	}
	return word, refused, true
}

// mappingWords are what the pages of the event sources list, and what public reports show. AWS documents no whole list.
var mappingWords = table[[]MappingWord]{
	sources: []Source{
		{"https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-troubleshoot.html", "2026-11-29"},
		{"https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html", "2026-11-29"},
		{"https://docs.aws.amazon.com/lambda/latest/dg/services-mq-errors.html", "2026-11-29"},
		{"https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filter-criteria-encryption", "2026-11-29"},
	},
	rows: []MappingWord{
		{
			Field: LastProcessingResult, Cause: ClusterRefused,
			Says: "With IAM authentication, the role lacks a permission on the topic, the consumer group or the cluster. Without it, the access control lists (ACLs) of the cluster do not " +
				"allow Lambda to read.",
			Example: "PROBLEM: Cluster failed to authorize Lambda.",
			Source:  lambdaGuide + "with-kafka-troubleshoot.html#kafka-authorize-errors",
			pattern: sentence(`Cluster failed to authorize Lambda`),
		},
		{
			Field: LastProcessingResult, Cause: ClusterRefused,
			Says:    "With IAM authentication, the role lacks kafka-cluster:Connect on the cluster. With a secret, the user name or password in the secret is wrong.",
			Example: "PROBLEM: SASL authentication failed.",
			Source:  lambdaGuide + "with-kafka-troubleshoot.html#kafka-sasl-errors",
			pattern: sentence(`SASL authentication failed`),
		},
		{
			Field: LastProcessingResult, Cause: PollerNotAssuming,
			Says: "Lambda called sts:AssumeRole to read the event source and was denied.",
			Example: "PROBLEM: Lambda failed to assume your function execution role. Please check if the role trust Lambda service principal, and make sure it does not require " +
				"setting source identity to be assumed.",
			Source:  "https://github.com/awslabs/mcp",
			pattern: sentence(`Lambda failed to assume your function execution role`),
		},
		{
			Field: LastProcessingResult, Cause: NotPermissions,
			Says:    "The brokers and Lambda did not accept each other's certificate, or the certificate or private key of the secret is not valid.",
			Example: "PROBLEM: Server failed to authenticate Lambda.",
			Source:  lambdaGuide + "with-kafka-troubleshoot.html#kafka-mtls-errors-server",
			pattern: sentence(`Server failed to authenticate Lambda|Lambda failed to authenticate server|Provided certificate or private key is invalid`),
		},
		{
			Field: LastProcessingResult, Cause: NotPermissions,
			Says:    "The network of the event source does not reach the brokers, or AWS STS, AWS Lambda, AWS Secrets Manager or the on-failure destination.",
			Example: "PROBLEM: Connection error. Please check your event source connection configuration.",
			Source:  "https://github.com/awslabs/mcp",
			pattern: sentence(`PROBLEM: Connection error`),
		},
		{
			Field: LastProcessingResult, Cause: NotPermissions,
			Says:    "Lambda read the event source and invoked the function, which returned an error.",
			Example: "PROBLEM: Function call failed",
			Source:  "https://docs.aws.amazon.com/cli/latest/reference/lambda/update-event-source-mapping.html",
			pattern: sentence(`PROBLEM: Function call failed`),
		},
		{
			Field: LastProcessingResult, Cause: NotPermissions,
			Says:    "Nothing went wrong.",
			Example: "No records processed",
			Source:  lambdaGuide + "invocation-eventsourcemapping.html",
			pattern: sentence(`^(?:OK|No records processed)\.?$`),
		},
		{
			Field: StateTransitionReason, Cause: SourceRefused,
			Says:    "Lambda does not have the required permissions to access the event source, and has stopped reading it.",
			Example: "EVENT_SOURCE_AUTHZ_ERROR",
			Source:  lambdaGuide + "services-mq-errors.html",
			pattern: sentence(`EVENT_SOURCE_AUTHZ_ERROR`),
		},
		{
			Field: StateTransitionReason, Cause: NotPermissions,
			Says:    "Lambda could not authenticate with the event source, or the configuration of the event source mapping or of the function is not valid.",
			Example: "EVENT_SOURCE_AUTHN_ERROR",
			Source:  lambdaGuide + "services-mq-errors.html",
			pattern: sentence(`EVENT_SOURCE_AUTHN_ERROR|ESM_CONFIG_NOT_VALID|FUNCTION_CONFIG_NOT_VALID`),
		},
		{
			Field: StateTransitionReason, Cause: NotPermissions,
			Says:    "A user or Lambda changed the state, and nothing went wrong.",
			Example: "USER_INITIATED",
			Source:  "https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html",
			pattern: sentence(`^(?:USER|LAMBDA)(?:_| )(?:ACTION|INITIATED)$`),
		},
		{
			Field: FilterCriteriaError, Cause: FilterKeyUnusable,
			Says: "No principal can use the key. It is disabled, it does not exist, or its state does not allow its use, such as pending deletion. " +
				"Lambda cannot decrypt the filter criteria either.",
			Example: "KMSDisabledException",
			Source:  "https://docs.aws.amazon.com/lambda/latest/api/API_FilterCriteriaError.html",
			pattern: sentence(`^(?:KMS)?(?:Disabled|InvalidState|NotFound)Exception$`),
		},
		{
			Field: FilterCriteriaError, Cause: NotPermissions,
			Says: "The principal that read the event source mapping lacks kms:Decrypt on the key, because AWS KMS decrypts for the caller. This does not show whether Lambda " +
				"can decrypt the filter criteria.",
			Example: "KMSAccessDeniedException",
			Source:  lambdaGuide + "security-encryption-at-rest.html",
			pattern: sentence(`^(?:KMS)?AccessDeniedException$`),
		},
	},
}
