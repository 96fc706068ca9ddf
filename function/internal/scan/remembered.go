package scan

import (
	"context"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Remembered is an account that lists its functions, roles and users once, and gives them again to whoever lists it after that. It is not safe
// for concurrent use.
type Remembered struct {
	Account
	functions map[string]page[role.Function]
	roles     map[string]page[role.Snapshot]
	users     *listedUsers
	// Size is how many function versions and roles it has listed.
	Size int
}

// page is a page of a list as it was read.
type page[T any] struct {
	list []T
	next string
}

type listedUsers struct {
	users []reach.Node
	why   string
}

// Remember makes an account remember what it lists.
func Remember(a Account) *Remembered {
	return &Remembered{Account: a, functions: map[string]page[role.Function]{}, roles: map[string]page[role.Snapshot]{}}
}

// FunctionPage lists a page of functions.
func (r *Remembered) FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error) {
	return remembered(r.functions, region+"\n"+marker, &r.Size, func() ([]role.Function, string, error) { return r.Account.FunctionPage(ctx, region, marker) })
}

// RolePage lists a page of roles.
func (r *Remembered) RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	return remembered(r.roles, marker, &r.Size, func() ([]role.Snapshot, string, error) { return r.Account.RolePage(ctx, marker) })
}

// IAMUsers lists the users, where the account does.
func (r *Remembered) IAMUsers(ctx context.Context) ([]reach.Node, string, error) {
	lister, ok := r.Account.(UserLister)
	if !ok {
		return nil, noUsers, nil
	}
	if r.users == nil {
		users, why, err := lister.IAMUsers(ctx)
		if err != nil {
			return users, why, err
		}
		r.users = &listedUsers{users, why}
	}
	return slices.Clone(r.users.users), r.users.why, nil
}

// remembered is a page that was read before, or is read now. One that could not be read is read again.
func remembered[T any](pages map[string]page[T], key string, size *int, read func() ([]T, string, error)) ([]T, string, error) {
	if p, ok := pages[key]; ok {
		return slices.Clone(p.list), p.next, nil
	}
	list, next, err := read()
	if err == nil {
		pages[key] = page[T]{slices.Clone(list), next}
		*size += len(list)
	}
	return list, next, err
}
