package policyfile

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// member is one member of an object, and where its value stands.
type member struct {
	name       string
	nameAt     int
	start, end int
}

// object is the members of an object in the order of the text.
type object []member

// members reads the text of an object, and nothing behind it.
func members(text []byte) (object, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	var o object
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		m := member{name: name.String(), nameAt: int(dec.InputOffset())}
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		m.end = int(dec.InputOffset())
		m.start = m.end - len(value)
		m.nameAt = nameStart(text, m.nameAt)
		o = append(o, m)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more text follows")
	}
	return o, nil
}

// nameStart gives where the string begins that ends at a place.
func nameStart(text []byte, end int) int {
	for at := end - 2; at >= 0; at-- {
		if text[at] != '"' {
			continue
		}
		slashes := 0
		for at-1-slashes >= 0 && text[at-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return at
		}
	}
	return 0
}

// get gives the first member of a name.
func (o object) get(name string) (member, bool) {
	for _, m := range o {
		if m.name == name {
			return m, true
		}
	}
	return member{}, false
}

func (o object) has(name string) bool {
	_, ok := o.get(name)
	return ok
}

// twin gives the second member of a name.
func (o object) twin(name string) (member, bool) {
	count := 0
	for _, m := range o {
		if m.name != name {
			continue
		}
		if count++; count == 2 {
			return m, true
		}
	}
	return member{}, false
}

// hasAny gives the first of the names that the object has.
func (o object) hasAny(names ...string) (member, bool) {
	for _, name := range names {
		if m, ok := o.get(name); ok {
			return m, true
		}
	}
	return member{}, false
}

// kind is that of a value's text.
func kind(text []byte) jsontext.Kind { return jsontext.Value(text).Kind() }
