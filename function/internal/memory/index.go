package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// index says which function versions there are and which role each uses.
type index struct {
	functions map[string]map[string]indexed
	// byRole holds, for a role's key, the functions that have a version which uses it.
	byRole map[string]map[string]bool
	// refused are, for a function, the ARNs of the roles of which a refused call for it is remembered.
	refused map[string]map[string]bool
}

// indexed is a version as a sweep, or an event while that generation was the newest, has seen it.
type indexed struct {
	function   role.Function
	roleKey    string
	generation int64
}

func (v indexed) copied() role.Function {
	f := v.function
	f.Aliases = slices.Clone(f.Aliases)
	return f
}

func newIndex() index {
	return index{functions: map[string]map[string]indexed{}, byRole: map[string]map[string]bool{}, refused: map[string]map[string]bool{}}
}

func (x *index) put(f role.Function, generation int64) {
	versions := x.functions[f.ARN]
	if versions == nil {
		versions = map[string]indexed{}
		x.functions[f.ARN] = versions
	}
	f.Aliases = slices.Clone(f.Aliases)
	key := f.RoleKey()
	versions[f.Version] = indexed{f, key, generation}
	if x.byRole[key] == nil {
		x.byRole[key] = map[string]bool{}
	}
	x.byRole[key][f.ARN] = true
}

// list gives a function's versions, $LATEST first and then by number.
func (x *index) list(arn string) []role.Function {
	var out []role.Function
	for _, v := range x.functions[arn] {
		out = append(out, v.copied())
	}
	slices.SortFunc(out, role.ByVersion)
	return out
}

// Users lists the function versions that use a role, by the index. The list is complete once a sweep has built it.
func (s *Store) Users(ctx context.Context, account, roleKey string) (role.Users, error) {
	s.mu.Lock()
	users := role.Users{Complete: s.sweeps[account].Indexed > 0}
	if !users.Complete {
		users.Why = "no sweep of account " + account + " has listed every function yet"
	}
	for arn := range s.index.byRole[roleKey] {
		for _, v := range s.index.functions[arn] {
			if v.roleKey == roleKey {
				users.List = append(users.List, v.copied())
			}
		}
	}
	s.mu.Unlock()
	slices.SortFunc(users.List, func(a, b role.Function) int { return cmp.Or(cmp.Compare(a.ARN, b.ARN), role.ByVersion(a, b)) })
	if s.Hooks.Users != nil {
		users = s.Hooks.Users(roleKey, users)
	}
	return users, ctx.Err()
}

// Versions lists the versions of a function in the index.
func (s *Store) Versions(ctx context.Context, functionARN string) ([]role.Function, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.list(functionARN), ctx.Err()
}

// PutVersions makes the index hold these versions of a function and no others. They count as seen by the newest sweep.
func (s *Store) PutVersions(ctx context.Context, account, functionARN string, versions []role.Function) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.remove(functionARN, func(indexed) bool { return true })
	for _, f := range versions {
		if f.ARN != functionARN {
			return fmt.Errorf("put versions of %s: %s is another function", functionARN, f.ARN)
		}
		s.index.put(f, s.sweeps[account].Generation)
	}
	return ctx.Err()
}

// Refused lists the ARNs of the roles of which a refused call for a function is remembered, and perhaps more.
func (s *Store) Refused(ctx context.Context, functionARN string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.index.refused[functionARN])), ctx.Err()
}

// PutRefused notes such a role.
func (s *Store) PutRefused(ctx context.Context, functionARN, roleARN string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index.refused[functionARN] == nil {
		s.index.refused[functionARN] = map[string]bool{}
	}
	s.index.refused[functionARN][roleARN] = true
	return ctx.Err()
}

// DropRefused takes the note away.
func (s *Store) DropRefused(ctx context.Context, functionARN, roleARN string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.index.refused[functionARN], roleARN)
	if len(s.index.refused[functionARN]) == 0 {
		delete(s.index.refused, functionARN)
	}
	return ctx.Err()
}

// PutSwept adds versions that a sweep of this generation has seen. What an event has written since that sweep began is
// newer and stays.
func (s *Store) PutSwept(ctx context.Context, generation int64, versions []role.Function) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range versions {
		if old, ok := s.index.functions[f.ARN][f.Version]; ok && old.generation >= generation {
			continue
		}
		s.index.put(f, generation)
	}
	return ctx.Err()
}

// remove takes versions out of the index.
func (x *index) remove(arn string, which func(indexed) bool) {
	for version, v := range x.functions[arn] {
		if which(v) {
			delete(x.functions[arn], version)
			x.unlink(v.roleKey, arn)
		}
	}
	if len(x.functions[arn]) == 0 {
		delete(x.functions, arn)
	}
}

// unlink forgets that a function uses a role, unless a version of it still does.
func (x *index) unlink(key, arn string) {
	for _, v := range x.functions[arn] {
		if v.roleKey == key {
			return
		}
	}
	delete(x.byRole[key], arn)
	if len(x.byRole[key]) == 0 {
		delete(x.byRole, key)
	}
}

// SweepState tells of an account's sweeps.
func (s *Store) SweepState(ctx context.Context, account string) (finding.Sweep, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sweeps[account], ctx.Err()
}

// StartSweep leases a new generation until then; false when another sweep is under way.
func (s *Store) StartSweep(ctx context.Context, account string, now, until time.Time) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sweep := s.sweeps[account]
	if sweep.LeasedUntil.After(now) {
		return 0, false, ctx.Err()
	}
	sweep.Generation++
	sweep.LeasedUntil = until
	s.sweeps[account] = sweep
	return sweep.Generation, true, ctx.Err()
}

// IndexBuilt notes that the index holds every function as of a generation. Versions that neither its sweep nor an event
// since has seen are gone. A generation that a newer one has overtaken changes nothing.
func (s *Store) IndexBuilt(ctx context.Context, account string, generation int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sweep := s.sweeps[account]
	if sweep.Generation != generation {
		return ctx.Err()
	}
	sweep.Indexed = generation
	s.sweeps[account] = sweep
	for arn := range s.index.functions {
		if aws.AccountOf(arn) == account {
			s.index.remove(arn, func(v indexed) bool { return v.generation < generation })
		}
	}
	return ctx.Err()
}

// Search does nothing: no item expires here.
func (s *Store) Search(ctx context.Context) error { return ctx.Err() }

// FinishSweep notes that a generation is complete and gives up its lease. A generation that a newer one has overtaken
// changes nothing.
func (s *Store) FinishSweep(ctx context.Context, account string, generation int64, started time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sweep := s.sweeps[account]
	if sweep.Generation != generation {
		return ctx.Err()
	}
	sweep.Complete, sweep.CompletedAt, sweep.LeasedUntil = generation, started, time.Time{}
	s.sweeps[account] = sweep
	return ctx.Err()
}
