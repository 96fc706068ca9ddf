package catalogue_test

import (
	"flag"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/interpreter/universe"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// These bound the tests that draw random policies: how many, and from which seed on.
var (
	worlds    = flag.Int("worlds", 15, "how many random worlds each test of the checks draws")
	firstSeed = flag.Int("first-seed", 0, "the seed of the first random world")
)

// randomWorlds are the seeds of random worlds.
func randomWorlds() iter.Seq[int] {
	return func(yield func(int) bool) {
		for seed := *firstSeed; seed < *firstSeed+*worlds && yield(seed); seed++ {
		}
	}
}

// said is what the checks of danger say of a role: the severity of each finding, by the check's ID and key; what was folded; and
// what could not be decided.
type said struct {
	findings          map[string]check.Severity
	folded, undecided map[string]bool
}

func (s said) String() string {
	out := []string{}
	for _, k := range slices.Sorted(maps.Keys(s.findings)) {
		out = append(out, fmt.Sprintf("%s %v", k, s.findings[k]))
	}
	return fmt.Sprintf("%s; folded %v; undecided %v", strings.Join(out, ", "), slices.Sorted(maps.Keys(s.folded)), slices.Sorted(maps.Keys(s.undecided)))
}

// without is what is said but for some checks.
func (s said) without(ids ...string) said {
	out := said{map[string]check.Severity{}, map[string]bool{}, map[string]bool{}}
	keep := func(key string) bool { return !slices.Contains(ids, key[:len("RW000")]) }
	for k, v := range s.findings {
		if keep(k) {
			out.findings[k] = v
		}
	}
	for k := range s.folded {
		out.folded[k] = keep(k)
	}
	for k := range s.undecided {
		out.undecided[k] = keep(k)
	}
	maps.DeleteFunc(out.folded, func(_ string, kept bool) bool { return !kept })
	maps.DeleteFunc(out.undecided, func(_ string, kept bool) bool { return !kept })
	return out
}

func (s said) equal(other said) bool {
	return maps.Equal(s.findings, other.findings) && maps.Equal(s.folded, other.folded) && maps.Equal(s.undecided, other.undecided)
}

// reported are the IDs of the checks that fired, folded or not.
func (s said) reported() map[string]bool {
	out := maps.Clone(s.folded)
	for key := range s.findings {
		out[key[:len("RW000")]] = true
	}
	return out
}

// written is a world as its policies are written down, under their names.
type written struct {
	identity      []namedText
	boundary, scp []string
}

type namedText struct{ name, text string }

// write writes the documents as short as they can be.
func write(w universe.World) written {
	p := w.Policies()
	out := written{boundary: p.Boundaries}
	for i, text := range p.Identity {
		out.identity = append(out.identity, namedText{"p" + strconv.Itoa(i), text})
	}
	for _, level := range p.SCPs {
		out.scp = append(out.scp, level...)
	}
	return out
}

// subjectOf is a role of one function with the policies.
func subjectOf(w written) *check.Subject {
	inline := []role.Policy{}
	for _, p := range w.identity {
		inline = append(inline, role.NewPolicy(role.InlinePart(p.name), p.text, policy.Identity))
	}
	r := &role.Snapshot{
		Ref:      role.Ref{Partition: "aws", Account: universe.Account, Name: "orders", ARN: universe.Role},
		Identity: role.Have(role.Identity{ARN: universe.Role, ID: "AROAORDERS"}), Inline: role.Have(inline), Attached: role.Have([]role.Policy(nil)),
		Boundary: role.None[role.Policy](), Tags: role.Have(map[string]string{"team": "pay"}), SCPs: role.None[[][]policy.Part](), RCPs: role.None[[][]policy.Part](),
		Users: role.Users{Complete: true, List: []role.Function{{
			ARN: "arn:aws:lambda:us-east-1:" + universe.Account + ":function:orders-api", Version: "$LATEST", Role: universe.Role,
		}}},
	}
	if len(w.boundary) > 0 {
		r.Boundary = role.Have(role.NewPolicy("boundary", w.boundary[0], policy.Boundary))
	}
	if len(w.scp) > 0 {
		var level []policy.Part
		for i, text := range w.scp {
			d, _ := policy.Parse([]byte(text), policy.SCP)
			level = append(level, policy.Part{Name: "scp" + strconv.Itoa(i), Document: d})
		}
		r.SCPs = role.Have([][]policy.Part{level})
	}
	return &check.Subject{Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Role: r}
}

// judged runs the checks of danger.
func judged(s *check.Subject) said {
	result := check.Run(danger.Checks(), s)
	out := said{map[string]check.Severity{}, map[string]bool{}, map[string]bool{}}
	for _, d := range result.Diagnostics {
		key := d.Check.ID
		if d.Check.ID == danger.Escalation {
			key += " " + d.Key
		}
		out.findings[key] = max(out.findings[key], d.Severity)
		for _, id := range d.Folds {
			out.folded[id] = true
		}
	}
	for _, u := range result.Undecided {
		out.undecided[u.Check.ID] = true
	}
	return out
}
