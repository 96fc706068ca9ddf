package routing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

func rules(first bool) Rules {
	return Rules{First: first, Always: []string{"RW314"}, Routes: []Route{
		{Name: "pay", Match: Match{Tags: map[string][]string{"team": {"pay"}}}, Places: []string{"chat-pay"}},
		{Name: "eu", Match: Match{Regions: []string{"eu-west-1"}, Kinds: []finding.TransitionKind{finding.KindOpened}}, Places: []string{"chat-eu", "chat-pay"}},
		{Name: "mild", Match: Match{Checks: []string{"RW303"}, Severities: []check.Severity{check.Low, check.Medium}, Accounts: []string{"111122223333"}}, Places: []string{"mail-mild"}},
	}}
}

func report(edit func(*Report)) Report {
	r := Report{Kind: finding.KindOpened, Account: "111122223333", Finding: finding.Finding{ID: "1", Check: "RW303", Severity: check.Medium}}
	edit(&r)
	return r
}

func owner(value string, s finding.Standing) []finding.Owner {
	return []finding.Owner{{Tag: "team", Value: value, Of: "role", Standing: s}}
}

func TestWhereAReportGoes(t *testing.T) {
	for name, tt := range map[string]struct {
		edit       func(*Report)
		all, first []string
	}{
		"by check and severity": {func(r *Report) {}, []string{"mild"}, []string{"mild"}},
		"in another account":    {func(r *Report) { r.Account = "444455556666" }, []string{Default}, []string{Default}},
		"by its owner":          {func(r *Report) { r.Finding.Owners = owner("pay", finding.Settled) }, []string{"pay", "mild"}, []string{"pay"}},
		"by a Region":           {func(r *Report) { r.Regions = []string{"us-east-1", "eu-west-1"}; r.Finding.Check = "RW201" }, []string{"eu"}, []string{"eu"}},
		"what a route is not for": {func(r *Report) {
			r.Regions = []string{"eu-west-1"}
			r.Kind, r.Finding.Check = finding.KindChanged, "RW201"
		}, []string{Default}, []string{Default}},
		"a critical finding":       {func(r *Report) { r.Finding.Owners = owner("pay", finding.Settled); r.Finding.Severity = check.Critical }, []string{"pay", Default}, []string{"pay", Default}},
		"RW314":                    {func(r *Report) { r.Finding.Owners = owner("pay", finding.Settled); r.Finding.Check = "RW314" }, []string{"pay", Default}, []string{"pay", Default}},
		"a change of tags":         {func(r *Report) { r.Finding.Owners = owner("pay", finding.Settled); r.TagsChanged = true }, []string{"pay", "mild", Default}, []string{"pay", Default}},
		"what an exception covers": {func(r *Report) { r.Kind, r.Finding.Resolution = finding.KindResolved, finding.Excepted }, []string{"mild", Default}, []string{"mild", Default}},
		"an owner of unknown age":  {func(r *Report) { r.Finding.Owners = owner("pay", finding.AgeUnknown) }, []string{"pay", "mild", Default}, []string{"pay", Default}},
		"a new owner":              {func(r *Report) { r.Finding.Owners = owner("pay", finding.Recent) }, []string{"mild", Default}, []string{"mild", Default}},
		"an owner of the actor's":  {func(r *Report) { r.Finding.Owners = owner("pay", finding.ByActor) }, []string{"mild", Default}, []string{"mild", Default}},
		"two owners of one value": {func(r *Report) {
			r.Finding.Owners = append(owner("pay", finding.Recent), owner("pay", finding.Settled)...)
		}, []string{"pay", "mild"}, []string{"pay"}},
		"more owners than are known":   {func(r *Report) { r.Finding.OwnersOmitted = 1 }, []string{"mild", Default}, []string{"mild", Default}},
		"what was reported to a route": {func(r *Report) { r.Told, r.Before, r.Finding.Check = true, []string{"pay"}, "RW201" }, []string{"pay"}, []string{"pay"}},
		"to the default":               {func(r *Report) { r.Told = true }, []string{"mild", Default}, []string{"mild", Default}},
		"to a route that is gone":      {func(r *Report) { r.Told, r.Before = true, []string{"gone"} }, []string{"mild", Default}, []string{"mild", Default}},
		"to a route not for its end": {func(r *Report) {
			r.Told, r.Before, r.Kind, r.Finding.Check = true, []string{"eu"}, finding.KindResolved, "RW201"
		}, []string{Default}, []string{Default}},
	} {
		for first, want := range map[bool][]string{false: tt.all, true: tt.first} {
			d := rules(first).Decide(report(tt.edit))
			if got := d.Receivers(); !slices.Equal(got, want) {
				t.Errorf("%s, first %v: %v, want %v: %+v", name, first, got, want, d.Reasons)
			}
			for _, r := range d.Reasons {
				if r.Why == "" || r.Route == "" {
					t.Errorf("%s: reason %+v", name, r)
				}
			}
		}
	}
	if d := (Rules{}).Decide(report(func(*Report) {})); !slices.Equal(d.Receivers(), []string{Default}) {
		t.Errorf("without routes: %+v", d)
	}
	if got := rules(false).Places([]string{"eu", "pay", Default}); !slices.Equal(got, []string{"chat-eu", "chat-pay"}) {
		t.Errorf("places %v", got)
	}
}

// Whatever is reported: somebody receives it; what is critical, of RW314, or a change of tags reaches the default; and no tag that does not
// route takes anything away from those who would receive it without the tag.
func TestNothingIsLost(t *testing.T) {
	standings := []finding.Standing{finding.Settled, finding.AgeUnknown, finding.Recent, finding.ByActor, ""}
	kinds := []finding.TransitionKind{finding.KindOpened, finding.KindChanged, finding.KindResolved}
	always, suspect := 0, 0
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 5))
		in := report(func(in *Report) {
			in.Kind, in.Account = kinds[r.IntN(3)], []string{"111122223333", "444455556666"}[r.IntN(2)]
			in.Finding.Check, in.Finding.Severity = []string{"RW303", "RW314", "RW201"}[r.IntN(3)], check.Severity(1+r.IntN(4))
			in.TagsChanged, in.Told = r.IntN(8) == 0, r.IntN(3) == 0
			if in.Told && r.IntN(2) == 0 {
				in.Before = []string{[]string{"pay", "eu", "mild", "gone", Default}[r.IntN(5)]}
			}
			for range r.IntN(3) {
				in.Finding.Owners = append(in.Finding.Owners, owner([]string{"pay", "shop"}[r.IntN(2)], standings[r.IntN(5)])...)
			}
		})
		set := rules(r.IntN(2) == 0)
		got := set.Decide(in).Receivers()
		if len(got) == 0 {
			t.Fatalf("seed %d: nobody receives %+v", seed, in)
		}
		if in.Finding.Severity == check.Critical || in.Finding.Check == "RW314" || in.TagsChanged {
			if always++; !slices.Contains(got, Default) {
				t.Fatalf("seed %d: the default does not receive %+v", seed, in)
			}
		}
		without := in
		without.Finding.Owners = slices.DeleteFunc(slices.Clone(in.Finding.Owners), func(o finding.Owner) bool { return o.Standing != finding.Settled && o.Standing != finding.AgeUnknown })
		if len(without.Finding.Owners) < len(in.Finding.Owners) {
			suspect++
			for _, receiver := range set.Decide(without).Receivers() {
				if !slices.Contains(got, receiver) {
					t.Fatalf("seed %d: tags that do not route take %+v away from %s", seed, in, receiver)
				}
			}
		}
	}
	if always < 5000 || suspect < 3000 {
		t.Errorf("%d reports always go to the default, %d have tags that do not route", always, suspect)
	}
}

// A match that covers another one matches whatever the other one does.
func TestCovers(t *testing.T) {
	matches := func(r *rand.Rand) Match {
		var m Match
		if r.IntN(2) == 0 {
			m.Tags = map[string][]string{"team": {[]string{"pay", "shop", AnyValue}[r.IntN(3)]}}
		}
		if r.IntN(2) == 0 {
			m.Checks = []string{"RW303", "RW201"}[:1+r.IntN(2)]
		}
		if r.IntN(2) == 0 {
			m.Severities = []check.Severity{check.Medium, check.High}[:1+r.IntN(2)]
		}
		return m
	}
	covers := 0
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 6))
		a, b := matches(r), matches(r)
		in := report(func(in *Report) {
			in.Finding.Owners = owner([]string{"pay", "shop", "x"}[r.IntN(3)], finding.Settled)
			in.Finding.Check, in.Finding.Severity = []string{"RW303", "RW201"}[r.IntN(2)], check.Severity(1+r.IntN(4))
		})
		if !a.Covers(b) {
			continue
		}
		covers++
		ofB, _ := b.matches(in)
		ofA, _ := a.matches(in)
		if ofB == yes && ofA != yes {
			t.Fatalf("seed %d: %s covers %s, and does not match %+v", seed, fmt.Sprint(a), fmt.Sprint(b), in)
		}
	}
	if covers < 1000 {
		t.Errorf("%d matches cover another", covers)
	}
}
