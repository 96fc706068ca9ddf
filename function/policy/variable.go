package policy

import "strings"

// template is a pattern that holds variables (rule 37). It is put together anew for each request.
type template struct{ pieces []piece }

// piece is literal text or a glob, or, when key is set, a variable.
type piece struct {
	text string
	// key is lower-cased; spelled is as the document has it.
	key, spelled string
	fallback     string
	hasFallback  bool
}

// resolution says how far a template's variables could be replaced.
type resolution int

const (
	stateResolved   resolution = iota
	stateUnresolved            // a variable has no value: the pattern matches nothing (rules 20 and 38)
	stateUncertain             // a variable's value is not known: it is replaced by a run
)

// parsePattern gives a pattern's text, its wildcards marked if it has any meaning for wildcards, and a template instead
// if it holds variables.
func parsePattern(text string, wild, variables bool) (string, *template) {
	mark := clean
	if wild {
		mark = markWildcards
	}
	if !variables || !strings.Contains(text, "${") {
		return mark(text), nil
	}
	t := &template{}
	var plain strings.Builder
	for {
		before, inner, after, ok := cutVariable(text)
		plain.WriteString(mark(before))
		if !ok {
			break
		}
		text = after
		if inner == "*" || inner == "?" || inner == "$" {
			plain.WriteString(inner)
			continue
		}
		p, ok := parseVariable(inner)
		if !ok {
			plain.WriteString(mark("${" + inner + "}"))
			continue
		}
		t.pieces = append(t.pieces, piece{text: plain.String()}, p)
		plain.Reset()
	}
	if len(t.pieces) == 0 {
		return plain.String(), nil
	}
	t.pieces = append(t.pieces, piece{text: plain.String()})
	return "", t
}

// cutVariable cuts the first ${...} out of text. Braces that are never closed are literal text.
func cutVariable(text string) (before, inner, after string, ok bool) {
	before, rest, found := strings.Cut(text, "${")
	if !found {
		return text, "", "", false
	}
	inner, after, found = strings.Cut(rest, "}")
	if !found {
		return text, "", "", false
	}
	return before, inner, after, true
}

// parseVariable reads what stands between the braces: a key, and perhaps a comma and a default in single quotes.
func parseVariable(inner string) (piece, bool) {
	key, fallback, hasFallback := strings.Cut(inner, ",")
	key = strings.TrimSpace(key)
	if key == "" {
		return piece{}, false
	}
	p := piece{key: strings.ToLower(key), spelled: key, hasFallback: hasFallback}
	if hasFallback {
		fallback = strings.TrimSpace(fallback)
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return piece{}, false
		}
		p.fallback = clean(fallback[1 : len(fallback)-1])
	}
	return p, true
}

// resolve replaces the variables. What it puts in is literal; a variable whose value is uncertain becomes a run.
func (t *template) resolve(ctx *Context) (string, resolution) {
	var out strings.Builder
	state := stateResolved
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.key == "" {
			out.WriteString(p.text)
			continue
		}
		v := ctx.lookup(p.key)
		value, ok := v.single()
		switch {
		case ok:
			out.WriteString(clean(value))
		case v.isUncertain():
			out.WriteString(runMark)
			state = stateUncertain
		case p.hasFallback && len(v.Values) == 0:
			out.WriteString(p.fallback)
		default:
			return "", stateUnresolved
		}
	}
	return out.String(), state
}

// isInHead reports whether a variable stands before the last segment of an ARN.
func (t *template) isInHead() bool { return strings.Count(t.pieces[0].text, ":") < arnResource }

// appendUncertain adds the variables, as the document spells them, whose values are not known.
func (t *template) appendUncertain(keys []string, ctx *Context) []string {
	if t == nil {
		return keys
	}
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.key == "" {
			continue
		}
		v := ctx.lookup(p.key)
		if _, ok := v.single(); !ok && v.isUncertain() {
			keys = appendNew(keys, p.spelled)
		}
	}
	return keys
}
