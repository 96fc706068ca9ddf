package ask

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// visiting is one question for one visitor.
type visiting struct {
	*Gate
	*Visitor
	*Visit
	of    organization
	at    time.Time
	facts map[string]visitFact
}

// visitFact is what is known of one key. Of one that is open like is what its value looks like, empty for any value.
type visitFact struct {
	value policy.ContextValue
	open  bool
	like  string
}

func (s *visiting) fact(key string) visitFact {
	if v, ok := s.Context.Keys[key]; ok {
		return visitFact{value: v}
	}
	if v, ok := s.keys[key]; ok {
		return visitFact{value: v}
	}
	if like, ok := s.like[key]; ok {
		return visitFact{open: true, like: like}
	}
	if f, ok := s.ofOrganization(key); ok {
		return f
	}
	switch key {
	case "aws:currenttime":
		return s.timed(s.at.UTC().Format(time.RFC3339))
	case "aws:epochtime":
		return s.timed(strconv.FormatInt(s.at.Unix(), 10))
	}
	if actions.Carries(s.Action, key) == actions.NotCarried {
		return visitFact{value: absent}
	}
	if tag := tagOf(key); tag != "" {
		return visitFact{value: s.tag(tag)}
	}
	if s.Chosen != nil && s.Chosen(key) {
		return visitFact{open: true, like: s.Like[key]}
	}
	return visitFact{value: s.rest(key)}
}

func (s *visiting) timed(text string) visitFact {
	if s.at.IsZero() {
		return visitFact{value: unknown}
	}
	return visitFact{value: Value(text)}
}

// rest is what the context says of keys that nothing else is known of.
func (s *visiting) rest(key string) policy.ContextValue {
	if s.Context.RestUnknown && !slices.ContainsFunc(s.Context.AbsentPrefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
		return unknown
	}
	return absent
}

// ofOrganization are the keys that follow from the visitor's organization.
func (s *visiting) ofOrganization(key string) (visitFact, bool) {
	switch {
	case !s.of.known || !isOrganizationKey(key):
		return visitFact{}, false
	case s.of.id == "":
		return visitFact{value: absent}, true
	case key == "aws:principalorgid":
		return visitFact{value: Value(s.of.id)}, true
	case key == "aws:principalorgpaths":
		return visitFact{open: true, like: s.of.id + "/*"}, true
	}
	return visitFact{open: true}, true
}

// tag is what is known of a tag of the resource.
func (s *visiting) tag(tag string) policy.ContextValue {
	tags, known := s.Tags.Get()
	if !known {
		return unknown
	}
	for name, value := range tags {
		if strings.EqualFold(name, tag) {
			return Value(value)
		}
	}
	return absent
}

// ask asks the prober, with some facts changed.
func (s *visiting) ask(prober *policy.Prober, changed map[string]visitFact) policy.Found {
	fact := func(key string) visitFact {
		if f, ok := changed[key]; ok {
			return f
		}
		return s.facts[key]
	}
	p := policy.Probe{
		Principal: s.Principal, Action: s.Action, Resource: s.Resource, Context: policy.Context{Keys: map[string]policy.ContextValue{}, RestUnknown: true},
		Open: func(key string) bool { return fact(key).open }, Like: map[string]string{}, Unlike: map[string][]string{},
	}
	for key := range s.facts {
		switch f := fact(key); {
		case !f.open:
			p.Context.Keys[key] = f.value
		case f.like != "":
			p.Like[key] = f.like
			p.Unlike[key] = s.Unlike[key]
			if key == "aws:principalarn" {
				p.Unlike[key] = s.namedOf(s.account())
			}
		}
	}
	found := prober.Ask(p)
	if found.Exceeded {
		s.budget.Exceed(found.Costliest...)
	}
	return found
}

func (s *visiting) account() string {
	if v := s.keys["aws:principalaccount"]; len(v.Values) == 1 {
		return v.Values[0]
	}
	return ""
}

// agreed sees to it that a user has one name: that in its ARN is also the value of aws:username. The prober chooses them apart. There
// is no such user for certain where none has a name that the conditions spell out, and none another.
func (s *visiting) agreed(prober *policy.Prober, found policy.Found) policy.Found {
	name, arn := s.found(found, "aws:username"), s.found(found, "aws:principalarn")
	last := arn[strings.LastIndexByte(arn, '/')+1:]
	if name == "" || arn == "" || last == name {
		return found
	}
	users := strings.TrimSuffix(s.like["aws:principalarn"], "?*")
	spelled := slices.DeleteFunc(slices.Clone(s.values["aws:username"]), func(text string) bool { return strings.ContainsAny(text, "*?$") })
	for _, one := range append([]string{last, name}, spelled...) {
		for _, like := range []string{users + one, users + "?*/" + one} {
			again := s.ask(prober, map[string]visitFact{"aws:username": {value: Value(one)}, "aws:principalarn": {open: true, like: like}})
			if again.Decision == policy.Allowed {
				return again
			}
		}
	}
	others, rest := *s.Visit, *s
	others.Unlike, rest.Visit = map[string][]string{"aws:username": spelled}, &others
	if none := rest.ask(prober, nil); none.Decision != policy.Allowed && none.Decision != policy.Unknown {
		return none
	}
	found.Decision, found.Verdict = policy.Unknown, policy.Verdict{Decision: policy.Unknown, UnknownKeys: []string{"aws:username"}}
	return found
}

// found is the value that was found for an open key; empty where the answer does not depend on it.
func (s *visiting) found(found policy.Found, key string) string {
	if v := found.Request.Context.Keys[key]; s.facts[key].open && len(v.Values) == 1 {
		return v.Values[0]
	}
	return ""
}
