package events

import (
	"slices"
	"strings"
)

// Facet is what a record touched of a function, as far as it bears on who may use the function and on what it requires of its role.
// The values are stored in work items.
type Facet string

// The facets. FacetNone is that of records of roles and policies, and of those that touch none of the others.
const (
	FacetNone          Facet = ""
	FacetConfiguration Facet = "configuration"
	FacetPolicy        Facet = "policy"
	FacetURL           Facet = "url"
	FacetInvocation    Facet = "invocation"
	FacetMapping       Facet = "mapping"
	FacetAlias         Facet = "alias"
	FacetRuntime       Facet = "runtime"
)

// Facet is the one that records of the event touch.
func (e Event) Facet() Facet {
	switch {
	case e.Source != sourceLambda:
		return FacetNone
	case e.Subject == SubjectMapping:
		return FacetMapping
	case e.Config:
		return FacetConfiguration
	case strings.HasSuffix(e.Name, "Permission"), strings.HasSuffix(e.Name, "ResourcePolicy"):
		return FacetPolicy
	case strings.HasSuffix(e.Name, "FunctionUrlConfig"):
		return FacetURL
	case e.Name == "PutRuntimeManagementConfig":
		return FacetRuntime
	case strings.HasSuffix(e.Name, "FunctionEventInvokeConfig"):
		return FacetInvocation
	case strings.HasSuffix(e.Name, "Alias"):
		return FacetAlias
	}
	return FacetNone
}

// Tags reports whether the event sets or removes tags of a role or of a resource of Lambda, and does nothing else.
func (e Event) Tags() bool {
	return e.Part == PartTags || e.Source == sourceLambda && slices.Contains([]string{"TagResource", "UntagResource"}, e.Name)
}
