package finding

import (
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

const (
	// flapWithin is the time in which a finding that opens flapOpenings times is flapping.
	flapWithin   = 15 * time.Minute
	flapOpenings = 3
	// steadyAfter is how long a flapping finding must be open without a change to be reported once more, and quietAfter how long it
	// must not have opened or ended to be no longer flapping.
	steadyAfter = 2 * time.Minute
	quietAfter  = time.Hour
	// maxOpenings is how many openings of a finding are remembered with their times.
	maxOpenings = 50
)

// Flap is what is remembered of a finding that opened a short while ago.
type Flap struct {
	// ID is the finding's.
	ID string `json:"id"`
	// Opened are the times at which it opened: those of the last 15 minutes, or since it has been flapping; the newest 50.
	Opened []time.Time `json:"opened"`
	// Openings counts them all.
	Openings int `json:"openings"`
	// Since is when it was reported as flapping; zero while it is not.
	Since time.Time `json:"since,omitzero"`
	// Severity is the highest that was reported since.
	Severity check.Severity `json:"severity,omitzero"`
	// ChangedAt is when it last opened or ended, and Steady says that it was reported as still open.
	ChangedAt time.Time `json:"changedAt"`
	Steady    bool      `json:"steady,omitempty"`
	// Ended is the finding as it was when it ended, and Resolution why, while that is not reported.
	Ended      *Stored    `json:"ended,omitempty"`
	Resolution Resolution `json:"resolution,omitempty"`
}

// Flapping is what a message says of a finding that opens and is resolved again and again. While it does, it is reported only when
// it has been open for 2 minutes without a change, when nothing has happened for an hour, and when it gets more severe.
type Flapping struct {
	// Since is when it was first reported as flapping, Openings how often it has opened, and Opened when, the newest 50 times.
	Since    time.Time   `json:"since"`
	Openings int         `json:"openings"`
	Opened   []time.Time `json:"opened"`
}

// rememberFlaps takes in what was remembered, less the openings that are too old to count.
func (c *comparison) rememberFlaps() {
	for _, f := range c.Flaps {
		f.Opened = slices.Clone(f.Opened)
		if f.Since.IsZero() {
			f.Opened = slices.DeleteFunc(f.Opened, func(at time.Time) bool { return c.Now.Sub(at) >= flapWithin })
			f.Openings = len(f.Opened)
		}
		c.flaps[f.ID] = &f
	}
}

// suppressed takes note of a transition, and reports whether it is not told because the finding is flapping.
func (c *comparison) suppressed(kind TransitionKind, s Stored, why Resolution) bool {
	f := c.flaps[s.ID]
	if kind == KindOpened {
		if f == nil {
			f = &Flap{ID: s.ID}
			c.flaps[s.ID] = f
		}
		f.Opened = append(f.Opened, c.Now)
		f.Opened = f.Opened[max(0, len(f.Opened)-maxOpenings):]
		f.Openings++
	}
	if f == nil {
		return false
	}
	f.ChangedAt, f.Ended = c.Now, nil
	if f.Since.IsZero() {
		if kind == KindOpened && f.Openings >= flapOpenings {
			f.Since, f.Severity = c.Now, s.Severity
		}
		return false
	}
	switch {
	case kind == KindResolved && c.Checks[s.Check] != nil:
		f.Ended, f.Resolution = &s, why
		return true
	case kind == KindResolved:
		f.Openings = 0 // A check that is off reports nothing more.
		return false
	case s.Severity > f.Severity:
		f.Severity = s.Severity
		return false
	}
	return true
}

// flapping is what a message says of a finding; nil where it is not flapping.
func (c *comparison) flapping(id string) *Flapping {
	f := c.flaps[id]
	if f == nil || f.Since.IsZero() {
		return nil
	}
	return &Flapping{Since: f.Since, Openings: f.Openings, Opened: slices.Clone(f.Opened)}
}

// settleFlaps reports the flapping findings that have come to rest, and gives what is to be remembered.
func (c *comparison) settleFlaps() []Flap {
	var out []Flap
	for _, f := range c.flaps {
		if c.settleFlap(f) {
			out = append(out, *f)
		}
	}
	slices.SortFunc(out, func(a, b Flap) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// settleFlap reports whether a flap is still to be remembered.
func (c *comparison) settleFlap(f *Flap) bool {
	if f.Openings == 0 {
		return false
	}
	if f.Since.IsZero() {
		return true
	}
	quiet := c.Now.Sub(f.ChangedAt) >= quietAfter
	if f.Ended != nil {
		if !quiet {
			c.dueAt(f.ChangedAt.Add(quietAfter))
			return true
		}
		ended := c.render(*f.Ended, nil)
		ended.Status, ended.Resolution = Resolved, f.Resolution
		ended.Detail = resolutionText(ended, f.ChangedAt)
		c.told = append(c.told, Transition{Kind: KindResolved, Finding: ended})
		return false
	}
	i := slices.IndexFunc(c.next, func(s Stored) bool { return s.ID == f.ID })
	if i < 0 {
		return !quiet
	}
	if !f.Steady && c.Now.Sub(f.ChangedAt) >= steadyAfter {
		f.Steady = true
		c.next[i].Revision++
		c.told = append(c.told, Transition{Kind: KindChanged, Finding: c.render(c.next[i], c.diagnostic(c.next[i]))})
	}
	switch {
	case quiet:
		return false
	case f.Steady:
		c.dueAt(f.ChangedAt.Add(quietAfter))
	default:
		c.dueAt(f.ChangedAt.Add(steadyAfter))
	}
	return true
}

// diagnostic is the one that a finding was made of now; nil where it did not fire.
func (c *comparison) diagnostic(s Stored) *check.Diagnostic {
	for i := range c.Result.Diagnostics {
		if d := &c.Result.Diagnostics[i]; d.Check.ID == s.Check && d.Key == s.Key {
			return d
		}
	}
	return nil
}
