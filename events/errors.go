package events

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrNotListed is what errors.Is finds in the error of a record that is well-formed and none of ours.
var ErrNotListed = errors.New("not listed")

// NotListedError says of a well-formed record or event that the catalogue has no row for it. It is ErrNotListed.
type NotListedError struct {
	// Source and Name are the record's eventSource and eventName; empty when it has none.
	Source, Name string
	// Why says what the record is instead, where that is not plain from its name.
	Why string
}

// Error names the event's source and name.
func (e *NotListedError) Error() string {
	text := "parse event: not listed"
	if e.Source != "" || e.Name != "" {
		text += fmt.Sprintf(": %q %q", e.Source, e.Name)
	}
	if e.Why != "" {
		text += ": " + e.Why
	}
	return text
}

// Is makes every NotListedError an ErrNotListed.
func (e *NotListedError) Is(target error) bool { return target == ErrNotListed }

// MalformedError says that a body is not a record that can be understood, and where it breaks.
type MalformedError struct {
	// Field is the path of the field at fault, "detail.requestParameters.roleName", or empty for the whole body.
	Field string
	// Reason says what is wrong with it.
	Reason string
	// Offset counts bytes from the start of the body, Line lines from 1. Where nothing is known of the place, as
	// for a missing field, they are -1 and 0.
	Offset int64
	Line   int
	// Err is the cause, if another package found it.
	Err error
}

// Error names the field, what is wrong with it, and the place.
func (e *MalformedError) Error() string {
	text := "parse event: "
	if e.Field != "" {
		text += e.Field + ": "
	}
	text += e.Reason
	if e.Line > 0 {
		text += fmt.Sprintf(" (line %d, byte %d)", e.Line, e.Offset)
	}
	return text
}

// Unwrap gives the cause.
func (e *MalformedError) Unwrap() error { return e.Err }

func malformed(field, reason string) *MalformedError {
	return &MalformedError{Field: field, Reason: reason, Offset: -1}
}

// misread turns an error of the JSON packages into a MalformedError. The value that was read lies in body from base
// on, under prefix.
func misread(err error, body []byte, base int64, prefix string) *MalformedError {
	out := malformed(prefix, err.Error())
	out.Err = err
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &semantic):
		out.Offset = base + semantic.ByteOffset
		out.Field = joinPath(prefix, semantic.JSONPointer)
		out.Reason = mismatch(semantic)
	case errors.As(err, &syntactic):
		out.Offset = base + syntactic.ByteOffset
		out.Field = joinPath(prefix, syntactic.JSONPointer)
		out.Reason = "not valid JSON: " + syntactic.Err.Error()
	}
	if out.Offset >= 0 {
		end := min(out.Offset, int64(len(body)))
		out.Line = 1 + bytes.Count(body[:end], []byte("\n"))
	}
	return out
}

// mismatch words a value of the wrong type.
func mismatch(err *json.SemanticError) string {
	if err.Err != nil {
		return err.Err.Error()
	}
	return wrongKind(err.JSONKind, wanted(err.GoType))
}

func wrongKind(is jsontext.Kind, want string) string { return "is " + kindName(is) + ", want " + want }

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	default:
		return "not a value"
	}
}

// wanted names the type that a value is read into. The JSON package gives that which a pointer points to.
func wanted(t reflect.Type) string {
	switch {
	case t == nil:
		return "another type"
	case t.Kind() == reflect.Bool:
		return "a boolean"
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}

// longestPath bounds a path: a body nested ten thousand deep would make one as long as itself.
const longestPath = 200

// joinPath writes a JSON pointer below prefix with dots. Names are whatever the body says, so odd ones are quoted.
func joinPath(prefix string, pointer jsontext.Pointer) string {
	path := prefix
	for name := range pointer.Tokens() {
		if len(path) > longestPath {
			return path + "..."
		}
		if len(name) > longestPath || strings.ContainsFunc(name, odd) {
			name = strconv.QuoteToASCII(name[:min(len(name), longestPath)])
		}
		if path != "" {
			path += "."
		}
		path += name
	}
	return path
}

func odd(r rune) bool { return r <= ' ' || r > '~' || r == '.' || r == '"' }
