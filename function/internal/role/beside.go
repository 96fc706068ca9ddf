package role

// Beside is what is configured beside the versions of one function, under any of its qualifiers. Fields are as in Config.
type Beside struct {
	Sources      Maybe[[]Source]
	Destinations Maybe[[]Destinations]
	Policies     Maybe[[]ResourcePolicy]
	SeenPolicies []ResourcePolicy
	URLs         Maybe[[]URL]
}

// Complete gives a version what is configured under the qualifiers that lead to it. Its Aliases are set before; aliasKnown
// is as in ReachedBy.
func (f *Function) Complete(b Beside, aliasKnown func(name string) bool) {
	f.Config.Sources = reached(f, aliasKnown, b.Sources, func(s Source) string { return s.Qualifier })
	f.Config.Destinations = reached(f, aliasKnown, b.Destinations, func(d Destinations) string { return d.Qualifier })
	f.Config.URLs = reached(f, aliasKnown, b.URLs, func(u URL) string { return u.Qualifier })
	ofPolicy := func(p ResourcePolicy) string { return p.Qualifier }
	f.Config.Policies = reached(f, aliasKnown, b.Policies, ofPolicy)
	f.Config.SeenPolicies = reached(f, aliasKnown, Have(b.SeenPolicies), ofPolicy).Or(nil)
}

// reached are those of a list that lead to a version; a list that was not read stays so.
func reached[T any](f *Function, aliasKnown func(string) bool, list Maybe[[]T], qualifier func(T) string) Maybe[[]T] {
	all, ok := list.Get()
	if !ok {
		return list
	}
	var out []T
	for _, one := range all {
		if f.ReachedBy(qualifier(one), aliasKnown) {
			out = append(out, one)
		}
	}
	return Have(out)
}
