package policy

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

var (
	randomPairs = flag.Int("random-pairs", 60, "how many pairs of policies TestCompareRandom draws")
	randomSeed  = flag.Uint64("random-seed", 1, "the seed of TestCompareRandom and TestCompareMetamorphicRandom; 0 takes one of the clock")
)

// randomCheck is one pair of TestCompareRandom.
type randomCheck struct {
	counts map[string]int
	faults []string
}

func (c *randomCheck) fault(old, new sketchedSet, format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...)+"\nold\n"+old.String()+"new\n"+new.String())
}

const requestsPerPair = 300

// pair compares two sets and holds the answer against Evaluate.
func (c *randomCheck) pair(t *testing.T, r sketcher, oldSketch, newSketch sketchedSet) {
	old, okOld := oldSketch.parse()
	new, okNew := newSketch.parse()
	if !okOld || !okNew {
		c.counts["no policy"]++
		return
	}
	c.counts["pairs"]++
	comparison := compare(t, old, new)
	answer := comparison.NothingNew()
	c.counts[[]string{"something new", "nothing new", "undecided"}[answer]]++
	for _, g := range comparison.Grants {
		c.counts["witnesses"]++
		w := g.Witness
		if b, a := Evaluate(w.Request, w.Under(old)).Decision, Evaluate(w.Request, w.Under(new)).Decision; b == Allowed || b == Unknown || a != Allowed {
			c.fault(oldSketch, newSketch, "the witness of %v is %v before and %v after: %+v", g, b, a, w.Request)
		}
		if err := w.Request.Validate(); err != nil {
			c.fault(oldSketch, newSketch, "the witness of %v cannot be: %v", g, err)
		}
	}
	for _, u := range comparison.Unknown {
		c.counts["unknown: "+u.Why]++
	}
	c.unproven(t, oldSketch, newSketch, comparison)
	if r.chance(4) {
		c.alone(t, oldSketch, newSketch, old, new, comparison)
	}
	if answer != True {
		return
	}
	w := r.worldOf(oldSketch, newSketch)
	for range requestsPerPair {
		req := w.request(r)
		c.counts["requests"]++
		if !isNewlyAllowed(req, old, new) {
			continue
		}
		oldSketch, newSketch = shrink(oldSketch, newSketch, func(old, new sketchedSet) bool {
			o, okOld := old.parse()
			n, okNew := new.parse()
			return okOld && okNew && isNewlyAllowed(req, o, n) && compare(t, o, n).NothingNew() == True
		})
		c.fault(oldSketch, newSketch, "nothing is said to be new, and yet %s of %s on %s (of %q) with %v is",
			req.Action, req.Principal, req.Resource, req.ResourceAccount, req.Context.Keys)
		return
	}
}

// unproven reports requests that a search found and Evaluate does not confirm: then the two disagree.
func (c *randomCheck) unproven(t *testing.T, old, new sketchedSet, comparison Comparison) {
	unproven := func(u Undecidable) bool { return u.Why == "a request that may be new could not be confirmed" }
	if !slices.ContainsFunc(comparison.Unknown, unproven) {
		return
	}
	old, new = shrink(old, new, func(old, new sketchedSet) bool {
		o, okOld := old.parse()
		n, okNew := new.parse()
		return okOld && okNew && slices.ContainsFunc(compare(t, o, n).Unknown, unproven)
	})
	c.fault(old, new, "requests that were found are not newly allowed")
}

// grantName names a grant within a comparison.
type grantName struct {
	policy                      string
	statement                   int
	action, resource, principal string
}

func namesOf(c Comparison) map[grantName]Grant {
	names := map[grantName]Grant{}
	for _, g := range c.Grants {
		names[grantName{g.Statement.Policy, g.Statement.Statement.Index, g.Action, g.Resource, g.Principal}] = g
	}
	return names
}

// alone compares each action of a statement as if it stood there alone: what is granted then is among what is granted.
func (c *randomCheck) alone(t *testing.T, oldSketch, newSketch sketchedSet, old, new Set, whole Comparison) {
	if old.Resource != nil && len(old.Identity) > 0 {
		// Which of the two sides of a request a grant is put down to depends on which of them was changed.
		return
	}
	if whole.More || slices.ContainsFunc(whole.Unknown, func(u Undecidable) bool { return u.Action == "*" && u.Resource == "*" }) {
		return
	}
	names := namesOf(whole)
	for p := range newSketch {
		for s, statement := range newSketch[p].statements {
			if statement.effect == "Deny" || statement.notAction || len(statement.actions) < 2 {
				continue
			}
			for _, action := range statement.actions {
				one := newSketch.clone()
				one[p].statements[s].actions = []string{action}
				set, ok := one.parse()
				if !ok {
					continue
				}
				c.counts["alone"]++
				for name := range namesOf(compare(t, old, set)) {
					if name.statement != s || name.action != action || name.policy != strings.Split(newSketch[p].place, "/")[0] {
						continue
					}
					c.counts["alone granted"]++
					if _, ok := names[name]; !ok {
						c.fault(oldSketch, newSketch, "%s alone is granted on %s, among others it is not", action, name.resource)
						return
					}
				}
			}
		}
	}
}

// TestCompareRandom draws pairs of sets, most of them alike: where a comparison says that nothing is new, no request of a
// small world may be; every witness must hold; and what one action alone is granted is granted among others.
func TestCompareRandom(t *testing.T) {
	seed := randomSeedOf(t)
	c := randomCheck{counts: map[string]int{}}
	for n := range *randomPairs {
		r := newSketcher(seed, uint64(n))
		old, new := r.pair()
		before := len(c.faults)
		c.pair(t, r, old, new)
		for _, fault := range c.faults[before:] {
			if len(c.faults) < 40 || *randomAll {
				t.Errorf("pair %d: %s", n, fault)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.counts)) {
		t.Logf("%7d %s", c.counts[name], name)
	}
	t.Logf("%7d faults", len(c.faults))
	for _, name := range []string{"pairs", "nothing new", "something new", "witnesses", "requests", "alone granted"} {
		if c.counts[name] == 0 {
			t.Errorf("there is no %q", name)
		}
	}
}

var randomAll = flag.Bool("random-all", false, "report all faults of TestCompareRandom, not only the first ones")
