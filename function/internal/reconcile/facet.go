package reconcile

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// facts are those that a record of a facet changes.
var facts = map[events.Facet]check.Fact{
	events.FacetConfiguration: check.Configuration, events.FacetPolicy: check.ResourcePolicies, events.FacetURL: check.FunctionURLs,
	events.FacetInvocation: check.Destinations, events.FacetMapping: check.EventSources,
}

// opened says how sure it is that a record of a function brought about what a diagnostic reports of that function; empty where it
// did not. What a function's facets were before is not stored. So the statement that the record gave the function's policy is
// proof. Else the diagnostic has to be new, and its check has to read what the record changed; it is certain where the role was
// observed before and nothing of it has changed, which could explain the diagnostic, too.
func (r *reconciling) opened(c *Change, part role.Part, d check.Diagnostic, isNew bool) finding.Certainty {
	fact, ok := facts[c.Facet]
	if !ok || c.Function == "" || !isOfFunction(part, c.Function) || !slices.Contains(d.Check.Reads, fact) {
		return ""
	}
	if c.Statement != "" {
		if slices.ContainsFunc(d.Evidence, func(e check.Evidence) bool {
			return isOfFunction(role.Part(e.Policy), c.Function) && finding.Saying(e.Text) == c.Statement
		}) {
			return finding.Certain
		}
		return "" // It added another statement.
	}
	switch {
	case !isNew, r.Before.Revision > 0 && r.Before.Catalogue != r.settings.catalogue:
		return "" // What is new may be new by the catalogue.
	case r.Before.Revision == 0 || r.roleChanged():
		return finding.Likely
	}
	return finding.Certain
}

// isOfFunction reports whether a part is a function, or one of its versions or aliases.
func isOfFunction(part role.Part, arn string) bool {
	whole := role.FunctionPart(arn)
	return part == whole || strings.HasPrefix(part.String(), whole.String()+":")
}
