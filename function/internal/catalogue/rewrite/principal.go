// Package rewrite makes the edits of policies and the commands that the fixes of checks share.
package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Principal is the edit that replaces a statement's Principal element: with the principals that keep selects, their text unchanged,
// and with a service, where one is given.
func Principal(doc *policy.Document, s *policy.Statement, keep func(policy.Principal) bool, service string) (policy.Edit, error) {
	added, err := json.Marshal(service)
	if err != nil {
		return policy.Edit{}, fmt.Errorf("rewrite principal: %w", err)
	}
	var types []string
	texts := map[string][]string{}
	add := func(kind, text string) {
		if !slices.Contains(types, kind) {
			types = append(types, kind)
		}
		if !slices.Contains(texts[kind], text) {
			texts[kind] = append(texts[kind], text)
		}
	}
	for _, p := range s.Principals {
		if p.Type != "*" && keep(p) {
			add(p.Type, doc.Text(p.Span))
		}
	}
	if service != "" {
		add("Service", string(added))
	}
	var members []string
	for _, kind := range types {
		value := strings.Join(texts[kind], ", ")
		if len(texts[kind]) > 1 {
			value = "[" + value + "]"
		}
		members = append(members, `"`+kind+`": `+value)
	}
	return policy.Edit{Span: s.PrincipalSpan, Text: "{" + strings.Join(members, ", ") + "}"}, nil
}
