package history

import (
	"context"
	"slices"

	"github.com/rolewatch/rolewatch/events"
	graph "github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// whyNoUsers and whyUsersChanged say why users are not known.
const (
	whyNoUsers      = "CloudTrail records name only some users, and not what they may do"
	whyUsersChanged = "records change users or groups, and do not show all that they may do then"
)

// userLister is a base that lists users.
type userLister interface {
	IAMUsers(ctx context.Context) (users []graph.Node, why string, err error)
}

// IAMUsers are the users of the base, as long as no record changes one. What a managed policy allows them is unknown once a record changes it.
func (a *Account) IAMUsers(ctx context.Context) (users []graph.Node, why string, err error) {
	base, ok := a.base.(userLister)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !ok:
		return nil, whyNoUsers, nil
	case a.usersChanged:
		return nil, whyUsersChanged, nil
	}
	users, why, err = base.IAMUsers(ctx)
	for i := range users {
		attached, known := users[i].Attached.Get()
		isChanged := func(p role.Policy) bool { return a.policies[p.ARN] != nil }
		if known && slices.ContainsFunc(attached, isChanged) {
			s := *users[i].Snapshot
			s.Attached = role.NotRead[[]role.Policy](role.NotRecorded("records change a managed policy of the user"))
			s.Seen = slices.DeleteFunc(slices.Clone(attached), isChanged)
			users[i].Snapshot = &s
		}
	}
	return users, why, err
}

// applyUsers notes that a record changes users or groups.
func (a *Account) applyUsers(c *events.Change) { a.usersChanged = a.usersChanged || c.Event.Look }

// isOfUsers reports whether a record is of a user or a group.
func isOfUsers(c *events.Change) bool {
	return c.Event.Subject == events.SubjectUser || c.Event.Subject == events.SubjectGroup
}
