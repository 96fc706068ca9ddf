package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy/rules"
)

// maxViolations bounds what is told of one document; the last one then says how many are left out.
const maxViolations = 1000

// Error lists every violation, and cites each rule once.
func (e *ParseError) Error() string {
	lines := Citations(e.Violations)
	for i, v := range e.Violations {
		lines[i] = v.placed() + lines[i]
	}
	return "parse policy: " + strings.Join(lines, "; ")
}

// Citations gives what a message appends to each violation: the rule that is broken, in parentheses. The rule's sentence
// and its page in the AWS documentation follow the first violation that breaks it, and its number alone the others. A
// violation without a rule gets an empty text.
func Citations(violations []Violation) []string {
	list := make([]string, len(violations))
	cited := map[int]bool{}
	for i, v := range violations {
		rule, known := rules.Find(v.Rule)
		switch {
		case v.Rule == 0:
		case known && !cited[v.Rule]:
			list[i] = " (" + rule.Citation() + ")"
			cited[v.Rule] = true
		default:
			list[i] = fmt.Sprintf(" (rule %d)", v.Rule)
		}
	}
	return list
}

// Unwrap gives the violations one by one, each a Violation.
func (e *ParseError) Unwrap() []error {
	list := make([]error, len(e.Violations))
	for i, v := range e.Violations {
		list[i] = v
	}
	return list
}

// segment is one step of a path: an element's name, or a place in a list.
type segment struct {
	name  string
	index int
}

// push goes down to an element, pushIndex to a place in a list, and pop comes back.
func (p *parser) push(name string)     { p.path = append(p.path, segment{name: name, index: -1}) }
func (p *parser) pushIndex(i int)      { p.path = append(p.path, segment{index: i}) }
func (p *parser) pop()                 { p.path = p.path[:len(p.path)-1] }
func (p *parser) faults() int          { return len(p.found) + p.omitted }
func (p *parser) quote(t token) string { return excerpt(p.text[t.start:t.end]) }

// where spells the path out, with the given names below it.
func (p *parser) where(below ...string) string {
	var b strings.Builder
	name := func(s string) {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s)
	}
	for _, s := range p.path {
		if s.index >= 0 {
			fmt.Fprintf(&b, "[%d]", s.index)
			continue
		}
		name(excerpt(s.name))
	}
	for _, s := range below {
		name(excerpt(s))
	}
	return b.String()
}

// violate notes a fault at a place in the source, in the element that is being read.
func (p *parser) violate(offset, rule int, format string, args ...any) {
	p.violateBelow(offset, rule, nil, format, args...)
}

// violateBelow notes a fault in an element below the one that is being read.
func (p *parser) violateBelow(offset, rule int, below []string, format string, args ...any) {
	if len(p.found) >= maxViolations {
		p.omitted++
		return
	}
	p.found = append(p.found, Violation{
		Offset: offset, Rule: rule, Path: p.where(below...), Message: fmt.Sprintf(format, args...),
	})
}

// violations gives what was found in the order of the text, with lines and columns, which it works out in one pass.
func (p *parser) violations() []Violation {
	if p.omitted > 0 {
		p.found = append(p.found, Violation{
			Offset: len(p.text), Message: fmt.Sprintf("%d more violations are not listed", p.omitted),
		})
	}
	slices.SortStableFunc(p.found, func(a, b Violation) int { return cmp.Compare(a.Offset, b.Offset) })
	line, start, at := 1, 0, 0
	for i := range p.found {
		v := &p.found[i]
		for ; at < v.Offset; at++ {
			if p.text[at] == '\n' {
				line, start = line+1, at+1
			}
		}
		v.Line, v.Column = line, v.Offset-start+1
	}
	return p.found
}

// excerpt shortens a text that a message quotes.
func excerpt(text string) string {
	const most = 200
	return words.Clip(text, most)
}

// quoted is a text from a document as messages show it.
func quoted(text string) string { return fmt.Sprintf("%q", excerpt(text)) }
