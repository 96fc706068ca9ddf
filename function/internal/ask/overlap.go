package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
)

// naming are patterns of which a resource has to match one for an action: those of the identity policies, those of a boundary or of a level of
// SCPs, or those that a Deny statement leaves out. An empty one is any resource.
type naming []string

// Overlaps are resources that several patterns cover which different policies or different actions require together: a role that is created
// as a-* and given policies as *-z, for example. What one pattern covers alone is among Instances.
func (s *Session) Overlaps(region string, names ...string) []Resource {
	key := region + " " + strings.Join(names, " ")
	if known, ok := s.overlaps[key]; ok {
		return slices.Clone(known)
	}
	before := s.Budget.Unanswered()
	out := s.findOverlaps(region, names)
	if s.Budget.Unanswered() == before {
		s.overlaps[key] = out
	}
	return slices.Clone(out)
}

func (s *Session) findOverlaps(region string, names []string) []Resource {
	var all []naming
	for _, action := range names {
		for _, n := range s.namingsOf(action) {
			if !slices.ContainsFunc(all, func(o naming) bool { return slices.Equal(o, n) }) {
				all = append(all, n)
			}
		}
	}
	var out []Resource
	if len(all) > 1 {
		s.overlap(all, nil, func(patterns []string) bool {
			if r, ok := s.commonResource(patterns, region); ok && !slices.ContainsFunc(out, func(o Resource) bool { return o.ARN == r.ARN }) {
				out = append(out, r)
			}
			return s.Spend(instanceWeight)
		})
	}
	return out
}

// overlap goes through the sets of patterns that have one of each naming, while use reports true. Patterns that begin differently have
// nothing in common.
func (s *Session) overlap(all []naming, chosen []string, use func([]string) bool) bool {
	if len(all) == 0 {
		return len(chosen) < 2 || use(chosen)
	}
	for _, pattern := range all[0] {
		if !s.Spend(1 + len(chosen)) {
			return false
		}
		next := chosen
		if pattern != "" && !slices.Contains(chosen, pattern) {
			if slices.ContainsFunc(chosen, func(o string) bool { return !policy.MayOverlap(withoutVariables(o), withoutVariables(pattern)) }) {
				continue
			}
			next = append(slices.Clip(chosen), pattern)
		}
		if !s.overlap(all[1:], next, use) {
			return false
		}
	}
	return true
}

// namingsOf are the patterns that bear on one action. A naming that any resource meets alone is left out.
func (s *Session) namingsOf(action string) []naming {
	f := s.factsOfAction(action)
	if f.namings != nil {
		return f.namings
	}
	groups := [][]policy.StatementRef{f.allowing}
	allowed := func(list ...policy.Part) {
		groups = append(groups, slices.DeleteFunc(slices.Clone(f.covering), func(ref policy.StatementRef) bool {
			return ref.Effect != policy.Allow || !slices.ContainsFunc(list, func(p policy.Part) bool { return p.Document == ref.Document })
		}))
	}
	for _, part := range s.Set.Boundaries {
		allowed(part)
	}
	for _, level := range s.Set.SCPs {
		allowed(level...)
	}
	for _, ref := range f.covering {
		if ref.Effect == policy.Deny && ref.Statement.NotResource && len(ref.Statement.Conditions) == 0 {
			groups = append(groups, []policy.StatementRef{ref})
		}
	}
	f.namings = []naming{}
	for _, refs := range groups {
		if n := namingBy(refs); len(refs) > 0 && !slices.Equal(n, naming{""}) {
			f.namings = append(f.namings, n)
		}
	}
	return f.namings
}

// namingBy are the patterns of statements of which one is enough. A resource that is spelled out is among Instances.
func namingBy(refs []policy.StatementRef) naming {
	var n naming
	for _, ref := range refs {
		if ref.Statement.NotResource != (ref.Effect == policy.Deny) {
			n = append(n, "")
			continue
		}
		for _, v := range ref.Statement.Resources {
			arn, ok := aws.CompleteARNPattern(v.Text)
			switch {
			case !ok || !aws.IsARN(v.Text) || strings.Trim(arn.Resource, "*") == "":
				n = append(n, "")
			case strings.ContainsAny(arn.Resource, "*?$"):
				n = append(n, v.Text)
			}
		}
	}
	return distinct(n)
}

// commonResource is a resource that all of some patterns cover. Its own pattern is that of the resources which differ from it in the name.
func (s *Session) commonResource(patterns []string, region string) (Resource, bool) {
	var common aws.ARNPattern
	var last []string
	for i, text := range patterns {
		arn, ok := aws.CompleteARNPattern(text)
		if !ok {
			return Resource{}, false
		}
		last = append(last, s.withVariables(arn.Resource))
		arn.Region, arn.Resource = inRegion(arn.Region, region), ""
		arn.Partition, arn.Account = own(arn.Partition, s.Role.Ref.Partition), own(arn.Account, s.Role.Ref.Account)
		if i > 0 && arn != common || strings.ContainsAny(arn.Region, "*?") {
			return Resource{}, false
		}
		common = arn
	}
	text, ok := s.Common(last, s.name)
	if !ok {
		return Resource{}, false
	}
	named := common
	named.Resource = text
	r := Resource{ARN: named.String(), Named: true, Pattern: patterns[0]}
	if strings.Contains(text, s.name) {
		named.Resource = strings.Replace(text, s.name, "*", 1)
		r.Pattern = named.String()
	}
	return r, true
}
