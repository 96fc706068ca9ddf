package history

import (
	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
)

// aspect is what a call may change of a role, of a managed policy or of a function.
type aspect string

const (
	roleMade, roleGone                                   aspect = "role made", "role gone"
	roleTrust, roleInline, roleAttached                  aspect = "trust policy", "inline policies", "attached policies"
	roleBoundary, roleTags                               aspect = "permissions boundary", "role's tags"
	managedPolicy                                        aspect = "text of a managed policy"
	functionMade, functionGone, functionVersions         aspect = "function made", "function or version gone", "versions"
	functionConfiguration, functionAliases, functionTags aspect = "configuration", "aliases", "function's tags"
	functionPolicies, functionURLs, functionDestinations aspect = "resource policies", "function URLs", "destinations"
	functionSources, functionRuntime                     aspect = "event source mappings", "runtime updates"
	providerMade, providerGone                           aspect = "capacity provider made", "capacity provider gone"
)

// aspectOf is what a call changes; empty for one that changes nothing of what is kept here.
func aspectOf(e events.Event) aspect {
	if e.Source == aws.LambdaService {
		return aspectOfFunction(e)
	}
	switch e.Name {
	case "DeletePolicyVersion": // Only a version that is not in force can be deleted.
		return ""
	case "DeleteServiceLinkedRole": // It starts a task that deletes the role if nothing uses it.
		return ""
	}
	switch {
	case e.Effect == events.EffectNone:
		return ""
	case e.Subject == events.SubjectPolicy:
		return managedPolicy
	case e.Part == events.PartRole && e.Effect == events.EffectRemoves:
		return roleGone
	}
	return map[events.Part]aspect{
		events.PartRole: roleMade, events.PartTrust: roleTrust, events.PartInline: roleInline, events.PartPolicy: roleAttached,
		events.PartBoundary: roleBoundary, events.PartTags: roleTags,
	}[e.Part]
}

func aspectOfFunction(e events.Event) aspect {
	switch e.Name {
	case "CreateFunction":
		return functionMade
	case "DeleteFunction":
		return functionGone
	case "UpdateFunctionConfiguration":
		return functionConfiguration
	case "UpdateFunctionCode", "PublishVersion":
		return functionVersions
	case "CreateAlias", "UpdateAlias", "DeleteAlias":
		return functionAliases
	case "TagResource", "UntagResource":
		return functionTags
	case "CreateCapacityProvider":
		return providerMade
	case "DeleteCapacityProvider":
		return providerGone
	}
	return map[events.Facet]aspect{
		events.FacetPolicy: functionPolicies, events.FacetURL: functionURLs, events.FacetInvocation: functionDestinations,
		events.FacetMapping: functionSources, events.FacetRuntime: functionRuntime,
	}[e.Facet()]
}
