package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// page is how many roles are read at a time.
const page = 100

// place is where a finding was found.
type place struct {
	state finding.State
	// stored is the finding where it is open, and act what somebody decided about it; nil where there is none.
	stored *finding.Stored
	act    *finding.Act
}

// atOnce is how many accounts' lists are read at the same time.
const atOnce = 16

// roles are the keys of the roles that have findings or acts, in order. One whose first finding was stored a moment ago may be missing.
func (f *Function) roles(ctx context.Context) ([]string, error) {
	stores := []Store{f.Store}
	if f.Members != nil {
		members, err := f.Members(ctx)
		if err != nil {
			return nil, err
		}
		for _, account := range members {
			if account != f.Account {
				stores = append(stores, f.Of(account))
			}
		}
	}
	lists, errs := make([][]string, len(stores)), make([]error, len(stores))
	parallel.AtMost(len(stores), atOnce, func(i int) { lists[i], errs[i] = rolesIn(ctx, stores[i]) })
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	keys := slices.Concat(lists...)
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// rolesIn are those of one account.
func rolesIn(ctx context.Context, s Store) ([]string, error) {
	open, err := s.OpenRoles(ctx)
	if err != nil {
		return nil, err
	}
	acted, err := s.ActedRoles(ctx)
	return append(open, acted...), err
}

// storeOf is the store of the account of a role, by its key.
func (f *Function) storeOf(key string) Store {
	if account := aws.AccountOf(key); f.Of != nil && account != f.Account {
		return f.Of(account)
	}
	return f.Store
}

// read reads the states and acts of some roles. A role that cannot be read has no findings here.
func (f *Function) read(ctx context.Context, keys []string) ([]finding.State, map[string][]finding.Act, error) {
	states, err := f.Store.Load(ctx, keys)
	var unread *finding.UnreadError
	if err != nil && !errors.As(err, &unread) {
		return nil, nil, err
	}
	acts, err := f.Store.Acts(ctx, keys)
	if acts == nil && err != nil {
		return nil, nil, err
	}
	if err != nil || unread != nil {
		f.Log.Error("roles not read", "states", textOf(unread), "acts", text(err))
	}
	return states, acts, nil
}

// find finds the one finding whose ID ends so, which is open or somebody decided something about. Where several IDs end so, none is
// meant: who may choose names could have made them so.
func (f *Function) find(ctx context.Context, hex string) (place, error) {
	keys, err := f.roles(ctx)
	if err != nil {
		return place{}, err
	}
	var found []place
	for chunk := range slices.Chunk(keys, page) {
		states, acts, err := f.read(ctx, chunk)
		if err != nil {
			return place{}, err
		}
		for _, state := range states {
			found = append(found, placesIn(state, acts[state.Key], hex)...)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return place{}, refuse("no finding that is open has the ID %s. One that was opened a moment ago may be missing: try again", hex)
	}
	return place{}, refuse("%d findings have IDs that end in %s, and which one is meant is not known", len(found), hex)
}

func placesIn(state finding.State, acts []finding.Act, hex string) []place {
	ids := map[string]*place{}
	at := func(id string) *place {
		if ids[id] == nil {
			ids[id] = &place{state: state}
		}
		return ids[id]
	}
	for i := range state.Findings {
		if s := &state.Findings[i]; s.Status != finding.Pending && strings.HasSuffix(s.ID, "-"+hex) {
			at(s.ID).stored = s
		}
	}
	for i := range acts {
		if a := &acts[i]; strings.HasSuffix(a.Finding, "-"+hex) {
			at(a.Finding).act = a
		}
	}
	var out []place
	for _, p := range ids {
		out = append(out, *p)
	}
	return out
}

// Listed is a finding of a list.
type Listed struct {
	ID       string         `json:"id"`
	Check    string         `json:"check"`
	Severity check.Severity `json:"severity,omitzero"`
	// Status is that of the finding; resolved for one that is not there, and whose acceptance goes on.
	Status    finding.Status `json:"status"`
	Role      string         `json:"role"`
	Functions int            `json:"functions"`
	FirstSeen time.Time      `json:"firstSeen,omitzero"`
	// Handled is what somebody decided.
	Handled *finding.Handled `json:"handled,omitempty"`
}

// list lists what is open, and what somebody decided about, role by role after a key.
func (f *Function) list(ctx context.Context, after string) (Answer, error) {
	keys, err := f.roles(ctx)
	if err != nil {
		return Answer{}, err
	}
	from, found := slices.BinarySearch(keys, after)
	if found {
		from++
	}
	keys = keys[from:]
	answer := Answer{}
	if len(keys) > page {
		keys, answer.Next = keys[:page], keys[page-1]
	}
	states, acts, err := f.read(ctx, keys)
	if err != nil {
		return Answer{}, err
	}
	for _, state := range states {
		answer.Findings = append(answer.Findings, f.listed(state, acts[state.Key])...)
	}
	answer.Text = words.Count(len(answer.Findings), "finding")
	return answer, nil
}

// listed are the findings of one role.
func (f *Function) listed(state finding.State, acts []finding.Act) []Listed {
	var out []Listed
	handled := map[string]*finding.Handled{}
	for _, a := range acts {
		handled[a.Finding] = f.handled(state, a)
	}
	for _, s := range state.Findings {
		if s.Status != finding.Pending {
			out = append(out, Listed{s.ID, s.Check, s.Severity, s.Status, state.ARN, s.Total, s.FirstSeen, handled[s.ID]})
			delete(handled, s.ID)
		}
	}
	for _, a := range acts {
		if h := handled[a.Finding]; a.Kind == finding.Accepted && h.Holds() {
			id, _, _ := strings.Cut(a.Finding, "-")
			out = append(out, Listed{ID: a.Finding, Check: id, Status: finding.Resolved, Role: state.ARN, Handled: h})
		}
	}
	return out
}

// handled is an act and what became of it, as the state shows it, or will when the role is read next.
func (f *Function) handled(state finding.State, a finding.Act) *finding.Handled {
	taken := finding.Taken{}
	for _, t := range state.Acts {
		if t.Act == a.ID && t.Finding == a.Finding {
			taken = t
		}
	}
	if taken.Ended.IsZero() && a.Kind == finding.Reopened {
		taken.Ended, taken.Why = a.At, finding.EndReopened
	}
	if taken.Ended.IsZero() && !f.Now().Before(a.Until) {
		taken.Ended, taken.Why = a.Until, finding.EndExpired
	}
	return finding.HandledBy(a, taken)
}

// show says what a finding is about and how to fix it, from what is stored. The statements are in the message that reported it.
func (f *Function) show(at place) string {
	s := at.stored
	out := fmt.Sprintf("%s %s, open since %s, role %s", s.ID, s.Severity, s.FirstSeen.UTC().Format(time.RFC3339), at.state.ARN)
	if s.Total > 0 {
		out += ", " + words.Count(s.Total, "function")
	}
	if c := f.Checks[s.Check]; c != nil {
		out += "\n" + c.Title + "\nHow to fix it: " + c.Fix
	}
	if at.act != nil {
		out += "\n" + finding.HandledText(*f.handled(at.state, *at.act))
	}
	return out + "\nThe message that reported it has the statements, and the command where there is one; `rolewatch scan --details` prints both."
}

func textOf(err *finding.UnreadError) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
