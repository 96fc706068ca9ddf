// Package scan checks every role in scope of an account once. It reads the account through an interface and reports
// values: findings, what exceptions cover, and what is unknown. It stores and prints nothing.
package scan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Account is an account that a scan goes through: an export, or a live one. A page that cannot be read fails with
// role.ErrUnread; any other error ends the scan.
type Account interface {
	// Regions are those that have functions, or may have.
	Regions() []string
	FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error)
	RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error)
	Role(ctx context.Context, ref role.Ref) (role.Snapshot, error)
	// Users lists the function versions that use a role, once all functions were listed.
	Users(roleKey string) role.Users
	// Providers are the capacity providers of the Regions.
	Providers(ctx context.Context, anew string) (role.Providers, error)
	// Missing names, once the scan is through, each input that the account does not contain.
	Missing() []role.Gap
}

// Options are what a scan works with.
type Options struct {
	// Rules are the checks in force, and Parameters what these know of the account's owner.
	Rules      *inforce.Set
	Parameters check.Parameters
	// Refused are refused calls by the key of the role that they are about; such a role is in scope.
	Refused map[string][]check.Refusal
	// Asked are the keys of roles that somebody asks about; they are in scope.
	Asked map[string]bool
	// Now is the time of the scan; fractions of a second are dropped.
	Now time.Time
	// Graph builds the graph of the account, from which checks learn what the role can become; nil where nobody asks.
	Graph func(reach.Listing) *reach.Graph
	// Others is what is known of the other accounts of the organization; nil for an account alone.
	Others *reach.Others
	// Progress is called with a line about how far the scan is.
	Progress func(string)
}

// Run checks every role in scope: those that functions use, including missing ones, and those that Lambda may assume.
// What it does not know is in the result's Unknowns. When it breaks off it returns what it has, with the error.
func Run(ctx context.Context, account Account, options Options) (Result, error) {
	options.Now = options.Now.UTC().Truncate(time.Second)
	s := scanning{collection: collection{missing: map[string]*missing{}}, Options: options}
	err := s.run(ctx, account)
	for _, gap := range account.Missing() {
		s.lacks(gap)
	}
	s.Tally.Partial = err != nil
	return s.done(), err
}

// scanning is a scan under way.
type scanning struct {
	collection
	Options
	// functions are those of the account, as a graph takes them.
	functions []reach.Function
	graph     *reach.Graph
}

func (s *scanning) run(ctx context.Context, account Account) error {
	refs, err := s.used(ctx, account)
	if err != nil {
		return err
	}
	providers, err := account.Providers(ctx, "")
	if err != nil {
		return err
	}
	for _, p := range providers.List {
		if ref, err := role.ParseRef(p.Role); err == nil {
			refs[ref.Key()] = ref
		}
	}
	users := func(key string) role.Users {
		u := account.Users(key)
		u.Providers = providers.Of(key)
		return u
	}
	listed, existing, err := s.list(ctx, account, users, refs)
	if err != nil {
		// What was read is checked all the same.
		s.check(slices.Concat(listed...))
		return err
	}
	s.build(ctx, account, listed)
	s.checkPages(listed)
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(refs)), unlistedPage) {
		snapshots, err := unlisted(ctx, account, users, refs, keys, existing)
		s.check(snapshots)
		if err != nil {
			return err
		}
	}
	return nil
}

// checkedPage is how many roles are checked between two lines about how far the scan is.
const checkedPage = 500

// list reads all roles of the account, in pages of checkedPage, and takes them out of those that functions use.
func (s *scanning) list(ctx context.Context, account Account, users func(key string) role.Users, refs map[string]role.Ref) (listed [][]role.Snapshot, existing []role.Ref, err error) {
	for marker := ""; ; {
		snapshots, next, err := account.RolePage(ctx, marker)
		if errors.Is(err, role.ErrUnread) {
			s.Graph = nil // What the account has in it is not known.
			return listed, existing, nil
		}
		// An export answers without asking whether anybody still waits.
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return listed, existing, err
		}
		for i := range snapshots {
			ref := snapshots[i].Ref
			key := ref.Key()
			delete(refs, key)
			ref.ARN = snapshots[i].ARN()
			snapshots[i].Users = users(key)
			if len(existing)%checkedPage == 0 {
				listed = append(listed, make([]role.Snapshot, 0, checkedPage))
			}
			existing = append(existing, ref)
			last := &listed[len(listed)-1]
			*last = append(*last, snapshots[i])
		}
		s.Progress(fmt.Sprintf("listing roles: %d", len(existing)))
		if marker = next; marker == "" {
			return listed, existing, nil
		}
	}
}

// unlistedPage is how many of the roles that functions name, and that no page of roles has, are checked together.
const unlistedPage = 100

// unlisted reads roles by their keys, with the existing roles of similar names where they do not exist. With an error it gives those
// that it read before.
func unlisted(ctx context.Context, account Account, users func(string) role.Users, refs map[string]role.Ref, keys []string, existing []role.Ref) (snapshots []role.Snapshot, err error) {
	for _, key := range keys {
		var snapshot role.Snapshot
		snapshot, err = account.Role(ctx, refs[key])
		if err = cmp.Or(err, ctx.Err()); err != nil {
			break
		}
		snapshot.Users = users(key)
		snapshots = append(snapshots, snapshot)
	}
	parallel.Each(len(snapshots), func(i int) {
		if s := &snapshots[i]; s.Exists() == role.Absent {
			s.Similar = role.SimilarTo(s.Ref, slices.Values(existing))
		}
	})
	return snapshots, err
}

// used are the roles that functions are configured with, by key.
func (s *scanning) used(ctx context.Context, account Account) (map[string]role.Ref, error) {
	refs, functions := map[string]role.Ref{}, map[string]bool{}
	for _, region := range account.Regions() {
		for marker := ""; ; {
			versions, next, err := account.FunctionPage(ctx, region, marker)
			if errors.Is(err, role.ErrUnread) {
				break
			}
			if err = cmp.Or(err, ctx.Err()); err != nil {
				return nil, err
			}
			for _, f := range versions {
				s.addFunction(&f, functions[f.ARN])
				functions[f.ARN] = true
				ref, err := role.ParseRef(f.Role)
				if err != nil {
					return nil, fmt.Errorf("scan %s: %w", f.QualifiedARN(), err)
				}
				refs[ref.Key()] = ref
			}
			s.Progress(fmt.Sprintf("listing functions: %d, in %s", len(functions), region))
			if marker = next; marker == "" {
				break
			}
		}
	}
	s.Tally.Functions = len(functions)
	return refs, nil
}

// check judges those of the roles that are in scope, several at a time, and collects the judgements in their order. A role
// that may be in scope is collected as unknown.
func (s *scanning) check(snapshots []role.Snapshot) { s.collect(s.judge(snapshots)) }

// checkPages checks all roles page by page, and lets go of those that were checked. A page is collected while the next one is judged.
func (s *scanning) checkPages(listed [][]role.Snapshot) {
	var collecting sync.WaitGroup
	var before judged
	for _, page := range listed {
		next := s.judge(page)
		collecting.Wait()
		forget(before.snapshots)
		before = next
		collecting.Go(func() { s.collect(next) })
	}
	collecting.Wait()
	forget(before.snapshots)
}

// judged are roles with what was found of each.
type judged struct {
	snapshots  []role.Snapshot
	scopes     []reconcile.Scope
	judgements []inforce.Judgement
}

func (s *scanning) judge(snapshots []role.Snapshot) judged {
	j := judged{snapshots, make([]reconcile.Scope, len(snapshots)), make([]inforce.Judgement, len(snapshots))}
	parallel.Each(len(snapshots), func(i int) {
		j.scopes[i] = reconcile.ScopeOf(&snapshots[i], reconcile.Memory{}, s.Now)
		var refused []check.Refusal
		if len(s.Refused)+len(s.Asked) > 0 {
			key := snapshots[i].Ref.Key()
			if refused = s.Refused[key]; len(refused) > 0 || s.Asked[key] {
				j.scopes[i] = reconcile.Scope{Answer: reconcile.InScope}
			}
		}
		if j.scopes[i].Answer == reconcile.InScope {
			j.judgements[i] = s.Rules.Judge(&check.Subject{Role: &snapshots[i], Now: s.Now, Parameters: s.Parameters, Refusals: refused, Reach: s.reachOf(&snapshots[i])})
		}
	})
	return j
}

// collect collects what was found, and says how far the scan is.
func (s *scanning) collect(j judged) {
	defer func() { s.Progress(fmt.Sprintf("checking roles: %d", s.Tally.Roles)) }()
	for i, scope := range j.scopes {
		switch scope.Answer {
		case reconcile.InScope:
			s.take(&j.snapshots[i], &j.judgements[i], s.Now)
		case reconcile.ScopeUnknown:
			s.unscoped(j.snapshots[i].ARN(), scope.Missing)
		}
	}
}
