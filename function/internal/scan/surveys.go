package scan

import (
	"maps"
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Surveys are what accounts of one organization have that bears on each other. They are safe for concurrent use.
type Surveys struct {
	// Organization is the ID of the organization; empty where it is not known.
	Organization string

	mu      sync.Mutex
	ties    map[string]reach.Ties
	parts   map[string]reach.Part
	known   map[string]bool
	unknown map[string]role.Gap
}

// NewSurveys makes empty ones.
func NewSurveys(organization string) *Surveys {
	return &Surveys{
		Organization: organization, ties: map[string]reach.Ties{}, parts: map[string]reach.Part{}, known: map[string]bool{}, unknown: map[string]role.Gap{},
	}
}

// Add adds what was found of an account.
func (s *Surveys) Add(account, name string, of *reach.Survey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[account], s.ties[account] = true, of.Ties
	delete(s.unknown, account)
	if len(of.Part.Roles) > 0 {
		p := of.Part
		p.Account, p.Name = account, name
		s.parts[account] = p
	}
}

// Lack notes why nothing is known of an account.
func (s *Surveys) Lack(account string, why role.Gap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknown[account] = why
}

// Others is what is known of the other accounts for the graph of one. It is not to be changed while that is used.
func (s *Surveys) Others(account string) *reach.Others {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := &reach.Others{Organization: s.Organization, Known: s.known, Unknown: s.unknown}
	wanted, left := reach.Wanted(s.ties, account, reach.MostAccounts)
	for _, id := range wanted {
		if p, ok := s.parts[id]; ok {
			o.Parts = append(o.Parts, p)
		}
	}
	if len(left) > 0 {
		o.Unknown = maps.Clone(s.unknown)
		for _, id := range left {
			o.Unknown[id] = reach.TooMany(id)
		}
		o.Known = maps.Clone(s.known)
		maps.DeleteFunc(o.Known, func(id string, _ bool) bool { return slices.Contains(left, id) })
	}
	return o
}
