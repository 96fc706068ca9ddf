package policy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/policy/internal/jsontoken"
)

// Edit replaces a span of a document's source.
type Edit struct {
	Span Span
	Text string
}

// Apply gives the document's source with edits made and every other byte as it is. It is an error when edits overlap or
// lie outside, or when the result is no policy document any more; breaking the grammar alone is none. Insertions at one
// place come in the order given.
func Apply(d *Document, edits ...Edit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
	})
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.Span.Start < 0 || e.Span.End < e.Span.Start || e.Span.End > len(d.src) {
			return nil, fmt.Errorf("edit policy: the span from %d to %d lies outside the document", e.Span.Start, e.Span.End)
		}
		if e.Span.Start < at {
			return nil, fmt.Errorf("edit policy: the span from %d to %d overlaps another", e.Span.Start, e.Span.End)
		}
		out.WriteString(d.src[at:e.Span.Start])
		out.WriteString(e.Text)
		at = e.Span.End
	}
	out.WriteString(d.src[at:])
	if len(edits) > 0 {
		if after, err := Parse(out.Bytes(), d.Kind); after == nil {
			return nil, fmt.Errorf("edit policy: %w", err)
		}
	}
	return out.Bytes(), nil
}

// StatementsSpan is the value of the Statement element; zero when there is none.
func (d *Document) StatementsSpan() Span { return d.statements }

// AppendStatement gives the document's source with a statement added at the end, set as the others are; no other byte
// changes. A single statement becomes a list of two. It is an error when the statement is no JSON object, or the document
// has no Statement to add to.
func AppendStatement(d *Document, statement string) ([]byte, error) {
	added := jsontext.Value(statement)
	if err := added.Compact(); err != nil {
		return nil, fmt.Errorf("append statement: %w", err)
	}
	if added.Kind() != '{' {
		return nil, fmt.Errorf("append statement: want an object, not %s", jsontoken.KindName(added.Kind()))
	}
	whole, items := d.statementItems()
	if whole == (Span{}) {
		return nil, errors.New("append statement: the policy has no Statement, or one that is neither an object nor a list")
	}
	isList := d.src[whole.Start] == '['
	if isList && len(items) == 0 {
		text := d.layout(whole, false).set(added)
		return wrapEdit("append statement", d, Edit{whole, "[" + text + "]"})
	}
	last := items[len(items)-1]
	l := d.layout(last, isList)
	tail := Edit{Span{last.End, last.End}, "," + l.gap + l.set(added)}
	if isList {
		return wrapEdit("append statement", d, tail)
	}
	tail.Text += "]"
	return wrapEdit("append statement", d, Edit{Span{last.Start, last.Start}, "["}, tail)
}

// RemoveStatement gives the document's source without the statement at an index, counted from 0; no other byte changes
// but the comma and the white space beside it. It is an error when there is no such statement, and when it is the only
// one: a policy without statements is none.
func RemoveStatement(d *Document, index int) ([]byte, error) {
	if index < 0 || index >= len(d.Statements) {
		return nil, fmt.Errorf("remove statement %d: the policy has %d", index, len(d.Statements))
	}
	gone := d.Statements[index].Span
	_, items := d.statementItems()
	i := slices.Index(items, gone)
	switch {
	case i < 0:
		return nil, fmt.Errorf("remove statement %d: the policy has two elements named Statement", index)
	case len(items) == 1:
		return nil, fmt.Errorf("remove statement %d: it is the only one", index)
	case i == len(items)-1:
		gone.Start = items[i-1].End
	default:
		gone.End = items[i+1].Start
	}
	return wrapEdit("remove statement", d, Edit{gone, ""})
}

func wrapEdit(what string, d *Document, edits ...Edit) ([]byte, error) {
	out, err := Apply(d, edits...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return out, nil
}

// statementItems gives the place of the Statement element's value, and of everything that is listed in it, be it a
// statement or not.
func (d *Document) statementItems() (whole Span, items []Span) {
	whole = d.statements
	text := d.Text(whole)
	switch {
	case strings.HasPrefix(text, "{"):
		return whole, []Span{whole}
	case !strings.HasPrefix(text, "["):
		return Span{}, nil
	}
	p := &parser{text: text, dec: new(jsontext.Decoder)}
	p.begin()
	p.each(func(t token, _ bool) {
		p.rest(t)
		items = append(items, Span{whole.Start + t.offset(), whole.Start + p.end})
	})
	return whole, items
}
