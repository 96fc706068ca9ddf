package episode

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Folded is an episode that is reported together with others of its kind, such as those of many accounts. Each is kept, and is over, for itself.
type Folded struct {
	// Key and Over are those of its trouble, and Name is what it is of: an account.
	Key  string `json:"key"`
	Name string `json:"name"`
	Over string `json:"over"`
	// Since is when it was first reported, and Reported when last.
	Since    time.Time `json:"since"`
	Reported time.Time `json:"reported"`
}

// Fold is a kind of episodes that are reported together.
type Fold struct {
	Kind string   `json:"kind"`
	Open []Folded `json:"open,omitempty"`
}

// Named is a trouble, and what it is of.
type Named struct {
	Trouble
	Name string
}

// Kind says how several troubles of a kind are reported.
type Kind struct {
	// Key is that of the report.
	Key string
	// Many is what is reported of several troubles that begin, continue or are over, by their names.
	Many func(phase Phase, names []string) Trouble
	// Dropped says of a key that what it was of is of no concern any more: that is not reported. Nil is none.
	Dropped func(key string) bool
}

// Folded gives the episodes after everything of a kind was tried, with what was seen wrong, as Tried does. What begins is one report, what lasts
// for another day is one, and what is over is one, however many troubles that are.
func (e Episodes) Folded(kind Kind, seen []Named, now time.Time) (next Episodes, reports []Report, changed bool) {
	next = Episodes{Account: e.Account, Revision: e.Revision, Open: e.Open}
	var open []Folded
	for _, f := range e.Folds {
		if f.Kind == kind.Key {
			open = f.Open
		} else {
			next.Folds = append(next.Folds, f)
		}
	}
	wrong := make(map[string]Named, len(seen))
	for _, t := range seen {
		wrong[t.Key] = t
	}
	var lasts, over []Folded
	known := make(map[string]bool, len(open))
	due := false
	for _, f := range open {
		_, still := wrong[f.Key]
		switch {
		case still:
			known[f.Key] = true
			lasts = append(lasts, f)
			due = due || now.Sub(f.Reported) >= repeatEvery
		case kind.Dropped == nil || !kind.Dropped(f.Key):
			over = append(over, f)
		}
	}
	changed = len(lasts) != len(open) || due
	add := func(phase Phase, list []Folded) {
		if len(list) > 0 {
			reports = append(reports, foldedReport(e.Account, kind, phase, list, wrong, now))
		}
	}
	if due {
		for i := range lasts {
			lasts[i].Reported = now
		}
		add(Continues, lasts)
	}
	var began []Folded
	for _, t := range seen {
		if !known[t.Key] && len(lasts)+len(began) < maxFolded {
			known[t.Key] = true
			began = append(began, Folded{Key: t.Key, Name: t.Name, Over: t.Over, Since: now, Reported: now})
		}
	}
	add(Began, began)
	add(Over, over)
	if lasts = append(lasts, began...); len(lasts) > 0 {
		next.Folds = append(next.Folds, Fold{Kind: kind.Key, Open: lasts})
	}
	return next, reports, changed || len(began) > 0
}

// maxFolded bounds how many episodes of a kind are kept: an item of the table holds 400 KB, and a name with its texts takes some ten bytes of it.
const maxFolded = 25_000

// foldedReport is the report of some episodes. One alone is reported as any other.
func foldedReport(account string, kind Kind, phase Phase, list []Folded, wrong map[string]Named, now time.Time) Report {
	since := list[0].Since
	var names, keys []string
	for _, f := range list {
		names, keys = append(names, f.Name), append(keys, f.Key)
		if f.Since.Before(since) {
			since = f.Since
		}
	}
	t := kind.Many(phase, names)
	t.Key = kind.Key
	if len(list) == 1 {
		if t = wrong[list[0].Key].Trouble; phase == Over {
			t = Trouble{Key: list[0].Key, Over: list[0].Over}
		}
	}
	sum := sha256.Sum256([]byte(account + "\n" + kind.Key + "\n" + string(phase) + "\n" + strings.Join(keys, "\n")))
	return Report{
		ID: fmt.Sprintf("episode-%s-%d", hex.EncodeToString(sum[:12]), now.UnixNano()), Phase: phase, Count: len(list),
		Episode: Episode{Trouble: t, Since: since, Seen: now, Reported: now},
	}
}
