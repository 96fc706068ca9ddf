package watch

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/routing"
)

// composing says what a message is about: an upgrade; or, where change is set, a slice of that change. ID is that of the commit.
type composing struct {
	id      string
	upgrade bool
	change  *fanin.Change
}

// compose makes the messages of what is to be reported, either of changes or of an upgrade: machines receive all of it, in as many messages
// as it takes, and people one with what they are told at once. What an upgrade or a slice of a change came to is for machines alone: people
// receive one message about all of it.
func (w *Watch) compose(ctx context.Context, g group, roles []decided, now time.Time, c composing) []message.Outgoing {
	if !slices.ContainsFunc(roles, func(d decided) bool {
		return slices.ContainsFunc(d.Transitions, func(t finding.Transition) bool { return t.Upgrade == c.upgrade })
	}) {
		return nil
	}
	all := w.input(ctx, g, roles, now, c)
	if empty(all) {
		return nil
	}
	people := atOnce(all, roles)
	thread := w.noteThreads(roles, c, people)
	byDefault := people
	if len(w.Routing.Routes) > 0 {
		byDefault = keep(people, w.to(routing.Default))
		byDefault.ThreadID = w.threadAt(byDefault, thread)
	}
	machines := c.upgrade || c.change != nil || empty(byDefault)
	if machines {
		all.Channels = nil
	}
	region := ""
	if len(all.Changes) > 0 {
		region = all.Changes[len(all.Changes)-1].Region
	}
	parts := message.Parts(all)
	// Where people are told all of it and it is one message, that is the same for both.
	one := len(parts) == 1 && !slices.ContainsFunc(roles, func(d decided) bool { return len(d.digest)+len(d.quiet) > 0 }) && len(w.Routing.Routes) == 0
	var out []message.Outgoing
	for i, part := range parts {
		rendered := message.Render(part, message.Options{Region: region, Channels: w.Configured, Machines: machines || i > 0, Mask: w.Mask})
		if !machines && i == 0 && !one {
			rendered = message.Render(message.Build(byDefault), message.Options{Region: region, Channels: w.Configured, Mask: w.Mask}).ForMachines(part, region)
		}
		out = append(out, message.Outgoing{ID: part.ID, Kind: message.KindFindings, Rendered: &rendered, Created: now})
	}
	if !c.upgrade && c.change == nil {
		out = append(out, w.forPlaces(people, roles, region, thread, now)...)
	}
	return out
}

// input is what the messages of roles are made of.
func (w *Watch) input(ctx context.Context, g group, roles []decided, now time.Time, c composing) message.Input {
	in := message.Input{
		ID: c.id, Time: now, Account: w.AccountID, AccountName: w.accountName(ctx), OU: w.OU, ManyRegions: len(w.Regions) > 1, Slice: g.slice, Slices: g.slices,
		OldestOpen: map[string]time.Time{}, Threads: map[string]string{}, Channels: w.Channels, Docs: w.Docs, Changes: changesOf(g, roles),
	}
	if c.upgrade {
		in.ID += "-upgrade"
	}
	if c.change != nil {
		in.ChangeID = strings.TrimSuffix(c.change.ID, settled)
	} else if g.change != "" {
		in.Slice, in.Slices = 0, 0 // The change is reported without it.
	}
	for _, d := range roles {
		news := map[string]bool{}
		for _, t := range d.Transitions {
			news[t.Finding.ID] = true
			if t.Upgrade != c.upgrade {
				continue
			}
			switch t.Kind {
			case finding.KindOpened:
				in.Opened = append(in.Opened, t.Finding)
			case finding.KindChanged:
				in.Changed = append(in.Changed, t.Finding)
			case finding.KindResolved:
				in.Resolved = append(in.Resolved, t.Finding)
			}
		}
		for _, f := range d.Next.Findings {
			if f.Status != finding.Pending && !news[f.ID] {
				in.StillOpen++
			}
		}
		in.OldestOpen[d.Next.ARN] = d.Thread
		in.Threads[d.Next.ARN] = d.before.ThreadID
	}
	return in
}

// atOnce is what is reported to people at once: all but what the digest reports, and what an act covers.
func atOnce(all message.Input, roles []decided) message.Input {
	without := func(list []finding.Finding) []finding.Finding {
		return slices.DeleteFunc(slices.Clone(list), func(f finding.Finding) bool {
			return slices.ContainsFunc(roles, func(d decided) bool { return d.unreported(f.ID) })
		})
	}
	all.Opened, all.Changed, all.Resolved = without(all.Opened), without(all.Changed), without(all.Resolved)
	return all
}

// noteThreads notes on the roles of a message in which thread their findings are reported, so that what is resolved is reported there, and
// gives the thread.
func (w *Watch) noteThreads(roles []decided, c composing, people message.Input) (thread string) {
	if c.upgrade {
		return ""
	}
	if c.change != nil {
		thread = c.change.Thread()
	} else if !empty(people) && (len(w.Routing.Routes) > 0 || slices.ContainsFunc(roles, needsThread)) {
		thread = message.ThreadOf(people)
	}
	for i := range roles {
		if needsThread(roles[i]) {
			roles[i].Next.ThreadID = thread
		}
	}
	return thread
}

// needsThread reports whether findings of a role are reported that is in no thread yet.
func needsThread(d decided) bool {
	reported := slices.ContainsFunc(d.Transitions, func(t finding.Transition) bool { return !t.Upgrade && !d.unreported(t.Finding.ID) })
	return reported && !d.Next.Thread.IsZero() && d.Next.ThreadID == ""
}

// changesOf are the changes behind a message: those of this group, and those that a finding in it names as its cause.
func changesOf(g group, roles []decided) []finding.Change {
	var out []finding.Change
	have := map[string]bool{}
	add := func(c finding.Change) {
		if !have[c.EventID] {
			have[c.EventID] = true
			out = append(out, c)
		}
	}
	for _, c := range g.changes {
		add(c.Change)
	}
	for _, d := range roles {
		for _, c := range d.Causes {
			add(c)
		}
	}
	slices.SortStableFunc(out, func(a, b finding.Change) int { return a.Time.Compare(b.Time) })
	return out
}
