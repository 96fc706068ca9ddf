package hub_test

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// cloud is an account that a watch reads.
type cloud struct {
	id        string
	created   time.Time
	roles     map[string]*cloudRole
	functions []role.Function
	// scp is the text of a policy of the organization that binds the account, and shown what its reader has read of it.
	scp, shown string
	shownAt    time.Time
	forgotten  int
	now        func() time.Time
	// onRead runs before a role is read; its error is that of the read.
	onRead func(ctx context.Context) error
	reads  int
}

type cloudRole struct {
	trust  string
	inline map[string]string
}

func (c *cloud) arn(name string) string { return "arn:aws:iam::" + c.id + ":role/" + name }

func (c *cloud) snapshot(name string) role.Snapshot {
	s := role.Snapshot{Ref: role.Ref{Partition: "aws", Account: c.id, Name: name, ARN: c.arn(name)}}
	s.RCPs = role.None[[][]policy.Part]()
	s.SCPs = role.None[[][]policy.Part]()
	if c.shown != "" {
		document, err := policy.Parse([]byte(c.shown), policy.SCP)
		if err != nil {
			panic(err)
		}
		s.SCPs = role.Have([][]policy.Part{{{Name: "p-guard", Document: document}}})
	}
	r := c.roles[name]
	if r == nil {
		s.Identity, s.Trust, s.Boundary = role.None[role.Identity](), role.None[role.Policy](), role.None[role.Policy]()
		s.Inline, s.Attached, s.Tags = role.None[[]role.Policy](), role.None[[]role.Policy](), role.None[map[string]string]()
		return s
	}
	s.Identity = role.Have(role.Identity{ARN: c.arn(name), ID: "AROA" + c.id + name, Created: role.Have(c.created)})
	s.Trust, s.Boundary = role.Have(role.NewPolicy("trust", r.trust, policy.Trust)), role.None[role.Policy]()
	s.Attached, s.Tags = role.None[[]role.Policy](), role.None[map[string]string]()
	var inline []role.Policy
	for _, policyName := range slices.Sorted(maps.Keys(r.inline)) {
		inline = append(inline, role.NewPolicy(role.InlinePart(policyName), r.inline[policyName], policy.Identity))
	}
	s.Inline = role.Have(inline)
	return s
}

func (c *cloud) Role(ctx context.Context, ref role.Ref) (role.Snapshot, error) {
	c.reads++
	if c.onRead != nil {
		if err := c.onRead(ctx); err != nil {
			return role.Snapshot{}, err
		}
	}
	return c.snapshot(ref.Name), nil
}

func (c *cloud) PolicyRoles(context.Context, string) ([]role.Ref, error) { return nil, nil }

func (c *cloud) Function(_ context.Context, arn string) (out []role.Function, _ error) {
	for _, f := range c.functions {
		if f.ARN == arn {
			out = append(out, f)
		}
	}
	return out, nil
}

func (c *cloud) MappingFunction(context.Context, string, string) (string, error) { return "", nil }

func (c *cloud) Providers(context.Context, string) (role.Providers, error) {
	return role.Providers{Complete: true}, nil
}

func (c *cloud) RolePage(context.Context, string) ([]role.Snapshot, string, error) {
	var page []role.Snapshot
	for _, name := range slices.Sorted(maps.Keys(c.roles)) {
		page = append(page, c.snapshot(name))
	}
	return page, "", nil
}

func (c *cloud) FunctionPage(context.Context, string, string) ([]role.Function, string, error) {
	return c.functions, "", nil
}

// ForgetOrganization has the policies of the organization read anew, unless they were read since a time.
func (c *cloud) ForgetOrganization(before time.Time) {
	if c.shownAt.Before(before) {
		c.shown, c.shownAt, c.forgotten = c.scp, c.now(), c.forgotten+1
	}
}
