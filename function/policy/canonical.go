package policy

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Canonical is a JSON text that two documents share when they are the same policy but for what IAM may change when it
// stores one: white space, the order of elements, of operators, of condition keys and of listed values, values listed
// twice, a scalar or a list of one, an account's ID or its root ARN, an empty Sid or Condition, no Version or 2008-10-17
// spelled out. The order of statements counts, and so do upper and lower case. What Parse left out of the document because
// it breaks the grammar does not show.
func (d *Document) Canonical() []byte {
	w := canonicalWriter{out: make([]byte, 0, len(d.src))} // It is seldom longer than its source.
	w.open('{')
	if d.ID != "" {
		w.name("Id")
		w.text(d.ID)
	}
	w.name("Statement")
	w.open('[')
	for i := range d.Statements {
		w.separate()
		w.statement(&d.Statements[i])
	}
	w.close(']')
	w.name("Version")
	if d.Version == "" {
		w.text("2008-10-17")
	} else {
		w.text(d.Version)
	}
	w.close('}')
	return w.out
}

// Canonical is such a text of one statement.
func (s *Statement) Canonical() []byte {
	w := canonicalWriter{}
	w.statement(s)
	return w.out
}

// canonicalWriter writes JSON without white space.
type canonicalWriter struct {
	out []byte
	// first is set where no comma is due.
	first bool
}

func (w *canonicalWriter) open(bracket byte) { w.out, w.first = append(w.out, bracket), true }

func (w *canonicalWriter) close(bracket byte) { w.out, w.first = append(w.out, bracket), false }

func (w *canonicalWriter) separate() {
	if !w.first {
		w.out = append(w.out, ',')
	}
	w.first = false
}

func (w *canonicalWriter) text(s string) {
	// The texts come out of a parsed document, in which there is nothing that cannot be quoted.
	w.out, _ = jsontext.AppendQuote(w.out, s)
}

func (w *canonicalWriter) name(s string) {
	w.separate()
	w.text(s)
	w.out = append(w.out, ':')
}

// list writes texts sorted, each once.
func (w *canonicalWriter) list(texts []string) {
	slices.Sort(texts)
	w.open('[')
	for _, s := range slices.Compact(texts) {
		w.separate()
		w.text(s)
	}
	w.close(']')
}

func (w *canonicalWriter) statement(s *Statement) {
	w.open('{')
	if s.HasAction {
		w.name(nameOf("Action", s.NotAction))
		w.list(texts(s.Actions))
	}
	if len(s.Conditions) > 0 {
		w.name("Condition")
		w.conditions(s.Conditions)
	}
	switch s.Effect {
	case Allow:
		w.name("Effect")
		w.text("Allow")
	case Deny:
		w.name("Effect")
		w.text("Deny")
	}
	if s.HasPrincipal {
		w.name(nameOf("Principal", s.NotPrincipal))
		w.principals(s.Principals)
	}
	if s.HasResource {
		w.name(nameOf("Resource", s.NotResource))
		w.list(texts(s.Resources))
	}
	if s.Sid != "" {
		w.name("Sid")
		w.text(s.Sid)
	}
	w.close('}')
}

func (w *canonicalWriter) conditions(list []Condition) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Condition) int {
		if c := strings.Compare(a.Operator, b.Operator); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	w.open('{')
	for i := 0; i < len(list); {
		operator := list[i].Operator
		w.name(operator)
		w.open('{')
		for ; i < len(list) && list[i].Operator == operator; i++ {
			w.name(list[i].Key)
			w.list(texts(list[i].Values))
		}
		w.close('}')
	}
	w.close('}')
}

// principals writes them by type.
func (w *canonicalWriter) principals(list []Principal) {
	byType := map[string][]string{}
	var types []string
	for _, p := range list {
		kind, text := p.canonical()
		if _, ok := byType[kind]; !ok {
			types = append(types, kind)
		}
		byType[kind] = append(byType[kind], text)
	}
	slices.Sort(types)
	w.open('{')
	for _, kind := range types {
		w.name(kind)
		w.list(byType[kind])
	}
	w.close('}')
}

// canonical is a principal's type and text: the bare wildcard is of the type AWS (rule 39).
func (p *Principal) canonical() (kind, text string) {
	switch p.Type {
	case "*":
		return "AWS", p.Text
	case "AWS":
		return "AWS", accountOfRoot(p.Text)
	}
	return p.Type, p.Text
}

// accountOfRoot gives the account's ID for an account's root ARN, and any other text as it is (rule 41).
func accountOfRoot(text string) string {
	rest, ok := strings.CutPrefix(text, "arn:")
	if !ok {
		return text
	}
	partition, rest, _ := strings.Cut(rest, ":")
	id, ok := strings.CutPrefix(rest, "iam::")
	if !ok || strings.ContainsAny(partition, "*?") {
		return text
	}
	if id, ok = strings.CutSuffix(id, ":root"); !ok || len(id) != 12 || strings.Trim(id, "0123456789") != "" {
		return text
	}
	return id
}

func texts(values []Value) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.Text
	}
	return out
}
