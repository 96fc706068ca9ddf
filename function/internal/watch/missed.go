package watch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const (
	// maxLookups bounds the calls to CloudTrail of a sweep, and so the roles that wait for them.
	maxLookups = 50
	// maxMissed is how many roles of a sweep are checked for records that came late: they travel with the work item.
	maxMissed = 200
	// lateAfter is how long after a sweep the record of a change may still come: the longest delay of a work item.
	lateAfter = 15 * time.Minute
	// shownMissed is how many changes operations are told of by name.
	shownMissed = 10
)

// missed are the changes without a record that a sweep has found, as its steps carry them.
type missed struct {
	// Ask are the keys of the roles that wait until CloudTrail is asked, and Roles those of all roles with such a change; More counts
	// roles beyond those.
	Ask   []string `json:"ask,omitempty"`
	Roles []string `json:"roles,omitempty"`
	More  int      `json:"more,omitempty"`
	// Calls counts the calls to CloudTrail, and CalledAt is when the last was made.
	Calls    int       `json:"calls,omitempty"`
	CalledAt time.Time `json:"calledAt,omitzero"`
	// Found counts the roles for which a record was found, Failed the calls that failed, and Refused says that no more are made.
	Found   int  `json:"found,omitempty"`
	Failed  int  `json:"failed,omitempty"`
	Refused bool `json:"refused,omitzero"`
}

// counts reports whether a sweep asks of changes: the first one has nothing to compare with.
func (w *Watch) counts(s *sweepStep) bool { return w.Trail != nil && s != nil && !s.Previous.IsZero() }

// note counts a role once.
func (m *missed) note(key string) {
	switch {
	case slices.Contains(m.Roles, key):
	case len(m.Roles) < maxMissed:
		m.Roles = append(m.Roles, key)
	default:
		m.More++
	}
}

// wait has a role wait until CloudTrail is asked; false where there are too many.
func (m *missed) wait(key string) bool {
	if slices.Contains(m.Ask, key) {
		return true
	}
	if m.Refused || m.Calls+len(m.Ask) >= maxLookups {
		return false
	}
	m.Ask = append(m.Ask, key)
	return true
}

// asksOf reports whether a role that a sweep has not reconciled waits for a lookup. Deleted says that it was there when it was last observed.
func (w *Watch) asksOf(s *sweepStep, key string, deleted bool) bool {
	if slices.Contains(s.Missed.Ask, key) {
		return true
	}
	if !deleted || !w.counts(s) {
		return false
	}
	s.Missed.note(key)
	return s.Missed.wait(key)
}

// decideSwept decides, unless a sweep has found that the role changed without a record, and CloudTrail is yet to be asked.
func (w *Watch) decideSwept(g group, ref roleRef, observed *reconcile.Observed) (d reconcile.Decision, deferred bool) {
	if !w.counts(g.swept) {
		return observed.Decide(w.settings), false
	}
	m := &g.swept.Missed
	parts := observed.Unrecorded(g.swept.Previous, g.swept.Started)
	d = observed.Decide(w.settings)
	if !d.Outcome.Commits() || len(parts) == 0 && len(reconcile.Unexplained(d)) == 0 {
		return d, false
	}
	if len(parts) > 0 {
		m.note(ref.Key())
	}
	if g.asked || !m.wait(ref.Key()) {
		return d, false
	}
	return reconcile.Decision{Outcome: reconcile.AwaitsLookup}, true
}

// sweepAsk asks CloudTrail about the next role that waits, and reconciles it with what was found.
func (w *Watch) sweepAsk(ctx context.Context, s sweepStep) (*sweepStep, error) {
	if len(s.Missed.Ask) == 0 {
		return nil, nil
	}
	ref, err := role.ParseRef(s.Missed.Ask[0])
	if err != nil {
		return nil, errDead{fmt.Errorf("sweep: field ask: %w", err)}
	}
	began := w.Now()
	g := group{refs: []roleRef{ref}, readAt: began, swept: &s, asked: true}
	rest, states, _, err := w.load(ctx, g)
	if err != nil {
		return nil, err
	}
	if len(rest.refs) == 0 {
		s.Missed.Ask = s.Missed.Ask[1:]
		return &s, nil
	}
	if ref.ARN = states[0].ARN; ref.ARN != "" {
		g.refs[0] = ref
	}
	snapshot, err := w.Account.Role(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("read role %s: %w", ref.Key(), err)
	}
	if snapshot.Users, err = w.users(ctx, g, ref); err != nil {
		return nil, err
	}
	observed := reconcile.Observe(reconcile.Input{Before: states[0], Snapshot: &snapshot, Now: began})
	if observed.Texts, err = w.texts(ctx, observed.Wanted()); err != nil {
		return nil, fmt.Errorf("read what %s was: %w", ref.Key(), err)
	}
	if g.changes, err = w.whoChanged(ctx, &s, observed); err != nil {
		return nil, err
	}
	g.read = map[string]role.Snapshot{ref.Key(): snapshot}
	if err := w.reconcile(ctx, g); err != nil {
		return nil, err
	}
	s.Missed.Ask = s.Missed.Ask[1:]
	return &s, nil
}

// countMissed ends a sweep: once late records have had time to come, the changes are counted that still have none.
func (w *Watch) countMissed(ctx context.Context, s sweepStep) error {
	if !w.counts(&s) {
		return nil
	}
	if len(s.Missed.Roles) == 0 && s.Missed.Failed == 0 {
		return w.tried(ctx, scopeMissed)
	}
	s.Step = stepMissed
	return w.handOver(ctx, s, lateAfter)
}

// reportMissed tells operations of the changes that a sweep has found and of which no record has come since.
func (w *Watch) reportMissed(ctx context.Context, s sweepStep) error {
	var lines []string
	for chunk := range slices.Chunk(s.Missed.Roles, 100) {
		states, _, err := w.loadReadable(ctx, chunk)
		if err != nil {
			return err
		}
		for i := range states {
			lines = append(lines, missedOf(&states[i], s.Started)...)
		}
	}
	if len(lines) == 0 && s.Missed.More == 0 {
		return w.tried(ctx, scopeMissed)
	}
	return w.tried(ctx, scopeMissed, w.missedTrouble(s, lines))
}

// missedOf names the changes of a role that a sweep counted and that have no record.
func missedOf(state *finding.State, started time.Time) (lines []string) {
	var parts []role.Part
	for name, p := range state.Parts {
		if p.Unrecorded.Swept.Equal(started) && !started.IsZero() {
			parts = append(parts, name)
		}
	}
	for _, f := range state.Findings {
		if f.Cause != nil && f.Cause.Found != "" && role.Part(f.Cause.Part).Kind() == role.OfFunction && !f.FirstSeen.Before(started) {
			parts = append(parts, role.Part(f.Cause.Part))
		}
	}
	for _, part := range slices.Compact(reconcile.Telling(parts)) {
		lines = append(lines, message.RoleName(state.ARN)+" ("+part.String()+")")
	}
	return lines
}

func (w *Watch) missedTrouble(s sweepStep, lines []string) episode.Trouble {
	n := words.Count(len(lines), "change")
	text := "The sweep of " + s.Started.UTC().Format(time.DateTime) + " UTC in account " + w.AccountID + " found " + n + " of which no CloudTrail record reached rolewatch, not even " +
		strconv.Itoa(int(lateAfter.Minutes())) + " minutes later"
	if s.Missed.More > 0 {
		n = "At least " + n
		text += ", and " + words.Count(s.Missed.More, "further role") + " that changed and were not checked again"
	}
	text += ". Such changes are found once a day instead of within minutes."
	if len(lines) > 0 {
		text += " Changed: " + strings.Join(lines[:min(len(lines), shownMissed)], ", ")
		if more := len(lines) - shownMissed; more > 0 {
			text += ", and " + strconv.Itoa(more) + " more"
		}
		text += "."
	}
	switch m := s.Missed; {
	case m.Refused:
		text += " rolewatch may not call " + callLookup + ", so that findings of these changes do not name who made them."
	case m.Found > 0:
		text += " CloudTrail's event history has records that may explain " + strconv.Itoa(m.Found) + " of them; findings name who made the change as likely. Those records were lost on the way from CloudTrail to rolewatch."
	}
	if s.Missed.Failed > 0 {
		text += " " + words.Count(s.Missed.Failed, "lookup") + " in CloudTrail's event history failed."
	}
	text += " To find out why, check in " + w.globalRegion() + " and in each Region that is watched: a trail that is logging and records management write events (aws cloudtrail get-trail-status, get-event-selectors), " +
		"the rules of rolewatch, which have to be enabled and to have a target (aws events list-rules), and the dead-letter queues (rolewatch redrive --dry-run)."
	return episode.Trouble{
		Key: "missed-records", Region: w.globalRegion(), Subject: n + " of the last sweep had no record", Text: text,
		Over: "Every change that the last sweep found had a record",
	}
}
