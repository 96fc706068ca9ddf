package check

import "slices"

// Fact is something that a check reads of its subject. What a check does not read cannot change what it says, so that it
// need not be known. The role's reference and the time are no facts: they are always there.
type Fact int8

// The facts, by where they come from.
const (
	// Identity is whether the role exists, its unique ID, its own ARN and its creation.
	Identity Fact = iota + 1
	// Trust is the trust policy.
	Trust
	// InlinePolicies and AttachedPolicies are the role's identity policies.
	InlinePolicies
	AttachedPolicies
	// Boundary is the permissions boundary.
	Boundary
	// RoleTags are the role's own.
	RoleTags
	// ServiceControlPolicies and ResourceControlPolicies are the organization's, at all levels.
	ServiceControlPolicies
	ResourceControlPolicies

	// Functions are the function versions that use the role.
	Functions
	// Configuration is what Lambda lists of a version: its log group, VPC, environment, layers, date and so on.
	Configuration
	// EdgeReplication is whether a version is replicated as a Lambda@Edge function.
	EdgeReplication
	// Status is the state of a version with Lambda's reason.
	Status
	// FunctionTags are a function's own. No check reads them; exceptions by tag do.
	FunctionTags
	// EventSources are event source mappings.
	EventSources
	// Destinations are those of asynchronous invocation.
	Destinations
	// ResourcePolicies are the functions' own policies.
	ResourcePolicies
	// FunctionURLs are the functions' URLs.
	FunctionURLs
	// CapacityProviders are those whose operator role it is.
	CapacityProviders
	// RuntimeUpdates is when Lambda updates the customer-managed runtime of a version.
	RuntimeUpdates

	// LastObservation is what Before says, but for FormerParts, which are the parts as they were before they were edited.
	LastObservation
	FormerParts
	// Refusals are the calls that Lambda refused because of the role.
	Refusals
	// Changes are the records that led to this observation.
	Changes

	// AccountGraph is what the other roles, users and functions of the account may do, and who can become which.
	AccountGraph
	// TrustedAccounts and those that follow are the Parameters of these names; NeverAllowed is Never.
	TrustedAccounts
	Organization
	OrganizationAccounts
	LayerAccounts
	NeverAllowed
	Managers
)

var factNames = [...]string{
	Identity: "the role itself", Trust: "trust policy", InlinePolicies: "inline policies", AttachedPolicies: "attached policies",
	Boundary: "permissions boundary", RoleTags: "tags of the role", ServiceControlPolicies: "service control policies",
	ResourceControlPolicies: "resource control policies",
	Functions:               "functions", Configuration: "configuration", EdgeReplication: "replication", Status: "status", FunctionTags: "tags of functions",
	EventSources: "event source mappings", Destinations: "destinations", ResourcePolicies: "resource policies", FunctionURLs: "function URLs",
	CapacityProviders: "capacity providers",
	RuntimeUpdates:    "runtime management configuration",
	LastObservation:   "last observation", FormerParts: "former parts", Refusals: "refused calls", Changes: "changes",
	AccountGraph:    "graph of the account",
	TrustedAccounts: "trustedAccounts", Organization: "organization.id", OrganizationAccounts: "organization.accounts",
	LayerAccounts: "layerAccounts", NeverAllowed: "never", Managers: "managers",
}

// String is the fact's name: of a parameter the setting's, of others as a sentence has it.
func (f Fact) String() string { return factNames[f] }

// AllFacts are all that there are, in order.
func AllFacts() []Fact {
	var out []Fact
	for f := range Fact(len(factNames)) {
		out = append(out, f)
	}
	return out[1:] // There is no fact 0.
}

// ReadBy gives the facts that some of the checks read, in order and each once.
func ReadBy(checks []*Check) []Fact {
	var out []Fact
	for _, c := range checks {
		out = append(out, c.Reads...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
