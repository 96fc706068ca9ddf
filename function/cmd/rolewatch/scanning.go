package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// scan checks every role in scope: those that functions use, be they missing, and those that Lambda may assume.
// When it breaks off it gives what it has.
func scan(ctx context.Context, account scannable, rules ruling, tell func(string)) (scanned, error) {
	s := scanning{missing: map[string]*missing{}, rules: rules, now: rules.now().UTC().Truncate(time.Second), told: tell}
	err := s.run(ctx, account)
	for _, why := range account.Missing() {
		s.miss(why, "", "")
	}
	s.tally.Partial = err != nil
	return s.done(), err
}

func (s *scanning) run(ctx context.Context, account scannable) error {
	refs, err := s.used(ctx, account)
	if err != nil {
		return err
	}
	for marker := ""; ; {
		shots, next, err := account.RolePage(ctx, marker)
		if errors.Is(err, role.ErrDenied) {
			break
		}
		// An export answers without asking whether anybody still waits.
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		for i := range shots {
			delete(refs, shots[i].Ref.Key())
			shots[i].Users = account.Users(shots[i].Ref.Key())
		}
		s.check(shots)
		if marker = next; marker == "" {
			break
		}
	}
	for _, key := range slices.Sorted(maps.Keys(refs)) {
		shot, err := account.Role(ctx, refs[key])
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		shot.Users = account.Users(key)
		s.check([]role.Snapshot{shot})
	}
	return nil
}

// scanning is a scan under way.
type scanning struct {
	scanned
	missing map[string]*missing
	rules   ruling
	now     time.Time
	// told is told how far the scan is.
	told func(string)
}

type missing struct{ checks, roles map[string]bool }

// used are the roles that functions are configured with, by key.
func (s *scanning) used(ctx context.Context, account scannable) (map[string]role.Ref, error) {
	refs, functions := map[string]role.Ref{}, map[string]bool{}
	for _, region := range account.Regions() {
		for marker := ""; ; {
			versions, next, err := account.FunctionPage(ctx, region, marker)
			if errors.Is(err, role.ErrDenied) {
				break
			}
			if err = cmp.Or(err, ctx.Err()); err != nil {
				return nil, err
			}
			for _, f := range versions {
				functions[f.ARN] = true
				ref, err := role.ParseRef(f.Role)
				if err != nil {
					return nil, fmt.Errorf("scan %s: %w", f.QualifiedARN(), err)
				}
				refs[ref.Key()] = ref
			}
			s.told(fmt.Sprintf("listing functions: %d, in %s", len(functions), region))
			if marker = next; marker == "" {
				break
			}
		}
	}
	s.tally.Functions = len(functions)
	return refs, nil
}

// check judges roles, those of them that are in scope: several at a time, and told in their order.
func (s *scanning) check(shots []role.Snapshot) {
	judgements := make([]*inforce.Judgement, len(shots))
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i := range shots {
		workers.Go(func() error {
			if shot := &shots[i]; len(shot.Users.List) > 0 || lambdaMayAssume(shot, s.now) {
				j := s.rules.set.Judge(&check.Subject{Role: shot, Now: s.now, Parameters: s.rules.parameters})
				judgements[i] = &j
			}
			return nil
		})
	}
	_ = workers.Wait()
	defer func() { s.told(fmt.Sprintf("checking roles: %d", s.tally.Roles)) }()
	for i, j := range judgements {
		if j != nil {
			s.take(&shots[i], j)
		}
	}
}

// take notes what was found of one role.
func (s *scanning) take(shot *role.Snapshot, j *inforce.Judgement) {
	s.tally.Roles++
	key, arn := shot.Ref.Key(), shot.ARN()
	for _, d := range j.Result.Diagnostics {
		s.findings = append(s.findings, finding.Of(key, arn, s.now, d))
	}
	s.excepted = append(s.excepted, exceptedOf(key, arn, s.now, j.Excepted)...)
	for _, u := range j.Result.Undecided {
		for _, what := range u.Missing {
			s.miss(what, u.Check.ID, key)
		}
	}
	for _, n := range j.Notes {
		s.miss(n.Text, n.Check, key)
	}
}

// lambdaMayAssume tells whether the trust policy may let Lambda in for some function.
func lambdaMayAssume(shot *role.Snapshot, now time.Time) bool {
	trust, ok := shot.Trust.Get()
	if !ok || trust.Document == nil {
		return false
	}
	decision := policy.LambdaCanAssume(trust.AsPart(), nil, shot.ARN(), "", now).Decision
	return decision == policy.Allowed || decision == policy.Unknown
}

func (s *scanning) miss(what, id, key string) {
	m := s.missing[what]
	if m == nil {
		m = &missing{map[string]bool{}, map[string]bool{}}
		s.missing[what] = m
	}
	if id != "" {
		m.checks[id], m.roles[key] = true, true
	}
}

func (s *scanning) done() scanned {
	slices.SortStableFunc(s.findings, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Check, b.Check), cmp.Compare(a.ID, b.ID))
	})
	for _, what := range slices.Sorted(maps.Keys(s.missing)) {
		m := s.missing[what]
		ids := slices.AppendSeq([]string{}, maps.Keys(m.checks))
		slices.Sort(ids)
		s.unknowns = append(s.unknowns, unknown{Missing: what, Checks: ids, Roles: len(m.roles)})
	}
	s.tally.Findings, s.tally.Unknown, s.tally.Excepted = len(s.findings), len(s.unknowns), len(s.excepted)
	return s.scanned
}
