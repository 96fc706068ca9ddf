package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
)

// catalogue puts the package's facts in order. The package must be the one that want names, as name@version.
func (p *contents) catalogue(want string) (format.Catalogue, error) {
	if got := p.packageName + "@" + p.version; got != want {
		return format.Catalogue{}, fmt.Errorf("the archive holds %s", got)
	}
	c := format.Catalogue{Source: p.packageName + " " + p.version}
	var err error
	if c.Keys, err = p.keyTable(); err != nil {
		return c, err
	}
	for _, prefix := range slices.Sorted(maps.Keys(p.titles)) {
		s, err := p.service(prefix)
		if err != nil {
			return c, fmt.Errorf("service %s: %w", prefix, err)
		}
		c.Services = append(c.Services, s)
	}
	if len(c.Services) == 0 || len(c.Keys) == 0 {
		return c, fmt.Errorf("it has %d services and %d condition keys", len(c.Services), len(c.Keys))
	}
	return c, nil
}

// keyTable merges the services' condition keys. A key that one service takes for a list and another for a single
// value may have several values.
func (p *contents) keyTable() ([]format.Key, error) {
	table := map[string]format.Key{}
	for _, service := range slices.Sorted(maps.Keys(p.keys)) {
		for _, id := range slices.Sorted(maps.Keys(p.keys[service])) {
			data := p.keys[service][id]
			k, err := newKey(data)
			if err != nil {
				return nil, fmt.Errorf("service %s: %w", service, err)
			}
			folded := strings.ToLower(k.Name)
			if old, ok := table[folded]; ok {
				if old.Name != k.Name || old.Type != k.Type {
					return nil, fmt.Errorf("service %s: condition key %s differs from another service's %s", service, k.Name, old.Name)
				}
				k.Multi = k.Multi || old.Multi
			}
			table[folded] = k
		}
	}
	return slices.SortedFunc(maps.Values(table), func(a, b format.Key) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}), nil
}

// newKey reads the type, "String" or "ArrayOfString" for example.
func newKey(data keyData) (format.Key, error) {
	name, multi := strings.CutPrefix(data.Type, "ArrayOf")
	i := slices.Index(format.KeyTypes[:], name)
	if i <= 0 || data.Key == "" {
		return format.Key{}, fmt.Errorf("condition key %q is of no known type: %q", data.Key, data.Type)
	}
	return format.Key{Name: data.Key, Type: uint8(i), Multi: multi}, nil
}

// newLevel reads an access level. Tagging and permissions management are written as kinds of Write.
func newLevel(text string) (uint8, error) {
	i := slices.Index(format.Levels[:], strings.TrimSuffix(text, ", Write"))
	if i <= 0 {
		return 0, fmt.Errorf("the access level %q is not known", text)
	}
	return uint8(i), nil
}

func (p *contents) service(prefix string) (format.Service, error) {
	s := format.Service{Prefix: prefix, Title: p.titles[prefix]}
	if p.actions[prefix] == nil || p.types[prefix] == nil || p.keys[prefix] == nil {
		return s, errors.New("it has no file of actions, of resource types or of condition keys")
	}
	for _, t := range p.types[prefix] {
		keys, err := p.canonical(prefix, t.ConditionKeys)
		if err != nil {
			return s, fmt.Errorf("resource type %s: %w", t.Key, err)
		}
		s.Types = append(s.Types, format.ResourceType{Name: t.Key, ARNs: strings.Split(t.ARN, ", "), Keys: keys})
	}
	slices.SortFunc(s.Types, func(a, b format.ResourceType) int { return cmp.Compare(a.Name, b.Name) })
	for _, data := range p.actions[prefix] {
		a, err := p.action(prefix, data, s.Types)
		if err != nil {
			return s, fmt.Errorf("action %s: %w", data.Name, err)
		}
		s.Actions = append(s.Actions, a)
	}
	slices.SortFunc(s.Actions, func(a, b format.Action) int { return cmp.Compare(a.Name, b.Name) })
	return s, nil
}

func (p *contents) action(prefix string, data actionData, types []format.ResourceType) (format.Action, error) {
	level, err := newLevel(data.AccessLevel)
	if err != nil {
		return format.Action{}, err
	}
	a := format.Action{Name: data.Name, Level: level}
	if a.Keys, err = p.canonical(prefix, data.ConditionKeys); err != nil {
		return a, err
	}
	for _, r := range data.ResourceTypes {
		i := slices.IndexFunc(types, func(t format.ResourceType) bool { return strings.EqualFold(t.Name, r.Name) })
		if i < 0 {
			return a, fmt.Errorf("there is no resource type %s", r.Name)
		}
		keys, err := p.canonical(prefix, r.ConditionKeys)
		if err != nil {
			return a, err
		}
		a.Resources = append(a.Resources, format.Reference{Type: i, Required: r.Required, Keys: keys})
	}
	a.Resources = merge(a.Resources)
	return a, nil
}

// merge orders an action's resource types and makes one of those that AWS's table names in several rows.
func merge(refs []format.Reference) []format.Reference {
	slices.SortStableFunc(refs, func(a, b format.Reference) int { return cmp.Compare(a.Type, b.Type) })
	var out []format.Reference
	for _, r := range refs {
		if n := len(out); n > 0 && out[n-1].Type == r.Type {
			last := &out[n-1]
			last.Required = last.Required || r.Required
			last.Keys = ordered(append(slices.Clone(last.Keys), r.Keys...))
			continue
		}
		out = append(out, r)
	}
	return out
}

// canonical gives the names as the table of condition keys spells them, in order, each once.
func (p *contents) canonical(prefix string, names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		k, ok := p.keys[prefix][strings.ToLower(name)]
		if !ok {
			return nil, fmt.Errorf("there is no condition key %s", name)
		}
		out = append(out, k.Key)
	}
	return ordered(out), nil
}

func ordered(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
