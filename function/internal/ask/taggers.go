package ask

import (
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

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
