package watch_test

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// counters is metrics of which sweeps and findings are read.
type counters struct {
	sweeps int
	// findings are check, severity and transition, in order.
	findings []string
}

func (*counters) Event(string, string) {}
func (*counters) Reconciled(string)    {}
func (c *counters) Finding(check, severity, transition string) {
	c.findings = append(c.findings, check+" "+severity+" "+transition)
}
func (c *counters) SweepCompleted()  { c.sweeps++ }
func (*counters) Told(time.Duration) {}
func (*counters) Requeued()          {}

// cloud is the account that the watch reads.
type cloud struct {
	roles     map[string]*cloudRole
	functions map[string][]role.Function
	policies  map[string]string
	providers []role.Provider
	// listed are the capacity providers as they were listed lately, which one list still gives.
	listed []role.Provider
	// lag, when set, is what reads of a role still show.
	lag map[string]role.Snapshot
	// fail is the error of every read; denied marks calls that are denied.
	fail error
	// failing are the errors of the reads of roles, by name.
	failing map[string]error
	denied  map[string]bool
	// unsupported marks calls that the endpoint does not support.
	unsupported map[string]bool
	// scps are the policies of the organization, where they are read.
	scps      role.Maybe[[][]policy.Part]
	reads     int
	forgotten int
	// forgottenBefore are the times before which the organization must not have been read, in the order of the calls.
	forgottenBefore []time.Time
	// onRead runs before a role is read.
	onRead func()
	// onEveryRead runs before every read of a role.
	onEveryRead func()
}

type cloudRole struct {
	name, id, trust, boundary string
	created                   time.Time
	inline                    map[string]string
	attached                  map[string]bool
	tags                      map[string]string
}

func (c *cloud) Role(_ context.Context, ref role.Ref) (role.Snapshot, error) {
	c.reads++
	if hook := c.onRead; hook != nil {
		c.onRead = nil
		hook()
	}
	if c.onEveryRead != nil {
		c.onEveryRead()
	}
	if c.fail != nil {
		return role.Snapshot{}, c.fail
	}
	if err := c.failing[ref.Name]; err != nil {
		return role.Snapshot{}, err
	}
	if s, ok := c.lag[ref.Name]; ok {
		return s, nil
	}
	return c.snapshot(ref), nil
}

func (c *cloud) snapshot(ref role.Ref) role.Snapshot {
	s := role.Snapshot{Ref: ref, SCPs: role.NotRead[[][]policy.Part](role.Because("organization policies are not read")),
		RCPs: role.NotRead[[][]policy.Part](role.Because("organization policies are not read"))}
	if c.scps.State() == role.Known {
		s.SCPs = c.scps
	}
	r := c.roles[ref.Name]
	if r == nil || ref.Account != account {
		s.Identity, s.Trust, s.Boundary = role.None[role.Identity](), role.None[role.Policy](), role.None[role.Policy]()
		s.Inline, s.Attached, s.Tags = role.None[[]role.Policy](), role.None[[]role.Policy](), role.None[map[string]string]()
		return s
	}
	s.Identity = role.Have(role.Identity{ARN: roleARN(r.name), ID: r.id, Created: role.Have(r.created)})
	s.Trust = role.Have(role.NewPolicy("trust", r.trust, policy.Trust))
	s.Tags = role.Have(maps.Clone(r.tags))
	s.Boundary = role.None[role.Policy]()
	if r.boundary != "" {
		p := role.NewPolicy("boundary", c.policies[r.boundary], policy.Boundary)
		p.ARN = r.boundary
		s.Boundary = role.Have(p)
	}
	var inline, attached []role.Policy
	for _, name := range slices.Sorted(maps.Keys(r.inline)) {
		inline = append(inline, role.NewPolicy(role.InlinePart(name), r.inline[name], policy.Identity))
	}
	for _, arn := range slices.Sorted(maps.Keys(r.attached)) {
		p := role.NewPolicy(role.ManagedPart(arn), c.policies[arn], policy.Identity)
		p.ARN = arn
		attached = append(attached, p)
	}
	s.Inline, s.Attached = role.Have(inline), role.Have(attached)
	if c.denied["iam:ListRolePolicies"] {
		s.Inline = role.NotRead[[]role.Policy](role.Denied("iam:ListRolePolicies"))
	}
	if c.denied["organizations:DescribePolicy"] {
		s.SCPs = role.NotRead[[][]policy.Part](role.Denied("organizations:DescribePolicy"))
	}
	if c.unsupported["iam:ListAttachedRolePolicies"] {
		s.Attached = role.NotRead[[]role.Policy](role.Unsupported("iam:ListAttachedRolePolicies", "HTTP status code 404"))
	}
	if c.denied["iam:GetRole"] {
		s.Identity = role.NotRead[role.Identity](role.Denied("iam:GetRole"))
		s.Trust = role.NotRead[role.Policy](role.Denied("iam:GetRole"))
	}
	return s
}

func (c *cloud) PolicyRoles(_ context.Context, arn string) ([]role.Ref, error) {
	if err := c.unread("iam:ListEntitiesForPolicy"); err != nil {
		return nil, err
	}
	var refs []role.Ref
	for _, name := range slices.Sorted(maps.Keys(c.roles)) {
		if r := c.roles[name]; r.attached[arn] || r.boundary == arn {
			refs = append(refs, role.Ref{Partition: "aws", Account: account, Name: name})
		}
	}
	return refs, c.fail
}

func (c *cloud) Function(_ context.Context, arn string) ([]role.Function, error) {
	if err := c.unread("lambda:ListVersionsByFunction"); err != nil {
		return nil, err
	}
	return c.functions[arn], c.fail
}

func (c *cloud) MappingFunction(_ context.Context, _, id string) (string, error) {
	if err := c.unread("lambda:GetEventSourceMapping"); err != nil {
		return "", err
	}
	for arn, versions := range c.functions {
		for _, f := range versions {
			if slices.ContainsFunc(f.Config.Sources.Or(nil), func(s role.Source) bool { return s.UUID == id }) {
				return arn, nil
			}
		}
	}
	return "", c.fail
}

func (c *cloud) Providers(_ context.Context, anew string) (role.Providers, error) {
	if list := c.listed; anew == "" && list != nil {
		c.listed = nil
		return role.Providers{List: list, Complete: true}, c.fail
	}
	if c.denied["lambda:ListCapacityProviders"] {
		return role.Providers{Why: role.Denied("lambda:ListCapacityProviders"), Region: "us-east-1"}, c.fail
	}
	return role.Providers{List: slices.Clone(c.providers), Complete: true}, c.fail
}

// unread is the error of a call that lists something as a whole.
func (c *cloud) unread(call string) error {
	if c.denied[call] {
		return &role.UnreadError{Why: role.Denied(call)}
	}
	if c.unsupported[call] {
		return &role.UnreadError{Why: role.Unsupported(call, "HTTP status code 404")}
	}
	return nil
}

// ForgetOrganization counts how often the organization's policies are to be read anew.
func (c *cloud) ForgetOrganization(before time.Time) {
	c.forgotten++
	c.forgottenBefore = append(c.forgottenBefore, before)
}

func (c *cloud) RolePage(_ context.Context, marker string) ([]role.Snapshot, string, error) {
	for _, call := range []string{"iam:ListRoles", "iam:GetAccountAuthorizationDetails"} {
		if err := c.unread(call); err != nil {
			return nil, "", err
		}
	}
	var page []role.Snapshot
	for _, name := range slices.Sorted(maps.Keys(c.roles)) {
		page = append(page, c.snapshot(role.Ref{Partition: "aws", Account: account, Name: name, ARN: roleARN(name)}))
	}
	if c.fail != nil {
		return nil, "", c.fail
	}
	page, err := c.unlisted(page)
	return page, "", err
}

func (c *cloud) FunctionPage(_ context.Context, _, _ string) ([]role.Function, string, error) {
	if err := c.unread("lambda:ListFunctions"); err != nil {
		return nil, "", err
	}
	var page []role.Function
	for _, arn := range slices.Sorted(maps.Keys(c.functions)) {
		page = append(page, c.functions[arn]...)
	}
	return page, "", c.fail
}
