package policy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Edit replaces a span of a document's source.
type Edit struct {
	Span Span
	Text string
}

// Apply gives the document's source with edits made and every other byte as it is. Edits that overlap or lie outside are
// an error.
func Apply(d *Document, edits ...Edit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Span.Start - b.Span.Start })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.Span.Start < at || e.Span.End < e.Span.Start || e.Span.End > len(d.src) {
			return nil, fmt.Errorf("edit policy: span %d to %d overlaps another or lies outside", e.Span.Start, e.Span.End)
		}
		out.Write(d.src[at:e.Span.Start])
		out.WriteString(e.Text)
		at = e.Span.End
	}
	out.Write(d.src[at:])
	return out.Bytes(), nil
}

// StatementsSpan is the value of the Statement element; zero when there is none.
func (d *Document) StatementsSpan() Span { return d.statements }

// AppendStatement gives the document's source with a statement more, set as the others are. A single statement becomes a
// list.
func AppendStatement(d *Document, statement string) ([]byte, error) {
	if d.statements == (Span{}) {
		return nil, errors.New("append statement: the policy has no Statement")
	}
	text := d.Text(d.statements)
	if !strings.HasPrefix(text, "[") {
		return Apply(d, Edit{d.statements, "[" + text + "," + statement + "]"})
	}
	if len(d.Statements) == 0 {
		return Apply(d, Edit{d.statements, "[" + statement + "]"})
	}
	last := d.Statements[len(d.Statements)-1].Span
	return Apply(d, Edit{Span{last.End, last.End}, "," + d.lead(last.Start) + statement})
}

// lead is the white space before a place in the source.
func (d *Document) lead(at int) string {
	from := at
	for from > 0 && strings.IndexByte(" \t\r\n", d.src[from-1]) >= 0 {
		from--
	}
	return string(d.src[from:at])
}

// RemoveStatement gives the document's source without one statement.
func RemoveStatement(d *Document, index int) ([]byte, error) {
	if index < 0 || index >= len(d.Statements) {
		return nil, fmt.Errorf("remove statement: there is no statement %d", index)
	}
	span := d.Statements[index].Span
	switch {
	case len(d.Statements) == 1:
		return Apply(d, Edit{d.statements, "[]"})
	case index == len(d.Statements)-1:
		span.Start = d.Statements[index-1].Span.End
	default:
		span.End = d.Statements[index+1].Span.Start
	}
	return Apply(d, Edit{span, ""})
}
