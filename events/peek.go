package events

import (
	"bytes"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// Peek finds the eventSource and eventName of a bare record, or of the record in an EventBridge event's detail,
// without building anything. It takes record for valid JSON: whether it is, only Parse judges. On ok, Lookup of the
// two says whether a Parse can come to anything but ErrNotListed.
//
// Both strings share record's memory: they are good for as long as record is not overwritten; strings.Clone keeps them.
func Peek(record []byte) (source, name string, ok bool) {
	return outlineOf(record).peek()
}

// outline is what a look at the top of a body tells: its shape, and the JSON texts of the fields that decide what it is.
// A field that is missing is nil.
type outline struct {
	object   bool
	envelope bool // an EventBridge event: the record is in detail
	detail   []byte
	source   []byte
	name     []byte
}

func (o outline) peek() (source, name string, ok bool) {
	source, ok1 := text(o.source)
	name, ok2 := text(o.name)
	return source, name, ok1 && ok2
}

// outlineOf reads the members of the outermost object, and those of detail when the record is there. A record is bare
// as soon as it has an eventSource or an eventName of its own.
func outlineOf(body []byte) outline {
	c := cursor{b: body}
	var o outline
	if c.space(); c.at() != '{' {
		return o
	}
	o.object = true
	o.envelope = c.members(&o)
	if o.source != nil || o.name != nil {
		o.envelope = false
		return o
	}
	if o.envelope && len(o.detail) > 0 && o.detail[0] == '{' {
		d := cursor{b: o.detail}
		inner := outline{}
		d.members(&inner)
		o.source, o.name = inner.source, inner.name
	}
	return o
}

// text gives the string that a JSON text is. Only one with escapes is copied.
func text(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		inner := raw[1 : len(raw)-1]
		return unsafe.String(unsafe.SliceData(inner), len(inner)), true
	}
	unquoted, err := jsontext.AppendUnquote(nil, raw)
	return string(unquoted), err == nil
}

// cursor walks over JSON text. It never recurses, and stops at the end of what is not JSON.
type cursor struct {
	b []byte
	i int
}

// members walks the object that the cursor stands at the start of, notes the fields that matter, and says whether
// there is one that only an EventBridge event has. It stops when eventSource and eventName are both found.
func (c *cursor) members(o *outline) (envelope bool) {
	c.i++
	for {
		c.space()
		if c.at() == ',' {
			c.i++
			c.space()
		}
		if c.at() != '"' {
			return envelope
		}
		name := c.value()
		c.space()
		if c.at() != ':' {
			return envelope
		}
		c.i++
		c.space()
		value := c.value()
		if len(value) == 0 {
			return envelope
		}
		switch fieldName(name) {
		case "eventSource":
			o.source = value
		case "eventName":
			o.name = value
		case "detail":
			o.detail, envelope = value, true
		case "detail-type":
			envelope = true
		}
		if o.source != nil && o.name != nil {
			return envelope
		}
	}
}

// fieldName gives a member's name, or nothing when it cannot be one that matters.
func fieldName(raw []byte) string {
	if len(raw) < 8 {
		return ""
	}
	s, _ := text(raw)
	return s
}

func (c *cursor) at() byte {
	if c.i < len(c.b) {
		return c.b[c.i]
	}
	return 0
}

func (c *cursor) space() {
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case ' ', '\t', '\n', '\r':
			c.i++
		default:
			return
		}
	}
}

// value steps over one value and gives its text.
func (c *cursor) value() []byte {
	start := c.i
	switch c.at() {
	case '"':
		c.str()
	case '{', '[':
		c.nested()
	default:
		c.scalar()
	}
	return c.b[start:c.i]
}

// str steps over a string. A quote ends it unless an odd number of backslashes stands before it.
func (c *cursor) str() {
	c.i++
	for {
		n := bytes.IndexByte(c.b[c.i:], '"')
		if n < 0 {
			c.i = len(c.b)
			return
		}
		slashes := 0
		for slashes < n && c.b[c.i+n-1-slashes] == '\\' {
			slashes++
		}
		c.i += n + 1
		if slashes%2 == 0 {
			return
		}
	}
}

// nested steps over an object or a list.
func (c *cursor) nested() {
	depth := 0
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case '"':
			c.str()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		c.i++
		if depth == 0 {
			return
		}
	}
}

// scalar steps over a number, true, false or null.
func (c *cursor) scalar() {
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return
		}
		c.i++
	}
}
