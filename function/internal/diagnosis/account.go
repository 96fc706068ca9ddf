package diagnosis

import (
	"context"
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// one is the account as a scan goes through it: one function, and its roles.
type one struct{ *asking }

// Regions is the Region of the function, if there is one.
func (o one) Regions() []string {
	f, err := aws.ParseARN(o.function)
	if err != nil {
		return nil
	}
	return []string{f.Region}
}

// FunctionPage gives the versions of the function that use one of the roles.
func (o one) FunctionPage(context.Context, string, string) ([]role.Function, string, error) {
	return o.users(""), "", nil
}

// RolePage gives the role that is asked about, which no version may use.
func (o one) RolePage(ctx context.Context, _ string) ([]role.Snapshot, string, error) {
	if o.role == "" {
		return nil, "", nil
	}
	if o.snapshot != nil {
		return []role.Snapshot{*o.snapshot}, "", nil
	}
	ref, err := role.ParseRef(o.role)
	if err != nil {
		return nil, "", err
	}
	snapshot, err := o.Role(ctx, ref)
	o.absent = err == nil && snapshot.Exists() == role.Absent
	return []role.Snapshot{snapshot}, "", err
}

// Role reads a role, and notes what could not be read of the organization's policies.
func (o one) Role(ctx context.Context, ref role.Ref) (role.Snapshot, error) {
	snapshot, err := o.account.Role(ctx, ref)
	if err != nil {
		return role.Snapshot{}, fmt.Errorf("read role %s: %w", ref.Name, err)
	}
	o.limit("service control policies", snapshot.SCPs)
	o.limit("resource control policies", snapshot.RCPs)
	return snapshot, nil
}

func (o one) limit(name string, m role.Maybe[[][]policy.Part]) {
	if m.State() != role.Unknown {
		return
	}
	gap := m.Gap(name)
	gap.What = name + ": " + strings.TrimPrefix(m.Why(), name+": ") // An export says itself what its reason is about.
	o.miss(gap)
}

// miss notes something that could not be read, once.
func (a *asking) miss(gap role.Gap) {
	a.missing = role.DistinctGaps(append(a.missing, gap))
}

// Users are the versions of the function that use a role. Whether other functions do is not looked at.
func (o one) Users(key string) role.Users {
	return role.Users{List: o.users(key), Why: "functions: rolewatch read only the function in question"}
}

// Providers says that capacity providers are not looked at.
func (o one) Providers(context.Context, string) (role.Providers, error) {
	return role.NoProviders(role.Because("only the function that is asked about is read")), nil
}

// users are the versions that use a role, any of the roles that are asked about where its key is empty.
func (o one) users(key string) (out []role.Function) {
	asked, err := role.ParseRef(o.role)
	for _, f := range o.versions {
		if of := f.RoleKey(); (key == "" || key == of) && (err != nil || asked.Key() == of) {
			out = append(out, f)
		}
	}
	return out
}

// Missing is what could not be read.
func (o one) Missing() []role.Gap { return o.missing }
