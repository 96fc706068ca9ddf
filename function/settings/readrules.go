package settings

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/policy"
)

// organizationID is the form of https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html.
var organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)

// isTag tells whether a text can be a tag's key or value of at most so many characters:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
func isTag(text string, most int) bool {
	for _, r := range text {
		if !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r) {
			return false
		}
	}
	return utf8.RuneCountInString(text) <= most
}

// ruleKeys are the keys of Rules.
var ruleKeys = []string{
	"account", "checks", "exceptions", "jumpRoles", "layerAccounts", "managers", "never", "organization", "owners", "privacy", "routes", "routing", "tagExceptions",
	"trustedAccounts",
}

// rules takes the value of one key into rules; false when there is no such key.
func (r *reader) rules(m member, into *Rules) bool {
	switch m.key {
	case "checks":
		into.Checks = r.checks(m)
	case "trustedAccounts":
		into.TrustedAccounts = r.texts(m, notAccount)
	case "organization":
		into.Organization = r.organization(m)
	case "layerAccounts":
		into.LayerAccounts = r.texts(m, notAccount)
	case "managers":
		into.Managers = r.texts(m, notActor)
	case "jumpRoles":
		into.JumpRoles = r.jumpRoles(m)
	case "never":
		into.Never = r.never(m)
	case "exceptions":
		into.Exceptions = r.exceptions(m)
	case "tagExceptions":
		into.TagExceptions = r.tagExceptions(m)
	default:
		return r.routed(m, &into.Routed)
	}
	return true
}

func notAccount(s string) string {
	if aws.IsAccountID(s) {
		return ""
	}
	return "is not an account ID of 12 digits"
}

// notActor holds a manager to the form of an actor's ARN, in which any part may be a pattern.
func notActor(s string) string {
	pattern, _ := aws.ParseARNPattern(s)
	if !aws.IsARN(s) || pattern.Resource == "" || !slices.Contains([]string{"iam", "sts"}, pattern.Service) {
		return `is not a pattern of the ARN of a role or user, such as "arn:aws:iam::*:role/deploy*"`
	}
	if path, ok := strings.CutPrefix(pattern.Resource, "role/"); ok && strings.Contains(path, "/") && strings.Trim(path[strings.LastIndexByte(path, '/')+1:], "*?") == "" {
		return "names a path and no role: what a role does is recorded under its name, without its path"
	}
	return ""
}

func (r *reader) checks(m member) map[string]Check {
	out := map[string]Check{}
	for _, c := range r.object(m.path, m.value) {
		if why := r.unselectable(c.key); why != "" {
			r.wrong(c.path, c.value, "%q %s", c.key, why)
		}
		out[c.key] = r.check(c)
	}
	return out
}

func (r *reader) check(m member) Check {
	var c Check
	for _, f := range r.object(m.path, m.value) {
		switch f.key {
		case "off":
			c.Off = r.flag(f)
		case "on":
			c.On = r.flag(f)
		case "severity":
			c.Severity = r.text(f)
			if _, err := check.ParseSeverity(c.Severity); c.Severity != "" && err != nil {
				r.wrong(f.path, f.value, "it must be low, medium, high or critical")
			}
		default:
			r.stranger(f, "off", "on", "severity")
		}
	}
	if c.Off && c.On {
		r.wrong(m.path, m.value, "it is both on and off")
	}
	return c
}

func (r *reader) organization(m member) Organization {
	var o Organization
	for _, f := range r.object(m.path, m.value) {
		switch f.key {
		case "id":
			if o.ID = r.text(f); o.ID != "" && !organizationID.MatchString(o.ID) {
				r.wrong(f.path, f.value, "it is not the ID of an organization: o- and 10 to 32 lowercase letters and digits")
			}
		case "accounts":
			o.Accounts = r.texts(f, notAccount)
		case "hub":
			o.Hub = r.hub(f)
		case "overrides":
			o.Overrides = r.overrides(f)
		default:
			r.stranger(f, "id", "accounts", "hub", "overrides")
		}
	}
	r.hubFits(m, o)
	return o
}

func (r *reader) never(m member) []Never {
	var out []Never
	for _, e := range r.list(m.path, m.value) {
		n, members := Never{}, r.object(e.path, e.value)
		r.required(e.path, e.value, members, "name")
		for _, f := range members {
			switch f.key {
			case "name":
				n.Name = r.text(f)
				if slices.ContainsFunc(out, func(other Never) bool { return other.Name == n.Name && n.Name != "" }) {
					r.wrong(f.path, f.value, "it is named twice")
				}
			case "action":
				n.Action = f.value
			case "notAction":
				n.NotAction = f.value
			case "resource":
				n.Resource = f.value
			case "notResource":
				n.NotResource = f.value
			case "condition":
				n.Condition = f.value
			default:
				r.stranger(f, "name", "action", "notAction", "resource", "notResource", "condition")
			}
		}
		if members != nil {
			r.statement(e, n)
		}
		out = append(out, n)
	}
	return out
}

// statement parses what must never be as the statement that denies it, and tells each fault under the key that it is in.
func (r *reader) statement(m member, n Never) {
	_, err := policy.Parse(n.statement(), policy.Identity)
	var faults *policy.ParseError
	if !errors.As(err, &faults) {
		return
	}
	for _, v := range faults.Violations {
		place := strings.TrimPrefix(strings.TrimPrefix(v.Path, "Statement"), "[0]")
		place = strings.TrimPrefix(place, ".")
		path, value := m.path, m.value
		for _, e := range n.elements() {
			if rest, ok := strings.CutPrefix(place, e.name); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') && len(e.value) > 0 {
				path, value = m.path+"."+e.key+rest, e.value
			}
		}
		r.wrong(path, value, "%s", v.Message)
	}
}

func (r *reader) exceptions(m member) []Exception {
	var out []Exception
	places := map[string]string{}
	for _, e := range r.list(m.path, m.value) {
		x := r.exception(e)
		for _, id := range expand(x.Checks, r.known) {
			key := strings.Join([]string{id, x.Tag, x.Value}, "\x00")
			if first, doubled := places[key]; doubled {
				r.wrong(e.path, e.value, "%s is already an exception from %s by this tag and value", first, id)
				break
			}
			places[key] = e.path
		}
		out = append(out, x)
	}
	return out
}

func (r *reader) exception(m member) Exception {
	var x Exception
	members := r.object(m.path, m.value)
	if members != nil {
		r.required(m.path, m.value, members, "checks", "tag", "reason", "until")
	}
	for _, f := range members {
		switch f.key {
		case "checks":
			if x.Checks = r.texts(f, r.unselectable); emptyList(f.value) {
				r.wrong(f.path, f.value, "it names no check")
			}
		case "tag":
			if x.Tag = r.text(f); !isTag(x.Tag, 128) {
				r.wrong(f.path, f.value, "it cannot be the key of a tag: at most 128 letters, digits, spaces and _ . : / = + - @")
			}
		case "value":
			if x.Value = r.text(f); !isTag(x.Value, 256) {
				r.wrong(f.path, f.value, "it cannot be the value of a tag: at most 256 letters, digits, spaces and _ . : / = + - @")
			}
		case "reason":
			x.Reason = r.text(f)
		case "until":
			if x.Until = r.text(f); x.Until != "" {
				if _, err := inforce.ParseUntil(x.Until); err != nil {
					r.wrong(f.path, f.value, "it %w", err)
				}
			}
		default:
			r.stranger(f, "checks", "tag", "value", "reason", "until")
		}
	}
	return x
}

func (r *reader) tagExceptions(m member) TagExceptions {
	switch m.value.Kind() {
	case 't', 'f':
		return TagExceptions{All: m.value.Kind() == 't'}
	case '[':
		return TagExceptions{Checks: r.texts(m, r.unselectable)}
	}
	r.wrong(m.path, m.value, "it must be true, false or a list of checks")
	return TagExceptions{}
}
