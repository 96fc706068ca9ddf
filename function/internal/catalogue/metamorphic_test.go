package catalogue_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/interpreter/universe"
)

// relation says what has to hold between what is said of a world and of the world changed.
type relation struct {
	kind, what string
	// change gives the changed world as it is written, or false where it changes nothing.
	change func(universe.World) (written, bool)
	// fault says what is wrong, or nothing.
	fault func(before, after said) string
}

// same wants the same said, but for some checks, and for those that gave up: how much work policies are is a matter of how they are written.
func same(except ...string) func(before, after said) string {
	return func(before, after said) string {
		gaveUp := slices.Concat(before.givenUp(), after.givenUp())
		except := append(append([]string{tooComplex}, except...), gaveUp...)
		before, after = before.without(except...), after.without(except...)
		if before.equal(after) || len(gaveUp) > 0 && maps.Equal(before.reported(), after.reported()) { // What gave up folds nothing.
			return ""
		}
		return "should say the same"
	}
}

// givenUp are the checks that gave up.
func (s said) givenUp() (ids []string) {
	for id := range s.undecided {
		if s.gaveUp(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// sameButGrouped is same where statements are not the ones that were: many paths that the same statements allow are reported together.
func sameButGrouped(before, after said) string { return same()(before.grouped(), after.grouped()) }

// grouped takes all paths together.
func (s said) grouped() said {
	out := s
	out.findings = map[string]check.Severity{}
	for key, severity := range s.findings {
		if id := key[:len("RW000")]; id == danger.Escalation {
			key = id
		}
		out.findings[key] = max(out.findings[key], severity)
	}
	return out
}

// vacuousCondition is about how a condition is written, not about what it means, and tooComplex about how much work the policies are to
// judge.
const (
	vacuousCondition = "RW319"
	tooComplex       = "RW320"
)

// notOfPower are the checks that judge how policies are written.
var notOfPower = []string{vacuousCondition, tooComplex}

// gaveUp reports whether a check is undecided where it is said that the policies are too complex. A finding of it need not be there then.
func (s said) gaveUp(id string) bool {
	_, isComplex := s.findings[tooComplex]
	return (isComplex || s.folded[tooComplex]) && s.undecided[id]
}

// adding gives the world with one more identity policy.
func adding(s universe.Statement) func(universe.World) (written, bool) {
	return func(w universe.World) (written, bool) {
		w = w.Clone()
		w.Identity = append(w.Identity, universe.Document{Version: "2012-10-17", Statement: []universe.Statement{s}})
		return write(w), true
	}
}

// more wants all that was reported to be reported still, as gravely.
func more(before, after said) string {
	lost := slices.DeleteFunc(slices.Collect(maps.Keys(before.reported())), func(id string) bool { return !after.gaveUp(id) })
	before, after = before.without(append(lost, notOfPower...)...), after.without(notOfPower...)
	now := after.reported()
	for _, id := range slices.Sorted(maps.Keys(before.reported())) {
		if !now[id] {
			return id + " is gone, although the role can do no less"
		}
	}
	if worst(before) > worst(after) {
		return "the worst is less severe, although the role can do no less"
	}
	return ""
}

// less wants nothing new to be reported, nor anything more gravely.
func less(before, after said) string {
	lost := slices.DeleteFunc(slices.Collect(maps.Keys(after.reported())), func(id string) bool { return !before.gaveUp(id) })
	before, after = before.without(notOfPower...), after.without(append(lost, notOfPower...)...)
	was := before.reported()
	for _, id := range slices.Sorted(maps.Keys(after.reported())) {
		if !was[id] {
			return id + " is new, although the role can do no more"
		}
	}
	if worst(after) > worst(before) {
		return "the worst is more severe, although the role can do no more"
	}
	return ""
}

func worst(s said) check.Severity {
	var out check.Severity
	for _, severity := range s.findings {
		out = max(out, severity)
	}
	return out
}

// metamorphosis is a world with a relation to hold on it.
type metamorphosis struct {
	world    universe.World
	relation relation
}

func metamorphoses() *rapid.Generator[metamorphosis] {
	d := universe.Default()
	return rapid.Custom(func(t *rapid.T) metamorphosis {
		m := metamorphosis{world: worldsAbout(d).Draw(t, "world")}
		switch rapid.IntRange(1, 4).Draw(t, "relation") {
		case 1:
			s := d.Statements(0).Draw(t, "allow")
			m.relation = relation{"adding", fmt.Sprintf("%+v", s), adding(s), more}
		case 2:
			s := d.Statements(10).Draw(t, "deny")
			m.relation = relation{"adding", fmt.Sprintf("%+v", s), adding(s), less}
		default:
			m.relation = rapid.SampledFrom(slices.DeleteFunc(relations(), func(r relation) bool { _, changes := r.change(m.world); return !changes })).Draw(t, "same")
		}
		return m
	})
}

// fault is what is wrong between a world and the world changed.
func (m metamorphosis) fault(w universe.World) (fault string, before, after said, changed bool) {
	other, changed := m.relation.change(w)
	if !changed {
		return "", said{}, said{}, false
	}
	before, after = judged(subjectOf(write(w))), judged(subjectOf(other))
	return m.relation.fault(before, after), before, after, true
}

// TestMetamorphoses changes how random policies are written, or adds a statement, and compares what the checks say.
func TestMetamorphoses(t *testing.T) {
	generator := metamorphoses()
	held, spoken, seen := 0, 0, map[string]bool{}
	for seed := range randomWorlds() {
		m := generator.Example(seed)
		fault, before, _, changed := m.fault(m.world)
		if !changed {
			continue
		}
		if held++; len(before.findings) > 0 {
			spoken++
		}
		if fault == "" || seen[m.relation.kind+fault] {
			continue
		}
		seen[m.relation.kind+fault] = true
		small := universe.Shrink(m.world, func(w universe.World) bool { f, _, _, changed := m.fault(w); return changed && f == fault })
		_, before, after, _ := m.fault(small)
		t.Errorf("seed %d: %s %s: %s\n%+v\nbefore: %v\nafter: %v", seed, m.relation.kind, m.relation.what, fault, small.Policies(), before, after)
	}
	t.Logf("%d relations held on %d worlds with findings", held, spoken)
	if held == 0 || spoken == 0 {
		t.Fatal("nothing was compared")
	}
}

// FuzzMetamorphoses is the same for as long as one likes: each seed is a world of its own.
func FuzzMetamorphoses(f *testing.F) {
	generator := metamorphoses()
	f.Add(1)
	// Thousands of actions took the budget, of a statement whose condition on the Region no request meets, and under one that denies all.
	f.Add(-93)
	f.Add(-101)
	f.Add(-159) // Statements that are split are not the same for paths that are reported together.
	f.Fuzz(func(t *testing.T, seed int) {
		m := generator.Example(seed)
		if fault, before, after, _ := m.fault(m.world); fault != "" {
			t.Fatalf("%s %s: %s\n%+v\nbefore: %v\nafter: %v", m.relation.kind, m.relation.what, fault, m.world.Policies(), before, after)
		}
	})
}
