package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// opener opens an account.
type opener func(ctx context.Context, id string) (scan.Account, error)

// mostRemembered is how many roles and function versions are kept of all accounts while the last ones are listed. What is beyond that is listed
// twice.
const mostRemembered = 20_000

// together lists accounts for what they have that bears on each other, before they are checked. It gives the rules with what each account is
// to know of the others, and what opens the accounts from then on: those that are remembered are not listed again.
func together(ctx context.Context, o *organization.Organization, accounts []organization.Account, workers int, open opener, rules ruling, t *tracker) (ruling, opener, error) {
	if len(accounts) < 2 {
		return rules, open, nil
	}
	rules.organization = o.ID
	s := &surveyor{
		open: open, surveys: scan.NewSurveys(o.ID), opened: map[string]*opened{}, most: mostRemembered, now: rules.now().UTC().Truncate(time.Second),
		graphs: danger.Graphs{Parameters: rules.graphParameters(), Accepted: rules.accepted},
	}
	for _, a := range o.Accounts {
		if !slices.ContainsFunc(accounts, func(chosen organization.Account) bool { return chosen.ID == a.ID }) {
			s.surveys.Lack(a.ID, role.Gap{What: "account " + a.String() + " is not among the accounts that are scanned", SettledBy: "Scan that account, too."})
		}
	}
	parallel.AtMost(len(accounts), workers, func(i int) {
		if ctx.Err() == nil {
			s.survey(ctx, accounts[i], func(text string) { t.tell(accounts[i], text) })
		}
	})
	rules.others = s.surveys.Others
	return rules, s.take, nil
}

// surveyor lists accounts. It is safe for concurrent use.
type surveyor struct {
	open    opener
	surveys *scan.Surveys
	graphs  danger.Graphs
	now     time.Time
	most    int

	mu         sync.Mutex
	opened     map[string]*opened
	remembered int
}

// opened is an account that was opened, or why it could not be.
type opened struct {
	account *scan.Remembered
	err     error
}

// survey lists an account.
func (s *surveyor) survey(ctx context.Context, a organization.Account, tell func(string)) {
	tell("opening")
	account, err := s.open(ctx, a.ID)
	if err != nil {
		s.keep(a.ID, &opened{err: err})
		s.lack(ctx, a, err)
		return
	}
	one := scan.Remember(account)
	listing, err := scan.List(ctx, one, tell)
	if err != nil {
		s.keep(a.ID, &opened{account: one})
		s.lack(ctx, a, err)
		return
	}
	s.surveys.Add(a.ID, a.Name, s.graphs.Survey(listing, s.now))
	s.keep(a.ID, &opened{account: one})
}

// lack notes that an account is not known.
func (s *surveyor) lack(ctx context.Context, a organization.Account, err error) {
	why := troubleOf(ctx, err, false)
	s.surveys.Lack(a.ID, role.Gap{What: fmt.Sprintf("account %s is not read: %s", a.String(), why.Why), SettledBy: why.SettledBy})
}

// keep keeps an account, unless there is too much already.
func (s *surveyor) keep(id string, o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.err == nil {
		if s.remembered+o.account.Size > s.most {
			return
		}
		s.remembered += o.account.Size
	}
	s.opened[id] = o
}

// take gives an account that is kept, once, and opens any other.
func (s *surveyor) take(ctx context.Context, id string) (scan.Account, error) {
	s.mu.Lock()
	o := s.opened[id]
	delete(s.opened, id)
	s.mu.Unlock()
	switch {
	case o == nil:
		return s.open(ctx, id)
	case o.err != nil:
		return nil, o.err
	}
	return o.account, nil
}
