package policy

import (
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/policy/internal/jsontoken"
)

// token is one token with its place. Its text is a string's value, or a number or boolean as it is spelled.
// It is small enough to be passed in registers.
type token struct {
	kind       jsontext.Kind
	start, end int32
	text       string
}

func (t token) offset() int { return int(t.start) }
func (t token) span() Span  { return Span{int(t.start), int(t.end)} }

// since is the span from a token to the end of the last one.
func (p *parser) since(t token) Span { return Span{t.offset(), p.end} }

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
	start, end := jsontoken.Start(p.text, p.end), int(p.dec.InputOffset())
	p.end = end
	t := token{kind: raw.Kind(), start: int32(start), end: int32(end)}
	switch t.kind {
	case '"':
		t.text = p.unquote(start, end)
	case '0', 't', 'f':
		t.text = p.text[start:end]
	case '{', '[':
		if p.dec.StackDepth() > maxDepth && !p.tooDeep {
			p.tooDeep = true
			p.violate(t.offset(), 0, "the document is nested deeper than %d levels", maxDepth)
		}
	}
	return t
}

// unquote gives a string's value. Half of a surrogate pair is JSON, but no character.
func (p *parser) unquote(start, end int) string {
	inner := p.text[start+1 : end-1]
	if !p.escapes || strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	text, err := jsontext.AppendUnquote(nil, p.text[start:end])
	if err != nil {
		p.violate(start, 10, "%s contains an escape sequence that is not a character", excerpt(p.text[start:end]))
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
		for i := base; i < len(p.names); i++ {
			if other := &p.names[i]; mayBeTwins(other.text, t.text) && strings.EqualFold(other.text, t.text) {
				p.twin(*other, t)
				break
			}
		}
	}
	p.names = append(p.names, t)
	return t, true
}

// mayBeTwins says whether two names can be the same but for their case, by how they begin: letters of ASCII differ by one
// bit there.
func mayBeTwins(a, b string) bool {
	const ascii = 0x80
	return a == "" || b == "" || a[0] >= ascii || b[0] >= ascii || a[0]|0x20 == b[0]|0x20
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
		p.violateBelow(second.offset(), 2, below, "%s occurs more than once in one object", p.quote(second))
		return
	}
	p.violateBelow(second.offset(), 2, below, "%s and %s differ only in case", p.quote(first), p.quote(second))
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
	before := len(p.found)
	p.violate(t.offset(), rule, "the value must be %s, not %s", want, jsontoken.KindName(t.kind))
	for i := before; i < len(p.found); i++ {
		p.found[i].WrongType = true
	}
	p.rest(t)
}

// each reads a scalar or a list and tells every element by its first token. It gives the span of the whole.
func (p *parser) each(element func(t token, inList bool)) Span {
	t := p.next()
	if p.err != nil {
		return t.span()
	}
	if t.kind != '[' {
		element(t, false)
		return p.since(t)
	}
	for i := 0; ; i++ {
		item := p.next()
		if p.err != nil || item.kind == ']' {
			return p.since(t)
		}
		p.pushIndex(i)
		element(item, true)
		p.pop()
	}
}

// valuesSince gives the values that were read since mark, in the parser's memory.
func (p *parser) valuesSince(mark int) []Value { return p.values[mark:len(p.values):len(p.values)] }
