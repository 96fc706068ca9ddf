package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// file is one file of an export, taken apart at its top.
type file struct {
	path string
	body []byte
	// has are the members of the object that the file is.
	has map[string]bool
}

// lenient lets policy documents through that name an element twice: the policy language has a rule against that, and a
// document that breaks it is judged all the same.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true))

func openFile(path string) (*file, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	switch {
	case bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff")):
		return nil, fmt.Errorf("%s: the file is UTF-16, expected UTF-8 (PowerShell: pipe through Out-File -Encoding utf8)", path)
	case len(bytes.TrimSpace(body)) == 0:
		return nil, fmt.Errorf("%s: the file is empty, expected JSON", path)
	}
	f := &file{path: path, body: body, has: map[string]bool{}}
	if kind := jsontext.Value(body).Kind(); kind != '{' {
		if err := f.decode(new(jsontext.Value)); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s: expected a JSON object", path)
	}
	return f, f.list()
}

// list notes what members the object has.
func (f *file) list() error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(f.body), lenient)
	if _, err := dec.ReadToken(); err != nil {
		return f.fault(err)
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return f.fault(err)
		}
		f.has[name.String()] = true
		if err := dec.SkipValue(); err != nil {
			return f.fault(err)
		}
	}
	return nil
}

// decode reads the whole file. Errors name the line, and the field where the file has another shape than expected.
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
	line := 1 + bytes.Count(f.body[:min(int(offset), len(f.body))], []byte("\n"))
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
		return role.NotRead[string](missing), nil
	}
	return role.Maybe[string]{}, fmt.Errorf("found %s, expected a policy document: an object, JSON text or percent-encoded text", v)
}

// decoded takes the percent-encoding off a text that is no JSON as it stands.
func decoded(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return text
	}
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
