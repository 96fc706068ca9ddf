package export

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// pageSize is how many roles or functions a page holds.
const pageSize = 500

// Role reads every part of a role, less its users. One that the export does not have is absent, or unknown where the
// export does not list every role.
func (a *Account) Role(_ context.Context, ref role.Ref) (role.Snapshot, error) {
	if d, ok := a.roles[ref.Key()]; ok {
		s := a.snapshot(d)
		s.Ref = ref
		return s, nil
	}
	s := role.Snapshot{Ref: ref, SCPs: a.scps, RCPs: a.rcps}
	why := role.NotExported(a.noRoles)
	if a.id != "" && ref.Account != a.id {
		another := "the export is of account " + a.id + ", not of " + ref.Account
		why = role.NotExported("roles: " + another)
		s.SCPs, s.RCPs = role.NotRead[[][]policy.Part](role.NotExported(another)), role.NotRead[[][]policy.Part](role.NotExported(another))
	}
	if why.Given() {
		s.Identity, s.Trust, s.Boundary = role.NotRead[role.Identity](why), role.NotRead[role.Policy](why), role.NotRead[role.Policy](why)
		s.Inline, s.Attached = role.NotRead[[]role.Policy](why), role.NotRead[[]role.Policy](why)
		s.Tags = role.NotRead[map[string]string](why)
		return s, nil
	}
	s.Similar = role.SimilarTo(ref, func(yield func(role.Ref) bool) {
		for _, d := range a.roles {
			if !yield(d.ref) {
				return
			}
		}
	})
	s.Identity, s.Trust, s.Boundary = role.None[role.Identity](), role.None[role.Policy](), role.None[role.Policy]()
	s.Inline, s.Attached = role.None[[]role.Policy](), role.None[[]role.Policy]()
	s.Tags = role.None[map[string]string]()
	return s, nil
}

// ManagedPolicy gives one version of a managed policy, the default one when version is empty. Its text is unknown where
// the export does not have it: a policy that was deleted and is attached still, say.
func (a *Account) ManagedPolicy(arn, version string) role.Policy {
	m, ok := a.policies[arn]
	if !ok {
		return role.Policy{Part: role.ManagedPart(arn), ARN: arn, Version: version, Text: role.NotRead[string](role.NotExported(a.dir + " has no document of " + arn))}
	}
	if version == "" {
		version = m.current
	}
	p, ok := m.parsed[version]
	if !ok {
		p = role.Policy{Part: role.ManagedPart(arn), Text: role.NotRead[string](role.NotExported(a.dir + " has no document of version " + version + " of " + arn))}
	}
	p.ARN, p.Version = arn, version
	return p
}

// PolicyRoles lists the roles that a managed policy is attached to, as a policy or as a boundary.
func (a *Account) PolicyRoles(_ context.Context, policyARN string) ([]role.Ref, error) {
	if a.noRoles != "" {
		return nil, fmt.Errorf("%s: %w", a.noRoles, role.ErrUnread)
	}
	refs := make([]role.Ref, 0, len(a.holders[policyARN]))
	for _, key := range slices.Sorted(slices.Values(a.holders[policyARN])) {
		refs = append(refs, a.roles[key].ref)
	}
	return refs, nil
}

// Function gives every version of a function; none when it does not exist.
func (a *Account) Function(_ context.Context, arn string) ([]role.Function, error) {
	list, ok := a.functions[arn]
	if of := aws.AccountOf(arn); !ok && a.id != "" && of != "" && of != a.id {
		return nil, &role.UnreadError{Why: role.NotExported("functions: the export is of account " + a.id + ", not of " + of)}
	}
	if ok || a.noFunctions == "" {
		return copied(list), nil
	}
	return nil, &role.UnreadError{Why: role.Because(a.noFunctions)}
}

// MappingFunction gives the ARN of the function that an event source mapping of a Region invokes; empty when the export has no
// such mapping.
func (a *Account) MappingFunction(_ context.Context, region, id string) (string, error) {
	for _, arn := range a.arns[region] {
		for _, f := range a.functions[arn] {
			if slices.ContainsFunc(f.Config.Sources.Or(nil), func(s role.Source) bool { return s.UUID == id && id != "" }) {
				return arn, nil
			}
		}
	}
	return "", nil
}

// RolePage gives roles with all their parts, and the marker of the next page, empty at the end.
func (a *Account) RolePage(_ context.Context, marker string) ([]role.Snapshot, string, error) {
	if a.noRoles != "" {
		return nil, "", fmt.Errorf("list roles: %s: %w", a.noRoles, role.ErrUnread)
	}
	keys, next, err := page(a.keys, marker)
	if err != nil {
		return nil, "", fmt.Errorf("list roles: %w", err)
	}
	shots := make([]role.Snapshot, len(keys))
	parallel.Each(len(keys), func(i int) { shots[i] = a.snapshot(a.roles[keys[i]]) })
	return shots, next, nil
}

// FunctionPage gives function versions of one Region, likewise.
func (a *Account) FunctionPage(_ context.Context, region, marker string) ([]role.Function, string, error) {
	if a.noFunctions != "" {
		return nil, "", fmt.Errorf("list functions: %s: %w", a.noFunctions, role.ErrUnread)
	}
	arns, next, err := page(a.arns[region], marker)
	if err != nil {
		return nil, "", fmt.Errorf("list functions of %s: %w", region, err)
	}
	var versions []*role.Function
	for _, arn := range arns {
		versions = append(versions, a.functions[arn]...)
	}
	return copied(versions), next, nil
}

func copied(list []*role.Function) []role.Function {
	out := make([]role.Function, len(list))
	for i, f := range list {
		out[i] = *f
	}
	return out
}

// Users lists the function versions that use a role. The list is the account's own: it is not changed.
func (a *Account) Users(roleKey string) role.Users {
	return role.Users{List: slices.Clip(a.users[roleKey]), Complete: a.noFunctions == "", Why: a.noFunctions}
}

// page cuts one page out of a list; its marker is an index.
func page(all []string, marker string) ([]string, string, error) {
	from := 0
	if marker != "" {
		var err error
		if from, err = strconv.Atoi(marker); err != nil || from < 0 || from > len(all) {
			return nil, "", fmt.Errorf("marker %q is not of this account", marker)
		}
	}
	to := min(from+pageSize, len(all))
	if to == len(all) {
		return all[from:to], "", nil
	}
	return all[from:to], strconv.Itoa(to), nil
}
