package history

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// currentLanguage is the version of the policy language in which Lambda writes the policies that it puts together itself.
const currentLanguage = "2012-10-17"

// resourcePolicies are the resource policies of one function, by qualifier.
type resourcePolicies struct {
	// complete says that a qualifier that is not in the list has no policy; else why says what is missing.
	complete bool
	why      role.Reason
	since    time.Time
	of       map[string]*resourcePolicy
}

// resourcePolicy is the policy under one qualifier. AddPermission and RemovePermission name a statement by its Sid, and
// PutResourcePolicy replaces the whole: https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html
type resourcePolicy struct {
	// statements are JSON texts by Sid: several of one Sid, or of none, are one text, with commas between them.
	statements map[string]dated[string]
	// version is the version of the policy language.
	version string
	// replaced is when the whole was last replaced; unread says why it is unknown what it was replaced by.
	replaced time.Time
	unread   role.Reason
}

func newResourcePolicies() resourcePolicies {
	return resourcePolicies{why: whyNoMaking, of: map[string]*resourcePolicy{}}
}

// adopt takes over a policy of the base.
func (l *resourcePolicies) adopt(p role.ResourcePolicy) {
	l.qualified(p.Qualifier).replace(&p.Text, time.Time{}, "the account")
}

func (l *resourcePolicies) qualified(qualifier string) *resourcePolicy {
	qualifier = latestName(qualifier)
	p := l.of[qualifier]
	if p == nil {
		p = &resourcePolicy{statements: map[string]dated[string]{}, version: currentLanguage}
		l.of[qualifier] = p
	}
	return p
}

// renew makes the list anew and empty, but for what newer records tell: the function was made.
func (l *resourcePolicies) renew(at time.Time) {
	l.complete, l.since = true, at
	for qualifier, p := range l.of {
		for sid, d := range p.statements {
			if d.at.Before(at) {
				delete(p.statements, sid)
			}
		}
		if !p.replaced.After(at) {
			p.unread = role.Reason{}
		}
		if len(p.statements) == 0 && !p.unread.Given() {
			delete(l.of, qualifier)
		}
	}
}

// take notes what a record tells of a policy. A record from before the function was made is of another function.
func (l *resourcePolicies) take(c *events.Change) {
	of := c.Config.Beside
	if c.Time.Before(l.since) {
		return
	}
	p := l.qualified(c.Function.Qualifier)
	switch c.Event.Name {
	case "AddPermission":
		if of.Statement == "" {
			p.set(of.StatementID, role.NotRead[string](role.Because("CloudTrail omitted the statement from record "+c.ID)), c.Time)
			return
		}
		p.set(of.StatementID, role.Have(of.Statement), c.Time)
	case "RemovePermission":
		p.set(of.StatementID, role.None[string](), c.Time)
	case "PutResourcePolicy":
		p.replace(of.Policy, c.Time, "record "+c.ID)
	case "DeleteResourcePolicy":
		none := `{"Version":"` + currentLanguage + `","Statement":[]}`
		p.replace(&none, c.Time, "")
	}
}

// set notes one statement, unless the whole was replaced since.
func (p *resourcePolicy) set(sid string, v role.Maybe[string], at time.Time) {
	if at.Before(p.replaced) {
		return
	}
	d := p.statements[sid]
	d.set(v, at)
	p.statements[sid] = d
}

// replace notes the whole policy. Statements that newer records tell of stay; a text that is nil or cannot be read leaves the
// others unknown.
func (p *resourcePolicy) replace(text *string, at time.Time, source string) {
	if at.Before(p.replaced) {
		return
	}
	p.replaced, p.unread = at, role.Reason{}
	for sid, d := range p.statements {
		if !d.at.After(at) {
			delete(p.statements, sid)
		}
	}
	if text == nil {
		p.unread = role.Because("CloudTrail omitted the policy from " + source)
		return
	}
	version, statements, ok := statementsOf(*text)
	if !ok {
		p.unread = role.Because("the policy in " + source + " cannot be read")
		return
	}
	p.version = version
	for sid, one := range statements {
		d := p.statements[sid]
		d.set(role.Have(one), at)
		p.statements[sid] = d
	}
}

// statementsOf takes a policy apart into its statements by Sid; false where the text is not a policy.
func statementsOf(text string) (version string, statements map[string]string, ok bool) {
	var in struct {
		Version   string
		Statement jsontext.Value
	}
	if json.Unmarshal([]byte(text), &in) != nil {
		return "", nil, false
	}
	list := []jsontext.Value{in.Statement}
	switch in.Statement.Kind() {
	case '{':
	case '[':
		if json.Unmarshal(in.Statement, &list) != nil {
			return "", nil, false
		}
	default:
		return "", nil, false
	}
	statements = map[string]string{}
	for _, s := range list {
		var named struct{ Sid string }
		if json.Unmarshal(s, &named) != nil {
			return "", nil, false
		}
		if before, twice := statements[named.Sid]; twice {
			statements[named.Sid] = before + "," + string(s)
		} else {
			statements[named.Sid] = string(s)
		}
	}
	return cmp.Or(in.Version, "2008-10-17"), statements, true
}

// text puts the statements together again; empty when there are none. It is whole unless why says what is unknown of it.
func (p *resourcePolicy) text() (text string, why role.Reason) {
	var parts []string
	why = p.unread
	for _, sid := range slices.Sorted(maps.Keys(p.statements)) {
		d := p.statements[sid]
		if one, ok := d.Get(); ok {
			parts = append(parts, one)
		} else if d.State() == role.Unknown {
			why = d.Reason()
		}
	}
	if len(parts) == 0 {
		return "", why
	}
	version, _ := jsontext.AppendQuote(nil, p.version)
	return `{"Version":` + string(version) + `,"Id":"default","Statement":[` + strings.Join(parts, ",") + `]}`, why
}

// list gives the policies; where the list is not whole, those that are known were seen.
func (l *resourcePolicies) list() (list role.Maybe[[]role.ResourcePolicy], seen []role.ResourcePolicy) {
	var why role.Reason
	if !l.complete {
		why = l.why
	}
	for _, qualifier := range slices.Sorted(maps.Keys(l.of)) {
		text, unread := l.of[qualifier].text()
		if unread.Given() && !why.Given() {
			why = unread
		}
		if text != "" {
			seen = append(seen, role.ResourcePolicy{Qualifier: qualifier, Text: text})
		}
	}
	if why.Given() {
		return role.NotRead[[]role.ResourcePolicy](why), seen
	}
	return role.Have(seen), nil
}
