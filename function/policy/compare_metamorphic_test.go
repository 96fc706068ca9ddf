package policy

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

var metamorphicPairs = flag.Int("metamorphic-pairs", 6, "how many pairs of policies TestCompareMetamorphic draws")

// neutral are ways to write a set differently without a change of what it means.
var neutral = map[string]func(sketchedSet){
	"statements in reverse order": eachPolicy(func(p *sketchedPolicy) { slices.Reverse(p.statements) }),
	"statements with Sids": eachPolicy(func(p *sketchedPolicy) {
		for i := range p.statements {
			p.statements[i].sid = fmt.Sprintf("Sid%d", i)
		}
	}),
	"action names in upper case": eachStatement(func(s *sketch) { changeTexts(s.actions, strings.ToUpper) }),
	"condition keys in upper case": eachStatement(func(s *sketch) {
		for i := range s.conditions {
			s.conditions[i].key = strings.ToUpper(s.conditions[i].key)
		}
	}),
	"values twice": eachStatement(func(s *sketch) {
		s.actions, s.resources = append(s.actions, s.actions...), append(s.resources, s.resources...)
		for i := range s.conditions {
			s.conditions[i].values = append(s.conditions[i].values, s.conditions[i].values[0])
		}
	}),
	"lists of one": eachStatement(func(s *sketch) { s.lists = true }),
	"values in reverse order": eachStatement(func(s *sketch) {
		slices.Reverse(s.actions)
		slices.Reverse(s.resources)
		slices.Reverse(s.principals)
	}),
	"statements twice": eachPolicy(func(p *sketchedPolicy) { p.statements = append(p.statements, p.clone().statements...) }),
	"one statement for each action": eachPolicy(func(p *sketchedPolicy) {
		p.statements = splitBy(p.statements, func(s *sketch) (*[]string, bool) { return &s.actions, s.notAction })
	}),
	"one statement for each resource": eachPolicy(func(p *sketchedPolicy) {
		p.statements = splitBy(p.statements, func(s *sketch) (*[]string, bool) { return &s.resources, s.notResource })
	}),
}

func eachPolicy(change func(*sketchedPolicy)) func(sketchedSet) {
	return func(set sketchedSet) {
		for i := range set {
			change(&set[i])
		}
	}
}

func eachStatement(change func(*sketch)) func(sketchedSet) {
	return eachPolicy(func(p *sketchedPolicy) {
		for i := range p.statements {
			change(&p.statements[i])
		}
	})
}

func changeTexts(list []string, change func(string) string) {
	for i := range list {
		list[i] = change(list[i])
	}
}

func splitBy(list []sketch, values func(*sketch) (*[]string, bool)) []sketch {
	var out []sketch
	for _, s := range list {
		of, not := values(&s)
		if not || len(*of) < 2 {
			out = append(out, s)
			continue
		}
		for _, value := range *of {
			one := s.clone()
			list, _ := values(&one)
			*list = []string{value}
			out = append(out, one)
		}
	}
	return out
}

// spoken is what a comparison grants, without the places of the statements.
func spoken(c Comparison) map[[3]string]bool {
	names := map[[3]string]bool{}
	for _, g := range c.Grants {
		names[[3]string{strings.ToLower(g.Action), g.Resource, g.Principal}] = true
	}
	return names
}

// missing are the names in some that are not in all.
func missing(some, all map[[3]string]bool) []string {
	var list []string
	for name := range some {
		if !all[name] {
			list = append(list, fmt.Sprint(name))
		}
	}
	slices.Sort(list)
	return list
}

// isWhole says whether a comparison was finished and left nothing undecided.
func isWhole(c Comparison) bool { return !c.More && len(c.Unknown) == 0 }

// metamorphic holds what is said of a pair against what is said of pairs that it tells about.
type metamorphic struct {
	*randomCheck
	t *testing.T
}

func (m metamorphic) compare(old, new sketchedSet) (Comparison, bool) {
	o, okOld := old.parse()
	n, okNew := new.parse()
	if !okOld || !okNew {
		return Comparison{}, false
	}
	c := compare(m.t, o, n)
	return c, isWhole(c)
}

// rewritten writes both sides differently: that changes nothing.
func (m metamorphic) rewritten(old, new sketchedSet, whole Comparison) {
	for _, name := range slices.Sorted(maps.Keys(neutral)) {
		o, n := old.clone(), new.clone()
		neutral[name](o)
		neutral[name](n)
		m.same(name, old, new, o, n, whole)
		// One side alone.
		m.same(name+", of the new set alone", old, new, old, n, whole)
	}
}

func (m metamorphic) same(name string, old, new, o, n sketchedSet, whole Comparison) {
	c, ok := m.compare(o, n)
	if !ok {
		m.counts["not decided as written differently"]++
		return
	}
	m.counts["written differently"]++
	if len(old) > 1 && old[1].place == "resource" {
		// Which of the two sides of a request a grant is put down to depends on which of them was changed.
		if c.NothingNew() != whole.NothingNew() {
			m.fault(old, new, "%s: another answer", name)
		}
		return
	}
	lost, more := missing(spoken(whole), spoken(c)), missing(spoken(c), spoken(whole))
	if len(lost)+len(more) == 0 {
		return
	}
	differs := func(old, new sketchedSet) bool {
		o, n := old, new.clone()
		if !strings.HasSuffix(name, " alone") {
			o = old.clone()
			neutral[name](o)
		}
		neutral[strings.TrimSuffix(name, ", of the new set alone")](n)
		a, okA := m.compare(old, new)
		b, okB := m.compare(o, n)
		return okA && okB && len(missing(spoken(a), spoken(b)))+len(missing(spoken(b), spoken(a))) > 0
	}
	old, new = shrink(old, new, differs)
	m.fault(old, new, "%s: no longer granted %v, and now granted %v", name, lost, more)
}

// monotone adds to a pair what can only take away.
func (m metamorphic) monotone(r sketcher, old, new sketchedSet, whole Comparison) {
	at := r.IntN(len(old))
	place, _, _ := strings.Cut(old[at].place, "/")
	i := slices.IndexFunc(new, func(p sketchedPolicy) bool { return p.place == old[at].place && p.version == old[at].version })
	extra := r.statement(place, []int{r.IntN(len(sketchedServices) - 1), r.IntN(len(sketchedServices) - 1)})
	check := func(name string, o, n sketchedSet) {
		c, ok := m.compare(o, n)
		if !ok {
			return
		}
		m.counts[name]++
		more := missing(spoken(c), spoken(whole))
		if len(old) > 1 && old[1].place == "resource" && whole.NothingNew() == False {
			more = nil
		}
		if len(more) > 0 {
			m.fault(o, n, "%s grants more: %v, and only %v before", name, more, slices.Collect(maps.Keys(spoken(whole))))
		}
	}
	if i >= 0 {
		o, n := old.clone(), new.clone()
		extra.effect = "Deny"
		o[at].statements, n[i].statements = append(o[at].statements, extra), append(n[i].statements, extra.clone())
		check("a Deny on both sides", o, n)
	}
	if place == "identity" || place == "resource" || place == "trust" {
		o := old.clone()
		extra = extra.clone()
		extra.effect, extra.notPrincipal = "Allow", false
		o[at].statements = append(o[at].statements, extra)
		check("an Allow of the old set", o, new)
	}
}

// transitive compares three sets: nothing new twice is nothing new.
func (m metamorphic) transitive(r sketcher, old, new sketchedSet, whole Comparison) {
	if whole.NothingNew() != True {
		return
	}
	third := r.change(new)
	step, ok := m.compare(new, third)
	if !ok || step.NothingNew() != True {
		return
	}
	m.counts["nothing new twice"]++
	c, _ := m.compare(old, third)
	if c.NothingNew() == False {
		m.fault(old, third, "nothing is new in two steps, over\n%sbut %v is in one", new, c.Grants)
	}
}

func (m metamorphic) pair(r sketcher, old, new sketchedSet) {
	whole, ok := m.compare(old, new)
	if !ok {
		m.counts["not decided"]++
		return
	}
	m.counts["pairs"]++
	o, _ := old.parse()
	n, _ := new.parse()
	m.alone(m.t, old, new, o, n, whole)
	m.rewritten(old, new, whole)
	m.monotone(r, old, new, whole)
	m.renamed(old, new, whole)
	m.transitive(r, old, new, whole)
}

// TestCompareMetamorphic changes pairs of sets in ways that leave what is newly allowed as it is, or can only make it less.
func TestCompareMetamorphic(t *testing.T) {
	seed := randomSeedOf(t)
	m := metamorphic{&randomCheck{counts: map[string]int{}}, t}
	report := func(name string, before int) {
		for _, fault := range m.faults[before:] {
			if len(m.faults) < 40 || *randomAll {
				t.Errorf("%s: %s", name, fault)
			}
		}
	}
	picked := pickedPairs()
	for _, name := range slices.Sorted(maps.Keys(picked)) {
		before := len(m.faults)
		m.pair(newSketcher(seed, 0), picked[name][0], picked[name][1])
		report(name, before)
	}
	for n := range *metamorphicPairs {
		r := newSketcher(seed, uint64(n))
		old, new := r.pair()
		before := len(m.faults)
		m.pair(r, old, new)
		report(fmt.Sprintf("pair %d", n), before)
	}
	for _, name := range slices.Sorted(maps.Keys(m.counts)) {
		t.Logf("%7d %s", m.counts[name], name)
	}
	t.Logf("%7d faults", len(m.faults))
	for _, name := range []string{
		"pairs", "written differently", "a Deny on both sides", "an Allow of the old set", "another account", "nothing new twice", "alone granted",
		"the partition aws-cn", "the partition aws-us-gov", "the partition aws-eusc", "a Region in aws-cn", "a Region in aws-us-gov", "a Region in aws-eusc",
	} {
		if m.counts[name] == 0 {
			t.Errorf("there is no %q", name)
		}
	}
}
