package history

import (
	"context"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// policyRecord is what the records tell of one managed policy.
type policyRecord struct {
	// current is the default version; absent when the policy was deleted.
	current dated[string]
	texts   map[string]*policyText
	// remade says that the policy was deleted or made since the base, whose versions are those of a former policy of that name.
	remade bool
	own    blurs
}

// policyText is one version's document, parsed once for each use it is put to.
type policyText struct {
	text   string
	parsed map[policy.Kind]role.Policy
}

func (t *policyText) as(part role.Part, kind policy.Kind) role.Policy {
	p, ok := t.parsed[kind]
	if !ok {
		p = role.NewPolicy(part, t.text, kind)
		if t.parsed == nil {
			t.parsed = map[policy.Kind]role.Policy{}
		}
		t.parsed[kind] = p
	}
	return p
}

// policy gives what the records tell of a managed policy.
func (a *Account) policy(arn string) *policyRecord {
	p := a.policies[arn]
	if p == nil {
		p = &policyRecord{texts: map[string]*policyText{}}
		a.policies[arn] = p
	}
	return p
}

// applyPolicy takes in a record of a managed policy.
func (a *Account) applyPolicy(ctx context.Context, c *events.Change) error {
	arn := c.Policy.ARN
	p := a.policy(arn)
	switch c.Event.Name {
	case "CreatePolicy":
		version := c.Policy.VersionID
		if version == "" {
			version = "v1"
		}
		p.remade = true
		p.keep(version, c)
		p.current.set(role.Have(version), c.Time)
	case "CreatePolicyVersion":
		p.keep(c.Policy.VersionID, c)
		if c.NoRequest && c.NoResponse {
			p.own.add(managedPolicy, cut(c))
		}
		if c.Policy.SetAsDefault {
			p.current.set(role.Have(c.Policy.VersionID), c.Time)
		}
	case "SetDefaultPolicyVersion":
		p.current.set(role.Have(c.Policy.VersionID), c.Time)
	case "DeletePolicyVersion":
		delete(p.texts, c.Policy.VersionID)
	case "DeletePolicy":
		p.remade = true
		p.current.set(role.None[string](), c.Time)
		clear(p.texts)
	}
	return a.adoptHolders(ctx, arn)
}

// keep notes a version's text. A record without it makes what was kept under that version stale.
func (p *policyRecord) keep(version string, c *events.Change) {
	delete(p.texts, version)
	if c.Document != nil {
		p.texts[version] = &policyText{text: *c.Document}
	}
}

// managed is a managed policy under the name that a role's evidence calls it by.
func (a *Account) managed(arn string, part role.Part, kind policy.Kind) role.Policy {
	version, why := "", role.NotRecorded("no record has the text of "+arn)
	p := a.policies[arn]
	if b := a.hidden(arn, p); b.why.Given() {
		return role.Policy{Part: part, ARN: arn, Text: role.NotRead[string](b.why)}
	}
	if p != nil {
		switch p.current.State() {
		case role.Absent:
			return role.Policy{Part: part, ARN: arn, Text: role.NotRead[string](role.NotRecorded(arn + " was deleted"))}
		case role.Known:
			version, _ = p.current.Get()
			if text := p.texts[version]; text != nil {
				out := text.as(part, kind)
				out.ARN, out.Version = arn, version
				return out
			}
			why = role.NotRecorded("no record has version " + version + " of " + arn)
			if version == "" {
				return role.Policy{Part: part, ARN: arn, Text: role.NotRead[string](role.NotRecorded("no record names the default version of " + arn))}
			}
		}
	}
	out := role.Policy{ARN: arn, Version: version, Text: role.NotRead[string](why)}
	if a.base != nil && (p == nil || !p.remade) {
		out = a.base.ManagedPolicy(arn, version)
	}
	out.Part = part
	if text, ok := out.Text.Get(); ok && kind != policy.Identity {
		arn, version := out.ARN, out.Version
		out = role.NewPolicy(part, text, kind)
		out.ARN, out.Version = arn, version
	}
	return out
}

// hidden is the record that may have changed a managed policy since what is known of it; none where what is known is newer. AWS's own
// policies are not changed by any account.
func (a *Account) hidden(arn string, p *policyRecord) blur {
	if aws.IsAWSManagedPolicy(arn) {
		return blur{}
	}
	var own blurs
	var known time.Time
	if p != nil {
		own, known = p.own, p.current.at
	}
	if b := a.blur(managedPolicy, aws.AccountOf(arn), "", own); b.covers(known) {
		return b
	}
	return blur{}
}
