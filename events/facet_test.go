package events

import (
	"strings"
	"testing"
)

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

// Tags of roles decide who owns them, and what exempts them.
func TestWhichEventsAreOfTagsAlone(t *testing.T) {
	tags := 0
	for _, e := range Catalog() {
		want := e.Name == "TagRole" || e.Name == "UntagRole" || e.Source == sourceLambda && strings.HasSuffix(e.Name, "agResource")
		if e.Tags() != want {
			t.Errorf("%s is of tags alone: %v", e.Name, e.Tags())
		}
		if want {
			tags++
		}
	}
	if tags != 4 {
		t.Errorf("%d events are of tags alone", tags)
	}
}
