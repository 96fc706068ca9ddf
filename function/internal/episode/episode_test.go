package episode_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/episode"
)

const role = "role:arn:aws:iam::111122223333:role/orders"

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	denied  = episode.Trouble{Key: "denied:iam:GetRole", Subject: "rolewatch may not call iam:GetRole", Over: "rolewatch may call iam:GetRole again"}
	foreign = episode.Trouble{Key: "foreign:444455556666", Subject: "a record of another account"}
)

// told is a list of episodes on a clock, and what operations were told.
type told struct {
	t   *testing.T
	now time.Time
	episode.Episodes
	phases []string
	ids    []string
}

func newTold(t *testing.T) *told {
	return &told{t: t, now: start, Episodes: episode.Episodes{Account: "111122223333"}}
}

func (l *told) after(d time.Duration) *told { l.now = l.now.Add(d); return l }

func (l *told) apply(next episode.Episodes, reports []episode.Report, changed bool) {
	l.t.Helper()
	if changed == cmp.Equal(next, l.Episodes) {
		l.t.Errorf("changed %v, from %+v to %+v", changed, l.Episodes, next)
	}
	if next.Account != l.Account || next.Revision != l.Revision {
		l.t.Errorf("the episodes are of %s at %d", next.Account, next.Revision)
	}
	l.Episodes = next
	for _, r := range reports {
		l.phases = append(l.phases, string(r.Phase)+" "+r.Key)
		if slices.Contains(l.ids, r.ID) {
			l.t.Errorf("%s is told twice", r.ID)
		}
		l.ids = append(l.ids, r.ID)
	}
}

func (l *told) tried(scope string, seen ...episode.Trouble) {
	l.t.Helper()
	l.apply(l.Tried(scope, seen, l.now))
}

func (l *told) want(phases ...string) {
	l.t.Helper()
	if diff := cmp.Diff(phases, l.phases); diff != "" {
		l.t.Errorf("operations were told (-want +got):\n%s", diff)
	}
	l.phases = nil
}

func TestAnEpisodeIsToldWhenItBeginsDailyAndWhenItIsOver(t *testing.T) {
	l := newTold(t)
	l.tried(role)
	l.want()
	l.tried(role, denied, denied)
	l.want("began denied:iam:GetRole")
	for range 23 {
		l.after(time.Hour).tried(role, denied)
	}
	l.want()
	l.after(time.Hour).tried(role, denied)
	l.want("continues denied:iam:GetRole")
	l.after(24*time.Hour).tried(role, denied)
	l.want("continues denied:iam:GetRole")
	l.after(time.Minute).tried(role)
	l.want("over denied:iam:GetRole")
	l.tried(role)
	l.want()
	// The second episode is told as the first was.
	l.after(time.Minute).tried(role, denied)
	l.want("began denied:iam:GetRole")
}

func TestAnEpisodeIsOverWhenEverythingThatItWasSeenAtHasBeenTried(t *testing.T) {
	l := newTold(t)
	l.tried(role, denied)
	l.tried("sweep", denied)
	l.tried("role:other")
	l.tried(role)
	l.want("began denied:iam:GetRole")
	l.tried("sweep")
	l.want("over denied:iam:GetRole")
}

func TestWhatCannotBeTriedIsOverWhenItIsNotSeenForADay(t *testing.T) {
	l := newTold(t)
	l.tried("", foreign)
	l.tried("")
	l.after(20*time.Hour).tried("", foreign)
	l.after(20 * time.Hour).apply(l.Lapsed(l.now))
	l.want("began foreign:444455556666")
	l.after(time.Hour).tried("", foreign)
	l.want("continues foreign:444455556666")
	l.after(25 * time.Hour).apply(l.Lapsed(l.now))
	l.want("over foreign:444455556666")
	l.tried(role, denied)
	l.after(100 * time.Hour).apply(l.Lapsed(l.now))
	l.want("began denied:iam:GetRole")
}

func TestWhatWasNotSeenForAnHourIsDue(t *testing.T) {
	l := newTold(t)
	l.tried(role, denied)
	l.tried("sweep", denied, foreign)
	l.after(59 * time.Minute)
	if due := l.Due(l.now); len(due) != 0 {
		t.Errorf("due %v", due)
	}
	l.after(time.Minute)
	if due := l.Due(l.now); !slices.Equal(due, []string{role, "sweep"}) {
		t.Errorf("due %v", due)
	}
}

func TestNothingGrowsWithoutBound(t *testing.T) {
	l := newTold(t)
	for i := range 150 {
		l.tried("role:"+time.Duration(i).String(), denied)
		l.tried("", episode.Trouble{Key: time.Duration(i).String()})
	}
	if len(l.Open) != 100 || len(l.Open[0].Scopes) != 20 {
		t.Errorf("%d episodes, %d scopes", len(l.Open), len(l.Open[0].Scopes))
	}
}

// What is given stays as it is: it may be somebody else's copy.
func TestWhatIsGivenIsNotChanged(t *testing.T) {
	l := newTold(t)
	l.tried(role, denied)
	l.tried("sweep", denied)
	given, scopes := l.Episodes, slices.Clone(l.Open[0].Scopes)
	l.tried(role)
	l.tried("other", denied)
	if !slices.Equal(given.Open[0].Scopes, scopes) {
		t.Errorf("scopes %v, were %v", given.Open[0].Scopes, scopes)
	}
}
