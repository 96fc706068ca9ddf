package ask

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Unnamed is a resource of a type, of the role's account, that no policy names. It has one ARN for each form of the type.
func (s *Session) Unnamed(t actions.ResourceType, region string) []Resource {
	if len(t.ARNs) == 0 {
		return nil
	}
	at := unnamed{t.Name, &t.ARNs[0], region}
	out, ok := s.unnamed[at]
	if !ok {
		out = s.newUnnamed(t, region)
		s.unnamed[at] = out
	}
	return out
}

// unnamed is what the resources of a type that no policy names depend on, for one session: the type's forms are in one place.
type unnamed struct {
	name   string
	forms  *string
	region string
}

func (s *Session) newUnnamed(t actions.ResourceType, region string) []Resource {
	out := make([]Resource, 0, len(t.ARNs))
	for _, form := range t.ARNs {
		out = append(out, Resource{ARN: fill(form, s.Role.Ref, region, s.name), Type: t.Name})
	}
	return slices.Clip(out)
}

// reach says whether a statement could allow actions on a resource, and how many steps it took to see it; 0 where it was not seen.
type reach struct {
	possible bool
	steps    int
}

// reaching finds out whether a statement could allow an action on a resource that no policy names. For all actions that the same
// statements cover it is seen once, and takes as much of the budget each time: what is answered within the budget does not depend on
// what was asked before.
func (s *Session) reaching(known *reach, action, resource string) bool {
	if known.steps > 0 {
		return !s.Budget.evaluations.Spend(known.steps) || known.possible
	}
	left := s.Budget.evaluations.Left()
	known.possible = s.reaches(Question{Action: action, Resource: resource})
	known.steps = left - s.Budget.evaluations.Left()
	return known.possible
}

// reachesOf are what is known of whether an action could be allowed on each of the resources of Unnamed.
func (s *Session) reachesOf(action string, t actions.ResourceType, region string, resources int) []reach {
	if resources == 0 {
		return nil
	}
	f, at := s.factsOfAction(action), unnamed{t.Name, &t.ARNs[0], region}
	if f.reaches == nil {
		f.reaches = map[unnamed][]reach{}
	}
	list, ok := f.reaches[at]
	if !ok {
		list = make([]reach, resources)
		f.reaches[at] = list
	}
	return list
}
