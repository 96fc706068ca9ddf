package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

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

// document reads a policy document: a JSON object, JSON text, or percent-encoded text. An object's indentation is the
// command line's, not IAM's, so it is set anew.
func document(v jsontext.Value, missing string) (role.Maybe[string], error) {
	switch v.Kind() {
	case '{', '[':
		text := v.Clone()
		if bytes.IndexByte(text, '\n') >= 0 {
			if err := text.Indent(jsontext.WithIndent("  "), jsontext.AllowDuplicateNames(true)); err != nil {
				return role.Maybe[string]{}, err
			}
		}
		return role.Have(string(text)), nil
	case '"':
		quoted, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return role.Maybe[string]{}, err
		}
		return role.Have(decoded(string(quoted))), nil
	case 0, 'n':
		return role.NotRead[string](role.Because(missing)), nil
	}
	return role.Maybe[string]{}, fmt.Errorf("found %s, expected a policy document: an object, JSON text or percent-encoded text", v)
}

// decoded takes the percent-encoding off a text that is no JSON as it stands.
func decoded(text string) string {
	if plain, err := policyfile.Decode(text); err == nil {
		return plain
	}
	return text
}
