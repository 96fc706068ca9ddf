package actions

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

//go:embed actions.zlib
var embedded []byte

// index is the catalogue in the form in which it is asked. names, folded (the names in lower case) and actions stand in
// the order of names, in which the actions of a service stand together.
type index struct {
	source        string
	names, folded []string
	actions       []Action
	spans         []span
	byPrefix      map[string]int // into spans
	keys          []format.Key
}

// span says where a service's actions stand: from <= i < to.
type span struct {
	prefix, title string
	from, to      int
}

// catalogue panics when the embedded file is damaged, which a test of this package rules out.
var catalogue = sync.OnceValue(func() *index {
	c, err := load(embedded)
	if err != nil {
		panic(err)
	}
	return c
})

// positions finds an action by its lower-cased name.
var positions = sync.OnceValue(func() map[string]int {
	c := catalogue()
	m := make(map[string]int, len(c.folded))
	for i, name := range c.folded {
		m[name] = i
	}
	return m
})

func load(data []byte) (*index, error) {
	c, err := format.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("load actions: %w", err)
	}
	// A prefix counts with its colon: "acm-pca:" comes before "acm:".
	slices.SortFunc(c.Services, func(a, b format.Service) int { return strings.Compare(a.Prefix+":", b.Prefix+":") })
	total := 0
	for i := range c.Services {
		total += len(c.Services[i].Actions)
	}
	x := &index{source: c.Source, keys: c.Keys, byPrefix: make(map[string]int, len(c.Services)), actions: make([]Action, 0, total)}
	for i := range c.Services {
		s := &c.Services[i]
		from := len(x.actions)
		x.addActions(s)
		x.byPrefix[ascii.Lower(s.Prefix)] = len(x.spans)
		x.spans = append(x.spans, span{prefix: s.Prefix, title: s.Title, from: from, to: len(x.actions)})
	}
	x.addNames()
	return x, nil
}

// addActions adds a service's actions. Actions that take the same resources share one list.
func (x *index) addActions(s *format.Service) {
	type lists struct{ all, required []ResourceType }
	shared := map[*format.Reference]lists{}
	for i := range s.Actions {
		a := &s.Actions[i]
		out := Action{Service: s.Prefix, Name: a.Name, Level: Level(a.Level), ConditionKeys: a.Keys}
		if len(a.Resources) > 0 {
			list, ok := shared[&a.Resources[0]]
			if !ok {
				list.all = resourceTypes(s.Types, a.Resources)
				list.required = slices.DeleteFunc(slices.Clone(list.all), func(t ResourceType) bool { return !t.Required })
				shared[&a.Resources[0]] = list
			}
			out.ResourceTypes, out.required = list.all, list.required
		}
		x.actions = append(x.actions, out)
	}
}

func resourceTypes(types []format.ResourceType, refs []format.Reference) []ResourceType {
	list := make([]ResourceType, len(refs))
	for i, r := range refs {
		t := &types[r.Type]
		list[i] = ResourceType{Name: t.Name, ARNs: t.ARNs, Keys: union(t.Keys, r.Keys), Required: r.Required}
	}
	return list
}

func union(a, b []string) []string {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// addNames writes all names one after another into two texts and cuts them there.
func (x *index) addNames() {
	var all []byte
	ends := make([]int, len(x.actions))
	for i := range x.actions {
		all = append(all, x.actions[i].Service...)
		all = append(all, ':')
		all = append(all, x.actions[i].Name...)
		ends[i] = len(all)
	}
	text := string(all)
	folded := ascii.Lower(text)
	x.names, x.folded = make([]string, len(ends)), make([]string, len(ends))
	from := 0
	for i, end := range ends {
		x.names[i], x.folded[i] = text[from:end], folded[from:end]
		x.actions[i].full = x.names[i]
		from = end
	}
}
