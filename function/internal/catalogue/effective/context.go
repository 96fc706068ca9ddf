package effective

import (
	"maps"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Value is a context key's one value.
func Value(text string) policy.ContextValue {
	return policy.ContextValue{Presence: policy.KeyPresent, Values: []string{text}}
}

// Context is what is known of the context of a call by the role's session, whatever it calls; the rest is unknown. Keys
// are added to it by With. Which keys a role's session carries:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (p *Permissions) Context() policy.Context {
	c := policy.Context{RestUnknown: true, Keys: map[string]policy.ContextValue{
		"aws:principalarn":          Value(p.role.ARN()),
		"aws:principalaccount":      Value(p.role.Ref.Account),
		"aws:principaltype":         Value("AssumedRole"),
		"aws:principalisawsservice": Value("false"),
		"aws:username":              {Presence: policy.KeyAbsent},
	}}
	if tags, ok := p.role.Tags.Get(); ok {
		c.AbsentPrefixes = []string{"aws:principaltag/"}
		for key, value := range tags {
			c.Keys["aws:principaltag/"+strings.ToLower(key)] = Value(value)
		}
	}
	if id, ok := p.role.Identity.Get(); ok && id.ID != "" {
		c.Keys["aws:userid"] = policy.ContextValue{Presence: policy.KeyPrefixed, Values: []string{id.ID + ":"}}
	}
	return c
}

// With adds keys to a context, in lower case.
func With(c policy.Context, keys map[string]policy.ContextValue) policy.Context {
	c.Keys = maps.Clone(c.Keys)
	if c.Keys == nil {
		c.Keys = map[string]policy.ContextValue{}
	}
	maps.Copy(c.Keys, keys)
	return c
}

// Role is the role that the permissions are of.
func (p *Permissions) Role() *role.Snapshot { return p.role }
