package policy

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// allowAnyText makes half of a surrogate pair the replacement character, as Parse does.
var allowAnyText = jsontext.AllowInvalidUTF8(true)

// checkSpans checks that every element lies where it belongs and that the text at its place is what it holds. It gives
// the number of values that it checked.
func checkSpans(t testing.TB, d *Document) (checked int) {
	t.Helper()
	inside := func(what string, inner, outer Span) {
		if inner != (Span{}) && (inner.Start < outer.Start || inner.End > outer.End || inner.Start >= inner.End) {
			t.Errorf("%s at %v lies outside %v of %q", what, inner, outer, d.src)
		}
	}
	value := func(v Value, outer Span) {
		checked++
		inside("value", v.Span, outer)
		if got := decoded(t, d.Text(v.Span)); got != v.Text {
			t.Errorf("the text at %v says %q, the value %q", v.Span, got, v.Text)
		}
	}
	whole := Span{0, len(d.src)}
	inside("Statement", d.StatementsSpan(), whole)
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Index != i {
			t.Errorf("statement %d says it is %d", i, s.Index)
		}
		inside("statement", s.Span, whole)
		for _, e := range []Span{s.SidSpan, s.PrincipalSpan, s.ActionSpan, s.ResourceSpan, s.ConditionSpan} {
			inside("element", e, s.Span)
		}
		if s.Sid != "" && decoded(t, d.Text(s.SidSpan)) != s.Sid {
			t.Errorf("the Sid %q is written %s", s.Sid, d.Text(s.SidSpan))
		}
		for _, p := range s.Principals {
			value(p.Value, s.PrincipalSpan)
		}
		for _, v := range s.Actions {
			value(v, s.ActionSpan)
		}
		for _, v := range s.Resources {
			value(v, s.ResourceSpan)
		}
		for _, c := range s.Conditions {
			inside("condition", c.Span, s.ConditionSpan)
			for _, v := range c.Values {
				value(v, c.Span)
			}
		}
	}
	return checked
}

// decoded gives the string that a JSON text stands for, and any other text as it is.
func decoded(t testing.TB, text string) string {
	t.Helper()
	if len(text) == 0 || text[0] != '"' {
		return text
	}
	var out string
	if err := json.Unmarshal([]byte(text), &out, allowAnyText); err != nil {
		t.Errorf("decode %s: %v", text, err)
	}
	return out
}
