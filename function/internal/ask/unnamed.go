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
