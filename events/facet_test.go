package events

import "testing"

// TestEachEventOfAFunctionHasAFacet names the events of Lambda that touch none: a new one shows here.
func TestEachEventOfAFunctionHasAFacet(t *testing.T) {
	none := map[string]bool{
		"DeleteFunction": true, "TagResource": true, "UntagResource": true,
		"PublishLayerVersion": true,
	}
	counts := map[Facet]int{}
	for _, e := range table {
		if e.Source != sourceLambda {
			if e.Facet() != FacetNone {
				t.Errorf("%s has the facet %s", e.Name, e.Facet())
			}
			continue
		}
		counts[e.Facet()]++
		if (e.Facet() == FacetNone) != (none[e.Name] || e.Subject == SubjectProvider) {
			t.Errorf("%s has the facet %q", e.Name, e.Facet())
		}
	}
	for _, f := range []Facet{FacetConfiguration, FacetPolicy, FacetURL, FacetInvocation, FacetMapping, FacetAlias} {
		if counts[f] < 2 {
			t.Errorf("%d events have the facet %s", counts[f], f)
		}
	}
}
