package ask

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// tagKeys is the key that holds the names of all tags of a request.
const tagKeys = "aws:tagkeys"

// tagRequest is a request that sets or removes a tag, and others in the same request where the policies want them.
type tagRequest struct {
	*tagSearch
	*openTag
	prober *policy.Prober
	about  Question
	// known is what is known of its keys.
	known map[string]keyFact
}

// tagChange is a change of a tag that may be possible, by what that depends on for one session.
type tagChange struct {
	holder, name, region string
	target               *Target
	removes              bool
}

// maySet reports whether the tag may be given some value, and mayRemove whether it is there, or may be, and may be removed.
func (t *tagSearch) maySet(one *openTag, so decidedTags) bool {
	return t.mayChange(one, so, Condition{})
}

func (t *tagSearch) mayRemove(one *openTag, so decidedTags) bool {
	return one.was.Presence != policy.KeyAbsent && t.mayChange(one, so, Condition{Absent: true})
}

// mayChange answers for what has the tag as it is now. With tags that are decided it may be otherwise.
func (t *tagSearch) mayChange(one *openTag, so decidedTags, c Condition) bool {
	if slices.ContainsFunc(so.tags, func(tag decidedTag) bool { return tag.holder == one.holder }) {
		return true
	}
	at := tagChange{one.holder, one.name, t.q.Region, one.target, c.Absent}
	can, known := t.changes[at]
	if !known {
		before := t.Budget.Unanswered()
		if can = t.maySend(t.tagRequests(one, c.Absent), c); t.Budget.Unanswered() == before {
			t.changes[at] = can
		}
	}
	return can
}

// maySend reports whether one of some requests may be allowed, whatever value the tag has and whatever other tags come with it.
func (t *tagSearch) maySend(requests []*tagRequest, c Condition) bool {
	return slices.ContainsFunc(requests, func(r *tagRequest) bool {
		like := anyText
		if c.Absent {
			like = ""
		}
		d := r.asked(r.prober, r.open(c, like, nil, []string{r.name})).Decision
		return d == policy.Allowed || d == policy.Unknown
	})
}

// setTag asks for the requests that set or remove a tag: on what has it as it is, and then with the tags that are decided. It also gives the
// other tags that the request brings.
func (t *tagSearch) setTag(one *openTag, c Condition, so decidedTags) (got Answer, brought []decidedTag) {
	var before []Condition
	for _, tag := range so.tags {
		if tag.holder == one.holder {
			before = append(before, tag.Condition)
		}
	}
	for _, r := range t.tagRequests(one, c.Absent) {
		for _, tags := range [][]Condition{nil, before} {
			if len(tags) > 0 {
				again := *r
				again.about.Tags = tags
				again.known = t.factsOf(r.prober, again.about)
				r = &again
			}
			found, others := r.ask(c, "", nil)
			switch {
			case found.Decision == policy.Allowed:
				return t.answer(r.about, found, nil), others
			case found.Decision == policy.Unknown && (t.isOwn(t.q) || one.holder == t.Role.ARN()):
				t.doubtful(t.answer(r.about, found, nil).DependsOn...)
			}
			if len(before) == 0 {
				break
			}
		}
	}
	return Answer{}, nil
}

// tagRequests are the requests that may set, or remove, a tag.
func (t *tagSearch) tagRequests(one *openTag, remove bool) []*tagRequest {
	kept := &one.sets
	if remove {
		kept = &one.removes
	}
	if *kept != nil {
		return *kept
	}
	out := []*tagRequest{}
	for _, action := range taggers(one.holder, remove) {
		service := actions.ServiceOf(action)
		q := Question{Action: action, Resource: one.holder, Region: t.requestedRegion(service, t.q.Region), Target: one.target}
		for _, prober := range t.probersOf(service) {
			if prober.Granting(action) {
				out = append(out, &tagRequest{tagSearch: t, openTag: one, prober: prober, about: q, known: t.factsOf(prober, q)})
			}
		}
	}
	*kept = out
	return out
}

// ask asks for the request with the tag alone, and then with others. With a pattern the tag has a value that it matches.
func (r *tagRequest) ask(c Condition, like string, unlike []string) (found policy.Found, brought []decidedTag) {
	if found = r.asked(r.prober, r.carrying(c, like, unlike, nil)); found.Decision == policy.Allowed || !r.tellsTags() {
		return found, nil
	}
	names := []string{r.name}
	for range 2 {
		// With the names of tags and the values of others open whatever is allowed is found, and what others there have to be.
		if found = r.asked(r.prober, r.open(c, like, unlike, names)); found.Decision != policy.Allowed {
			return found, nil
		}
		names = r.namesIn(found.Request, names)
		again := r.asked(r.prober, r.together(c, like, unlike, names))
		if again.Decision == policy.Allowed {
			return again, r.othersIn(again.Request, names[1:], c.Absent)
		}
	}
	r.doubtful(role.Gap{
		What:      "which tags one request may set together",
		SettledBy: "Where statements allow to set tags, compare aws:TagKeys with all tags that aws:RequestTag names.",
	}.In(found.Verdict.Statements...))
	return policy.Found{}, nil
}

// tellsTags reports whether the policies tell requests apart by the tags that they carry besides.
func (r *tagRequest) tellsTags() bool {
	return slices.ContainsFunc(r.prober.Keys(r.about.Action), func(key string) bool {
		return key == tagKeys || strings.HasPrefix(key, requestTag) && key != requestTag+strings.ToLower(r.name)
	})
}

// carrying is the request with the tag. With some names the other tags are open, and without it carries none.
func (r *tagRequest) carrying(c Condition, like string, unlike, names []string) policy.Probe {
	facts := maps.Clone(r.known)
	if facts == nil {
		facts = map[string]keyFact{}
	}
	for key, f := range facts {
		switch {
		case key == tagKeys && len(names) == 0:
			facts[key] = keyFact{value: Value(r.name)}
		case strings.HasPrefix(key, requestTag) && (len(names) == 0 || c.Absent):
			facts[key] = keyFact{value: absent}
		case key == tagKeys && f.owner == fixed:
			facts[key] = keyFact{owner: ofCaller}
		}
	}
	key := requestTag + strings.ToLower(r.name)
	switch {
	case like != "":
		facts[key] = keyFact{owner: ofCaller}
	case !c.Absent:
		facts[key] = keyFact{value: Value(c.Value)}
	}
	p := r.question(r.about, facts, func(o owner) bool { return o == ofCaller })
	if like != "" {
		p.Like, p.Unlike = map[string]string{key: like}, map[string][]string{key: unlike}
	}
	return p
}

// open is the request with the tags of some names and whatever others.
func (r *tagRequest) open(c Condition, like string, unlike, names []string) policy.Probe {
	if !r.tellsTags() {
		return r.carrying(c, like, unlike, nil)
	}
	p := r.carrying(c, like, unlike, names)
	p.Holds = map[string][]string{tagKeys: names}
	return p
}

// together is the request with all tags of some names, and no others.
func (r *tagRequest) together(c Condition, like string, unlike, names []string) policy.Probe {
	p := r.carrying(c, like, unlike, nil)
	if p.Context.Keys == nil {
		return p
	}
	p.Context.Keys[tagKeys] = policy.ContextValue{Presence: policy.KeyPresent, Values: names}
	if c.Absent {
		return p
	}
	for _, name := range names[1:] {
		key, open := requestTag+strings.ToLower(name), p.Open
		delete(p.Context.Keys, key)
		p.Open = func(k string) bool { return k == key || open(k) }
		if p.Like == nil {
			p.Like = map[string]string{}
		}
		p.Like[key] = anyText
	}
	return p
}

// namesIn are the names of the tags of a request, after those that are known.
func (r *tagRequest) namesIn(request policy.Request, known []string) []string {
	out := slices.Clone(known)
	add := func(name string) {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, name) }) {
			out = append(out, name)
		}
	}
	for _, name := range request.Context.Keys[tagKeys].Values {
		add(name)
	}
	for _, key := range slices.Sorted(maps.Keys(request.Context.Keys)) {
		if strings.HasPrefix(key, requestTag) && request.Context.Keys[key].Presence == policy.KeyPresent {
			add(r.spelled(key)[len(requestTag):])
		}
	}
	return out
}

// othersIn are the tags that a request sets or removes besides.
func (r *tagRequest) othersIn(request policy.Request, names []string, removed bool) []decidedTag {
	var out []decidedTag
	for _, name := range names {
		c := Condition{Key: "aws:RequestTag/" + name, Absent: removed}
		if v := request.Context.Keys[requestTag+strings.ToLower(name)]; len(v.Values) == 1 {
			c.Value = v.Values[0]
		} else if !removed {
			c.Value = r.Name()
		}
		out = append(out, decidedTag{r.holder, name, c})
	}
	return out
}
