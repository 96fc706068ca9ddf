package policy

import (
	"slices"
	"strings"
)

// pair draws a set and a changed one, in either order.
func (r sketcher) pair() (old, new sketchedSet) {
	old = r.set()
	new = r.change(old)
	if r.chance(2) {
		return new, old
	}
	return old, new
}

// change gives a set that differs a little.
func (r sketcher) change(set sketchedSet) sketchedSet {
	set = set.clone()
	for range 1 + r.IntN(3) {
		p := &set[r.IntN(len(set))]
		place, _, _ := strings.Cut(p.place, "/")
		if place != "identity" && place != "resource" && place != "trust" && r.chance(6) {
			for i := range set {
				if &set[i] == p {
					set = slices.Delete(set, i, i+1)
					break
				}
			}
			continue
		}
		r.changePolicy(p, place)
	}
	return set
}

func (r sketcher) changePolicy(p *sketchedPolicy, place string) {
	at := r.IntN(len(p.statements))
	s := &p.statements[at]
	drop := func(list []string) []string {
		if len(list) < 2 {
			return list
		}
		i := r.IntN(len(list))
		return slices.Delete(list, i, i+1)
	}
	switch r.IntN(16) {
	case 0:
		if len(p.statements) > 1 {
			p.statements = slices.Delete(p.statements, at, at+1)
		}
	case 1:
		other := r.statement(place, []int{r.IntN(len(sketchedServices))})
		p.statements = append(p.statements, other)
	case 2:
		for i := range p.statements {
			if p.statements[i].effect == "Deny" && len(p.statements) > 1 {
				p.statements = slices.Delete(p.statements, i, i+1)
				break
			}
		}
	case 3:
		s.actions = drop(s.actions)
	case 4:
		s.resources = drop(s.resources)
	case 5:
		s.actions = appendNew(s.actions, r.one(sketchedServices[r.IntN(len(sketchedServices))].actions))
	case 6:
		s.resources = appendNew(s.resources, r.one(sketchedServices[r.IntN(len(sketchedServices))].resources))
	case 7:
		if len(s.conditions) > 0 {
			i := r.IntN(len(s.conditions))
			s.conditions = slices.Delete(s.conditions, i, i+1)
		}
	case 8:
		s.addCondition(r.condition())
	case 9:
		if len(s.conditions) > 0 {
			i := r.IntN(len(s.conditions))
			for _, k := range sketchedKeys {
				if strings.EqualFold(k.key, s.conditions[i].key) {
					s.conditions = slices.Delete(s.conditions, i, i+1)
					s.addCondition(sketchedCondition{r.one(k.operators), k.key, r.some(k.values, 2)})
					break
				}
			}
		}
	case 10:
		i := r.IntN(len(s.resources))
		s.resources[i] = r.pattern(s.resources[i])
	case 11:
		i := r.IntN(len(s.actions))
		if service, name, ok := strings.Cut(s.actions[i], ":"); ok && len(name) > 4 {
			s.actions[i] = service + ":" + name[:3] + "*"
		} else {
			s.actions[i] = strings.ToUpper(s.actions[i])
		}
	case 12:
		if place == "trust" || place == "resource" {
			if len(s.principals) > 1 && r.chance(2) {
				s.principals = s.principals[1:]
			} else {
				s.principals = append(s.principals, sketchedPrincipals[r.IntN(len(sketchedPrincipals))])
			}
		} else {
			p.statements = append(p.statements, s.split(r)...)
		}
	case 13:
		s.notAction = s.notAction != r.chance(3)
	case 14:
		s.notResource = !s.notResource
	case 15:
		s.effect = map[string]string{"Allow": "Deny", "Deny": "Allow"}[s.effect]
		if s.effect == "Allow" || place == "rcp" {
			s.notPrincipal = false
		}
		if place == "rcp" {
			s.effect = "Deny"
		}
	}
}

// split gives what must be added where a statement keeps only its first action.
func (s *sketch) split(r sketcher) []sketch {
	if len(s.actions) < 2 || s.notAction {
		return nil
	}
	rest := s.clone()
	rest.actions, s.actions = rest.actions[1:], s.actions[:1]
	return []sketch{rest}
}

// pattern makes an ARN wider or narrower.
func (r sketcher) pattern(text string) string {
	switch i := strings.LastIndexByte(text, '*'); {
	case i >= 0 && r.chance(2):
		return text[:i] + "a" + text[i:]
	case i >= 0 && r.chance(3):
		return text[:i] + "?" + text[i+1:]
	}
	if segments := strings.SplitN(text, ":", 6); len(segments) == 6 {
		if r.chance(2) {
			segments[4] = r.one([]string{"*", "111111111111", "", "222222222222"})
		} else if n := len(segments[5]); n > 1 {
			segments[5] = segments[5][:1+r.IntN(n-1)] + "*"
		}
		return strings.Join(segments, ":")
	}
	return text
}
