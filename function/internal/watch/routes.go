package watch

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/routing"
)

// direct decides of each transition by which routes people are told of it, and notes it on what is reported and on the findings: whoever
// was told of a finding is told what becomes of it. An upgrade is reported to the default.
func (w *Watch) direct(g group, roles []decided) {
	if len(w.Routing.Routes) == 0 {
		return
	}
	for i := range roles {
		d := &roles[i]
		before, told := routesBefore(&d.before)
		tagging := slices.ContainsFunc(g.changes, func(c reconcile.Change) bool { return c.Tagging(d.ref.Name) })
		for j := range d.Transitions {
			t := &d.Transitions[j]
			f := &t.Finding
			if f.Routes = []string{routing.Default}; !t.Upgrade {
				f.Routes = w.Routing.Decide(routing.Report{
					Kind: t.Kind, Finding: *f, Account: w.AccountID, Units: w.Units, Regions: regionsOf(f.Functions), Told: told[f.ID], Before: before[f.ID],
					TagsChanged: tagging || f.Cause != nil && role.Part(f.Cause.Part) == role.PartTags,
				}).Receivers()
			}
			k := slices.IndexFunc(d.Next.Findings, func(s finding.Stored) bool { return s.ID == f.ID })
			if k < 0 {
				continue
			}
			routes := slices.Concat(before[f.ID], f.Routes)
			if told[f.ID] && len(before[f.ID]) == 0 {
				routes = append(routes, routing.Default)
			}
			slices.Sort(routes)
			if routes = slices.Compact(routes); len(routes) == 1 && routes[0] == routing.Default {
				routes = nil
			}
			d.Next.Findings[k].Routes = routes
		}
	}
}

// routesBefore says of each finding that was reported by which routes it was.
func routesBefore(s *finding.State) (routes map[string][]string, told map[string]bool) {
	routes, told = map[string][]string{}, map[string]bool{}
	for _, f := range s.Flaps {
		if f.Ended != nil {
			routes[f.ID], told[f.ID] = f.Ended.Routes, true
		}
	}
	for _, f := range s.Findings {
		if f.Status != finding.Pending {
			routes[f.ID], told[f.ID] = f.Routes, true
		}
	}
	return routes, told
}

// regionsOf are the Regions of functions, each once.
func regionsOf(functions []finding.FunctionRef) []string {
	regions := map[string]bool{}
	for _, f := range functions {
		if arn, err := aws.ParseARN(f.ARN); err == nil && arn.Region != "" {
			regions[arn.Region] = true
		}
	}
	return slices.Sorted(maps.Keys(regions))
}

// to reports whether a finding goes to a place, or to the default for its name.
func (w *Watch) to(place string) func(finding.Finding) bool {
	return func(f finding.Finding) bool {
		if place == routing.Default {
			return len(f.Routes) == 0 || slices.ContainsFunc(f.Routes, w.isDefault)
		}
		return slices.Contains(w.Routing.Places(f.Routes), place)
	}
}

// isDefault reports whether the name of a route is that of the default, or of none that there is any more.
func (w *Watch) isDefault(route string) bool {
	return !slices.ContainsFunc(w.Routing.Routes, func(r routing.Route) bool { return r.Name == route })
}

// placeNames are the places that any of these findings go to, in order.
func (w *Watch) placeNames(findings ...[]finding.Finding) []string {
	var routes []string
	for _, list := range findings {
		for _, f := range list {
			routes = append(routes, f.Routes...)
		}
	}
	return w.Routing.Places(routes)
}

// keep is what a message would report of findings alone that are wanted.
func keep(in message.Input, wanted func(finding.Finding) bool) message.Input {
	only := func(list []finding.Finding) []finding.Finding {
		return slices.DeleteFunc(slices.Clone(list), func(f finding.Finding) bool { return !wanted(f) })
	}
	in.Opened, in.Changed, in.Resolved = only(in.Opened), only(in.Changed), only(in.Resolved)
	return in
}

func empty(in message.Input) bool { return len(in.Opened)+len(in.Changed)+len(in.Resolved) == 0 }

// forPlaces are the messages of what people are told at once for the places that routes lead to: to each the findings that go there, and
// the records that these name.
func (w *Watch) forPlaces(people message.Input, roles []decided, region, thread string, now time.Time) []message.Outgoing {
	var out []message.Outgoing
	for _, place := range w.placeNames(people.Opened, people.Changed, people.Resolved) {
		in := keep(people, w.to(place))
		in.ID += "-" + place
		in.StillOpen = stillOpen(in, roles)
		in.ThreadID = w.threadAt(in, thread)
		in.Changes = message.NamedChanges(in)
		out = append(out, w.forPlace(place, message.Build(in), region, now))
	}
	return out
}

// forPlace is a message for a place. A channel of chat takes its text alone.
func (w *Watch) forPlace(place string, m message.Message, region string, now time.Time) message.Outgoing {
	channel := w.Places[place]
	options := message.Options{Region: region, Mask: w.Mask}
	if channel != nil {
		options.Channels = []message.Channel{*channel}
	}
	rendered := message.Render(m, options)
	if channel != nil {
		rendered.Machine, rendered.Email, rendered.SMS = "", "", ""
	}
	return message.Outgoing{ID: m.ID, Kind: message.KindFindings, Topic: place, Rendered: &rendered, Created: now}
}

// threadAt is the thread of a message for one of several receivers: the one in which the findings of its roles were reported, where all are
// in one, else that of everything that was decided together.
func (w *Watch) threadAt(in message.Input, whole string) string {
	known := ""
	for i, f := range slices.Concat(in.Opened, in.Changed, in.Resolved) {
		if thread := in.Threads[f.Role]; i == 0 {
			known = thread
		} else if thread != known {
			return whole
		}
	}
	if known != "" {
		return known
	}
	return whole
}

// stillOpen counts the open findings of the roles of a message that it does not have.
func stillOpen(in message.Input, roles []decided) (n int) {
	has, of := map[string]bool{}, map[string]bool{}
	for _, f := range slices.Concat(in.Opened, in.Changed, in.Resolved) {
		has[f.ID], of[f.Role] = true, true
	}
	for _, d := range roles {
		if !of[d.Next.ARN] {
			continue
		}
		for _, f := range d.Next.Findings {
			if f.Status != finding.Pending && !has[f.ID] {
				n++
			}
		}
	}
	return n
}

// maxPlaceFolds is how many folds for places a slice of a change holds, and fullFolds up to how many of them are not shortened: an item of
// the table holds 400 KB.
const (
	maxPlaceFolds = 250
	fullFolds     = 50
)

// foldsFor puts together what a slice of a change reports to the default and to places. What there is no room for goes to the default.
func (w *Watch) foldsFor(slice *fanin.Slice, opened, changed, resolved []finding.Finding) {
	in := message.Input{Opened: opened, Changed: changed, Resolved: resolved}
	byDefault, total := w.to(routing.Default), 0
	refused := map[string]bool{}
	for _, place := range w.placeNames(opened, changed, resolved) {
		part := keep(in, w.to(place))
		folds := message.Digested(part.Opened, part.Changed, part.Resolved)
		if total += len(folds); total > maxPlaceFolds {
			refused[place] = true
			continue
		}
		if slice.Places == nil {
			slice.Places = map[string][]message.Fold{}
		}
		slice.Places[place] = folds
	}
	if total > fullFolds {
		for place, folds := range slice.Places {
			slice.Places[place] = message.Shortened(folds)
		}
	}
	rest := keep(in, func(f finding.Finding) bool {
		return byDefault(f) || slices.ContainsFunc(w.Routing.Places(f.Routes), func(p string) bool { return refused[p] })
	})
	slice.Folds = message.Digested(rest.Opened, rest.Changed, rest.Resolved)
}

// tagNotice tells operations, who are the default's people, that owner tags which route were changed on roles that have open findings.
func (w *Watch) tagNotice(roles []decided, now time.Time) []message.Outgoing {
	var lines []string
	for _, d := range roles {
		open := slices.ContainsFunc(d.Next.Findings, func(f finding.Stored) bool { return f.Status != finding.Pending })
		if !open || !d.Next.Exists {
			continue
		}
		for _, t := range d.TagsMoved(d.before) {
			if w.routesBy(t.Key) {
				lines = append(lines, w.tagLine(d.Next.ARN, t))
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	const most = 10
	text := "In account " + w.AccountID + ", tags that route findings were changed on roles with open findings. " + strings.Join(lines[:min(len(lines), most)], " ")
	if len(lines) > most {
		text += " There are more: the log of CloudTrail has all calls."
	}
	text += " For findings of the 24 hours after the change, the changed tags do not route: these findings are reported to the default."
	rendered := message.Operations(message.Notice{Account: w.AccountID, Subject: "Tags that route findings were changed", Text: text}, w.Channels)
	return []message.Outgoing{{ID: "tags-" + w.messageID(roles), Kind: message.KindOperations, Rendered: &rendered, Created: now}}
}

// routesBy reports whether a route matches by a tag.
func (w *Watch) routesBy(key string) bool {
	return slices.ContainsFunc(w.Routing.Routes, func(r routing.Route) bool { _, ok := r.Match.Tags[key]; return ok })
}

func (w *Watch) tagLine(roleARN string, t finding.Tag) string {
	of, who := roleARN, strings.Join(t.By, ", ")
	if t.Of != "" {
		of = t.Of + ", a function of " + roleARN
	}
	switch {
	case who == "":
		who = "somebody whom no record names"
	case w.Mask:
		who = "somebody whom the records of CloudTrail name"
	}
	was, is := "had no value", "was removed"
	if t.Was != "" {
		was = "was \"" + t.Was + "\""
	}
	if !t.Absent {
		is = "is now \"" + t.Value + "\""
	}
	return "The tag " + t.Key + " of " + of + " " + was + " and " + is + ", changed by " + who + "."
}
