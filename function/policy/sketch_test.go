package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// sketch is a statement that a test takes apart and puts together.
type sketch struct {
	sid                                  string
	effect                               string
	actions, resources                   []string
	principals                           []sketchedPrincipal
	conditions                           []sketchedCondition
	notAction, notResource, notPrincipal bool
	// lists writes lists of one value as lists.
	lists bool
}

type sketchedPrincipal struct{ kind, text string }

type sketchedCondition struct {
	operator, key string
	values        []string
}

// sketchedPolicy is a policy at one place of a set: "identity", "trust", "resource", "boundary", "session", "scp/0", "rcp/0",
// "endpoint".
type sketchedPolicy struct {
	place      string
	version    string
	statements []sketch
}

type sketchedSet []sketchedPolicy

func (s sketch) clone() sketch {
	s.actions, s.resources, s.principals = slices.Clone(s.actions), slices.Clone(s.resources), slices.Clone(s.principals)
	s.conditions = slices.Clone(s.conditions)
	for i := range s.conditions {
		s.conditions[i].values = slices.Clone(s.conditions[i].values)
	}
	return s
}

func (p sketchedPolicy) clone() sketchedPolicy {
	p.statements = slices.Clone(p.statements)
	for i := range p.statements {
		p.statements[i] = p.statements[i].clone()
	}
	return p
}

func (set sketchedSet) clone() sketchedSet {
	out := slices.Clone(set)
	for i := range out {
		out[i] = out[i].clone()
	}
	return out
}

func (s sketch) json(place string) string {
	m := map[string]any{"Effect": s.effect}
	if s.sid != "" {
		m["Sid"] = s.sid
	}
	element := func(name string, not bool) string {
		if not {
			return "Not" + name
		}
		return name
	}
	list := func(values []string) any {
		if len(values) == 1 && !s.lists {
			return values[0]
		}
		return values
	}
	m[element("Action", s.notAction)] = list(s.actions)
	if len(s.resources) > 0 && place != "trust" {
		m[element("Resource", s.notResource)] = list(s.resources)
	}
	if place == "trust" || place == "resource" || place == "rcp" || place == "endpoint" && len(s.principals) > 0 {
		byKind := map[string][]string{}
		for _, p := range s.principals {
			byKind[p.kind] = append(byKind[p.kind], p.text)
		}
		if len(byKind["*"]) > 0 {
			m["Principal"] = "*"
		} else {
			m[element("Principal", s.notPrincipal)] = byKind
		}
	}
	conditions := map[string]map[string]any{}
	for _, c := range s.conditions {
		if conditions[c.operator] == nil {
			conditions[c.operator] = map[string]any{}
		}
		conditions[c.operator][c.key] = list(c.values)
	}
	if len(conditions) > 0 {
		m["Condition"] = conditions
	}
	out, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func (p *sketchedPolicy) json() string {
	place, _, _ := strings.Cut(p.place, "/")
	var list []string
	for _, s := range p.statements {
		list = append(list, s.json(place))
	}
	return `{"Version":"` + p.version + `","Statement":[` + strings.Join(list, ",") + `]}`
}

// String is the set as sections of testdata/compare hold it.
func (set sketchedSet) String() string {
	var b strings.Builder
	for i := range set {
		fmt.Fprintf(&b, "  %s %s\n", set[i].place, set[i].json())
	}
	return b.String()
}

var sketchKinds = map[string]Kind{
	"identity": Identity, "resource": Resource, "trust": Trust, "boundary": Boundary, "session": Session, "endpoint": Resource,
	"scp": SCP, "rcp": RCP,
}

// parse gives the set, or false where a part of it breaks the grammar.
func (set sketchedSet) parse() (Set, bool) {
	var out Set
	for i := range set {
		place, level, _ := strings.Cut(set[i].place, "/")
		d, err := Parse([]byte(set[i].json()), sketchKinds[place])
		if d == nil || err != nil && len(d.Statements) != len(set[i].statements) {
			return out, false
		}
		part := Part{Name: place, Document: d}
		at := 0
		if level != "" {
			at = int(level[0] - '0')
		}
		grow := func(levels [][]Part) [][]Part {
			for len(levels) <= at {
				levels = append(levels, nil)
			}
			levels[at] = append(levels[at], part)
			return levels
		}
		switch place {
		case "identity":
			out.Identity = append(out.Identity, part)
		case "resource", "trust":
			out.Resource = &part
		case "boundary":
			out.Boundaries = append(out.Boundaries, part)
		case "session":
			out.Session = &part
		case "endpoint":
			out.Endpoint = append(out.Endpoint, part)
		case "scp":
			out.SCPs = grow(out.SCPs)
		case "rcp":
			out.RCPs = grow(out.RCPs)
		}
	}
	return out, true
}
