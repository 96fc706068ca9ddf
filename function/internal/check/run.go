package check

import (
	"cmp"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Pass is one check at work on one subject. It is the next check's when that one is through.
type Pass struct {
	*Subject
	check  *Check
	result *Result
}

// Check is the check at work.
func (p *Pass) Check() *Check { return p.check }

// Report reports a diagnostic.
func (p *Pass) Report(d Diagnostic) {
	d.Check = p.check
	if d.Severity == 0 {
		d.Severity = p.check.Severity
	}
	p.result.Diagnostics = append(p.result.Diagnostics, d)
}

// Undecided says that the check cannot be answered for key, and what is missing. A key that is a function's ARN says which function
// that is about; a check of single functions that has no key is about all of them.
func (p *Pass) Undecided(key string, missing ...role.Gap) {
	var functions []string
	if role.IsFunctionARN(key) {
		functions = []string{key}
	} else if p.check.PerFunction && key == "" {
		functions = p.functions()
	}
	if len(functions) > 0 {
		missing = slices.Clone(missing)
		for i := range missing {
			if len(missing[i].Functions) == 0 {
				missing[i].Functions = functions
			}
		}
	}
	p.result.Undecided = append(p.result.Undecided, Undecided{Check: p.check, Key: key, Missing: missing})
}

type functionsKey struct{}

// functions are the ARNs of the role's functions.
func (p *Pass) functions() []string {
	return Memo(p.Subject, functionsKey{}, func() []string {
		var out []string
		if p.Role != nil {
			for _, versions := range role.ByFunction(p.Role.Users.List) {
				out = append(out, versions[0].ARN)
			}
		}
		return out
	})
}

// Left is what the checks before this one could not answer.
func (p *Pass) Left() []Undecided { return slices.Clone(p.result.Undecided) }

// usualMemos is how many things are worked out for most subjects.
const usualMemos = 16

// Memo gives what compute worked out for this subject the first time, so that checks that share a diagnosis make it
// once. The key's type should be private to the package that asks.
func Memo[T any](s *Subject, key any, compute func() T) T {
	for i := range s.memo {
		if s.memo[i].key == key {
			return s.memo[i].value.(T)
		}
	}
	v := compute()
	if s.memo == nil {
		s.memo = make([]memo, 0, usualMemos)
	}
	s.memo = append(s.memo, memo{key, v})
	return v
}

// Run judges a subject by every check, folds what follows from a wider diagnostic under it, and orders the rest: the
// worst first, then by ID and key.
func Run(checks []*Check, s *Subject) Result {
	var result Result
	pass := Pass{Subject: s, result: &result}
	for _, c := range checks {
		if pass.check = c; c.Run != nil {
			c.Run(&pass)
		}
	}
	found := slices.Clone(result.Diagnostics)
	for _, c := range checks {
		if pass.check = c; c.Join != nil {
			c.Join(&pass, found)
		}
	}
	result.Diagnostics = fold(result.Diagnostics)
	slices.SortStableFunc(result.Diagnostics, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Check.ID, b.Check.ID), cmp.Compare(a.Key, b.Key))
	})
	return result
}

// sameCause finds the diagnostic from which another follows because all of its statements are among those that are its cause.
func sameCause(all []Diagnostic, d Diagnostic) (int, bool) {
	i := slices.IndexFunc(all, func(w Diagnostic) bool {
		return slices.Contains(w.Check.FoldsSame, d.Check.ID) && w.Severity >= d.Severity && len(d.Evidence) > 0 && !slices.ContainsFunc(d.Evidence, func(e Evidence) bool {
			return !slices.ContainsFunc(w.Evidence, func(o Evidence) bool { return o.Policy == e.Policy && o.Statement == e.Statement })
		})
	})
	return i, i >= 0
}

// fold removes the diagnostics that another one includes, all of a narrower check or a single one, and notes their
// IDs on the first that folds them.
func fold(all []Diagnostic) []Diagnostic {
	if len(all) == 0 {
		return all
	}
	wider, telling := map[string]int{}, map[Told]int{}
	for i, d := range all {
		for _, id := range d.Check.Folds {
			if _, ok := wider[id]; !ok {
				wider[id] = i
			}
		}
		for _, one := range d.Tells {
			if _, ok := telling[one]; !ok {
				telling[one] = i
			}
		}
	}
	var kept []int
	for i, d := range all {
		w, folded := wider[d.Check.ID]
		if !folded {
			w, folded = sameCause(all, d)
		}
		if teller, told := telling[Told{d.Check.ID, d.Key}]; told {
			w, folded = teller, true
		}
		if !folded {
			kept = append(kept, i)
			continue
		}
		if !slices.Contains(all[w].Folds, d.Check.ID) {
			all[w].Folds = append(all[w].Folds, d.Check.ID)
		}
	}
	out := make([]Diagnostic, 0, len(kept))
	for _, i := range kept {
		slices.Sort(all[i].Folds)
		out = append(out, all[i])
	}
	return out
}
