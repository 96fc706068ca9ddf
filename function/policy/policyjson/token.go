package policyjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/policy/internal/jsontoken"
)

// place is where the next token begins.
func (r *Reader) place() int { return jsontoken.Start(r.text, int(r.dec.InputOffset())) }

// in says in which element a fault is.
func (r *Reader) in(element string, err error) error {
	var f *FieldError
	if errors.As(err, &f) {
		return &FieldError{f.Offset, fmt.Errorf("%s: %w", element, f.Err)}
	}
	return fmt.Errorf("%s: %w", element, err)
}

// broken makes a fault of what the decoder says.
func (r *Reader) broken(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &FieldError{len(r.text), errors.New("it is not JSON: it ends too early")}
	case errors.As(err, &syntax):
		return &FieldError{int(syntax.ByteOffset), fmt.Errorf("it is not JSON: %w", syntax.Err)}
	}
	return err
}

func (r *Reader) token() (jsontext.Token, error) {
	t, err := r.dec.ReadToken()
	if err != nil {
		return t, r.broken(err)
	}
	return t, nil
}

func (r *Reader) wrong(at int, want string, got jsontext.Kind) error {
	return &FieldError{at, fmt.Errorf("the value must be %s, not %s", want, jsontoken.KindName(got))}
}

// isNull passes over a null, which is as if the field were not there.
func (r *Reader) isNull() bool {
	if r.dec.PeekKind() != 'n' {
		return false
	}
	_, err := r.dec.ReadToken()
	return err == nil
}

// object reads an object and reports each name, with its place; the callback reads the value.
func (r *Reader) object(what string, member func(name string, at int) error) error {
	at := r.place()
	open, err := r.token()
	if err != nil {
		return err
	}
	if open.Kind() != '{' {
		return r.wrong(at, what+", which is an object", open.Kind())
	}
	for r.dec.PeekKind() != '}' {
		at := r.place()
		name, err := r.string()
		if err == nil {
			err = member(name, at)
		}
		if err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

// list reads a list; a null is an empty one.
func list[T any](r *Reader, what string, element func(i int) (T, error)) ([]T, error) {
	if r.isNull() {
		return nil, nil
	}
	at := r.place()
	open, err := r.token()
	if err != nil {
		return nil, err
	}
	if open.Kind() != '[' {
		return nil, r.wrong(at, "a list of "+what, open.Kind())
	}
	var all []T
	for i := 0; r.dec.PeekKind() != ']'; i++ {
		one, err := element(i)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	_, err = r.token()
	return all, err
}

// string reads a string.
func (r *Reader) string() (string, error) {
	at := r.place()
	t, err := r.token()
	if err != nil {
		return "", err
	}
	if t.Kind() != '"' {
		return "", r.wrong(at, "a string", t.Kind())
	}
	return r.unquote(at)
}

// unquote gives the value of the string that was read last, and that begins at a place.
func (r *Reader) unquote(at int) (string, error) {
	quoted := r.text[at:r.dec.InputOffset()]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	text, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return "", &FieldError{at, errors.New("the string contains an escape sequence that is not a character")}
	}
	return string(text), nil
}

// scalar reads a context key's value. Numbers and booleans are taken as they are spelled.
func (r *Reader) scalar() (string, error) {
	at := r.place()
	t, err := r.token()
	if err != nil {
		return "", err
	}
	switch t.Kind() {
	case '"':
		return r.unquote(at)
	case '0', 't', 'f':
		return string(r.text[at:r.dec.InputOffset()]), nil
	}
	return "", r.wrong(at, "a string, a number or a boolean", t.Kind())
}

// value reads a whole value and gives its text.
func (r *Reader) value() ([]byte, error) {
	at := r.place()
	if err := r.dec.SkipValue(); err != nil {
		return nil, r.broken(err)
	}
	return r.text[at:r.dec.InputOffset()], nil
}
