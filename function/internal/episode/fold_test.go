package episode_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
)

// many words several troubles.
var many = episode.Kind{
	Key: "account:unreadable",
	Many: func(phase episode.Phase, names []string) episode.Trouble {
		return episode.Trouble{Subject: strings.Join(names, "+"), Over: strings.Join(names, "+")}
	},
	Dropped: func(key string) bool { return key == "account:9" },
}

func unread(ids ...int) (seen []episode.Named) {
	for _, id := range ids {
		seen = append(seen, episode.Named{Name: fmt.Sprint(id), Trouble: episode.Trouble{Key: fmt.Sprintf("account:%d", id), Subject: fmt.Sprintf("account %d", id), Over: fmt.Sprintf("account %d again", id)}})
	}
	return seen
}

// folded notes what was seen wrong in all of a kind, and wants reports of the form "began: SUBJECT" or "over: OVER".
func (l *told) folded(seen []episode.Named, want ...string) {
	l.t.Helper()
	next, reports, changed := l.Folded(many, seen, l.now)
	var got []string
	for _, r := range reports {
		text := r.Subject
		if r.Phase == episode.Over {
			text = r.Over
		}
		got = append(got, fmt.Sprintf("%s %s: %s", r.Phase, r.Key, text))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		l.t.Errorf("reported:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	l.apply(next, reports, changed)
}

// What begins, what lasts for a day and what is over is one report each, and one alone is reported as any other.
func TestEpisodesOfAKindAreReportedTogether(t *testing.T) {
	l := newTold(t)
	l.tried(role, denied)
	l.folded(nil)
	l.folded(unread(1, 2, 3, 3), "began account:unreadable: 1+2+3")
	l.after(time.Hour).folded(unread(1, 2, 3))
	l.after(time.Hour).folded(unread(1, 3, 4, 9), "began account:unreadable: 4+9", "over account:2: account 2 again")
	// The first of them lasts for a day now, and all are repeated; the next day is a day later.
	l.after(22*time.Hour).folded(unread(1, 3, 4, 9), "continues account:unreadable: 1+3+4+9")
	l.after(23 * time.Hour).folded(unread(1, 3, 4, 9))
	// What is of no concern any more is not reported.
	l.after(time.Minute).folded(unread(1, 3, 4))
	l.after(time.Minute).folded(unread(4), "over account:unreadable: 1+3")
	l.after(24*time.Hour).folded(unread(4), "continues account:4: account 4")
	l.folded(nil, "over account:4: account 4 again")
	if len(l.Folds) != 0 || len(l.Open) != 1 {
		t.Errorf("kept %+v", l.Episodes)
	}
	// An episode of its own is not touched by those of a kind, nor these by it.
	l.folded(unread(5), "began account:5: account 5")
	l.tried(role)
	l.after(time.Hour).folded(unread(5))
	if len(l.Open) != 0 || len(l.Folds) != 1 {
		t.Errorf("kept %+v", l.Episodes)
	}
}

// The episodes of 20,000 accounts are kept, and no number of them grows without bound.
func TestAKindHasManyEpisodes(t *testing.T) {
	var ids []int
	for i := range 30_000 {
		ids = append(ids, 10+i)
	}
	l := newTold(t)
	next, reports, _ := l.Folded(many, unread(ids...), l.now)
	if len(reports) != 1 || len(next.Folds[0].Open) != 25_000 || reports[0].Count != 25_000 {
		t.Errorf("%d reports, of %d", len(reports), len(next.Folds[0].Open))
	}
}
