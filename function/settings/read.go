package settings

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/words"
)

// reader takes values apart and collects everything that is wrong with them, each with its key and value.
type reader struct {
	known Catalogue
	// prefix stands before every key.
	prefix string
	errs   []error
}

func (r *reader) err() error { return errors.Join(r.errs...) }

// wrong notes a fault of the value under a key.
func (r *reader) wrong(key string, value jsontext.Value, format string, args ...any) {
	text := string(value)
	// It is compacted in place, and others read it after this.
	if value = value.Clone(); value.Compact() == nil {
		text = string(value)
	}
	r.errs = append(r.errs, fmt.Errorf("%s%s %s: %w", r.prefix, key, words.Clip(text, maxQuoted), fmt.Errorf(format, args...)))
}

// maxQuoted bounds how much of a value a fault quotes.
const maxQuoted = 300

// member is one member of an object.
type member struct {
	// path is where it stands, and key its name.
	path, key string
	value     jsontext.Value
}

// object gives the members of an object in the order of their names; a null among them is a fault.
func (r *reader) object(path string, value jsontext.Value) []member {
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(value, &fields); value.Kind() != '{' || err != nil {
		r.wrong(path, value, "it must be an object%s", because(err))
		return nil
	}
	out := make([]member, 0, len(fields))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		m := member{path + "." + key, key, fields[key]}
		if path == "" {
			m.path = key
		}
		if m.value.Kind() == 'n' {
			r.wrong(m.path, m.value, "null is not a value: omit the key")
			continue
		}
		out = append(out, m)
	}
	return out
}

// because tells what is wrong in an object that cannot be taken apart: a member that is there twice.
func because(err error) string {
	var fault *jsontext.SyntacticError
	if errors.As(err, &fault) {
		return ": " + fault.Err.Error()
	}
	return ""
}

// list gives the elements of a list.
func (r *reader) list(path string, value jsontext.Value) []member {
	var elements []jsontext.Value
	if value.Kind() != '[' || json.Unmarshal(value, &elements) != nil {
		r.wrong(path, value, "it must be a list")
		return nil
	}
	out := make([]member, len(elements))
	for i, e := range elements {
		out[i] = member{fmt.Sprintf("%s[%d]", path, i), "", e}
	}
	return out
}

// emptyList reports whether a value is a list without elements.
func emptyList(value jsontext.Value) bool {
	var elements []jsontext.Value
	return json.Unmarshal(value, &elements) == nil && len(elements) == 0
}

// text gives a string that is not blank.
func (r *reader) text(m member) string {
	var s string
	if m.value.Kind() != '"' || json.Unmarshal(m.value, &s) != nil {
		r.wrong(m.path, m.value, "it must be a string")
		return ""
	}
	if strings.TrimSpace(s) == "" {
		r.wrong(m.path, m.value, "it is empty")
		return ""
	}
	return s
}

// texts gives a list of strings, each held to a form and there once.
func (r *reader) texts(m member, fault func(string) string) []string {
	var out []string
	seen := map[string]bool{}
	for _, e := range r.list(m.path, m.value) {
		s := r.text(e)
		if s == "" {
			continue
		}
		switch why := fault(s); {
		case why != "":
			r.wrong(e.path, e.value, "it %s", why)
		case seen[s]:
			r.wrong(e.path, e.value, "it is named twice")
		default:
			out, seen[s] = append(out, s), true
		}
	}
	return out
}

func (r *reader) flag(m member) bool {
	switch m.value.Kind() {
	case 't':
		return true
	case 'f':
		return false
	}
	r.wrong(m.path, m.value, "it must be true or false")
	return false
}

// stranger notes a key that there is not.
func (r *reader) stranger(m member, keys ...string) {
	r.wrong(m.path, m.value, "there is no such key%s", meant(m.key, keys))
}

// required notes the keys that an object lacks.
func (r *reader) required(path string, value jsontext.Value, members []member, keys ...string) {
	for _, key := range keys {
		if !slices.ContainsFunc(members, func(m member) bool { return m.key == key }) {
			r.wrong(path, value, "it lacks %q", key)
		}
	}
}

var selector = regexp.MustCompile(`^` + family + `[0-9]{0,3}$`)

// unselectable says why a selector names no check; empty when it names some.
func (r *reader) unselectable(s string) string {
	if selector.MatchString(s) && len(expand([]string{s}, r.known)) > 0 {
		return ""
	}
	var ids []string
	for _, c := range r.known {
		if strings.EqualFold(c.Slug, s) || strings.EqualFold(c.ID, s) {
			return "is not the ID of a check; did you mean " + c.ID + "?"
		}
		ids = append(ids, c.ID)
	}
	return "is not a check" + meant(s, ids)
}

const (
	// maxMeant bounds how many names a fault suggests.
	maxMeant = 3
	// shortName is how long a name is in which more than one wrong letter makes another name.
	shortName = 5
)

// meant suggests the names that are nearest to one that there is not.
func meant(name string, names []string) string {
	best, near := 1, []string(nil)
	if len(name) > shortName {
		best = 2
	}
	for _, n := range names {
		d := words.Distance(strings.ToLower(name), strings.ToLower(n))
		if d < best {
			best, near = d, nil
		}
		if d == best {
			near = append(near, n)
		}
	}
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near[:min(len(near), maxMeant)], ", ") + "?"
}
