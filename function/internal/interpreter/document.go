package interpreter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// document is a policy.
type document struct {
	variables  bool // whether ${...} is a variable, which it is from version 2012-10-17 on
	statements []statement
}

// statement is one statement. A list that is nil is an element that the statement lacks.
type statement struct {
	effect                        string
	actions, notActions           []string
	resources, notResources       []string
	principal, notPrincipal       map[string][]string // by type; a bare principal has type ""
	conditions                    []condition
	hasResources, hasNotResources bool
}

// condition is an operator with one key.
type condition struct {
	operator, key string
	values        []string
}

func read(p Policies) (documents, error) {
	var failed error
	list := func(texts []string) (out []document) {
		for _, text := range texts {
			d, err := parse(text)
			if err != nil {
				failed = err
			}
			out = append(out, d)
		}
		return out
	}
	one := func(text string) *document {
		if text == "" {
			return nil
		}
		return &list([]string{text})[0]
	}
	levels := func(texts [][]string) (out [][]document) {
		for _, level := range texts {
			out = append(out, list(level))
		}
		return out
	}
	out := documents{
		identity: list(p.Identity), boundaries: list(p.Boundaries), endpoint: list(p.Endpoint), session: one(p.Session),
		resource: one(p.Resource), scps: levels(p.SCPs), rcps: levels(p.RCPs), rcpServices: p.RCPServices,
	}
	return out, failed
}

// parse reads a policy of any kind.
func parse(text string) (document, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var top map[string]any
	if err := decoder.Decode(&top); err != nil {
		return document{}, fmt.Errorf("read policy: %w", err)
	}
	d := document{variables: top["Version"] == "2012-10-17"}
	switch s := top["Statement"].(type) {
	case []any:
		for _, one := range s {
			fields, ok := one.(map[string]any)
			if !ok {
				return document{}, fmt.Errorf("read policy: a statement is %v", one)
			}
			d.statements = append(d.statements, parseStatement(fields))
		}
	case map[string]any:
		d.statements = append(d.statements, parseStatement(s))
	default:
		return document{}, fmt.Errorf("read policy: Statement is %v", s)
	}
	return d, nil
}

func parseStatement(fields map[string]any) statement {
	var s statement
	s.effect, _ = fields["Effect"].(string)
	s.actions, s.notActions = texts(fields["Action"]), texts(fields["NotAction"])
	s.resources, s.notResources = texts(fields["Resource"]), texts(fields["NotResource"])
	_, s.hasResources = fields["Resource"]
	_, s.hasNotResources = fields["NotResource"]
	s.principal, s.notPrincipal = parsePrincipal(fields["Principal"]), parsePrincipal(fields["NotPrincipal"])
	operators, _ := fields["Condition"].(map[string]any)
	for operator, block := range operators {
		keys, _ := block.(map[string]any)
		for key, values := range keys {
			s.conditions = append(s.conditions, condition{operator: operator, key: strings.ToLower(key), values: texts(values)})
		}
	}
	return s
}

// parsePrincipal reads Principal. "*" is {"AWS": "*"}.
func parsePrincipal(value any) map[string][]string {
	switch v := value.(type) {
	case string:
		if v == "*" {
			return map[string][]string{"AWS": {"*"}}
		}
		return map[string][]string{"": {v}}
	case map[string]any:
		out := map[string][]string{}
		for kind, names := range v {
			out[kind] = texts(names)
		}
		return out
	}
	return nil
}

// texts reads a scalar or a list of scalars. Numbers and booleans are as good as texts.
func texts(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		out := []string{}
		for _, one := range v {
			out = append(out, texts(one)...)
		}
		return out
	case map[string]any:
		return nil
	}
	return []string{fmt.Sprint(value)}
}
