package universe

import (
	"iter"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/interpreter"
)

// Case is a request with what it took to make it.
type Case struct {
	interpreter.Request
	On Resource
	// Tags are the keys that a tagger decided, and that are present.
	Tags []string
	// Uncertain is set where a key has a value that those who judge the role do not know.
	Uncertain bool
}

// Requests are all requests of an action in the domain: every resource, and every choice of the keys that carries says the action's
// requests carry. A key that no policy mentions makes no difference, and has one of its choices.
func (d Domain) Requests(action Action, policies interpreter.Policies, carries func(action, key string) bool) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		for _, r := range action.Resources {
			keys := d.keysOf(action, r, policies, carries)
			unknown := slices.ContainsFunc(keys, func(k Key) bool { return k.Chooser == Unknown && mentions(policies, k.Name) })
			req := interpreter.Request{Principal: d.Principal, Action: action.Name, Resource: r.ARN, ResourceAccount: Account}
			if !choose(keys, func(chosen map[string][]string, tags []string) bool {
				if req.Keys = chosen; carries(action.Name, requestTag) && carries(action.Name, tagKeys) && !isConsistent(chosen) {
					return true
				}
				return yield(Case{Request: req, On: r, Tags: slices.Clone(tags), Uncertain: unknown})
			}) {
				return
			}
		}
	}
}

// keysOf are the keys of requests on a resource, with the choices that there are on it.
func (d Domain) keysOf(action Action, r Resource, policies interpreter.Policies, carries func(action, key string) bool) []Key {
	var out []Key
	for _, k := range d.Keys {
		if !carries(action.Name, k.Name) {
			continue
		}
		switch region := action.Region(r); {
		case k.Name == resourceTag && r.ARN == d.Role:
			k.Choices, k.Chooser = [][]string{{RoleTag}}, Fixed
		case k.Name == resourceTag && r.ARN == Function:
			k.Chooser = Unknown
		case k.Name == requestedRegion && region != "":
			k.Choices = [][]string{{region}}
		case k.Name == requestTag || k.Name == tagKeys:
			if !mentions(policies, requestTag) && !mentions(policies, tagKeys) {
				k.Choices = [][]string{nil}
			}
		case !mentions(policies, k.Name):
			k.Choices = k.Choices[:1]
		}
		out = append(out, k)
	}
	return out
}

// isConsistent: aws:TagKeys holds the names of the tags in the request.
func isConsistent(chosen map[string][]string) bool {
	_, tagged := chosen[requestTag]
	return tagged == slices.Contains(chosen[tagKeys], Tag)
}

// choose goes through the product of the keys' choices until use says to stop.
func choose(keys []Key, use func(chosen map[string][]string, tags []string) bool) bool {
	var next func(at int, chosen map[string][]string, tags []string) bool
	next = func(at int, chosen map[string][]string, tags []string) bool {
		if at == len(keys) {
			return use(clone(chosen), tags)
		}
		k := keys[at]
		for _, values := range k.Choices {
			with := tags
			delete(chosen, k.Name)
			if values != nil {
				chosen[k.Name] = values
				if k.Chooser == Tagger {
					with = append(slices.Clone(tags), k.Name)
				}
			}
			if !next(at+1, chosen, with) {
				return false
			}
		}
		delete(chosen, k.Name)
		return true
	}
	return next(0, map[string][]string{}, nil)
}

func clone(keys map[string][]string) map[string][]string {
	out := map[string][]string{}
	for k, v := range keys {
		out[k] = v
	}
	return out
}

// mentions reports whether the text of any policy holds the name of a key.
func mentions(p interpreter.Policies, key string) bool {
	texts := slices.Concat(p.Identity, p.Boundaries, p.Endpoint, []string{p.Session, p.Resource})
	for _, level := range slices.Concat(p.SCPs, p.RCPs) {
		texts = append(texts, level...)
	}
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(key)) })
}
