package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxSource is the longest document that is read, in bytes. IAM's own quotas are far below it.
	maxSource = 1 << 20
	// maxDepth is how deep a document may nest without a violation. The grammar needs six levels.
	maxDepth = 20
)

// Parse reads a policy document. The error is a *ParseError with every violation of the grammar in the order of the
// text. Whenever the text is a JSON object the document comes too, with its violations: what is in force must be
// judged, valid or not. A text that is not a JSON object, is longer than 1 MiB or nests deeper than 10,000 levels gives no
// document, and one violation that says where. Quotas of IAM are no violations here.
//
// See "Grammar of the IAM JSON policy language" in the IAM User Guide. Where it says no and IAM says yes (underscores in
// a Sid, Id in an identity policy), the document is taken.
func Parse(src []byte, kind Kind) (*Document, error) { return ParseText(string(src), kind) }

// ParseText is Parse for a text, which the document then shares.
func ParseText(text string, kind Kind) (*Document, error) {
	made := &parsed{document: Document{Kind: kind, src: text}}
	d := &made.document
	d.parsed = made
	p := parsers.Get().(*parser)
	defer p.release()
	p.text, p.doc = text, d
	if p.readable() {
		p.begin()
		p.document()
	}
	if p.err != nil {
		return nil, &ParseError{Violations: p.failure()}
	}
	d.Statements = p.statementsRead()
	d.Violations = p.violations()
	made.compilation.source = d.Statements
	if len(d.Violations) > 0 {
		return d, &ParseError{Violations: d.Violations}
	}
	return d, nil
}

// parsers keeps parsers for the lists that they read into.
var parsers = sync.Pool{New: func() any { return &parser{dec: new(jsontext.Decoder)} }}

// largest is the length of the documents whose parsers are kept.
const largest = 256 << 10

// parser reads a document token by token, in one pass.
type parser struct {
	// text is the source; the document's strings are cut from it without a copy.
	text string
	// input is what dec reads from: source, a copy of the text.
	input  bytes.Buffer
	source []byte
	dec    *jsontext.Decoder
	doc    *Document

	path    []segment
	found   []Violation
	omitted int
	// names are those of the objects being read, the outermost first.
	names []token
	// tooDeep is set once the depth was told.
	tooDeep bool

	// These lists are read into, and then copied from at their true length.
	statementList []Statement
	conditions    []Condition
	values        []Value
	// sids are those read so far; many holds them all once they are more than a few.
	sids []string
	many map[string]bool

	// operatorName is the condition operator that was taken apart last, and operator and understood what it is.
	operatorName string
	operator     operator
	understood   Truth

	// escapes says whether the text holds any.
	escapes bool
	// end is where the last token ended.
	end int
	// err is the fault that ended the reading; it stays.
	err error
}

// begin sets the parser to the first token. It tells itself, as violations, what the decoder is told to let pass.
func (p *parser) begin() {
	p.source = append(p.source[:0], p.text...)
	p.input = *bytes.NewBuffer(p.source)
	p.dec.Reset(&p.input, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	p.escapes = strings.IndexByte(p.text, '\\') >= 0
}

// release gives the parser back, its lists emptied. What they held goes when they are read into again, or when the pool is
// swept.
func (p *parser) release() {
	if len(p.text) > largest {
		return
	}
	*p = parser{
		dec: p.dec, source: p.source[:0], statementList: p.statementList[:0], conditions: p.conditions[:0], values: p.values[:0], names: p.names[:0],
		path: p.path[:0], sids: p.sids[:0],
	}
	parsers.Put(p)
}

// statementsRead gives the statements in memory of their own: one piece for all of them, one for their conditions, and one
// for their values.
func (p *parser) statementsRead() []Statement {
	values, conditions := 0, 0
	for i := range p.statementList {
		s := &p.statementList[i]
		values += len(s.Actions) + len(s.Resources)
		conditions += len(s.Conditions)
		for j := range s.Conditions {
			values += len(s.Conditions[j].Values)
		}
	}
	list := slices.Clone(p.statementList)
	m := mover{make([]Value, 0, values), make([]Condition, 0, conditions)}
	for i := range list {
		m.move(&list[i])
	}
	return list
}

// mover has room for the values and conditions of several statements.
type mover struct {
	values     []Value
	conditions []Condition
}

func (m *mover) move(s *Statement) {
	s.Actions, s.Resources = m.own(s.Actions), m.own(s.Resources)
	if s.Conditions == nil {
		return
	}
	n := len(m.conditions)
	m.conditions = append(m.conditions, s.Conditions...)
	s.Conditions = m.conditions[n:len(m.conditions):len(m.conditions)]
	for i := range s.Conditions {
		s.Conditions[i].Values = m.own(s.Conditions[i].Values)
	}
}

func (m *mover) own(list []Value) []Value {
	if list == nil {
		return nil
	}
	n := len(m.values)
	m.values = append(m.values, list...)
	return m.values[n:len(m.values):len(m.values)]
}

// fault is an error with its place, for a text that is no policy at all.
type fault struct {
	offset, rule int
	message      string
}

func (f fault) Error() string { return f.message }

// readable refuses a text that is not worth reading.
func (p *parser) readable() bool {
	switch at := invalidUTF8(p.text); {
	case len(p.text) > maxSource:
		p.err = fault{maxSource, 0, fmt.Sprintf("the document has %d bytes; the maximum is %d", len(p.text), maxSource)}
	case strings.HasPrefix(p.text, "\xef\xbb\xbf"):
		p.err = fault{0, 10, "the document starts with a byte order mark; JSON starts with its first character"}
	case strings.TrimLeft(p.text, blanks) == "":
		p.err = fault{len(p.text), 0, "the document is empty; a policy is a JSON object"}
	case at >= 0:
		p.err = fault{at, 10, "the document is not in UTF-8"}
	}
	return p.err == nil
}

// invalidUTF8 is where the first byte stands that is not UTF-8, or -1.
func invalidUTF8(src string) int {
	if utf8.ValidString(src) {
		return -1
	}
	at := 0
	for at < len(src) {
		r, size := utf8.DecodeRuneInString(src[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// failure is the one violation of a text that is no policy at all.
func (p *parser) failure() []Violation {
	var known fault
	if !errors.As(p.err, &known) {
		known = fault{offset: p.end, message: "the document is not JSON: " + p.err.Error()}
		var syntax *jsontext.SyntacticError
		if errors.As(p.err, &syntax) {
			known = fault{offset: int(syntax.ByteOffset), message: "the document is not JSON: " + syntax.Err.Error()}
		}
		if errors.Is(p.err, io.EOF) || errors.Is(p.err, io.ErrUnexpectedEOF) {
			known.offset, known.message = len(p.text), "the document is not JSON: it ends too early"
		}
	}
	p.path, p.found, p.omitted = nil, nil, 0
	p.violate(min(known.offset, len(p.text)), known.rule, "%s", known.message)
	return p.violations()
}
