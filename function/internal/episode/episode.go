// Package episode decides when operations are notified of what prevents rolewatch from seeing or reporting changes: when it begins,
// once a day while it lasts, and when it ends. It reads nothing and sends nothing.
package episode

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

const (
	// repeatEvery is how often an episode that lasts is reported again.
	repeatEvery = 24 * time.Hour
	// seenStep is how much later a trouble must be seen again for that to be stored.
	seenStep = time.Hour
	// lapseAfter is how long a trouble that nothing can be tried for must not have been seen to be over.
	lapseAfter = 24 * time.Hour
	// maxScopes bounds what is kept of where a trouble was seen, and maxOpen how many episodes of an account are open at a time: an
	// item of the table holds 400 KB.
	maxScopes = 20
	maxOpen   = 100
)

// Trouble is something that keeps rolewatch from seeing or reporting, as it is now.
type Trouble struct {
	// Key is the same whenever the same thing is wrong: "denied:iam:GetRole".
	Key string `json:"key"`
	// Region is where it was seen; empty where it belongs to no Region.
	Region string `json:"region,omitempty"`
	// Subject says what is wrong in a line; Text what it means and what fixes it.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	// Over is the line that says what is right again: "rolewatch may call iam:GetRole again".
	Over string `json:"over"`
}

// Episode is a trouble from when it was first seen until it is over.
type Episode struct {
	Trouble
	// Since is when it was first seen, Seen when last (to the hour), and Reported when operations were last told.
	Since    time.Time `json:"since"`
	Seen     time.Time `json:"seen"`
	Reported time.Time `json:"reported"`
	// Reports counts what operations were told of it.
	Reports int `json:"reports"`
	// Scopes are what was tried when it was seen, at most 20; empty where nothing can be tried for it.
	Scopes []string `json:"scopes,omitempty"`
}

// Phase is where an episode stands when it is reported.
type Phase string

// The phases.
const (
	Began     Phase = "began"
	Continues Phase = "continues"
	Over      Phase = "over"
)

// Report is what operations are to be told of an episode.
type Report struct {
	// ID is the same for the same report, however often it is tried.
	ID    string
	Phase Phase
	// Count is how many episodes it is about, where they are reported together; zero otherwise.
	Count int
	Episode
}

// Episodes are the open ones of an account. They are one item of the table, committed at the revision that they were loaded with.
type Episodes struct {
	Account  string    `json:"-"`
	Revision int64     `json:"-"`
	Open     []Episode `json:"open,omitempty"`
	// Folds are those that are reported together, by kind.
	Folds []Fold `json:"folds,omitempty"`
}

// Tried gives the episodes after something was tried, with what was seen wrong, what operations are to be told, and whether the
// episodes are others than before. What is tried is named by scope: "role:arn:aws:iam::111122223333:role/orders". An episode is over
// when everything that it was seen at has been tried again and did not show it. An empty scope is for what cannot be tried.
func (e Episodes) Tried(scope string, seen []Trouble, now time.Time) (next Episodes, reports []Report, changed bool) {
	next = Episodes{Account: e.Account, Revision: e.Revision, Folds: e.Folds}
	for _, old := range e.Open {
		if i := slices.IndexFunc(seen, func(t Trouble) bool { return t.Key == old.Key }); i >= 0 {
			ep, repeated := old.again(seen[i], scope, now)
			if repeated {
				reports = append(reports, ep.report(e.Account, Continues))
			}
			next.Open = append(next.Open, ep)
			changed = changed || !ep.equal(old)
			continue
		}
		at := slices.Index(old.Scopes, scope)
		if scope == "" || at < 0 {
			next.Open = append(next.Open, old)
			continue
		}
		changed = true
		ep := old
		ep.Scopes = slices.Delete(slices.Clone(old.Scopes), at, at+1)
		if len(ep.Scopes) > 0 {
			next.Open = append(next.Open, ep)
			continue
		}
		reports = append(reports, ep.report(e.Account, Over))
	}
	for i, t := range seen {
		if e.has(t.Key) || len(next.Open) >= maxOpen || slices.ContainsFunc(seen[:i], func(s Trouble) bool { return s.Key == t.Key }) {
			continue
		}
		ep := Episode{Trouble: t, Since: now, Seen: now, Reported: now, Reports: 1}
		if scope != "" {
			ep.Scopes = []string{scope}
		}
		next.Open = append(next.Open, ep)
		reports = append(reports, ep.report(e.Account, Began))
		changed = true
	}
	return next, reports, changed
}

// Lapsed gives the episodes less those that nothing can be tried for and that were not seen for a day, as Tried does.
func (e Episodes) Lapsed(now time.Time) (next Episodes, reports []Report, changed bool) {
	next = Episodes{Account: e.Account, Revision: e.Revision, Folds: e.Folds}
	for _, ep := range e.Open {
		if len(ep.Scopes) > 0 || now.Sub(ep.Seen) < lapseAfter+seenStep {
			next.Open = append(next.Open, ep)
			continue
		}
		reports = append(reports, ep.report(e.Account, Over))
	}
	return next, reports, len(reports) > 0
}

// Due are the scopes of episodes that were not seen for an hour: what is to be tried again to learn whether they are over.
func (e Episodes) Due(now time.Time) []string {
	var out []string
	for _, ep := range e.Open {
		if now.Sub(ep.Seen) < seenStep {
			continue
		}
		for _, scope := range ep.Scopes {
			if !slices.Contains(out, scope) {
				out = append(out, scope)
			}
		}
	}
	return out
}

func (e Episodes) has(key string) bool {
	return slices.ContainsFunc(e.Open, func(ep Episode) bool { return ep.Key == key })
}

// again is the episode now that its trouble is seen again, and whether that is reported.
func (ep Episode) again(t Trouble, scope string, now time.Time) (Episode, bool) {
	if now.Sub(ep.Seen) >= seenStep {
		ep.Seen = now
	}
	if scope != "" && !slices.Contains(ep.Scopes, scope) && len(ep.Scopes) < maxScopes {
		ep.Scopes = append(slices.Clone(ep.Scopes), scope)
	}
	if now.Sub(ep.Reported) < repeatEvery {
		return ep, false
	}
	ep.Trouble, ep.Seen, ep.Reported = t, now, now
	ep.Reports++
	return ep, true
}

func (ep Episode) report(account string, phase Phase) Report {
	sum := sha256.Sum256([]byte(account + "\n" + ep.Key + "\n" + strconv.FormatInt(ep.Since.UnixNano(), 10)))
	id := "episode-" + hex.EncodeToString(sum[:12]) + "-" + strconv.Itoa(ep.Reports)
	if phase == Over {
		id += "-over"
	}
	return Report{ID: id, Phase: phase, Episode: ep}
}

func (ep Episode) equal(o Episode) bool {
	return ep.Trouble == o.Trouble && ep.Since.Equal(o.Since) && ep.Seen.Equal(o.Seen) && ep.Reported.Equal(o.Reported) &&
		ep.Reports == o.Reports && slices.Equal(ep.Scopes, o.Scopes)
}
