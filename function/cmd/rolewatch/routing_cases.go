package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/routing"
	"github.com/rolewatch/rolewatch/function/settings"
)

// explainer decides where findings with some owners go.
type explainer struct {
	set     settings.Stack
	router  routing.Rules
	owners  []finding.Owner
	regions []string
	account string
}

// cases are all that can be reported, what goes the same way together: the gravest first.
func (x explainer) cases() []routeCase {
	known := settings.Known()
	running := inforce.New(known, x.set.InForce(known)).Checks()
	var out []routeCase
	for _, severity := range []check.Severity{check.Critical, check.High, check.Medium, check.Low} {
		var of []routeCase
		for _, kind := range []finding.TransitionKind{finding.KindOpened, finding.KindChanged, finding.KindResolved} {
			for _, c := range running {
				if slices.Contains(x.set.SeveritiesOf(c.ID, known), severity) {
					of = addCase(of, x.one(c, severity, kind))
				}
			}
		}
		out = append(out, joinKinds(of)...)
	}
	for i := range out {
		var list []*check.Check
		for _, c := range running {
			if slices.Contains(out[i].Checks, c.ID) {
				list = append(list, c)
			}
		}
		out[i].named = ranges(list, known)
	}
	return out
}

// one is where one report goes.
func (x explainer) one(c *check.Check, severity check.Severity, kind finding.TransitionKind) routeCase {
	d := x.router.Decide(routing.Report{
		Kind: kind, Account: x.account, Regions: x.regions, Finding: finding.Finding{Check: c.ID, Severity: severity, Owners: x.owners},
	})
	out := routeCase{Severity: severity.String(), Kinds: []string{string(kind)}, Checks: []string{c.ID}, Receivers: d.Receivers(), Places: x.named(d)}
	for _, r := range d.Reasons {
		// Which check it is is said by the list of checks.
		r.Why = strings.ReplaceAll(r.Why, c.ID, "these checks")
		out.Reasons = append(out.Reasons, r)
	}
	return out
}

// named are the places of a decision in words.
func (x explainer) named(d routing.Decision) []string {
	var out []string
	for _, name := range x.router.Places(d.Routes) {
		for _, p := range x.set.Places() {
			if p.Name == name {
				out = append(out, p.String())
			}
		}
	}
	if d.Default {
		out = append(out, "the default ("+x.set.DefaultPlaces()+")")
	}
	return out
}

// same reports whether two cases go the same way for the same reasons.
func (c routeCase) same(o routeCase) bool {
	return slices.Equal(c.Receivers, o.Receivers) && fmt.Sprint(c.Reasons) == fmt.Sprint(o.Reasons)
}

// addCase puts a case with those of the same kind that go the same way.
func addCase(list []routeCase, c routeCase) []routeCase {
	for i := range list {
		if list[i].same(c) && slices.Equal(list[i].Kinds, c.Kinds) {
			list[i].Checks = append(list[i].Checks, c.Checks...)
			return list
		}
	}
	return append(list, c)
}

// joinKinds puts cases together that differ in what happens to the finding alone.
func joinKinds(list []routeCase) []routeCase {
	var out []routeCase
	for _, c := range list {
		i := slices.IndexFunc(out, func(o routeCase) bool { return o.same(c) && slices.Equal(o.Checks, c.Checks) })
		if i < 0 {
			out = append(out, c)
			continue
		}
		out[i].Kinds = append(out[i].Kinds, c.Kinds...)
	}
	return out
}
