package message

import (
	"maps"
	"slices"
	"sort"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// unlimited is a limit that nothing reaches.
const unlimited = int(^uint(0) >> 1)

// limits say how much of a message is kept. Texts are in runes, the others in entries.
type limits struct {
	functions, statements, evidence, document, detail, changes, name int
}

// ladder is the order in which a message is cut: lists of functions first, then records, evidence, documents to
// paste, explanations. Names and identifiers stay whole but for a message that nothing else makes small enough.
var ladder = func() []limits {
	l := limits{unlimited, unlimited, unlimited, unlimited, unlimited, unlimited, unlimited}
	steps := []limits{l}
	step := func(field *int, values ...int) {
		for _, v := range values {
			*field = v
			steps = append(steps, l)
		}
	}
	step(&l.functions, 25, 5, 1)
	step(&l.changes, 20)
	step(&l.evidence, 2000, 500, 100)
	step(&l.statements, 3, 1)
	step(&l.document, 4000, 0)
	step(&l.detail, 1000, 200)
	step(&l.changes, 3)
	return steps
}()

// cut makes a message small enough for SNS, with its texts for channels: as little as possible is cut, and Omitted counts
// it. Findings go last, the least severe first.
func cut(m Message, channels []Channel) Message {
	for _, l := range ladder {
		if shaped := shape(m, l, unlimited); fits(shaped, channels) {
			return shaped
		}
	}
	l := ladder[len(ladder)-1]
	if shaped, ok := fewer(m, l, channels); ok {
		return shaped
	}
	l.name = 256
	shaped, _ := fewer(m, l, channels)
	return shaped
}

// cutFolds is cut for a message that counts findings by check: where nothing else makes it small enough the least urgent folds are left
// out, and Omitted counts their findings.
func cutFolds(m Message, channels []Channel) Message {
	if whole := cut(m, channels); fits(whole, channels) {
		return whole
	}
	total := len(m.folds()) + len(m.passedFolds())
	tooMany := sort.Search(total, func(n int) bool { return !fits(cut(firstFolds(m, n+1), channels), channels) })
	return cut(firstFolds(m, tooMany), channels)
}

// firstFolds is a message with the first n of its folds; those that passed are the last ones.
func firstFolds(m Message, n int) Message {
	m.Omitted = maps.Clone(m.Omitted)
	left := func(folds []Fold, what func(Fold) string) []Fold {
		kept := min(n, len(folds))
		n -= kept
		for _, f := range folds[kept:] {
			m.Omitted[what(f)] += f.Findings
		}
		return folds[:kept]
	}
	folds := left(m.folds(), func(f Fold) string { return string(f.Kind) })
	switch {
	case m.Change != nil:
		change := *m.Change
		change.Folds, m.Change = folds, &change
	case m.Digest != nil:
		digest := *m.Digest
		digest.Folds, digest.PassedFolds, m.Digest = folds, left(digest.PassedFolds, func(Fold) string { return "passed" }), &digest
	}
	return m
}

// fewer keeps as many findings as fit. It fails when not even one does.
func fewer(m Message, l limits, channels []Channel) (Message, bool) {
	total := len(m.Opened) + len(m.Changed) + len(m.Resolved)
	tooMany := sort.Search(total, func(n int) bool { return !fits(shape(m, l, n+1), channels) })
	shaped := shape(m, l, tooMany)
	return shaped, fits(shaped, channels) && (tooMany > 0 || total == 0)
}

// shape is a message within limits, with at most n findings.
func shape(m Message, l limits, n int) Message {
	c := cutter{limits: l, omitted: maps.Clone(m.Omitted)}
	floor := keepWorst(m, n)
	m.ID, m.Account, m.AccountName, m.OU, m.ChangeID = c.name(m.ID), c.name(m.Account), c.name(m.AccountName), c.name(m.OU), c.name(m.ChangeID)
	m.Changes = c.changes(m)
	m.Opened = c.findings("opened", m.Opened, floor[0])
	m.Changed = c.findings("changed", m.Changed, floor[1])
	m.Resolved = c.findings("resolved", m.Resolved, floor[2])
	m.Omitted = c.omitted
	return m
}

// keepWorst says how many of each list stay when n are kept: the worst, and of equals those opened first.
func keepWorst(m Message, n int) [3]int {
	var kept [3]int
	lists := [3][]finding.Finding{m.Opened, m.Changed, m.Resolved}
	for range min(n, len(m.Opened)+len(m.Changed)+len(m.Resolved)) {
		best := -1
		for i, list := range lists {
			if kept[i] < len(list) && (best < 0 || list[kept[i]].Severity > lists[best][kept[best]].Severity) {
				best = i
			}
		}
		kept[best]++
	}
	return kept
}

// cutter cuts and counts.
type cutter struct {
	limits
	omitted map[string]int
}

func (c *cutter) count(what string, n int) {
	if n > 0 {
		c.omitted[what] += n
	}
}

func (c *cutter) text(what, s string, limit int) string {
	short := clip(s, limit)
	if short != s {
		c.count(what, 1)
	}
	return short
}

// prose is text for one that may quote JSON.
func (c *cutter) prose(s string) string {
	short := clipProse(s, c.detail)
	if short != s {
		c.count("text", 1)
	}
	return short
}

func (c *cutter) name(s string) string { return c.text("text", s, c.limits.name) }

// changes keeps the newest, and those that findings name before all others.
func (c *cutter) changes(m Message) []finding.Change {
	kept := make([]bool, len(m.Changes))
	left := c.limits.changes
	for _, want := range []bool{true, false} {
		for i, ch := range slices.Backward(m.Changes) {
			if left > 0 && m.names(ch) == want {
				kept[i] = true
				left--
			}
		}
	}
	out := []finding.Change{}
	for i, ch := range m.Changes {
		if kept[i] {
			out = append(out, c.change(ch))
		}
	}
	c.count("changes", len(m.Changes)-len(out))
	return out
}

func (c *cutter) change(ch finding.Change) finding.Change {
	ch.ErrorMessage, ch.UserAgent = c.text("text", ch.ErrorMessage, c.detail), c.text("text", ch.UserAgent, c.detail)
	for _, s := range []*string{&ch.EventID, &ch.EventName, &ch.EventSource, &ch.Region, &ch.Actor.Type, &ch.Actor.ARN,
		&ch.Actor.Name, &ch.SourceIP, &ch.Via, &ch.ErrorCode} {
		*s = c.name(*s)
	}
	return ch
}

func (c *cutter) findings(list string, all []finding.Finding, n int) []finding.Finding {
	c.count(list, len(all)-n)
	out := make([]finding.Finding, 0, n)
	for _, f := range all[:n] {
		out = append(out, c.finding(f))
	}
	return out
}

func (c *cutter) finding(f finding.Finding) finding.Finding {
	functions := f.Functions[:min(len(f.Functions), c.functions)]
	c.count("functions", len(f.Functions)-len(functions))
	f.Functions = slices.Clone(functions)
	for i := range f.Functions {
		g := &f.Functions[i]
		g.ARN, g.Version, g.Alias = c.name(g.ARN), c.name(g.Version), c.name(g.Alias)
	}
	evidence := f.Evidence[:min(len(f.Evidence), c.statements)]
	c.count("evidence", len(f.Evidence)-len(evidence))
	f.Evidence = slices.Clone(evidence)
	for i := range f.Evidence {
		e := &f.Evidence[i]
		e.Text, e.Why = c.text("evidence", e.Text, c.evidence), c.prose(e.Why)
		e.Role, e.Policy, e.Sid = c.name(e.Role), c.name(e.Policy), c.name(e.Sid)
	}
	f.Fix = c.fix(f.Fix)
	f.UnverifiedFor = slices.Clone(f.UnverifiedFor)
	for i := range f.UnverifiedFor {
		one := &f.UnverifiedFor[i]
		one.Missing, one.SettledBy = c.prose(one.Missing), c.prose(one.SettledBy)
	}
	f.Title, f.Detail = c.prose(f.Title), c.prose(f.Detail)
	for _, s := range []*string{&f.ID, &f.Check, &f.Slug, &f.CheckTitle, &f.Role, (*string)(&f.Status), (*string)(&f.Origin), (*string)(&f.Resolution)} {
		*s = c.name(*s)
	}
	if f.Cause != nil {
		f.Cause = c.cause(*f.Cause)
	}
	if f.ResolvedBy != nil {
		f.ResolvedBy = c.cause(*f.ResolvedBy)
	}
	f.WhatChanged = slices.Clone(f.WhatChanged)
	for i := range f.WhatChanged {
		f.WhatChanged[i] = c.prose(f.WhatChanged[i])
	}
	f.Owners, f.Routes = slices.Clone(f.Owners), slices.Clone(f.Routes)
	for i := range f.Owners {
		o := &f.Owners[i]
		o.Tag, o.Value, o.Of, o.Standing = c.name(o.Tag), c.name(o.Value), c.name(o.Of), finding.Standing(c.name(string(o.Standing)))
	}
	for i := range f.Routes {
		f.Routes[i] = c.name(f.Routes[i])
	}
	if c.limits.name < unlimited {
		owners := f.Owners[:min(len(f.Owners), finding.MaxOwners)]
		c.count("text", len(f.Owners)-len(owners))
		f.Owners, f.OwnersOmitted = owners, f.OwnersOmitted+len(f.Owners)-len(owners)
		folds := f.Folds[:min(len(f.Folds), 20)]
		c.count("text", len(f.Folds)-len(folds))
		f.Folds = slices.Clone(folds)
		for i := range f.Folds {
			f.Folds[i] = c.name(f.Folds[i])
		}
	}
	return f
}

func (c *cutter) cause(x finding.Cause) *finding.Cause {
	x.EventID, x.Certainty, x.Part = c.name(x.EventID), finding.Certainty(c.name(string(x.Certainty))), c.name(x.Part)
	x.Elsewhere = c.name(x.Elsewhere)
	x.Found = finding.Certainty(c.name(string(x.Found)))
	x.Further, x.Unseen = slices.Clone(x.Further), slices.Clone(x.Unseen)
	for _, list := range [][]string{x.Further, x.Unseen} {
		for i := range list {
			list[i] = c.name(list[i])
		}
	}
	return &x
}

// fix drops a document or a command that is too long as a whole: half a policy is worse than none.
func (c *cutter) fix(x check.Fix) check.Fix {
	x.Summary, x.Verify = c.prose(x.Summary), c.name(x.Verify)
	for _, s := range []*string{&x.Document, &x.Command} {
		if len(*s) > c.document {
			*s = ""
			c.count("text", 1)
		}
	}
	return x
}
