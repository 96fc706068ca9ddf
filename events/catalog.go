package events

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
)

// The sources that the catalogue has rows for, as CloudTrail's eventSource spells them.
const (
	sourceIAM           = aws.IAMService
	sourceLambda        = aws.LambdaService
	sourceOrganizations = aws.OrganizationsService
)

// Event is one row of the catalogue: an API call that can change an execution role, or who uses it.
// Rows are keyed by (Source, Name): services share names (IAM and Organizations both have CreatePolicy).
type Event struct {
	// Source is CloudTrail's eventSource: "iam.amazonaws.com", "lambda.amazonaws.com" or "organizations.amazonaws.com".
	Source string
	// Name is the API's name, without the date and version that Lambda's event names carry.
	Name string
	// Subject is what the call acts on, and so how the roles it touches are found.
	Subject Subject
	// Field is where a record names that subject, a path such as "requestParameters.roleName". The record of a
	// call that succeeded must have it.
	Field string
	// Part is what of a role the call touches, and Effect what it does to that part.
	Part   Part
	Effect Effect
	// Config says whether the record carries a function's configuration, its role among it.
	Config bool
	// Configures is what the call configures that Lambda may refuse because of the role; empty for other calls.
	Configures Configures
	// Look says whether a record leads to a look; rows without it are known, counted, and left alone.
	Look bool
	// Title says in a few words what happened; Why, for a row without Look, why it does not matter.
	Title, Why string
}

// Subject is what an event acts on.
type Subject string

// The subjects.
const (
	SubjectRole     Subject = "role"     // the record names the role
	SubjectPolicy   Subject = "policy"   // a managed policy: every role that it is attached to, as policy or boundary
	SubjectFunction Subject = "function" // the function's role, and its former one
	SubjectProvider Subject = "provider" // a capacity provider: its operator role
	SubjectMapping  Subject = "mapping"  // an event source mapping, by way of its function
	SubjectUser     Subject = "user"     // a user, which roles may be able to become
	SubjectGroup    Subject = "group"    // a group, and so its users

	SubjectOrganization Subject = "organization" // the policies of the organization that bind an account: every role of it
)

// Configures is what a call of Lambda's configures.
type Configures string

// What calls configure: a version of a function, an event source mapping, asynchronous invocation.
const (
	ConfiguresNothing    Configures = ""
	ConfiguresFunction   Configures = "function"
	ConfiguresMapping    Configures = "mapping"
	ConfiguresInvocation Configures = "invocation"
)

// Part is a kind of part of a role.
type Part string

// The parts.
const (
	PartNone     Part = ""
	PartRole     Part = "role"
	PartTrust    Part = "trust"
	PartInline   Part = "inline"
	PartPolicy   Part = "policy"
	PartBoundary Part = "boundary"
	PartTags     Part = "tags"
)

// Effect is what a call that succeeded does to the part that it touches.
type Effect string

// The effects. A row without a part has none, nor has one whose call leaves the part's content as it is.
const (
	EffectNone     Effect = ""
	EffectSets     Effect = "sets"     // the part is there afterwards, whether or not it was before
	EffectReplaces Effect = "replaces" // the part was there, and is there with other content
	EffectRemoves  Effect = "removes"  // the part is gone
)

// Catalog returns the table of events, IAM's first, in a fixed order. The slice is the caller's own.
func Catalog() []Event { return slices.Clone(table) }

// Lookup finds the row of a record by its eventSource and eventName. IAM's names are exact. Lambda's carry the date
// and perhaps the version of the API, which change: CreateFunction20150331, UpdateFunctionCode20150331v2, and
// CreateFunctionUrlConfig without either.
func Lookup(source, eventName string) (Event, bool) {
	if source == sourceLambda {
		eventName = aws.LambdaCall(eventName)
	}
	i, ok := rows[key{source, eventName}]
	if !ok {
		return Event{}, false
	}
	return table[i], true
}

type key struct{ source, name string }

var rows = func() map[key]int {
	m := make(map[key]int, len(table))
	for i, e := range table {
		m[key{e.Source, e.Name}] = i
	}
	return m
}()
