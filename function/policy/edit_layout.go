package policy

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// layout is how a document is set, as far as it shows beside one of its values.
type layout struct {
	// gap is the white space before the value in its list; lines says that there is a line for each member.
	gap   string
	lines bool
	// prefix stands before each line, and indent before each level on it.
	prefix, indent string
	newline        string
	// afterColon and afterComma are set where the source has a space there.
	afterColon, afterComma bool
}

// blanks are what JSON takes for white space.
const blanks = " \t\r\n"

// layout looks at a value, which is either an element of a list or stands alone. Of a list, the gap between its elements
// is kept; a value alone gets the like of it.
func (d *Document) layout(s Span, inList bool) layout {
	text, before := d.Text(s), d.src[:s.Start]
	gap := before[len(strings.TrimRight(before, blanks)):]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	l := layout{
		newline:    "\n",
		prefix:     line[:len(line)-len(strings.TrimLeft(line, " \t"))],
		afterColon: strings.Contains(text, "\": ") || strings.Contains(before, "\": "),
		afterComma: strings.Contains(text, ", ") || strings.Contains(gap, " "),
	}
	if strings.Contains(d.src, "\r\n") {
		l.newline = "\r\n"
	}
	inner := strings.TrimLeft(text, "{[")
	lead := inner[:len(inner)-len(strings.TrimLeft(inner, blanks))]
	if i := strings.LastIndexByte(lead, '\n'); i >= 0 {
		l.lines = true
		l.indent = strings.TrimPrefix(lead[i+1:], l.prefix)
	}
	switch {
	case inList && len(strings.TrimRight(before, blanks)) > 0 && strings.HasSuffix(strings.TrimRight(before, blanks), ","):
		l.gap = gap
	case inList && strings.Contains(gap, "\n"), !inList && l.lines:
		l.gap = l.newline + l.prefix
	case l.afterComma || l.afterColon:
		l.gap = " "
	}
	return l
}

// set gives a value in the layout. A value that has been compacted is JSON, so formatting it cannot fail.
func (l layout) set(v jsontext.Value) string {
	options := []jsontext.Options{
		jsontext.SpaceAfterColon(l.afterColon), jsontext.SpaceAfterComma(l.afterComma && !l.lines), jsontext.PreserveRawStrings(true),
	}
	if l.lines {
		indent := l.indent
		if strings.Trim(indent, " \t") != "" || indent == "" {
			indent = "  "
		}
		options = append(options, jsontext.Multiline(true), jsontext.SpaceAfterColon(true), jsontext.WithIndentPrefix(l.prefix), jsontext.WithIndent(indent))
	}
	text, err := jsontext.AppendFormat(nil, v, options...)
	if err != nil {
		return string(v)
	}
	return strings.ReplaceAll(string(text), "\n", l.newline)
}
