package scan

import (
	"context"
	"fmt"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// List reads what a graph is built from.
func List(ctx context.Context, account Account, progress func(string)) (reach.Listing, error) {
	s := scanning{collection: collection{missing: map[string]*missing{}}, Options: Options{Progress: progress, Graph: func(reach.Listing) *reach.Graph { return nil }}}
	refs, err := s.used(ctx, account)
	if err != nil {
		return reach.Listing{}, err
	}
	listed, _, err := s.list(ctx, account, account.Users, refs)
	if err == nil && s.Graph == nil {
		err = fmt.Errorf("list the account's roles: %w", role.ErrUnread)
	}
	if err != nil {
		return reach.Listing{}, err
	}
	return listingOf(ctx, account, listed, s.functions), nil
}

// UserLister is an account that lists its users. The reason why is not empty where they are not all known.
type UserLister interface {
	IAMUsers(ctx context.Context) (users []reach.Node, why string, err error)
}

// addFunction notes a function version for the graph. A function's latest version is the one that can be changed.
func (s *scanning) addFunction(f *role.Function, seen bool) {
	switch one := (reach.Function{ARN: f.ARN, Role: f.Role, Tags: f.Config.Tags}); {
	case s.Graph == nil:
	case !seen:
		s.functions = append(s.functions, one)
	case f.Version == aws.LatestVersion:
		for i := len(s.functions) - 1; i >= 0; i-- {
			if s.functions[i].ARN == f.ARN {
				s.functions[i] = one
				return
			}
		}
	}
}

// build builds the graph of the account.
func (s *scanning) build(ctx context.Context, account Account, listed [][]role.Snapshot) {
	if s.Graph == nil || len(listed) == 0 {
		return
	}
	s.Progress("building the graph of the account")
	l := listingOf(ctx, account, listed, s.functions)
	l.Others = s.Others
	s.graph = s.Graph(l)
	s.functions = nil
}

// noUsers is why the users of an account are not known that does not list them.
const noUsers = "the account's users are not read"

// listingOf is what a graph is built from.
func listingOf(ctx context.Context, account Account, listed [][]role.Snapshot, functions []reach.Function) reach.Listing {
	l := reach.Listing{Functions: functions, NoUsers: noUsers}
	for _, page := range listed {
		for i := range page {
			l.Roles = append(l.Roles, &page[i])
		}
	}
	if users := account.Users(""); !users.Complete {
		l.NoFunctions = users.Why
	}
	if lister, ok := account.(UserLister); ok {
		var err error
		if l.Users, l.NoUsers, err = lister.IAMUsers(ctx); err != nil {
			l.NoUsers = err.Error()
		}
	}
	return l
}

// forget lets go of what nobody reads any more of roles that were checked: the graph has its answers and their names.
func forget(snapshots []role.Snapshot) {
	for i := range snapshots {
		snapshots[i] = role.Snapshot{Ref: snapshots[i].Ref, Identity: snapshots[i].Identity}
	}
}

// reachOf is what the graph says of a role; nil without a graph.
func (s *scanning) reachOf(r *role.Snapshot) *reach.View {
	if s.graph == nil {
		return nil
	}
	return s.graph.Of(r.ARN())
}
