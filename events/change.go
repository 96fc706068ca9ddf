// Package events says what may have happened to an execution role: it owns the table of CloudTrail
// events that matter, the parser that turns a record into a Change, and the EventBridge patterns that
// select those records. It leaves to others what a change means: it reads no account and judges nothing.
package events

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Change is one CloudTrail record that may matter: what was done, to what, by whom, when, from where.
// What the record does not tell is the zero value.
type Change struct {
	// ID is CloudTrail's eventID.
	ID string
	// Event is the row of the catalogue that the record belongs to.
	Event Event
	// Name is eventName as the record spells it, date and version included.
	Name string
	// Time is eventTime, in UTC, to the second.
	Time time.Time
	// Account is the account that the change happened in: recipientAccountId, else that of the EventBridge event, else the caller's.
	Account string
	// Sender is the account of the EventBridge event that carries the record, where it is another one; empty otherwise.
	Sender string
	// Region is awsRegion, and Partition the ARN partition it belongs to ("aws-cn").
	Region, Partition string
	Actor             Actor
	SourceIP          string
	UserAgent         string
	Via               Via
	// ErrorCode is empty when the call succeeded.
	ErrorCode, ErrorMessage string

	// Role is the role that the record names, in its parameters, its response or its error message.
	Role RoleRef
	// Principal is the name of the user or group that the record names.
	Principal string
	// Returned says that AcquireRole returned a role that was there before, or that the record does not show which of the two it
	// did: it made none.
	Returned bool
	// NoRequest says that the record has no parameters of the call, and NoResponse that it has no response: CloudTrail omitted
	// them because of their length, or the record has null.
	NoRequest, NoResponse bool
	// Omitted says that the record of a call that succeeded does not name what the call acted on, because it lacks the parameters
	// or the response.
	Omitted bool
	// Unread says why the record was not understood: it is known by what it names alone. Empty for any other.
	Unread string
	// Policy is the policy that the record names: managed (ARN), or inline (Name) together with Role.
	Policy PolicyRef
	// Document is the policy text that the record gives the part it touches, decoded, or nil when it carries
	// none (CloudTrail omits what is too long).
	Document *string
	// Boundary is the ARN of the permissions boundary that the record sets.
	Boundary string
	// Function is the function that the record names.
	Function FunctionRef
	// Provider is the capacity provider that the record names.
	Provider ProviderRef
	// Organization is what a record of AWS Organizations names.
	Organization Organization
	// Config is what the record says of the function's configuration.
	Config FunctionConfig
	// Asked is what a refused call of Lambda's asked for; nil for a call that succeeded, and where the record does not tell.
	Asked *Asked
	// Tags are those set, by key; UntaggedKeys those removed.
	Tags         map[string]string
	UntaggedKeys []string

	// Request and Response are the record's requestParameters and responseElements as they stand there, for
	// whoever builds up a state from records; nil where the record has null.
	Request, Response jsontext.Value
}

// Failed reports whether the call was refused. A record without the code may still have the message.
func (c *Change) Failed() bool { return c.ErrorCode != "" || c.ErrorMessage != "" }

// Actor is who made the call. ARN is the caller's own (a session's, for an assumed role); Name is for people.
type Actor struct {
	Type, ARN, Name string
}

// Via is the tool that a call came through, told from the user agent and invokedBy.
type Via string

// The tools that are told apart.
const (
	ViaTerraform      Via = "terraform"
	ViaCloudFormation Via = "cloudformation"
	ViaCDK            Via = "cdk"
	ViaConsole        Via = "console"
	ViaCLI            Via = "cli"
	ViaSDK            Via = "sdk"
	ViaUnknown        Via = "unknown"
)

// RoleRef names a role. Requests carry only Name; ARN, ID (AROA...), Path and Created come from responses,
// function configurations and error messages.
type RoleRef struct {
	Name, ARN, ID, Path string
	Created             time.Time
}

// IsZero reports whether no role is named.
func (r RoleRef) IsZero() bool { return r.Name == "" && r.ARN == "" }

// PolicyRef names a policy. ARN is set for a managed one, Name for an inline one.
type PolicyRef struct {
	ARN, Name, VersionID string
	// SetAsDefault is CreatePolicyVersion's setAsDefault.
	SetAsDefault bool
}

// FunctionRef names a function. ARN is unqualified and is completed from the record's Region and account when
// the record has only a name. Qualifier is a version, an alias or "$LATEST"; empty when the record has none.
type FunctionRef struct {
	Name, ARN, Qualifier string
}

// IsZero reports whether no function is named.
func (f FunctionRef) IsZero() bool { return f.ARN == "" }

// ProviderRef names a capacity provider. ARN is completed from the record's Region and account. Role is the ARN of the operator
// role, and Subnets and SecurityGroups are where its instances run; empty where the record does not tell.
type ProviderRef struct {
	ARN, Role               string
	Subnets, SecurityGroups []string
}

// FunctionConfig is what a record tells of a function's configuration. Known is false for records that carry no
// configuration at all; within a known one, Environment and KMSKeyARN are nil when the record is silent.
// CloudTrail blanks environment variables: `environment: {}` says only that the field was sent.
type FunctionConfig struct {
	Known bool
	// Role is the execution role's ARN as configured.
	Role string
	// Version is the version that a publishing call made ("3"), or "$LATEST".
	Version string
	// Environment says whether an environment was sent; its variables are never in the record.
	Environment *bool
	KMSKeyARN   *string
	// AliasVersion is the version that an alias event points the alias to. An alias event carries no configuration:
	// Known is false.
	AliasVersion string
	// Publish is the request's publish flag.
	Publish      bool
	LastModified time.Time
	// Settings is the rest of the configuration, from Lambda's answer; nil when the record has none.
	Settings *Settings
	// Beside is what the record tells of what is configured beside the versions.
	Beside Beside
}
