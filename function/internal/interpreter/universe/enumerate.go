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
}

// Requests are all requests of an action in the domain: every resource, and every choice of the keys that carries says the action's
// requests carry. A key that no policy mentions makes no difference, and has its first choice.
func (d Domain) Requests(action Action, policies interpreter.Policies, carries func(action, key string) bool) iter.Seq[Case] {
	var keys []Key
	for _, k := range d.Keys {
		if carries(action.Name, k.Name) {
			if !mentions(policies, k.Name) {
				k.Choices = k.Choices[:1]
			}
			keys = append(keys, k)
		}
	}
	return func(yield func(Case) bool) {
		for _, r := range action.Resources {
			req := interpreter.Request{Principal: d.Principal, Action: action.Name, Resource: r.ARN, ResourceAccount: Account}
			if !choose(keys, func(chosen map[string][]string, tags []string) bool {
				req.Keys = chosen
				return yield(Case{Request: req, On: r, Tags: slices.Clone(tags)})
			}) {
				return
			}
		}
	}
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
