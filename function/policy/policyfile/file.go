package policyfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

const (
	// maxSource is the longest text that is read, in bytes. The policy in it is bounded by what policy.Parse reads, and
	// takes at most three times as much when it is percent-encoded.
	maxSource = 4 << 20
	// maxEncodings is how many encodings one around another are undone: an output in a string, with a string that is
	// percent-encoded, takes three.
	maxEncodings = 4
)

const byteOrderMark = "\xef\xbb\xbf"

// blanks are what JSON takes for white space.
const blanks = " \t\r\n"

// File is a policy that was found in a text.
type File struct {
	// Text is the policy's JSON. For a document that is not encoded it is a part of the source, not a copy.
	Text []byte
	// Form is what the policy was found in: a command of the AWS CLI, such as "aws iam get-role-policy", or the member
	// that holds the policy, such as "Policy", where several commands answer so. It is empty for a bare document.
	Form string
	// Path leads from the top of the source to the policy, as "Role.AssumeRolePolicyDocument"; it is empty for a bare
	// document.
	Path string
	// Kind is what the form says of the policy, and HasKind whether it says so. Recognize also looks into the policy.
	Kind    policy.Kind
	HasKind bool
	// Encoded is set when the policy was text in a string, or percent-encoded. Places in it are then places in Text.
	Encoded bool

	// source is the whole text, and base where Text begins in it.
	source []byte
	base   int
}

// NotAPolicyError says why a text is not a policy, or not a policy of the kind that is asked for.
type NotAPolicyError struct {
	// Line and Column count from 1; Column counts bytes. They are places in the source, or in the policy's own text when
	// that was encoded.
	Line, Column int
	// Offset is the same place, in bytes from the start.
	Offset int
	// Encoded says that the place is in the policy's own text.
	Encoded bool
	// Path leads from the top of the source to the element, as "Role.AssumeRolePolicyDocument.Statement[0].Resource". It
	// is empty for the whole text.
	Path string
	// What says what was found.
	What string
}

func (e *NotAPolicyError) Error() string {
	place := fmt.Sprintf("line %d, column %d", e.Line, e.Column)
	if e.Encoded {
		place += " of the policy's own text"
	}
	if e.Path != "" {
		place += ": " + e.Path
	}
	return fmt.Sprintf("parse policy: %s: %s", place, e.What)
}

// Locate gives the place of an offset in Text: its line and column in the source, or in Text itself when that was
// encoded. Both count from 1; the column counts bytes.
func (f File) Locate(offset int) (line, column int) {
	return words.Place(f.before(offset))
}

// before is the text in front of an offset in Text, and how long that is.
func (f File) before(offset int) ([]byte, int) {
	all := f.source
	if f.Encoded {
		all = f.Text
	} else {
		offset += f.base
	}
	offset = max(0, min(offset, len(all)))
	return all[:offset], offset
}

// Violation gives a violation of the document in Text with its place and path in the source.
func (f File) Violation(v policy.Violation) policy.Violation {
	v.Line, v.Column = f.Locate(v.Offset)
	_, v.Offset = f.before(v.Offset)
	v.Path = join(f.Path, v.Path)
	return v
}

// refuse makes an error at a place in Text.
func (f File) refuse(offset int, path, format string, args ...any) error {
	e := &NotAPolicyError{Path: join(f.Path, path), What: fmt.Sprintf(format, args...), Encoded: f.Encoded}
	e.Line, e.Column = f.Locate(offset)
	_, e.Offset = f.before(offset)
	return e
}

// refuseParse makes an error of what policy.Parse says of a text that gives no document.
func (f File) refuseParse(err error) error {
	var broken *policy.ParseError
	if !errors.As(err, &broken) || len(broken.Violations) == 0 {
		return f.refuse(0, "", "%v", err)
	}
	v := broken.Violations[0]
	return f.refuse(v.Offset, v.Path, "%s", v.Message)
}

func join(path, below string) string {
	switch {
	case path == "":
		return below
	case below == "" || strings.HasPrefix(below, "["):
		return path + below
	}
	return path + "." + below
}

// Unwrap finds the policy in a text: the text itself, or the policy that an output of the AWS CLI holds. The document may
// be an object, JSON text in a string, or percent-encoded, be it twice; a byte order mark is passed over. The error is
// always a *NotAPolicyError: for a text longer than 4 MiB, for one that is not JSON, for an output without a policy or
// with several, and for anything else that has no Statement. Whether what is found is a sound policy is for Parse to say.
func Unwrap(src []byte) (File, error) {
	src = bytes.TrimPrefix(src, []byte(byteOrderMark))
	f := File{Text: src, source: src}
	if len(src) > maxSource {
		return f, f.refuse(maxSource, "", "the text has %d bytes; the maximum is %d", len(src), maxSource)
	}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		return f, f.refuse(0, "", "the text is in UTF-16, which a redirection in PowerShell writes; save it in UTF-8")
	}
	object, err := f.decode(maxEncodings)
	if err != nil {
		return f, err
	}
	if err := f.refuseForeign(object); err != nil {
		return f, err
	}
	if object.has("Statement") {
		return f, nil
	}
	return f.unwrap(object)
}

// at gives the file of a part of the text, which path leads to.
func (f File) at(m member) File {
	f.Text, f.base, f.Path = f.Text[m.start:m.end], f.base+m.start, join(f.Path, m.name)
	return f
}

// decode undoes encodings until the text is an object, and gives the object.
func (f *File) decode(encodings int) (object, error) {
	for ; ; encodings-- {
		start := len(f.Text) - len(bytes.TrimLeft(f.Text, blanks))
		text := f.Text[start:]
		if len(text) == 0 {
			return nil, f.refuse(len(f.Text), "", "the text is empty; a policy is a JSON object")
		}
		if text[0] == '{' && !isStringInside(text) {
			return f.object()
		}
		plain, err := f.decodeOnce(start)
		if err != nil {
			return nil, err
		}
		if encodings == 0 {
			return nil, f.refuse(start, "", "the text is encoded more than %d times", maxEncodings)
		}
		// From here on places are those in the decoded text; the path leads to it.
		f.Text, f.Encoded = plain, true
	}
}

// object reads the members of the object that the text is.
func (f File) object() (object, error) {
	o, err := members(f.Text)
	if err == nil {
		return o, nil
	}
	if what := templateText(string(bytes.TrimLeft(f.Text, blanks))); what != "" {
		return nil, f.refuse(0, "", "%s", what)
	}
	if _, err := policy.Parse(f.Text, policy.Identity); err != nil {
		return nil, f.refuseParse(err)
	}
	return nil, f.refuse(0, "", "the text is not JSON: %v", err)
}
