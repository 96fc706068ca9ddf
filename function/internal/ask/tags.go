package ask

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// withTags asks with the tags open: of the role itself, which it may be able to set, and of the resource, which may be any that
// could exist. The answer's steps begin with those that set tags; its needs are the tags that the caller cannot set.
func (s *Session) withTags(prober *policy.Prober, q Question, facts map[string]keyFact, has [4]bool) Answer {
	var best Answer
	for _, open := range [][4]bool{{ofCaller: true, ofResource: true}, {ofCaller: true, ofRole: true}, {ofCaller: true, ofResource: true, ofRole: true}} {
		if open[ofResource] && !has[ofResource] || open[ofRole] && !has[ofRole] {
			continue
		}
		found := s.probe(prober, q, facts, func(o owner) bool { return open[o] })
		if found.Decision == policy.Unknown && !s.isOwn(q) {
			best = Better(best, s.answer(q, found, nil))
		}
		if found.Decision != policy.Allowed {
			continue
		}
		own, others := s.changed(found.Request, facts)
		if !agree(others) {
			best = Better(best, Answer{Decision: policy.Unknown, DependsOn: []role.Gap{oneTag(found)}, Steps: s.answer(q, found, nil).Steps})
			continue
		}
		first := Answer{Decision: policy.Allowed}
		if len(own) > 0 {
			first = s.setTags(s.Role.ARN(), q.Region, nil, own)
			if !first.Allowed() {
				// The role may give a tag another value although it may not remove it.
				if again := s.probeTagged(prober, q, facts, own, func(o owner) bool { return open[o] }); again.Decision == policy.Allowed {
					found = again
					own, others = s.changed(found.Request, facts)
					first = s.setTags(s.Role.ARN(), q.Region, nil, own)
				}
			}
			if !first.Allowed() || len(first.Needs()) > 0 {
				continue // Nobody else is going to tag the role so that it can do more.
			}
		}
		var needs []Condition
		if len(others) > 0 {
			set := s.setTags(found.Request.Resource, q.Region, q.Target, others)
			if !set.Allowed() && s.isOwn(q) {
				if again := s.probeTagged(prober, q, facts, others, func(o owner) bool { return open[o] }); again.Decision == policy.Allowed {
					found = again
					_, others = s.changed(found.Request, facts)
					set = s.setTags(found.Request.Resource, q.Region, q.Target, others)
				}
			}
			if set.Allowed() && len(set.Needs()) == 0 {
				first = Both(first, set)
			} else if needs = others; s.isOwn(q) {
				continue
			}
		}
		best = Better(best, Both(first, s.answer(q, found, needs)))
		if len(needs) == 0 && best.Allowed() {
			return best
		}
	}
	return best
}

// agree reports whether keys that hold the same tag have the same value: aws:ResourceTag/team and iam:ResourceTag/team are one.
func agree(tags []Condition) bool {
	held := map[string]Condition{}
	for _, c := range tags {
		tag := tagOf(strings.ToLower(c.Key))
		if before, ok := held[tag]; ok && (before.Value != c.Value || before.Absent != c.Absent) {
			return false
		}
		held[tag] = c
	}
	return true
}

// probeTagged asks with the tags that were found to have to go present instead, with any value that does.
func (s *Session) probeTagged(prober *policy.Prober, q Question, facts map[string]keyFact, gone []Condition, open func(owner) bool) policy.Found {
	p := s.question(q, facts, open)
	p.Like = map[string]string{}
	for _, c := range gone {
		if c.Absent {
			p.Like[strings.ToLower(c.Key)] = "?*"
		}
	}
	if len(p.Like) == 0 {
		return policy.Found{}
	}
	return prober.Ask(p)
}

// canTagItself reports whether the role may set or remove tags of itself, or may be able to.
func (s *Session) canTagItself() bool {
	if s.tagsItself == nil {
		// While this is asked, the role's tags are as they are.
		no := false
		s.tagsItself = &no
		can := false
		for _, action := range []string{"iam:TagRole", "iam:UntagRole"} {
			can = can || s.Ask(Question{Action: action, Resource: s.Role.ARN()}).Possible()
		}
		s.tagsItself = &can
	}
	return *s.tagsItself
}

// isOwn reports whether a question is about the role itself, a function of it, or a target that is known, so that there is not another one
// that is tagged so.
func (s *Session) isOwn(q Question) bool {
	_, isOwn, _ := s.ownTags(q.Resource, q.Target)
	return isOwn
}

// changed are the tags that a request needs and that are not there: those of the role, and those of the resource.
func (s *Session) changed(r policy.Request, facts map[string]keyFact) (own, others []Condition) {
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		f, v := facts[key], r.Context.Keys[key]
		if f.owner != ofResource && f.owner != ofRole || v.Presence == f.value.Presence && slices.Equal(v.Values, f.value.Values) {
			continue
		}
		c := Condition{Key: s.spelled(key), Absent: v.Presence == policy.KeyAbsent}
		if len(v.Values) > 0 {
			c.Value = v.Values[0]
		}
		if f.owner == ofRole {
			own = append(own, c)
		} else {
			others = append(others, c)
		}
	}
	return own, others
}

// spelled is a key as the policies spell it: the names of tags are case-sensitive.
func (s *Session) spelled(key string) string {
	for st := range s.Statements() {
		for _, c := range st.Conditions {
			if strings.EqualFold(c.Key, key) {
				return c.Key
			}
		}
	}
	return key
}

// setTags asks for the requests that set tags on a resource as it is: untagged, or, where its tags are known, with these.
func (s *Session) setTags(resource, region string, target *Target, tags []Condition) Answer {
	out := Answer{Decision: policy.Allowed}
	for _, c := range tags {
		tag := c.Key[strings.LastIndexByte(c.Key, '/')+1:]
		var best Answer
		for _, a := range taggers(resource, c.Absent) {
			best = Better(best, s.askTagger(a, resource, region, tag, target, c))
		}
		if out = Both(out, best); !out.Possible() {
			return out
		}
	}
	return out
}

// askTagger asks for one action that sets, or removes, one tag, on the resource as it is tagged now. Its answer is a yes or none: a tag that
// the role only may be able to set is one that others have to set.
func (s *Session) askTagger(action, resource, region, tag string, target *Target, c Condition) Answer {
	keys := map[string]string{"aws:tagkeys": tag}
	if !c.Absent {
		keys[requestTag+strings.ToLower(tag)] = c.Value
	}
	q := Question{Action: action, Resource: resource, Region: s.requestedRegion(actions.ServiceOf(action), region), Keys: keys, Target: target}
	for _, prober := range s.probersOf(actions.ServiceOf(action)) {
		if !prober.Granting(action) {
			continue
		}
		found := s.probe(prober, q, s.factsOf(prober, q), func(o owner) bool { return o == ofCaller })
		if found.Decision == policy.Allowed {
			return s.answer(q, found, nil)
		}
	}
	return Answer{}
}

// tagger are the actions that set tags on resources of a type, and those that remove them.
type tagger struct {
	of           actions.ResourceType
	set, removes []string
}

// taggersOf are those of each service, once they were asked for. There are as many as AWS has services.
var taggersOf sync.Map

// taggers are the actions that set a tag on a resource, or remove one.
func taggers(resource string, remove bool) []string {
	service := serviceOfARN(resource)
	known, ok := taggersOf.Load(service)
	if !ok {
		known, _ = taggersOf.LoadOrStore(service, taggersOfService(service))
	}
	var out []string
	for _, t := range known.([]tagger) {
		if !IsOfType(resource, t.of) {
			continue
		}
		list := t.set
		if remove {
			list = t.removes
		}
		for _, name := range list {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func taggersOfService(service string) []tagger {
	all, _ := actions.Service(service)
	seen := map[string]bool{}
	out := []tagger{}
	names := func(list []actions.Action) (out []string) {
		for _, a := range list {
			out = append(out, a.String())
		}
		return out
	}
	for _, a := range all {
		for _, t := range a.ResourceTypes {
			if seen[t.Name] {
				continue
			}
			seen[t.Name] = true
			out = append(out, tagger{t, names(actions.TaggingActions(service, t.Name)), names(actions.UntaggingActions(service, t.Name))})
		}
	}
	return out
}

// oneTag is what a request depends on where conditions compare a tag under different keys.
func oneTag(found policy.Found) role.Gap {
	return role.Gap{
		What:      "the value of a tag that conditions compare under different keys",
		SettledBy: "Use one condition key for the tag in all statements. AWS does not document that different keys have the same value.",
	}.In(found.Verdict.Statements...)
}
