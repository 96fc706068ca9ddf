// Package history is an AWS account as CloudTrail records show it, and the records themselves: found in files, read in each of
// their forms, and put in order. What no record shows is unknown. It judges nothing and decides nothing.
package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Base is an account as it was before the records began.
type Base interface {
	Role(ctx context.Context, ref role.Ref) (role.Snapshot, error)
	PolicyRoles(ctx context.Context, policyARN string) ([]role.Ref, error)
	Function(ctx context.Context, arn string) ([]role.Function, error)
	MappingFunction(ctx context.Context, region, id string) (string, error)
	RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error)
	FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error)
	// Providers are the capacity providers of the account.
	Providers(ctx context.Context, anew string) (role.Providers, error)
	// ManagedPolicy gives one version of a managed policy, the default one when version is empty. Its text is unknown
	// where the account does not tell it.
	ManagedPolicy(policyARN, version string) role.Policy
}

// Account is what the records taken in so far tell, on top of a base if there is one. It is safe for concurrent use.
type Account struct {
	base Base

	mu        sync.Mutex
	roles     map[string]*roleRecord
	policies  map[string]*policyRecord
	functions map[string]*functionRecord
	// providers are the capacity providers; of is nil before the base was asked.
	providers members[role.Provider]
	// holders are, for a managed policy's ARN, the roles that held it once, as a policy or as a boundary.
	holders map[string]map[string]bool
	// blurs are the newest records that may have changed an aspect of any role, policy or function.
	blurs map[reach]blur
	// usersChanged says that a record has changed a user or a group.
	usersChanged bool
	// organization is the newest record that changed what binds accounts.
	organization blur
}

// New is an account of which nothing is known beyond base, which may be nil.
func New(base Base) *Account {
	return &Account{
		base: base, roles: map[string]*roleRecord{}, policies: map[string]*policyRecord{},
		functions: map[string]*functionRecord{}, holders: map[string]map[string]bool{}, blurs: map[reach]blur{},
	}
}

// Apply takes a record into account. A refused call changes nothing, and a record that is older than what is known of
// the part it touches does not overwrite it. Its errors are the base's.
func (a *Account) Apply(ctx context.Context, c *events.Change) error {
	if c.Failed() {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var err error
	switch {
	case isOfUsers(c):
		a.applyUsers(c)
	case c.Unread != "":
		err = a.applyUnread(ctx, c)
	case c.Event.Subject == events.SubjectOrganization:
		a.applyOrganization(c)
	case c.Omitted:
		a.applyOmitted(c)
	case c.Event.Subject == events.SubjectProvider:
		err = a.applyProvider(ctx, c)
	case c.Event.Source == aws.LambdaService:
		err = a.applyLambda(ctx, c)
	case c.Event.Source == aws.IAMService && !c.Role.IsZero():
		err = a.applyRole(ctx, c)
	case c.Event.Source == aws.IAMService && c.Policy.ARN != "":
		err = a.applyPolicy(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("apply record %s (%s): %w", c.ID, c.Name, err)
	}
	return nil
}

// Role reads every part of a role, less its users.
func (a *Account) Role(ctx context.Context, ref role.Ref) (role.Snapshot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, err := a.role(ctx, ref)
	if err != nil {
		return role.Snapshot{}, err
	}
	return a.snapshot(ref, r), nil
}

// role gives what is known of a role, taken over from the base the first time.
func (a *Account) role(ctx context.Context, ref role.Ref) (*roleRecord, error) {
	key := ref.Key()
	if r := a.roles[key]; r != nil {
		return r, nil
	}
	var s role.Snapshot
	if a.base == nil {
		s.Identity = role.NotRead[role.Identity](role.NotRecorded("no record describes the role"))
	} else {
		var err error
		if s, err = a.base.Role(ctx, ref); err != nil {
			return nil, err
		}
	}
	r := newRoleRecord(ref, s)
	a.roles[key] = r
	for arn := range r.attached.of {
		a.hold(arn, key)
	}
	if arn, ok := r.boundary.Get(); ok {
		a.hold(arn, key)
	}
	return r, nil
}

func (a *Account) hold(policyARN, key string) {
	if a.holders[policyARN] == nil {
		a.holders[policyARN] = map[string]bool{}
	}
	a.holders[policyARN][key] = true
}

// PolicyRoles lists the roles that a managed policy is known to be attached to, as a policy or as a boundary.
func (a *Account) PolicyRoles(ctx context.Context, policyARN string) ([]role.Ref, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.adoptHolders(ctx, policyARN); err != nil {
		return nil, err
	}
	var refs []role.Ref
	for key := range a.holders[policyARN] {
		r := a.roles[key]
		if !r.holds(policyARN) {
			delete(a.holders[policyARN], key)
			continue
		}
		refs = append(refs, r.ref)
	}
	slices.SortFunc(refs, func(x, y role.Ref) int { return strings.Compare(x.Key(), y.Key()) })
	return refs, nil
}

// adoptHolders takes over from the base the roles that hold a managed policy there, as far as it tells.
func (a *Account) adoptHolders(ctx context.Context, policyARN string) error {
	if a.base == nil {
		return nil
	}
	refs, err := a.base.PolicyRoles(ctx, policyARN)
	if err != nil && !errors.Is(err, role.ErrUnread) {
		return err
	}
	for _, ref := range refs {
		if _, err := a.role(ctx, ref); err != nil {
			return err
		}
	}
	return nil
}

// refOf is the role that a record names. Role names are the recording account's own unless an ARN says otherwise.
func refOf(c *events.Change) role.Ref {
	if ref, err := role.ParseRef(c.Role.ARN); err == nil {
		return ref
	}
	return role.Ref{Partition: c.Partition, Account: c.Account, Name: c.Role.Name, ARN: c.Role.ARN}
}
