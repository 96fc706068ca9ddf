package settings

import (
	"cmp"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Override is what is set of the checks for one account, or for those of an organizational unit, in place of what is set for all.
type Override struct {
	// Values are the values as they are written, by key, and Rules what they say.
	Values map[string]jsontext.Value `json:"-"`
	Rules  Rules                     `json:"-"`
}

// overridable are the keys that an override may have.
var overridable = []string{"account", "checks", "exceptions", "jumpRoles", "managers", "never", "owners", "tagExceptions", "trustedAccounts"}

// MarshalJSON writes the values as they were written.
func (o Override) MarshalJSON() ([]byte, error) {
	return json.Marshal(o.Values, json.Deterministic(true))
}

func (r *reader) overrides(m member) map[string]Override {
	out := map[string]Override{}
	for _, f := range r.object(m.path, m.value) {
		if !aws.IsAccountID(f.key) && notUnit(f.key) != "" {
			r.wrong(f.path, f.value, "%q is neither the ID of an account nor that of an organizational unit or root, such as ou-ab12-c3d4e5f6", f.key)
			continue
		}
		o := Override{Values: map[string]jsontext.Value{}}
		members := r.object(f.path, f.value)
		if members != nil && len(members) == 0 {
			r.wrong(f.path, f.value, "it sets nothing")
		}
		for _, key := range members {
			if !slices.Contains(overridable, key.key) || !r.rules(key, &o.Rules) {
				r.stranger(key, overridable...)
				continue
			}
			o.Values[key.key] = key.value.Clone()
		}
		out[f.key] = o
	}
	return out
}

// Overridden are the IDs that overrides are for, in order.
func (o Organization) Overridden() []string { return slices.Sorted(maps.Keys(o.Overrides)) }

// For gives the rules for an account: those of all accounts, each key in place of which one of the overrides has another value. Units are the
// IDs of the root and the organizational units that the account is in, from the root down. The nearest override counts: that of the
// account before that of its unit, and that before those above. Of the key checks, it is the nearest for each check or family that is named. From
// says by key which override it is from; "checks.RW301" for a check.
func (r Rules) For(account string, units []string) (out Rules, from map[string]string) {
	out, from = r, map[string]string{}
	for _, id := range append(slices.Clone(units), account) {
		o, ok := r.Organization.Overrides[id]
		if !ok {
			continue
		}
		for key := range o.Values {
			if key == "checks" {
				out.Checks = maps.Clone(out.Checks)
				for check, c := range o.Rules.Checks {
					if out.Checks == nil {
						out.Checks = map[string]Check{}
					}
					out.Checks[check], from["checks."+check] = c, id
				}
				continue
			}
			from[key] = id
			out.take(key, &o.Rules)
		}
	}
	return out, from
}

// take takes the value of a key from other rules.
func (r *Rules) take(key string, from *Rules) {
	switch key {
	case "account":
		r.Account = from.Account
	case "exceptions":
		r.Exceptions = from.Exceptions
	case "jumpRoles":
		r.JumpRoles = from.JumpRoles
	case "managers":
		r.Managers = from.Managers
	case "never":
		r.Never = from.Never
	case "owners":
		r.Owners = from.Owners
	case "tagExceptions":
		r.TagExceptions = from.TagExceptions
	case "trustedAccounts":
		r.TrustedAccounts = from.TrustedAccounts
	}
}

// InForceLine is one key of the rules for an account: its value as JSON, and what it is from: the ID of an override, or empty for what is set
// for all.
type InForceLine struct {
	Key   string         `json:"key"`
	Value jsontext.Value `json:"value"`
	From  string         `json:"from,omitzero"`
}

// Explain gives what For gives, key by key and in order. Keys that are not set are left out.
func (r Rules) Explain(account string, units []string) []InForceLine {
	rules, from := r.For(account, units)
	rules.Organization.Overrides = nil
	var values map[string]jsontext.Value
	if err := json.Unmarshal(quoted(rules), &values); err != nil {
		return nil // What was written is read.
	}
	for key, id := range from {
		// A key that an override empties is left out of the JSON.
		if _, ok := values[key]; !ok && r.Organization.Overrides[id].Values[key] != nil {
			values[key] = r.Organization.Overrides[id].Values[key]
		}
	}
	var out []InForceLine
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if key != "checks" {
			out = append(out, InForceLine{key, values[key], from[key]})
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(rules.Checks)) {
			out = append(out, InForceLine{"checks." + id, quoted(rules.Checks[id]), from["checks."+id]})
		}
	}
	slices.SortStableFunc(out, func(a, b InForceLine) int { return cmp.Compare(a.Key, b.Key) })
	return out
}
