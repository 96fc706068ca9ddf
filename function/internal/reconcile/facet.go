package reconcile

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// facts are those that a record of a facet changes. An alias that points to another version leads there all that is configured for it.
var facts = map[events.Facet][]check.Fact{
	events.FacetConfiguration: {check.Configuration}, events.FacetPolicy: {check.ResourcePolicies}, events.FacetURL: {check.FunctionURLs},
	events.FacetInvocation: {check.Destinations}, events.FacetMapping: {check.EventSources}, events.FacetRuntime: {check.RuntimeUpdates},
	events.FacetAlias: {check.ResourcePolicies, check.FunctionURLs, check.Destinations, check.EventSources},
}

// facet takes from the record of a call that succeeded what it touched of a function.
func (c *Change) facet(record *events.Change) {
	c.Facet = record.Event.Facet()
	of := record.Config.Beside
	if of.Statement != "" {
		c.Statement = finding.Saying(of.Statement)
	}
	if of.Policy == nil {
		return
	}
	put, _ := policy.ParseText(*of.Policy, policy.Resource)
	if put == nil {
		return // It is not JSON. A faulty policy is read all the same.
	}
	for _, s := range put.Statements {
		c.Statements = append(c.Statements, finding.Saying(put.Text(s.Span)))
	}
}

// opened says how sure it is that a record of a function brought about what a diagnostic reports of that function; empty where it
// did not. What a function's facets were before is not stored. So a statement that the record added to the function's policy is proof.
// Else the diagnostic has to be new, or the policy that the record put has its statement, and its check has to read what the record
// changed; it is certain where the diagnostic is new, and the role was observed before and nothing of it has changed, which could
// explain the diagnostic, too.
func (r *reconciling) opened(c *Change, part role.Part, d check.Diagnostic, isNew bool) finding.Certainty {
	if c.Function == "" || !isOfFunction(part, c.Function) || !slices.ContainsFunc(facts[c.Facet], func(f check.Fact) bool { return slices.Contains(d.Check.Reads, f) }) {
		return ""
	}
	if c.Statement != "" {
		if c.gave(d, c.Statement) {
			return finding.Certain
		}
		return "" // It added another statement.
	}
	put := c.gave(d, c.Statements...)
	if len(c.Statements) > 0 && !put {
		return "" // It put a policy that does not have the statement.
	}
	former := r.Before.Revision > 0 && r.Before.Catalogue != r.settings.catalogue // What is new may be new by the catalogue.
	switch {
	case (!isNew || former) && !put:
		return ""
	case !isNew, former, r.Before.Revision == 0, r.roleChanged():
		return finding.Likely
	}
	return finding.Certain
}

// gave reports whether a diagnostic shows a statement of the function's policy that the record gave it.
func (c *Change) gave(d check.Diagnostic, statements ...string) bool {
	return slices.ContainsFunc(d.Evidence, func(e check.Evidence) bool {
		return isOfFunction(role.Part(e.Policy), c.Function) && slices.Contains(statements, finding.Saying(e.Text))
	})
}

// isOfFunction reports whether a part is a function, or one of its versions or aliases.
func isOfFunction(part role.Part, arn string) bool {
	whole := role.FunctionPart(arn)
	return part == whole || strings.HasPrefix(part.String(), whole.String()+":")
}
