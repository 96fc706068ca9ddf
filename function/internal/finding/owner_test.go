package finding_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// A tag decides who receives a finding where it had its value for 24 hours before, and nobody who is behind the finding may have set it.
func TestTheStandingOfATag(t *testing.T) {
	for _, c := range []struct {
		age     time.Duration
		changed bool
		by      []string
		want    finding.Standing
	}{
		{24 * time.Hour, false, nil, finding.Settled},
		{24 * time.Hour, true, []string{"ann"}, finding.Settled},
		{24*time.Hour - 1, true, []string{"ann"}, finding.Recent},
		{24*time.Hour - 1, false, nil, finding.AgeUnknown},
		{0, true, nil, finding.Recent},
		{-time.Minute, false, nil, finding.AgeUnknown},
		{time.Hour, true, []string{"ann", "eve"}, finding.ByActor},
		{100 * 24 * time.Hour, true, []string{"eve"}, finding.ByActor},
	} {
		tag := finding.Tag{Key: "team", Value: "pay", Since: start.Add(-c.age), Changed: c.changed, By: c.by}
		if got := tag.Standing(start, func(who string) bool { return who == "eve" }); got != c.want {
			t.Errorf("%v old, changed %v by %q: %s, want %s", c.age, c.changed, c.by, got, c.want)
		}
	}
}

func TestWhichStandingIsBetter(t *testing.T) {
	order := []finding.Standing{finding.Settled, finding.AgeUnknown, finding.Recent, finding.ByActor}
	for i, one := range order {
		for j, other := range order {
			if one.Better(other) != (i < j) {
				t.Errorf("%s is better than %s: %v", one, other, one.Better(other))
			}
		}
	}
	for _, unknown := range []finding.Standing{"", "of a later release"} {
		if unknown.Better(finding.ByActor) || unknown.Better(finding.Recent) || !finding.Recent.Better(unknown) {
			t.Errorf("the standing %q, of which nothing is known, is better than one that does not route", unknown)
		}
	}
}
