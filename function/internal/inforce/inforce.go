// Package inforce says which checks are in force and what they exclude: it turns checks off and on, changes their severities,
// and exempts what an exception covers. It owns what these settings do; package settings reads them.
package inforce

import (
	"cmp"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// Change is what the settings say of one check.
type Change struct {
	// Off takes the check out; On brings in one that is off until somebody asks for it. Off wins over On.
	Off, On bool
	// Severity replaces the check's own; zero keeps it.
	Severity check.Severity
}

// Rules are the settings that bear on checks. The zero value runs every check that is on by default, and excepts nothing.
type Rules struct {
	// Changes are by the IDs of checks.
	Changes map[string]Change
	// Only are the IDs of the checks that run, be they on or off otherwise; nil leaves that to Changes.
	Only       []string
	Exceptions Exceptions
}

// Set is the checks in force, with all that decides what is told of what they find. It is safe for concurrent use.
type Set struct {
	checks []*check.Check
	// Where checks judge what the others found, and the settings turned off some of those others that are on by default,
	// rest are the checks without the former, and wide the former with all that are on by default. Else wide is nil.
	rest, wide []*check.Check
	// usual are the severities, by ID, of checks whose severity the settings name.
	usual      map[string]check.Severity
	exceptions Exceptions
	known      func(id string) bool
}

// New puts rules over all the checks there are. The checks given are not changed.
func New(all []*check.Check, rules Rules) *Set {
	s := &Set{
		checks: Select(all, rules), usual: map[string]check.Severity{}, exceptions: rules.Exceptions,
		known: func(id string) bool {
			return slices.ContainsFunc(all, func(c *check.Check) bool { return c.Named(id) })
		},
	}
	for _, c := range all {
		if rules.Changes[c.ID].Severity != 0 {
			s.usual[c.ID] = c.Severity
		}
	}
	s.widen(all)
	return s
}

// widen finds what checks that judge what the others found are to be given, if that is not what is in force.
func (s *Set) widen(all []*check.Check) {
	var joins, usual []*check.Check
	for _, c := range s.checks {
		if c.Join != nil {
			joins = append(joins, c)
		} else {
			s.rest = append(s.rest, c)
		}
	}
	missing := false
	for _, c := range all {
		if c.OptIn || c.Join != nil {
			continue
		}
		usual = append(usual, c)
		missing = missing || !slices.ContainsFunc(s.rest, func(own *check.Check) bool { return own.ID == c.ID })
	}
	if missing && len(joins) > 0 {
		s.wide = slices.Concat(usual, joins)
	}
}

// Checks are the checks in force, in the order that they were given in.
func (s *Set) Checks() []*check.Check { return slices.Clone(s.checks) }

// Reads are the facts that the checks in force read, and the tags of functions where an exception goes by tags.
func (s *Set) Reads() []check.Fact {
	facts := check.ReadBy(s.checks)
	if len(s.exceptions.List)+len(s.exceptions.ByTag) > 0 {
		facts = append(facts, check.FunctionTags)
	}
	return facts
}

// Select gives the checks that are in force under the rules, as copies that have the severities of the rules.
func Select(all []*check.Check, rules Rules) []*check.Check {
	var out []*check.Check
	for _, c := range all {
		change := rules.Changes[c.ID]
		runs := !change.Off && (!c.OptIn || change.On)
		if rules.Only != nil {
			runs = slices.Contains(rules.Only, c.ID)
		}
		if !runs {
			continue
		}
		own := *c
		own.Severity = cmp.Or(change.Severity, c.Severity)
		out = append(out, &own)
	}
	return out
}

// Judge runs the checks in force over a subject, and spares what is excepted.
func (s *Set) Judge(subject *check.Subject) Judgement { return s.Spare(s.Find(subject), subject) }

// Spare spares what is excepted of what Find found in a subject.
func (s *Set) Spare(result check.Result, subject *check.Subject) Judgement {
	return Apply(result, subject, s.exceptions, s.known)
}

// Find runs the checks in force over a subject: what they say, at the severities of the settings.
func (s *Set) Find(subject *check.Subject) check.Result {
	result := s.run(subject)
	for i := range result.Diagnostics {
		d := &result.Diagnostics[i]
		if usual, named := s.usual[d.Check.ID]; named {
			d.Severity = Weigh(d.Severity, usual, d.Check.Severity)
		}
	}
	slices.SortStableFunc(result.Diagnostics, func(a, b check.Diagnostic) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Check.ID, b.Check.ID), cmp.Compare(a.Key, b.Key))
	})
	return result
}

// Weigh gives a diagnostic that says its own severity what the settings leave of it: a check that was made milder never
// says more than the settings do, and one that was made graver never less. Where the settings name the usual severity, nothing changes.
func Weigh(own, usual, set check.Severity) check.Severity {
	switch {
	case set < usual:
		return min(own, set)
	case set > usual:
		return max(own, set)
	}
	return own
}

// run runs the checks. One that judges what all others found is given what those found that the settings turned off,
// too: that nobody wants to be told of a public function does not make it less public.
func (s *Set) run(subject *check.Subject) check.Result {
	if s.wide == nil {
		return check.Run(s.checks, subject)
	}
	result, joined := check.Run(s.rest, subject), check.Run(s.wide, subject)
	for _, d := range joined.Diagnostics {
		if d.Check.Join != nil {
			result.Diagnostics = append(result.Diagnostics, d)
		}
	}
	for _, u := range joined.Undecided {
		if u.Check.Join != nil {
			result.Undecided = append(result.Undecided, u)
		}
	}
	return result
}
