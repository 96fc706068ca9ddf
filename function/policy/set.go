package policy

import (
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// slots are what a Set calls its kinds of policy, and what the documents there may have been parsed as. A managed policy
// is an identity policy wherever it is attached, so it may also be a boundary or a session policy; and what a boundary
// allows by itself is asked by putting it in the place of an identity policy.
var slots = [combine.Kinds]struct {
	field string
	takes []Kind
}{
	combine.Identity: {"Identity", []Kind{Identity, Boundary}},
	combine.Resource: {"Resource", []Kind{Resource, Trust}},
	combine.Boundary: {"Boundaries", []Kind{Boundary, Identity}},
	combine.Session:  {"Session", []Kind{Session, Identity}},
	combine.Endpoint: {"Endpoint", []Kind{Resource}},
	combine.SCP:      {"SCPs", []Kind{SCP}},
	combine.RCP:      {"RCPs", []Kind{RCP}},
}

// Validate says what is wrong with a set; nil is nothing. A document counts as what it was parsed as: a trust policy among
// the SCPs would not deny what its author meant it to. Nor would a kind that Unread misspells be unknown. Compare returns
// this error, and Evaluate puts it into Verdict.Err. The faults of the documents themselves are in their Violations.
func (s Set) Validate() error {
	e := evaluation{set: s}
	return e.checkSet()
}

// checkSet takes no memory for a set that is valid.
func (e *evaluation) checkSet() error {
	for k := range combine.Kinds {
		for level := range e.levels(k) {
			for i, p := range e.parts(k, level) {
				if p.Document != nil && !slices.Contains(slots[k].takes, p.Document.Kind) {
					return misplaced(k, level, i, p)
				}
			}
		}
	}
	for _, name := range e.set.Unread {
		if !slices.Contains(combine.Names(), name) {
			return fmt.Errorf("check set: Unread names %s, which is not a kind of policy; the kinds are %q", quoted(name), combine.Names())
		}
	}
	return nil
}

// misplaced says that a document is of the wrong kind for its place.
func misplaced(k combine.Kind, level, i int, p Part) error {
	place := slots[k].field
	switch k {
	case combine.Resource, combine.Session:
	case combine.SCP, combine.RCP:
		place = fmt.Sprintf("%s[%d][%d]", place, level, i)
	default:
		place = fmt.Sprintf("%s[%d]", place, i)
	}
	want := slots[k].takes[0].String()
	for _, other := range slots[k].takes[1:] {
		want += " or " + other.String()
	}
	return fmt.Errorf("check set: %s, %s, was parsed as %s; want %s", place, quoted(p.Name), p.Document.Kind, want)
}
