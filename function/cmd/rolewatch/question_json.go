package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/policy"
)

// place is where the next token begins.
func (q *questions) place() int {
	at := int(q.dec.InputOffset())
	for at < len(q.text) {
		switch q.text[at] {
		case ' ', '\t', '\r', '\n', ',', ':':
			at++
		default:
			return at
		}
	}
	return at
}

// in says in which element a fault is.
func (q *questions) in(element string, err error) error {
	var f fault
	if errors.As(err, &f) {
		return fault{f.offset, fmt.Errorf("%s: %w", element, f.cause)}
	}
	return fmt.Errorf("%s: %w", element, err)
}

// broken makes a fault of what the decoder says.
func (q *questions) broken(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault{len(q.text), errors.New("it is not JSON: it ends too early")}
	case errors.As(err, &syntax):
		return fault{int(syntax.ByteOffset), fmt.Errorf("it is not JSON: %w", syntax.Err)}
	}
	return err
}

func (q *questions) token() (jsontext.Token, error) {
	t, err := q.dec.ReadToken()
	if err != nil {
		return t, q.broken(err)
	}
	return t, nil
}

func (q *questions) wrong(at int, want string, got jsontext.Kind) error {
	kinds := map[jsontext.Kind]string{
		'{': "an object", '[': "a list", '"': "a string", '0': "a number", 't': "a boolean", 'f': "a boolean", 'n': "null",
	}
	return fault{at, fmt.Errorf("want %s, not %s", want, kinds[got])}
}

// isNull passes over a null, which is as if the field were not there.
func (q *questions) isNull() bool {
	if q.dec.PeekKind() != 'n' {
		return false
	}
	_, err := q.dec.ReadToken()
	return err == nil
}

// object reads an object and tells each name, with its place; the callback reads the value.
func (q *questions) object(what string, member func(name string, at int) error) error {
	at := q.place()
	open, err := q.token()
	if err != nil {
		return err
	}
	if open.Kind() != '{' {
		return q.wrong(at, what+", which is an object", open.Kind())
	}
	for q.dec.PeekKind() != '}' {
		at := q.place()
		name, err := q.string()
		if err == nil {
			err = member(name, at)
		}
		if err != nil {
			return err
		}
	}
	_, err = q.token()
	return err
}

// list reads a list; a null is an empty one.
func list[T any](q *questions, what string, element func(i int) (T, error)) ([]T, error) {
	if q.isNull() {
		return nil, nil
	}
	at := q.place()
	open, err := q.token()
	if err != nil {
		return nil, err
	}
	if open.Kind() != '[' {
		return nil, q.wrong(at, "a list of "+what, open.Kind())
	}
	var all []T
	for i := 0; q.dec.PeekKind() != ']'; i++ {
		one, err := element(i)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	_, err = q.token()
	return all, err
}

// string reads a string.
func (q *questions) string() (string, error) {
	at := q.place()
	t, err := q.token()
	if err != nil {
		return "", err
	}
	if t.Kind() != '"' {
		return "", q.wrong(at, "a string", t.Kind())
	}
	return q.unquote(at)
}

// unquote gives the value of the string that was read last, and that begins at a place.
func (q *questions) unquote(at int) (string, error) {
	quoted := q.text[at:q.dec.InputOffset()]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	text, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return "", fault{at, errors.New("the string holds an escape that stands for no character")}
	}
	return string(text), nil
}

// scalar reads a context key's value. Numbers and booleans are taken as they are spelled.
func (q *questions) scalar() (string, error) {
	at := q.place()
	t, err := q.token()
	if err != nil {
		return "", err
	}
	switch t.Kind() {
	case '"':
		return q.unquote(at)
	case '0', 't', 'f':
		return string(q.text[at:q.dec.InputOffset()]), nil
	}
	return "", q.wrong(at, "a string, a number or a boolean", t.Kind())
}

// value reads a whole value and gives its text.
func (q *questions) value() ([]byte, error) {
	at := q.place()
	if err := q.dec.SkipValue(); err != nil {
		return nil, q.broken(err)
	}
	return q.text[at:q.dec.InputOffset()], nil
}

const (
	// maxKept bounds the policies that are kept, by the weight of each: its length and what the shortest one takes.
	maxKept    = 32 << 20
	leastTaken = 4 << 10
)

// documents keeps policies that were parsed: what is asked about the same policies comes in suites.
type documents struct {
	kept   [policy.RCP + 1]map[string]*policy.Document
	weight int
}

// get gives the policy of a JSON object, or of a string that holds one's text. Where it breaks the grammar, it is judged
// all the same.
func (d *documents) get(text []byte, kind policy.Kind) (*policy.Document, error) {
	if found := d.kept[kind][string(text)]; found != nil {
		return found, nil
	}
	source := text
	if k := jsontext.Value(text).Kind(); k == '"' {
		var err error
		if source, err = jsontext.AppendUnquote(nil, text); err != nil {
			return nil, errors.New("the policy's text holds an escape that stands for no character")
		}
	}
	parsed, err := policy.Parse(source, kind)
	if parsed == nil {
		return nil, err
	}
	if d.weight += len(text) + leastTaken; d.weight > maxKept || d.kept[kind] == nil {
		*d = documents{kept: d.kept, weight: len(text) + leastTaken}
		for k := range d.kept {
			d.kept[k] = map[string]*policy.Document{}
		}
	}
	d.kept[kind][string(text)] = parsed
	return parsed, nil
}
