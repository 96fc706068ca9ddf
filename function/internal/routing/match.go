package routing

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// answer is whether a route matches.
type answer int

const (
	no answer = iota
	yes
	// unsure is a match by a tag whose age is unknown, and refused one by a tag that does not route.
	unsure
	refused
)

// matches says whether a match covers a report, and why.
func (m Match) matches(report Report) (answer, string) {
	f := report.Finding
	for _, one := range []struct {
		is   bool
		what string
	}{
		{m.Accounts == nil || slices.Contains(m.Accounts, report.Account), "it is not for account " + report.Account},
		{m.Units == nil || slices.ContainsFunc(report.Units, func(id string) bool { return slices.Contains(m.Units, id) }), "it is not for the organizational units that the account is in" + list(report.Units)},
		{m.Regions == nil || slices.ContainsFunc(report.Regions, func(r string) bool { return slices.Contains(m.Regions, r) }), "it is not for the Regions of the finding's functions" + list(report.Regions)},
		{m.Checks == nil || slices.Contains(m.Checks, f.Check), "it is not for " + f.Check},
		{m.Severities == nil || slices.Contains(m.Severities, f.Severity), "it is not for findings of severity " + f.Severity.String()},
		{m.kind(report.Kind), "it is not for findings that are " + string(report.Kind)},
	} {
		if !one.is {
			return no, one.what
		}
	}
	return m.byTags(f)
}

func (m Match) kind(kind finding.TransitionKind) bool {
	return m.Kinds == nil || slices.Contains(m.Kinds, kind)
}

// byTags matches the owner tags: each key by the tag that has the best standing among those with a value that matches.
func (m Match) byTags(f finding.Finding) (answer, string) {
	how, why := yes, "it matches"
	var by []string
	for _, key := range slices.Sorted(maps.Keys(m.Tags)) {
		var best *finding.Owner
		for i, o := range f.Owners {
			if o.Tag == key && (slices.Contains(m.Tags[key], o.Value) || slices.Contains(m.Tags[key], AnyValue)) && (best == nil || o.Standing.Better(best.Standing)) {
				best = &f.Owners[i]
			}
		}
		if best == nil {
			return no, "no tag " + key + " has one of its values"
		}
		by = append(by, "tag "+key+"="+best.Value)
		switch best.Standing {
		case finding.Settled:
		case finding.AgeUnknown:
			if how == yes {
				how, why = unsure, "the tag "+key+" of "+best.Of+", of which it is unknown whether it was changed in the 24 hours before the finding"
			}
		case finding.Recent:
			how, why = refused, "the tag "+key+" of "+best.Of+" was changed less than 24 hours before the finding"
		default:
			how, why = refused, "the tag "+key+" of "+best.Of+" was set by whoever caused the finding, or by the role itself"
		}
	}
	if how == yes && len(by) > 0 {
		why += " by " + strings.Join(by, " and ")
	}
	return how, why
}

func list(values []string) string {
	if len(values) == 0 {
		return ", which it does not name"
	}
	return " (" + strings.Join(values, ", ") + ")"
}

// Covers reports whether a match covers everything that another one does: in rules where the first match counts, a later route with the
// other one receives nothing.
func (m Match) Covers(other Match) bool {
	for key, values := range m.Tags {
		theirs, ok := other.Tags[key]
		if !ok || !slices.Contains(values, AnyValue) && !subset(theirs, values) {
			return false
		}
	}
	return within(other.Accounts, m.Accounts) && within(other.Units, m.Units) && within(other.Regions, m.Regions) && within(other.Checks, m.Checks) &&
		within(other.Severities, m.Severities) && within(other.Kinds, m.Kinds)
}

// within reports whether a list covers another one; nil is everything.
func within[T comparable](list, by []T) bool {
	return by == nil || list != nil && subset(list, by)
}

func subset[T comparable](list, of []T) bool {
	return !slices.ContainsFunc(list, func(one T) bool { return !slices.Contains(of, one) })
}
