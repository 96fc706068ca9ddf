package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy/policyfile"
)

// lenient lets policy documents through that name an element twice: the policy language has a rule against that, and a
// document that breaks it is judged all the same.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true))

// decode reads the whole page. Errors name the line, and the field where the file has another shape than expected.
func (f *file) decode(into any) error {
	if err := json.Unmarshal(f.body, into, lenient); err != nil {
		return f.fault(err)
	}
	return nil
}

// decodeList is decode for a page of which one list is by far the longest: into holds the list, whose elements are read several at a time.
func decodeList[T any](f *file, name string, into any, list *[]T) error {
	spans := f.lists[name]
	if len(spans) == 0 {
		return f.decode(into)
	}
	rest := slices.Concat(f.body[:spans[0].start], f.body[spans[len(spans)-1].end:])
	if err := json.Unmarshal(rest, into, lenient); err != nil {
		return f.decode(into) // It says where in the file the error is.
	}
	out := make([]T, len(spans))
	var failed atomic.Bool
	parallel.Each(len(spans), func(i int) {
		if err := json.Unmarshal(f.body[spans[i].start:spans[i].end], &out[i], lenient); err != nil {
			failed.Store(true)
		}
	})
	if failed.Load() {
		return f.decode(into)
	}
	*list = out
	return nil
}

// fault says what is wrong with the file, and where.
func (f *file) fault(err error) error {
	offset, cause := int64(0), err
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &syntactic):
		offset, cause = syntactic.ByteOffset, fmt.Errorf("not JSON: %w", syntactic.Err)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			cause = errors.New("not JSON: the file ends in the middle of it")
		}
	case errors.As(err, &semantic):
		offset = semantic.ByteOffset
		cause = fmt.Errorf("field %s: found %s, expected another kind of value", semantic.JSONPointer, kindNames[semantic.JSONKind])
		if semantic.Err != nil {
			cause = fmt.Errorf("field %s: %w", semantic.JSONPointer, semantic.Err)
		}
	}
	if offset == 0 && syntactic == nil && semantic == nil {
		return fmt.Errorf("%s: %w", f.path, cause)
	}
	line := f.line + bytes.Count(f.body[:min(int(offset), len(f.body))], []byte("\n"))
	return fmt.Errorf("%s:%d: %w", f.path, line, cause)
}

var kindNames = map[jsontext.Kind]string{
	'n': "null", 't': "a boolean", 'f': "a boolean", '"': "a string", '0': "a number", '{': "an object", '[': "a list",
}

// document is a policy document in a file: a JSON object, JSON text, or percent-encoded text. The zero value is none.
type document struct {
	plain string
	given bool
	// fault is what is wrong with it.
	fault error
}

// UnmarshalJSONFrom takes the text from the file. A document of another kind is a fault, not an error.
func (d *document) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*d = readDocument(v)
	return nil
}

// notPolicy says that the document is an object without statements: a policy with its name around it would be read as one that
// allows nothing.
func (d document) notPolicy() error {
	var members map[string]jsontext.Value
	if json.Unmarshal([]byte(d.plain), &members, lenient) == nil && members["Statement"] == nil {
		return errors.New("it is not a policy document: it has no Statement")
	}
	return nil
}

// readDocument reads a document. An object's indentation is the command line's, not IAM's, so it is set anew.
func readDocument(v jsontext.Value) document {
	switch v.Kind() {
	case '{', '[':
		if bytes.IndexByte(v, '\n') >= 0 {
			v = v.Clone() // The decoder owns what it gives.
			if err := v.Indent(jsontext.WithIndent("  "), jsontext.AllowDuplicateNames(true)); err != nil {
				return document{fault: err}
			}
		}
		return document{plain: string(v), given: true}
	case '"':
		quoted, err := jsontext.AppendUnquote(nil, v)
		return document{plain: decoded(string(quoted)), given: true, fault: err}
	case 0, 'n':
		return document{}
	}
	return document{fault: fmt.Errorf("found %s, expected a policy document: an object, JSON text or percent-encoded text", v)}
}

// text is the document's text; missing says why it is unknown where there is none.
func (d document) text(missing string) role.Maybe[string] {
	if !d.given {
		return role.NotRead[string](role.NotExported(missing))
	}
	return role.Have(d.plain)
}

// moment is a date in a file. The zero value is none.
type moment struct {
	at    time.Time
	given bool
	// fault is what is wrong with it.
	fault error
}

// UnmarshalJSONFrom takes the date from the file. One in another form is a fault, not an error.
func (m *moment) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*m = readMoment(v)
	return nil
}

// readMoment reads a date as the AWS command line writes it: ISO 8601, or seconds since 1970. Scripts over boto3 print what
// Python makes of it, with a space for the T.
func readMoment(v jsontext.Value) moment {
	switch v.Kind() {
	case 0, 'n':
		return moment{}
	case '0':
		if d, err := time.ParseDuration(string(v) + "s"); err == nil {
			return moment{at: time.Unix(0, 0).UTC().Add(d), given: true}
		}
	case '"':
		text, _ := jsontext.AppendUnquote(nil, v)
		for _, layout := range layoutsOf(text) {
			if t, err := time.Parse(layout, string(text)); err == nil {
				return moment{at: t.UTC(), given: true}
			}
		}
	}
	return moment{fault: fmt.Errorf("%s is not a date, expected one such as 2026-03-02T09:00:00+00:00", v)}
}

// layoutsOf are the forms of a date, Lambda's first where the zone has no colon: an attempt that fails costs more than one
// that does not.
func layoutsOf(text []byte) []string {
	const iam, lambda, bare = time.RFC3339, "2006-01-02T15:04:05.999-0700", "2006-01-02T15:04:05"
	if len(text) > len(time.DateOnly) && text[len(time.DateOnly)] == ' ' {
		return []string{"2006-01-02 15:04:05Z07:00", time.DateTime}
	}
	if n := len(text) - len("-0700"); n >= 0 && (text[n] == '+' || text[n] == '-') {
		return []string{lambda, iam, bare}
	}
	return []string{iam, lambda, bare}
}

// time is the date, unknown where there is none.
func (m moment) time() role.Maybe[time.Time] {
	if !m.given {
		return role.NotRead[time.Time](role.NotExported("the export does not show it"))
	}
	return role.Have(m.at)
}

// decoded takes the percent-encoding off a text that is no JSON as it stands.
func decoded(text string) string {
	if plain, err := policyfile.Decode(text); err == nil {
		return plain
	}
	return text
}
