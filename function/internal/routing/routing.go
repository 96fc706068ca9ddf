// Package routing decides who receives a finding: it matches a finding with the routes of the settings, and says what goes to the default
// in any case. It is pure, and knows neither topics nor messages.
package routing

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Default is the name of the route that always exists: the channels of the deployment that no route names.
const Default = "default"

// AnyValue stands in a match for any value of a tag.
const AnyValue = "*"

// Rules are the routes. The zero value sends everything to the default.
type Rules struct {
	// Routes are in the order of the settings. First says that only the first route that matches receives a finding; else all do.
	Routes []Route
	First  bool
	// Always are the IDs of the checks whose findings go to the default as well.
	Always []string
}

// Route sends what it matches to places.
type Route struct {
	Name  string
	Match Match
	// Places are the names of what receives it; a route may share one with another route.
	Places []string
}

// Match says what a route is for. What is nil matches anything.
type Match struct {
	// Tags are owner tags by key, each with the values that match; all keys must match.
	Tags map[string][]string
	// Accounts are IDs of accounts, Regions those of the functions that a finding names, and Checks IDs of checks.
	Accounts, Regions, Checks []string
	// Units are IDs of organizational units or of the root: the account is in one of them or below it.
	Units      []string
	Severities []check.Severity
	Kinds      []finding.TransitionKind
}

// Report is a step in the life of a finding that somebody is to hear of.
type Report struct {
	Kind    finding.TransitionKind
	Finding finding.Finding
	Account string
	// Units are the IDs of the root and the organizational units that the account is in; none where that is not known.
	Units []string
	// Regions are those of the functions that the finding names.
	Regions []string
	// Told says that the finding was reported before, and Before by which routes; none is the default alone.
	Told   bool
	Before []string
	// TagsChanged says that the step was caused by a change of an owner tag, or of a tag that makes an exception.
	TagsChanged bool
}

// Decision is where a report goes, and why.
type Decision struct {
	// Routes are the names of routes, in the order of the settings; Default says that the default receives it.
	Routes  []string
	Default bool
	// Reasons are one for each route that was considered and is not plain, and for the default; each is a sentence without a period.
	Reasons []Reason
}

// Reason says why a route, or the default, receives a report or does not.
type Reason struct {
	Route    string `json:"route"`
	Receives bool   `json:"receives"`
	Why      string `json:"why"`
}

// Decide says where a report goes. Where no route receives it, or anything speaks for it, the default does.
func (r Rules) Decide(report Report) Decision {
	if len(r.Routes) == 0 {
		return Decision{Default: true, Reasons: []Reason{{Default, true, "there are no routes"}}}
	}
	var d Decision
	for _, why := range r.always(report) {
		d.toDefault(why)
	}
	d.sticky(r, report)
	taken := false
	for _, route := range r.Routes {
		how, why := route.Match.matches(report)
		if r.First && taken && how != no {
			d.Reasons = append(d.Reasons, Reason{route.Name, slices.Contains(d.Routes, route.Name), "it matches, and an earlier route matched first"})
			continue
		}
		switch how {
		case yes:
			taken = true
			d.to(route.Name, why)
		case unsure:
			taken = true
			d.to(route.Name, why)
			d.toDefault("route " + route.Name + " matches by " + why)
		case refused:
			d.Reasons = append(d.Reasons, Reason{route.Name, slices.Contains(d.Routes, route.Name), why})
			d.toDefault("route " + route.Name + " would match, but " + why)
		default:
			d.Reasons = append(d.Reasons, Reason{route.Name, slices.Contains(d.Routes, route.Name), why})
		}
	}
	if len(d.Routes) == 0 && !d.Default {
		d.toDefault("no route matches")
	}
	d.Routes = r.ordered(d.Routes)
	return d
}

// always says why a report goes to the default whatever routes match.
func (r Rules) always(report Report) (why []string) {
	f := report.Finding
	if f.Severity >= check.Critical {
		why = append(why, "critical findings always go to the default as well")
	}
	if slices.Contains(r.Always, f.Check) {
		why = append(why, "findings of "+f.Check+" always go to the default as well")
	}
	if report.TagsChanged || f.Resolution == finding.Excepted {
		why = append(why, "a change of tags that route or make exceptions always goes to the default as well")
	}
	if f.OwnersOmitted > 0 {
		why = append(why, "the finding has more owner tags than are compared")
	}
	return why
}

// sticky keeps a finding where it was reported: whoever was told that it opened is told what becomes of it, unless their route is not for
// that. What was reported by a route that there is no more goes to the default.
func (d *Decision) sticky(r Rules, report Report) {
	if !report.Told {
		return
	}
	if len(report.Before) == 0 {
		d.toDefault("the default received the finding before")
	}
	for _, name := range report.Before {
		i := slices.IndexFunc(r.Routes, func(route Route) bool { return route.Name == name })
		switch {
		case name == Default:
			d.toDefault("the default received the finding before")
		case i < 0:
			d.toDefault("route " + name + ", which received the finding before, is not in the settings any more")
		case r.Routes[i].Match.kind(report.Kind):
			d.to(name, "it received the finding before")
		}
	}
}

func (d *Decision) to(route, why string) {
	if !slices.Contains(d.Routes, route) {
		d.Routes = append(d.Routes, route)
		d.Reasons = append(d.Reasons, Reason{route, true, why})
	}
}

func (d *Decision) toDefault(why string) {
	d.Default = true
	d.Reasons = append(d.Reasons, Reason{Default, true, why})
}

// ordered are names of routes in the order of the settings.
func (r Rules) ordered(names []string) []string {
	var out []string
	for _, route := range r.Routes {
		if slices.Contains(names, route.Name) {
			out = append(out, route.Name)
		}
	}
	return out
}

// Receivers are the routes of a decision by name, Default last where it receives the report.
func (d Decision) Receivers() []string {
	out := slices.Clone(d.Routes)
	if d.Default {
		out = append(out, Default)
	}
	return out
}

// Places are the places of routes by their names, each once and in order. Default has none of its own.
func (r Rules) Places(routes []string) []string {
	var out []string
	for _, route := range r.Routes {
		if slices.Contains(routes, route.Name) {
			out = append(out, route.Places...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
