package policy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxSource is the longest document that is parsed, in bytes. IAM's own quotas are far below it.
	maxSource = 1 << 20
	// maxDepth is how deep a document may nest. The grammar needs seven levels.
	maxDepth = 32
)

// Error lists every violation, one a line.
func (e *ParseError) Error() string {
	lines := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		lines[i] = v.Error()
	}
	return "parse policy: " + strings.Join(lines, "; ")
}

// Parse reads a policy document. The error is a *ParseError with every violation of the grammar in the order of the
// text. Whenever the text is a JSON object the document comes too, with its violations: what is in force must be
// judged, valid or not.
func Parse(src []byte, kind Kind) (*Document, error) {
	p := &parser{src: src, doc: &Document{Kind: kind, src: src}}
	if p.refused() || !p.document() {
		return nil, p.failure()
	}
	p.check()
	slices.SortStableFunc(p.found, func(a, b Violation) int { return a.Offset - b.Offset })
	p.place()
	p.doc.Violations = p.found
	p.doc.compile()
	if len(p.found) > 0 {
		return p.doc, &ParseError{Violations: p.found}
	}
	return p.doc, nil
}

// parser reads a document token by token.
type parser struct {
	src   []byte
	dec   *jsontext.Decoder
	doc   *Document
	found []Violation
	// err is the first fault that ends the reading; it is sticky.
	err error
	// end is where the last token ended.
	end int
}

// token is one token with its place.
type token struct {
	kind jsontext.Kind
	text string
	Span
}

// violate notes a fault.
func (p *parser) violate(offset, rule int, path, format string, args ...any) {
	p.found = append(p.found, Violation{Offset: offset, Rule: rule, Path: path, Message: fmt.Sprintf(format, args...)})
}

// refused tells whether the text is not worth reading.
func (p *parser) refused() bool {
	switch {
	case len(p.src) > maxSource:
		p.err = fmt.Errorf("the document has %d bytes, more than %d", len(p.src), maxSource)
	case bytes.HasPrefix(p.src, []byte("\xef\xbb\xbf")):
		p.violate(0, 10, "", "the document starts with a byte order mark")
		p.err = errors.New("the document starts with a byte order mark")
	case len(bytes.TrimSpace(p.src)) == 0:
		p.err = errors.New("the document is empty")
	}
	return p.err != nil
}

// failure is the error of a text that is no JSON object.
func (p *parser) failure() error {
	if len(p.found) == 0 {
		offset, rule := p.end, 0
		var syntax *jsontext.SyntacticError
		if errors.As(p.err, &syntax) {
			offset = int(syntax.ByteOffset)
			if strings.Contains(syntax.Error(), "UTF-8") {
				rule = 10
			}
			p.err = syntax.Err
		}
		p.violate(min(offset, len(p.src)), rule, "", "not a JSON object: %v", p.err)
	}
	p.place()
	return &ParseError{Violations: p.found}
}

// place works out lines and columns, in one pass over the text.
func (p *parser) place() {
	line, start, at := 1, 0, 0
	for i := range p.found {
		v := &p.found[i]
		for ; at < v.Offset && at < len(p.src); at++ {
			if p.src[at] == '\n' {
				line, start = line+1, at+1
			}
		}
		v.Line, v.Column = line, v.Offset-start+1
	}
}

// next reads a token. After a fault it gives a token of no kind.
func (p *parser) next() token {
	if p.err != nil {
		return token{}
	}
	t, err := p.dec.ReadToken()
	if err != nil {
		p.err = err
		return token{}
	}
	out := token{kind: t.Kind(), Span: Span{p.skip(p.end), int(p.dec.InputOffset())}}
	p.end = out.End
	switch out.kind {
	case '"':
		out.text = t.String()
	case '0', 't', 'f', 'n':
		out.text = string(p.src[out.Start:out.End])
	}
	if p.dec.StackDepth() > maxDepth && p.err == nil {
		p.err = fmt.Errorf("the document nests deeper than %d levels", maxDepth)
	}
	return out
}

// skip passes over what stands between tokens.
func (p *parser) skip(at int) int {
	for at < len(p.src) && strings.IndexByte(" \t\r\n,:", p.src[at]) >= 0 {
		at++
	}
	return at
}

// rest reads what is left of a value whose first token is t, and gives where it ends.
func (p *parser) rest(t token) int {
	for depth := opens(t.kind); depth > 0 && p.err == nil; {
		depth += opens(p.next().kind)
	}
	return p.end
}

func opens(k jsontext.Kind) int {
	switch k {
	case '{', '[':
		return 1
	case '}', ']':
		return -1
	}
	return 0
}

// members reads the members of an object whose brace was read: each is told by its name's token. Names that stand twice,
// but for case, are violations (rule 2).
func (p *parser) members(path string, member func(name token)) {
	var seen []string
	for {
		name := p.next()
		if p.err != nil || name.kind == '}' {
			return
		}
		if slices.ContainsFunc(seen, func(s string) bool { return strings.EqualFold(s, name.text) }) {
			p.violate(name.Start, 2, join(path, name.text), "%s stands twice in one object", strconv.Quote(name.text))
		}
		seen = append(seen, name.text)
		member(name)
	}
}

// elements reads a scalar or a list: each element is told by its first token. It gives the whole value's span.
func (p *parser) elements(path string, element func(t token, path string)) Span {
	t := p.next()
	span := t.Span
	if t.kind != '[' {
		if p.err == nil {
			element(t, path)
		}
		span.End = p.end
		return span
	}
	for i := 0; ; i++ {
		t := p.next()
		if p.err != nil || t.kind == ']' {
			span.End = p.end
			return span
		}
		element(t, path+"["+strconv.Itoa(i)+"]")
	}
}

// strings reads a scalar or a list of strings. IAM takes null in a list, and leaves it out.
func (p *parser) strings(path string) (values []Value, span Span) {
	span = p.elements(path, func(t token, at string) {
		if t.kind == 'n' && strings.HasSuffix(at, "]") {
			return
		}
		if t.kind != '"' {
			p.violate(t.Start, 1, at, "want a string or a list of strings, not %s", kindName(t.kind))
			p.rest(t)
			return
		}
		values = append(values, Value{Text: t.text, Span: t.Span})
	})
	return values, span
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 'n':
		return "null"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	}
	return "a string"
}
