package ask

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// tagSearch looks for tags with which a question is allowed, and that the caller can set. It decides one tag after the other: which value
// it gets depends on what both the question and the request that sets it admit.
type tagSearch struct {
	*Session
	prober *policy.Prober
	q      Question
	open   [4]bool
	// byOthers is set where others set the tags of the resource.
	byOthers bool
	// left is how many more values are tried, and doubt is what the answer depends on where some that might do was not.
	left  int
	doubt Answer
}

// maxTagValues bounds how many values of tags one question tries.
const maxTagValues = 64

func (s *Session) searchTags(t tagSearch, found policy.Found, facts map[string]keyFact) Answer {
	t.left = maxTagValues
	if got := t.from(found, decidedTags{facts: facts, set: Answer{Decision: policy.Allowed}}); got.Allowed() {
		return got
	}
	return t.doubt
}

// decidedTags are the facts of the question with the tags that are decided, and the requests that set them.
type decidedTags struct {
	facts map[string]keyFact
	set   Answer
	tags  []decidedTag
}

// decidedTag is a tag as it was set or removed.
type decidedTag struct {
	holder, name string
	Condition
}

// openTag is a tag that has to be decided.
type openTag struct {
	// holder is the ARN of what has the tag, target the resource where that is one that is known.
	holder string
	target *Target
	name   string
	// keys are those of the question that hold the tag, and was is its value now.
	keys []string
	was  policy.ContextValue
	// sets and removes are the requests that may set and remove it, once they were asked for.
	sets, removes []*tagRequest
}

// from goes on with a request that the policies allow with the tags that are decided, and that may need others.
func (t *tagSearch) from(found policy.Found, so decidedTags) Answer {
	own, others := t.changed(found.Request, so.facts)
	todo := own
	if !t.byOthers {
		todo, others = slices.Concat(own, others), nil
	}
	if len(todo) == 0 {
		return Both(so.set, t.answer(t.q, found, others))
	}
	return t.decide(t.tagOf(found, todo[0], len(own) > 0, so.facts), todo[0], found, so)
}

// decide decides a tag: as the request needs it, as it is, and otherwise.
func (t *tagSearch) decide(one *openTag, c Condition, found policy.Found, so decidedTags) (got Answer) {
	if c.Absent && t.mayRemove(one, so) || !c.Absent && t.maySet(one, so) {
		got = t.set(one, c, found, so)
	}
	if !got.Allowed() && t.mayLeave(one, found, so) {
		got = t.leave(one, so)
	}
	if !got.Allowed() && t.maySet(one, so) {
		got = t.setAnother(one, c, so)
	}
	if !got.Allowed() && !c.Absent && t.mayRemove(one, so) {
		got = t.setTo(one, Condition{Key: c.Key, Absent: true}, so)
	}
	return got
}

// mayLeave reports whether the request may be allowed with the tag as it is and other tags than there are.
func (t *tagSearch) mayLeave(one *openTag, found policy.Found, so decidedTags) bool {
	for _, key := range slices.Sorted(maps.Keys(so.facts)) {
		f := so.facts[key]
		if !t.open[f.owner] || f.owner != ofRole && (f.owner != ofResource || t.byOthers) || slices.Contains(one.keys, key) {
			continue
		}
		other := t.tagOf(found, Condition{Key: t.spelled(key)}, f.owner == ofRole, so.facts)
		if t.maySet(other, so) || t.mayRemove(other, so) {
			return true
		}
	}
	return false
}

// tagOf is the tag that a request needs.
func (t *tagSearch) tagOf(found policy.Found, c Condition, ofRole bool, facts map[string]keyFact) *openTag {
	one := &openTag{holder: t.Role.ARN(), name: c.Key[min(len(principalTag), len(c.Key)):]}
	if !ofRole {
		// The name of a tag may have slashes in it.
		one.holder, one.target, one.name = found.Request.Resource, t.q.Target, c.Key[len(c.Key)-len(tagOf(strings.ToLower(c.Key))):]
	}
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		if t.holds(key, facts[key].owner, one.holder, one.name) {
			one.keys, one.was = append(one.keys, key), facts[key].value
		}
	}
	return one
}

// holds reports whether a key of the question holds a tag of the role or of the resource, which may be the role itself.
func (t *tagSearch) holds(key string, of owner, holder, tag string) bool {
	switch of {
	case ofRole:
		return holder == t.Role.ARN() && key == principalTag+strings.ToLower(tag)
	case ofResource:
		return (holder != t.Role.ARN() || t.q.Resource == holder) && tagOf(key) == strings.ToLower(tag)
	}
	return false
}

// set sets or removes the tag as a request needs it.
func (t *tagSearch) set(one *openTag, c Condition, found policy.Found, so decidedTags) Answer {
	got, brought := t.setTag(one, c, so)
	if !got.Allowed() {
		return Answer{}
	}
	next := so
	next.set = Both(so.set, got)
	again := len(one.keys) > 1
	for _, tag := range append(brought, decidedTag{one.holder, one.name, c}) {
		var changes, ok bool
		if next, changes, ok = t.with(next, tag); !ok {
			return Answer{}
		}
		again = again || changes && tag.name != one.name
	}
	if again {
		if found = t.askWith(next.facts, nil, nil); found.Decision != policy.Allowed {
			return Answer{}
		}
	}
	return t.from(found, next)
}

// with decides a tag; changes says that the question has it. It reports false where the tag was decided otherwise.
func (t *tagSearch) with(so decidedTags, tag decidedTag) (next decidedTags, changes, ok bool) {
	for _, o := range so.tags {
		if o.holder == tag.holder && strings.EqualFold(o.name, tag.name) {
			return so, false, o.Value == tag.Value && o.Absent == tag.Absent
		}
	}
	value := Value(tag.Value)
	if tag.Absent {
		value = absent
	}
	next = decidedTags{maps.Clone(so.facts), so.set, append(slices.Clip(so.tags), tag)}
	for key, f := range so.facts {
		if t.holds(key, f.owner, tag.holder, tag.name) {
			next.facts[key], changes = keyFact{value: value}, true
		}
	}
	return next, changes, true
}

// leave leaves the tag as it is.
func (t *tagSearch) leave(one *openTag, so decidedTags) Answer {
	next := so
	next.facts = maps.Clone(so.facts)
	for _, key := range one.keys {
		next.facts[key] = keyFact{value: so.facts[key].value}
	}
	found := t.askWith(next.facts, nil, nil)
	if found.Decision != policy.Allowed {
		return Answer{}
	}
	return t.from(found, next)
}

// setTo sets the tag to a value, if the question is allowed with it.
func (t *tagSearch) setTo(one *openTag, c Condition, so decidedTags) Answer {
	next, _, ok := t.with(so, decidedTag{one.holder, one.name, c})
	if !ok {
		return Answer{}
	}
	found := t.askWith(next.facts, nil, nil)
	if found.Decision != policy.Allowed {
		return Answer{}
	}
	return t.set(one, c, found, so)
}

// askWith asks the question with some facts; with a pattern, the keys have a value that it matches and that is none of some others.
func (t *tagSearch) askWith(facts map[string]keyFact, like map[string]string, unlike map[string][]string) policy.Found {
	p := t.question(t.q, facts, func(o owner) bool { return t.open[o] })
	p.Like, p.Unlike = like, unlike
	return t.asked(t.prober, p)
}

// asked asks the prober, and notes what was not answered within the budget.
func (t *tagSearch) asked(prober *policy.Prober, p policy.Probe) policy.Found {
	found := prober.Ask(p)
	if found.Exceeded {
		t.Budget.Exceed(found.Costliest...)
		t.doubtful(OverBudget(found.Costliest...))
	}
	return found
}

// doubtful notes what the answer depends on if it is no yes.
func (t *tagSearch) doubtful(gaps ...role.Gap) {
	if t.doubt.Decision != policy.Unknown {
		t.doubt = Answer{Decision: policy.Unknown, Steps: []Step{{Action: t.q.Action, Resource: t.q.Resource}}}
	}
	t.doubt.DependsOn = role.DistinctGaps(append(slices.Clip(t.doubt.DependsOn), gaps...))
}
