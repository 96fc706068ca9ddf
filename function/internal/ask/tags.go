package ask

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
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
		if found.Decision == policy.Unknown && (found.Exceeded || !s.isOwn(q)) {
			best = Better(best, s.answer(q, found, nil))
		}
		if found.Decision != policy.Allowed {
			continue
		}
		if best = Better(best, s.tagged(prober, q, facts, open, found)); best.Allowed() && !best.hasNeeds() {
			return best
		}
	}
	return best
}

// tagged is the answer to a question of which a request was found that needs other tags than there are: the caller sets them all, or
// others set those of a resource that may be any. Nobody else is going to tag the role so that it can do more.
func (s *Session) tagged(prober *policy.Prober, q Question, facts map[string]keyFact, open [4]bool, found policy.Found) Answer {
	best := s.searchTags(tagSearch{Session: s, prober: prober, q: q, open: open}, found, facts)
	if best.Allowed() {
		return best
	}
	_, others := s.changed(found.Request, facts)
	switch {
	case !agree(others):
		return Better(best, Answer{Decision: policy.Unknown, DependsOn: []role.Gap{oneTag(found)}, Steps: s.answer(q, found, nil).Steps})
	case s.isOwn(q) || len(others) == 0:
		return best
	}
	return Better(best, s.searchTags(tagSearch{Session: s, prober: prober, q: q, open: open, byOthers: true}, found, facts))
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
		isSame := v.Presence == f.value.Presence && slices.Equal(v.Values, f.value.Values)
		if f.owner != ofResource && f.owner != ofRole || isSame || v.Presence == policy.KeyUnknown { // The answer is the same whatever it is.
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

// oneTag is what a request depends on where conditions compare a tag under different keys.
func oneTag(found policy.Found) role.Gap {
	return role.Gap{
		What:      "the value of a tag that conditions compare under different keys",
		SettledBy: "Use one condition key for the tag in all statements. AWS does not document that different keys have the same value.",
	}.In(found.Verdict.Statements...)
}
