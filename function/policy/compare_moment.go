package policy

import (
	"maps"
	"slices"
)

// moment is what a search goes back to.
type moment struct {
	must             [][]*resourcePattern
	not              []*resourcePattern
	actMust          [][]actionPattern
	actNot           []actionPattern
	tests            map[string][]keyTest
	later            []*node
	resource, action string
	values           map[string]ContextValue
	held             map[held]bool
}

func (s *search) snapshot() moment {
	return moment{
		slices.Clip(s.must), slices.Clip(s.not), slices.Clip(s.actMust), slices.Clip(s.actNot), maps.Clone(s.tests), s.later,
		s.resource, s.action, maps.Clone(s.values), maps.Clone(s.held),
	}
}

func (s *search) restore(m moment) {
	s.must, s.not, s.actMust, s.actNot, s.tests, s.later = m.must, m.not, m.actMust, m.actNot, m.tests, m.later
	s.resource, s.action, s.values, s.held = m.resource, m.action, m.values, m.held
}
