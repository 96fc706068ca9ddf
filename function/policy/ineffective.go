package policy

import (
	"context"
	"slices"
)

// Ineffective is a grant that has no effect because other policies of the same side do not let it.
type Ineffective struct {
	Grant
	// Verdict is what all policies of the new set together answer to the witness's request.
	Verdict Verdict
}

// WithoutEffect gives what those policies newly allow by themselves that are not the same in both sets, and what the others,
// which stand next to both, deny or do not allow: Compare does not find it. c is what Compare found of the two sets: where that
// was cut, or could not be decided, nothing is said to be without effect. Its errors are Compare's.
func WithoutEffect(ctx context.Context, old, new Set, c Comparison) ([]Ineffective, error) {
	before, after := old.without(new), new.without(old)
	if before.size() == old.size() && after.size() == new.size() || c.More {
		return nil, nil
	}
	alone, err := Compare(ctx, before, after)
	if err != nil {
		return nil, err
	}
	var list []Ineffective
	for _, g := range alone.Grants {
		undecided := func(u Undecidable) bool {
			return u.Statement.Statement == nil || u.Statement.Statement == g.Statement.Statement
		}
		if slices.ContainsFunc(c.Grants, g.isOfSame) || slices.ContainsFunc(c.Unknown, undecided) {
			continue
		}
		if v := Evaluate(g.Witness.Request, g.Witness.completing(new)); v.Decision == ImplicitDeny || v.Decision == ExplicitDeny {
			list = append(list, Ineffective{g, v})
		}
	}
	return list, nil
}

// completing gives the set together with what the witness assumes of the kinds of policy that the set does not hold.
func (w *Witness) completing(set Set) Set {
	of := *w
	if len(set.Identity) > 0 {
		of.AssumedIdentity = nil
	}
	if set.Resource != nil {
		of.AssumedResource = nil
	}
	if set.Session != nil {
		of.AssumedSession = nil
	}
	return of.Under(set)
}

// isOfSame reports whether two grants are of the same values of the same statement.
func (g Grant) isOfSame(o Grant) bool {
	return g.Statement.Statement == o.Statement.Statement && g.Action == o.Action && g.Resource == o.Resource && g.Principal == o.Principal
}

func (s Set) size() int { return len(s.Parts()) }

// without gives the policies that another set does not hold in the same place. Of SCPs and RCPs a level stays whole, since
// its policies together say what it allows.
func (s Set) without(o Set) Set {
	out := Set{
		Identity: partsWithout(s.Identity, o.Identity), Boundaries: partsWithout(s.Boundaries, o.Boundaries), Endpoint: partsWithout(s.Endpoint, o.Endpoint),
		SCPs: levelsWithout(s.SCPs, o.SCPs), RCPs: levelsWithout(s.RCPs, o.RCPs), Unread: s.Unread,
	}
	if s.Resource != nil && (o.Resource == nil || !samePolicy(s.Resource.Document, o.Resource.Document)) {
		out.Resource = s.Resource
	}
	if s.Session != nil && (o.Session == nil || !samePolicy(s.Session.Document, o.Session.Document)) {
		out.Session = s.Session
	}
	return out
}

func partsWithout(list, others []Part) []Part {
	return slices.DeleteFunc(slices.Clone(list), func(p Part) bool {
		return slices.ContainsFunc(others, func(o Part) bool { return samePolicy(p.Document, o.Document) })
	})
}

func levelsWithout(levels, others [][]Part) [][]Part {
	var out [][]Part
	for i, level := range levels {
		if i >= len(others) || len(partsWithout(level, others[i])) > 0 || len(partsWithout(others[i], level)) > 0 {
			out = append(out, level)
		}
	}
	return out
}
