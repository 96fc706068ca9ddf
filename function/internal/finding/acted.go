package finding

import (
	"cmp"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// Acted is what people decided about the findings of a role.
type Acted struct {
	// Acts are stored by the command function, and Taken is what the state before remembers of them.
	Acts  []Act
	Taken []Taken
	// Actors are those of a finding as it is now, those among them who have touched since a time what it blames.
	Actors func(Stored, time.Time) []string
	// AckCritical says that a critical finding may be acknowledged.
	AckCritical bool
}

// ActNews is what became of an act in one comparison: it was taken into account, or refused.
type ActNews struct {
	Act     Act
	Taken   Taken
	Finding Finding
}

// act applies the acts to what was compared: what an act covers is reported to machines alone, and what becomes of an act to people.
func (c *comparison) act() (taken []Taken, news []ActNews) {
	before := map[string]Taken{}
	for _, t := range c.Taken {
		before[t.Finding] = t
	}
	acts := slices.SortedStableFunc(slices.Values(c.Acts), func(a, b Act) int { return cmp.Compare(a.Finding, b.Finding) })
	for _, a := range acts {
		t, had := before[a.Finding]
		delete(before, a.Finding)
		fresh := !had || t.Act != a.ID
		if fresh {
			held := had && t.Ended.IsZero()
			t = Taken{Finding: a.Finding, Act: a.ID, Kind: a.Kind}
			c.take(a, &t, held)
			news = append(news, ActNews{a, t, c.found(a.Finding)})
		} else if t.Ended.IsZero() {
			c.hold(a, &t)
		}
		taken = append(taken, t)
	}
	// An act that is no longer stored holds no more, whoever took it away.
	for _, t := range c.Taken {
		if _, left := before[t.Finding]; left && t.Ended.IsZero() {
			t.Ended, t.Why = c.Now, EndWithdrawn
			c.reportAct(Act{Finding: t.Finding, Kind: t.Kind}, t)
		}
	}
	return taken, news
}

// take takes a new act into account. Held says that an earlier act about the finding held.
func (c *comparison) take(a Act, t *Taken, held bool) {
	if a.Kind == Reopened {
		if t.Ended, t.Why = c.Now, EndReopened; held {
			c.reportAct(a, *t)
		}
		return
	}
	s := c.reported(a.Finding)
	switch {
	case a.Refusal(c.Now) != "":
		t.Ended, t.Why = c.Now, EndInvalid
	case s == nil && a.Kind == Acknowledged:
		t.Ended, t.Why = c.Now, EndResolved
	default:
		if t.Why = c.endOf(a, s); t.Why != "" {
			t.Ended = c.Now
		}
	}
	if t.Ended.IsZero() || held || t.Why != EndInvalid && t.Why != EndResolved && t.Why != EndCritical {
		c.reportAct(a, *t)
	}
}

// hold sees whether an act still holds, and marks what it covers.
func (c *comparison) hold(a Act, t *Taken) {
	s := c.reported(a.Finding)
	why := c.endOf(a, s)
	switch {
	case s == nil && a.Kind == Acknowledged:
		t.Ended, t.Why = c.Now, EndResolved
	case why != "":
		t.Ended, t.Why = c.Now, why
		c.reportAct(a, *t)
		return
	}
	c.mark(a, *t)
}

// endOf says why an act does not hold for a finding as it is now; empty where it does. Nil is a finding that is not there.
func (c *comparison) endOf(a Act, s *Stored) ActEnd {
	switch {
	case a.Refusal(c.Now) != "":
		return EndInvalid
	case !c.Now.Before(a.Until):
		return EndExpired
	case s == nil:
		return ""
	}
	if why := a.Seen.exceeds(s.seen(c.Acted.Actors(*s, a.At))); why != "" {
		return why
	}
	if a.Kind == Acknowledged && s.Severity >= check.Critical && !c.AckCritical {
		return EndCritical
	}
	return ""
}

// reported is a finding that people know of, by its ID; nil where it is not there.
func (c *comparison) reported(id string) *Stored {
	i := slices.IndexFunc(c.next, func(s Stored) bool { return s.ID == id && s.Status != Pending })
	if i < 0 {
		return nil
	}
	return &c.next[i]
}

// found is a finding as a message carries it; zero but for its ID where it is not there.
func (c *comparison) found(id string) Finding {
	if s := c.reported(id); s != nil {
		return c.render(*s, c.diagnostic(*s))
	}
	return Finding{ID: id, Role: c.ARN}
}

// mark notes the act on what is reported of its finding. What an act covers is reported to machines alone; that the finding is over, to all.
func (c *comparison) mark(a Act, t Taken) {
	for i := range c.told {
		if told := &c.told[i]; told.Finding.ID == a.Finding {
			told.Finding.Handled = HandledBy(a, t)
			told.Quiet = t.Ended.IsZero() && told.Kind != KindResolved
		}
	}
}

// reportAct reports to people what became of an act: in what is reported of the finding anyway, or as a change of it. Of a finding that is
// not there nothing is reported.
func (c *comparison) reportAct(a Act, t Taken) {
	c.mark(a, t)
	for i := range c.told {
		if told := &c.told[i]; told.Finding.ID == a.Finding && told.Kind != KindResolved {
			told.Quiet = false
			return
		}
	}
	s := c.reported(a.Finding)
	if s == nil {
		return
	}
	s.Revision++
	f := c.render(*s, c.diagnostic(*s))
	f.Handled = HandledBy(a, t)
	c.told = append(c.told, Transition{Kind: KindChanged, Finding: f})
}

// ends say in words why an act does not hold any more.
var ends = map[ActEnd]string{
	EndExpired:    "it has ended",
	EndReopened:   "the finding was reopened",
	EndResolved:   "the finding was resolved",
	EndWithdrawn:  "it is no longer stored",
	EndMoreSevere: "the finding is more severe than it was",
	EndChanged:    "what the finding blames says something else than it did",
	EndFunction:   "the finding is about another function, too",
	EndActor:      "somebody else is behind the finding, too",
	EndCritical:   "a critical finding cannot be acknowledged",
	EndInvalid:    "rolewatch does not take such an act",
}

// HandledText says in a sentence what somebody decided about a finding, and what became of it.
func HandledText(h Handled) string {
	by, reason := ".", ""
	if h.By != "" {
		by = " by " + h.By + " (as claimed)."
	}
	if h.Reason != "" {
		reason = " Reason: " + h.Reason
	}
	if h.As == Reopened {
		return "The finding was reopened" + by + reason
	}
	what := map[ActKind]string{Acknowledged: "The finding was acknowledged", Accepted: "The risk was accepted"}[h.As]
	if h.Ended.IsZero() {
		return what + " until " + h.Until.UTC().Format(time.RFC3339) + by + reason
	}
	return what + by + " That does not hold any more: " + ends[h.Why] + "."
}
