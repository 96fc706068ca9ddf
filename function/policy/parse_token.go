package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// token is one token with its place. Its text is a string's value, or a number or boolean as it is spelled.
type token struct {
	kind jsontext.Kind
	text string
	Span
}

// next reads a token. After a fault it gives tokens of no kind.
func (p *parser) next() token {
	if p.err != nil {
		return token{}
	}
	raw, err := p.dec.ReadToken()
	if err != nil {
		p.err = err
		return token{}
	}
	t := token{kind: raw.Kind(), Span: Span{p.skip(p.end), int(p.dec.InputOffset())}}
	p.end = t.End
	switch t.kind {
	case '"':
		t.text = p.unquote(t.Span)
	case '0', 't', 'f':
		t.text = p.text[t.Start:t.End]
	case '{', '[':
		if p.dec.StackDepth() > maxDepth && !p.tooDeep {
			p.tooDeep = true
			p.violate(t.Start, 0, "the document nests deeper than %d levels", maxDepth)
		}
	}
	return t
}

// skip passes over what may stand between tokens.
func (p *parser) skip(at int) int {
	for at < len(p.text) {
		switch p.text[at] {
		case ' ', '\t', '\r', '\n', ',', ':':
			at++
		default:
			return at
		}
	}
	return at
}

// unquote gives a string's value. Half of a surrogate pair is JSON, but no character.
func (p *parser) unquote(s Span) string {
	inner := p.text[s.Start+1 : s.End-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	text, err := jsontext.AppendUnquote(nil, p.text[s.Start:s.End])
	if err != nil {
		p.violate(s.Start, 10, "%s holds an escape that stands for no character", excerpt(p.text[s.Start:s.End]))
	}
	return string(text)
}

// few is how many names of one object are compared one with another as they come; more are compared at its end.
const few = 32

// name reads the next name of an object whose names begin at base; false at its end. Names that stand twice, be it in
// another case, are told (rule 2).
func (p *parser) name(base int) (token, bool) {
	t := p.next()
	if p.err != nil || t.kind == '}' {
		if len(p.names)-base > few && p.err == nil {
			p.compareNames(p.names[base:])
		}
		p.names = p.names[:base]
		return t, false
	}
	if len(p.names)-base < few {
		same := func(other token) bool { return strings.EqualFold(other.text, t.text) }
		if i := slices.IndexFunc(p.names[base:], same); i >= 0 {
			p.twin(p.names[base+i], t)
		}
	}
	p.names = append(p.names, t)
	return t, true
}

// compareNames compares those names of a large object that were not compared as they came.
func (p *parser) compareNames(names []token) {
	first := make(map[string]token, len(names))
	for i, t := range names {
		key := fold(t.text)
		other, ok := first[key]
		if !ok {
			first[key] = t
		} else if i >= few {
			p.twin(other, t)
		}
	}
}

func (p *parser) twin(first, second token) {
	below := []string{second.text}
	if first.text == second.text {
		p.violateBelow(second.Start, 2, below, "%s stands twice in one object", p.quote(second))
		return
	}
	p.violateBelow(second.Start, 2, below, "%s and %s differ only by case", p.quote(first), p.quote(second))
}

// fold gives the same text for names that strings.EqualFold takes for equal.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, name)
}

// rest reads what is left of a value whose first token is t. It does not recurse: the value may nest as deep as it likes.
func (p *parser) rest(t token) {
	const list = -1
	var open []int // for each open object where its names begin
	enter := func(kind jsontext.Kind) {
		switch kind {
		case '{':
			open = append(open, len(p.names))
		case '[':
			open = append(open, list)
		}
	}
	for enter(t.kind); len(open) > 0 && p.err == nil; {
		base := open[len(open)-1]
		if base != list {
			if _, ok := p.name(base); !ok {
				open = open[:len(open)-1]
				continue
			}
		}
		t := p.next()
		if t.kind == ']' {
			open = open[:len(open)-1]
		}
		enter(t.kind)
	}
}

// refuse notes a value of the wrong type, and reads past it.
func (p *parser) refuse(t token, rule int, want string) {
	if p.err != nil {
		return
	}
	p.violate(t.Start, rule, "want %s, not %s", want, kindName(t.kind))
	p.rest(t)
}

// each reads a scalar or a list and tells every element by its first token. It gives the span of the whole.
func (p *parser) each(element func(t token, inList bool)) Span {
	t := p.next()
	span := t.Span
	if p.err != nil {
		return span
	}
	if t.kind != '[' {
		element(t, false)
		return Span{span.Start, p.end}
	}
	for i := 0; ; i++ {
		t := p.next()
		if p.err != nil || t.kind == ']' {
			return Span{span.Start, p.end}
		}
		p.pushIndex(i)
		element(t, true)
		p.pop()
	}
}

// taken gives a copy of the values that were read since mark, at their true length.
func (p *parser) taken(mark int) []Value {
	values := slices.Clone(p.values[mark:])
	p.values = p.values[:mark]
	return values
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
	case '"':
		return "a string"
	}
	return fmt.Sprintf("%q", k)
}
