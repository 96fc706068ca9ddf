package message

import (
	"cmp"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Input is what a message is made of: everything that one commit has to tell.
type Input struct {
	// ID stays the same however often the same message is sent.
	ID      string
	Time    time.Time
	Account string
	// AccountName is what people call the account; empty where that is not known.
	AccountName string
	// OU is where the account is in its organization ("Root/Workloads/Production"); empty where that is not known.
	OU string
	// ManyRegions says that the deployment watches several Regions, so that a subject names which one it is about.
	ManyRegions bool
	// Changes are the records behind it.
	Changes []finding.Change
	// Opened, Changed and Resolved are the transitions. A pending finding is not told, wherever it stands.
	Opened, Changed, Resolved []finding.Finding
	// StillOpen counts the open findings of the same roles that are not among them.
	StillOpen int
	// Slice of Slices, when more roles were concerned than one message takes; 0 otherwise.
	Slice, Slices int
	// ChangeID is the same for all slices of one change; empty where there are none.
	ChangeID string
	// OldestOpen is when the oldest open finding of a role was opened, by the role's ARN, so that what is told of a role
	// stays in one thread. Without it, the findings of the message itself decide.
	OldestOpen map[string]time.Time
	// Threads are the threads in which the open findings of a role were reported, by the role's ARN; without them OldestOpen decides.
	Threads map[string]string
	// ThreadID is the thread in chat of a message about findings that have none; empty leaves it to the message.
	ThreadID string
	// Docs is the address of the documentation of the checks; empty where there is none.
	Docs string
	// Channels are those that the message is to be rendered for: it is cut to what SNS takes with all of them.
	Channels []Channel
}

// Build makes the message: it sorts, the worst first, says it in one sentence, and cuts it to size. The same input
// gives the same message.
func Build(in Input) Message { return cut(assemble(in), in.Channels) }

// assemble is Build without a limit.
func assemble(in Input) Message {
	m := Message{
		Version: Version, ID: in.ID, Time: in.Time, Account: in.Account, AccountName: in.AccountName, OU: in.OU, ManyRegions: in.ManyRegions, ThreadID: in.ThreadID, Slice: in.Slice, Slices: in.Slices, ChangeID: in.ChangeID,
		Changes: in.Changes, Opened: in.Opened, Changed: in.Changed, Resolved: in.Resolved,
		StillOpen: in.StillOpen, Omitted: map[string]int{}, OldestOpen: in.OldestOpen, Threads: in.Threads, Docs: in.Docs,
	}
	m = normal(m)
	m.Severity = worst(m)
	m.Summary = summary(m)
	m.Subject = subject(m)
	return m
}

// normal is a message in the form that every other function relies on: no list is nil, times are in UTC and can be
// written, pending findings are out, and everything is in order. It changes nothing of what it was given.
func normal(m Message) Message {
	m.Time = utc(m.Time)
	m.Changes = append([]finding.Change{}, m.Changes...)
	for i := range m.Changes {
		m.Changes[i].Time = utc(m.Changes[i].Time)
	}
	slices.SortStableFunc(m.Changes, func(a, b finding.Change) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.EventID, b.EventID))
	})
	m.Opened, m.Changed, m.Resolved = normalFindings(m.Opened), normalFindings(m.Changed), normalFindings(m.Resolved)
	if m.Omitted == nil {
		m.Omitted = map[string]int{}
	}
	return m
}

func normalFindings(list []finding.Finding) []finding.Finding {
	out := make([]finding.Finding, 0, len(list))
	for _, f := range list {
		if f.Status == finding.Pending {
			continue
		}
		f.FirstSeen, f.LastSeen = utc(f.FirstSeen), utc(f.LastSeen)
		if f.UnverifiedSince != nil {
			since := utc(*f.UnverifiedSince)
			f.UnverifiedSince = &since
		}
		if f.Handled != nil {
			h := *f.Handled
			h.At, h.Until, h.Ended = utc(h.At), utc(h.Until), utc(h.Ended)
			h.As, h.Why = finding.ActKind(clip(string(h.As), 32)), finding.ActEnd(clip(string(h.Why), 32))
			h.By, h.Reason = clip(h.By, finding.MostBy), clip(h.Reason, finding.MostReason)
			f.Handled = &h
		}
		f.Functions = append([]finding.FunctionRef{}, f.Functions...)
		f.FunctionsTotal = max(f.FunctionsTotal, len(f.Functions))
		f.Evidence = append([]check.Evidence{}, f.Evidence...)
		out = append(out, f)
	}
	slices.SortStableFunc(out, byUrgency)
	return out
}

// byUrgency puts the worst first.
func byUrgency(a, b finding.Finding) int { return a.Brief().Compare(b.Brief()) }

// utc is a time in UTC; one that JSON's form of a time cannot hold becomes the zero time.
func utc(t time.Time) time.Time {
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}
	}
	return t.Round(0)
}

// worst is the worst severity of what opened or changed; of what was resolved when nothing else is told.
func worst(m Message) check.Severity {
	s := check.Low
	folds := m.folds()
	news := slices.ContainsFunc(folds, func(f Fold) bool { return f.Kind != finding.KindResolved })
	for _, f := range folds {
		if (f.Kind != finding.KindResolved) == news && f.Severity <= check.Critical {
			s = max(s, f.Severity)
		}
	}
	return s
}

// kind is the most urgent of what a message tells: opened, changed or resolved.
func kind(m Message) finding.TransitionKind {
	if m.Change != nil || m.Digest != nil {
		if folds := m.folds(); len(folds) > 0 {
			return folds[0].Kind
		}
	}
	switch {
	case len(m.Opened) > 0 || m.Omitted["opened"] > 0 || m.Upgrade != nil && m.Upgrade.Opened > 0:
		return finding.KindOpened
	case len(m.Changed) > 0 || m.Omitted["changed"] > 0 || m.Upgrade != nil && m.Upgrade.Changed > 0:
		return finding.KindChanged
	}
	return finding.KindResolved
}
