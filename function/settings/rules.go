package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Rules is what can be set of the checks, as it is written down: the same in the CDK context, in a file for the command
// line, and in the function's environment. Where a check is named, "RW3" stands for all whose IDs begin so.
type Rules struct {
	// Checks holds, by ID, the checks that do not run as the catalogue has them. What is said of the longer ID counts.
	Checks map[string]Check `json:"checks,omitzero"`
	// TrustedAccounts, Organization, LayerAccounts and Managers are what check.Parameters says of them.
	TrustedAccounts []string     `json:"trustedAccounts,omitzero"`
	Organization    Organization `json:"organization,omitzero"`
	LayerAccounts   []string     `json:"layerAccounts,omitzero"`
	Managers        []string     `json:"managers,omitzero"`
	// Never is what no execution role may be able to do.
	Never []Never `json:"never,omitzero"`
	// JumpRoles are roles whose power is accepted.
	JumpRoles  []JumpRole  `json:"jumpRoles,omitzero"`
	Exceptions []Exception `json:"exceptions,omitzero"`
	// TagExceptions says from which checks a tag on the role or function itself may except.
	TagExceptions TagExceptions `json:"tagExceptions,omitzero"`
	// Routed says who is told of what.
	Routed `json:",embed"`
}

// Check changes one check.
type Check struct {
	Off bool `json:"off,omitzero"`
	// On brings in a check that is off until somebody asks for it.
	On bool `json:"on,omitzero"`
	// Severity replaces the check's own; empty keeps it.
	Severity string `json:"severity,omitzero"`
}

// Organization is the organization that the account belongs to, as far as it is told.
type Organization struct {
	ID       string   `json:"id,omitzero"`
	Accounts []string `json:"accounts,omitzero"`
	// Hub is set where one deployment watches accounts of the organization.
	Hub *Hub `json:"hub,omitzero"`
	// Overrides are settings for some accounts, by the ID of an account, an organizational unit or the root.
	Overrides map[string]Override `json:"overrides,omitzero"`
}

// Never is one thing that no execution role may be able to do: the elements of a statement, as JSON.
type Never struct {
	Name        string         `json:"name"`
	Action      jsontext.Value `json:"action,omitzero"`
	NotAction   jsontext.Value `json:"notAction,omitzero"`
	Resource    jsontext.Value `json:"resource,omitzero"`
	NotResource jsontext.Value `json:"notResource,omitzero"`
	Condition   jsontext.Value `json:"condition,omitzero"`
}

// Exception spares roles and functions that have a tag.
type Exception struct {
	Checks []string `json:"checks"`
	Tag    string   `json:"tag"`
	// Value is the tag's; empty means any.
	Value  string `json:"value,omitzero"`
	Reason string `json:"reason"`
	// Until is a day, which means its end in UTC, or a time as RFC 3339 has it.
	Until string `json:"until"`
}

// TagExceptions is all checks, or those that are named; the zero value is none.
type TagExceptions struct {
	All    bool
	Checks []string
}

// MarshalJSON writes true, false or the list.
func (t TagExceptions) MarshalJSON() ([]byte, error) {
	if t.Checks != nil {
		return json.Marshal(t.Checks)
	}
	return json.Marshal(t.All)
}

// InForce gives the rules by which checks run, for those that there are.
func (r Rules) InForce(known Catalogue) inforce.Rules {
	out := inforce.Rules{Changes: map[string]inforce.Change{}}
	for _, c := range known {
		if change := r.changeOf(c); change != (inforce.Change{}) {
			out.Changes[c.ID] = change
		}
	}
	for _, e := range r.Exceptions {
		// Without an end there is no exception. Rules that were read have one.
		if until, err := inforce.ParseUntil(e.Until); err == nil {
			out.Exceptions.List = append(out.Exceptions.List, check.Exception{
				Checks: expand(e.Checks, known), Tag: e.Tag, Value: e.Value, Reason: e.Reason, Until: until,
			})
		}
	}
	out.Exceptions.ByTag = expand(r.TagExceptions.Checks, known)
	if r.TagExceptions.All {
		out.Exceptions.ByTag = expand([]string{family}, known)
	}
	return out
}

// changeOf puts together what is said of a check and of the families that it belongs to: the more a key names, the more it
// counts, and the present ID more than a former one.
func (r Rules) changeOf(of *check.Check) inforce.Change {
	var out inforce.Change
	for n := range of.ID {
		r.Checks[of.ID[:n]].addTo(&out)
	}
	for _, f := range of.Formerly {
		r.Checks[f.Check].addTo(&out)
	}
	r.Checks[of.ID].addTo(&out)
	return out
}

// addTo adds what one key says of a check.
func (c Check) addTo(into *inforce.Change) {
	switch {
	case c.Off:
		into.Off, into.On = true, false
	case c.On:
		into.Off, into.On = false, true
	}
	if s, err := check.ParseSeverity(c.Severity); err == nil {
		into.Severity = s
	}
}

// Parameters gives what checks are told.
func (r Rules) Parameters() check.Parameters {
	p := check.Parameters{
		TrustedAccounts: r.TrustedAccounts, Organization: r.Organization.ID, OrganizationAccounts: r.Organization.Accounts,
		LayerAccounts: r.LayerAccounts,
	}
	for _, m := range r.Managers {
		p.Managers = append(p.Managers, actors(m)...)
	}
	for _, n := range r.Never {
		document, _ := policy.Parse(n.statement(), policy.Identity)
		p.Never = append(p.Never, check.Never{Name: n.Name, Document: document})
	}
	return p
}

// actors gives the patterns of those who act under a manager's: what a role does is done by its sessions, whose ARNs have
// the role's name and not its path (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html). A manager
// may name a role with the service sts, which sessions have.
func actors(manager string) []string {
	pattern, _ := aws.ParseARNPattern(manager)
	_, name, ok := pattern.In("iam", pattern.Resource).Role()
	if !ok {
		return []string{manager}
	}
	return []string{manager, pattern.AnySession(name).String()}
}

// statement is a policy with one Deny statement on what must not be allowed.
func (n Never) statement() []byte {
	var b strings.Builder
	b.WriteString(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny"`)
	for _, e := range n.elements() {
		if len(e.value) > 0 {
			fmt.Fprintf(&b, ",%q:%s", e.name, e.value)
		}
	}
	b.WriteString(`}]}`)
	return []byte(b.String())
}

// actions are the patterns of actions under the key action.
func (n Never) actions() []policy.Value {
	document, err := policy.Parse(n.statement(), policy.Identity)
	if err != nil || document.Statements[0].NotAction {
		return nil
	}
	return document.Statements[0].Actions
}

type element struct {
	// key is the setting's, and name the statement's.
	key, name string
	value     jsontext.Value
}

func (n Never) elements() []element {
	return []element{
		{"action", "Action", n.Action}, {"notAction", "NotAction", n.NotAction},
		{"resource", "Resource", n.Resource}, {"notResource", "NotResource", n.NotResource},
		{"condition", "Condition", n.Condition},
	}
}

// Warnings says what is no error and yet will not do what it was written for: exceptions that are over, and actions on
// the list of what must never be that AWS does not have.
func (r Rules) Warnings(now time.Time) []string {
	var out []string
	for i, e := range r.Exceptions {
		until, err := inforce.ParseUntil(e.Until)
		if err == nil && inforce.Over(check.Exception{Until: until}, now) {
			out = append(out, fmt.Sprintf("exceptions[%d].until %q: it has passed, and the exception exempts nothing", i, e.Until))
		}
	}
	for i, one := range r.JumpRoles {
		until, err := inforce.ParseUntil(one.Until)
		if err == nil && inforce.Over(check.Exception{Until: until}, now) {
			out = append(out, fmt.Sprintf("jumpRoles[%d].until %q: it is over, and nothing is accepted by it", i, one.Until))
		}
	}
	for i, n := range r.Never {
		for _, a := range n.actions() {
			if len(actions.Expand(a.Text)) == 0 {
				out = append(out, fmt.Sprintf("never[%d].action %q: it matches no action of the list of AWS actions of %s", i, a.Text, actions.AsOf().Format(time.DateOnly)))
			}
		}
	}
	return out
}

// family is what the IDs of all checks begin with.
const family = "RW"

// expand gives the present IDs of the checks that selectors name, in the order of the catalogue; nil for no selector. A
// whole ID that a check had in an earlier release names it still; the beginning of one does not.
func expand(selectors []string, known Catalogue) []string {
	var out []string
	for _, c := range known {
		if slices.ContainsFunc(selectors, func(s string) bool { return selects(s, c.ID) || c.Named(s) }) {
			out = append(out, c.ID)
		}
	}
	return out
}

// selects tells whether a selector, an ID or the beginning of IDs, names a check.
func selects(selector, id string) bool {
	return strings.HasPrefix(selector, family) && strings.HasPrefix(id, selector)
}

// Select gives the IDs of the checks that selectors name: IDs, or what IDs begin with ("RW5"), in upper or lower case.
// The error joins all that name none.
func Select(selectors []string, known Catalogue) ([]string, error) {
	var r reader
	r.known = known
	upper := make([]string, len(selectors))
	for i, s := range selectors {
		upper[i] = strings.ToUpper(strings.TrimSpace(s))
		if why := r.unselectable(cmp.Or(upper[i], s)); why != "" {
			r.errs = append(r.errs, fmt.Errorf("%q %s", s, why))
		}
	}
	return expand(upper, known), r.err()
}
