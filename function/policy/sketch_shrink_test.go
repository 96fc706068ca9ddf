package policy

import (
	"slices"
	"strings"
)

// shrink takes away from both sets what is not needed for bad.
func shrink(old, new sketchedSet, bad func(old, new sketchedSet) bool) (smallerOld, smallerNew sketchedSet) {
	sides := [2]sketchedSet{old, new}
	try := func(change func(sides *[2]sketchedSet) bool) bool {
		next := [2]sketchedSet{sides[0].clone(), sides[1].clone()}
		if !change(&next) || !bad(next[0], next[1]) {
			return false
		}
		sides = next
		return true
	}
	for again := true; again; {
		again = false
		for side := range sides {
			for p := 0; p < len(sides[side]); p++ {
				again = try(func(n *[2]sketchedSet) bool {
					kind, _, _ := strings.Cut(n[side][p].place, "/")
					n[side] = slices.Delete(n[side], p, p+1)
					return kind != "identity" && kind != "resource" && kind != "trust"
				}) || again
				if p >= len(sides[side]) {
					continue
				}
				for s := 0; s < len(sides[side][p].statements); s++ {
					for step := range 12 {
						again = try(func(n *[2]sketchedSet) bool {
							return n[side][p].cut(s, step)
						}) || again
						if s >= len(sides[side][p].statements) {
							break
						}
					}
				}
			}
		}
	}
	return sides[0], sides[1]
}

// cut takes one thing away.
func (p *sketchedPolicy) cut(at, step int) bool {
	s := &p.statements[at]
	less := func(list *[]string, i int) bool {
		if i >= len(*list) || len(*list) < 2 {
			return false
		}
		*list = slices.Delete(*list, i, i+1)
		return true
	}
	switch {
	case step == 0:
		if len(p.statements) < 2 {
			return false
		}
		p.statements = slices.Delete(p.statements, at, at+1)
		return true
	case step < 4:
		return less(&s.actions, step-1)
	case step < 7:
		return less(&s.resources, step-4)
	case step < 9:
		if i := step - 7; i < len(s.conditions) {
			s.conditions = slices.Delete(s.conditions, i, i+1)
			return true
		}
	case step < 11:
		if i := step - 9; i < len(s.principals) && len(s.principals) > 1 {
			s.principals = slices.Delete(s.principals, i, i+1)
			return true
		}
	default:
		for i := range s.conditions {
			if len(s.conditions[i].values) > 1 {
				s.conditions[i].values = s.conditions[i].values[:1]
				return true
			}
		}
	}
	return false
}
