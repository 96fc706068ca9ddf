package format

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"strings"
)

// Encode gives the embedded form. The same catalogue gives the same bytes. It returns an error for a catalogue that is
// not in order, that names a key or a resource type which it does not have, or that holds a tab or a line break.
func Encode(c Catalogue) ([]byte, error) {
	e := encoder{keys: map[string]int{}, lists: map[string]int{}}
	e.line(c.Source)
	e.keyTable(c.Keys)
	e.list(nil)
	for i := range c.Services {
		if i > 0 && c.Services[i].Prefix <= c.Services[i-1].Prefix {
			e.fail("service %q is out of order", c.Services[i].Prefix)
		}
		e.service(&c.Services[i])
	}
	if e.err != nil {
		return nil, fmt.Errorf("encode catalogue: %w", e.err)
	}
	raw := []byte(magic)
	raw = binary.AppendUvarint(raw, uint64(len(c.Keys)))
	raw = binary.AppendUvarint(raw, uint64(len(c.Services)))
	for _, part := range append([][]byte{e.text}, e.column[:]...) {
		raw = binary.AppendUvarint(raw, uint64(len(part)))
		raw = append(raw, part...)
	}
	return compress(raw)
}

func compress(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, zlib.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress catalogue: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return nil, fmt.Errorf("compress catalogue: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress catalogue: %w", err)
	}
	return out.Bytes(), nil
}

type encoder struct {
	text   []byte
	column [columns][]byte
	// keys numbers the keys by name; lists numbers the distinct lists of keys by their encoding.
	keys, lists map[string]int
	err         error
}

func (e *encoder) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}

// line writes one line of text, its fields divided by tabs.
func (e *encoder) line(fields ...string) {
	for i, f := range fields {
		if strings.ContainsAny(f, "\t\n") {
			e.fail("%q holds a tab or a line break", f)
		}
		if i > 0 {
			e.text = append(e.text, '\t')
		}
		e.text = append(e.text, f...)
	}
	e.text = append(e.text, '\n')
}

func (e *encoder) number(column, n int) {
	e.column[column] = binary.AppendUvarint(e.column[column], uint64(n))
}

func (e *encoder) keyTable(keys []Key) {
	for i, k := range keys {
		if i > 0 && strings.ToLower(k.Name) <= strings.ToLower(keys[i-1].Name) {
			e.fail("condition key %q is out of order", k.Name)
		}
		if int(k.Type) >= len(KeyTypes) {
			e.fail("condition key %q has no type", k.Name)
		}
		e.keys[k.Name] = i
		e.line(k.Name)
		e.number(columnKinds, int(k.Type)<<1|bit(k.Multi))
	}
}

// list numbers a list of keys, writing it when it is new. The empty list is number 0.
func (e *encoder) list(names []string) int {
	encoded := binary.AppendUvarint(nil, uint64(len(names)))
	for _, name := range names {
		i, ok := e.keys[name]
		if !ok {
			e.fail("condition key %q is not in the table", name)
		}
		encoded = binary.AppendUvarint(encoded, uint64(i))
	}
	n, ok := e.lists[string(encoded)]
	if !ok {
		n = len(e.lists)
		e.lists[string(encoded)] = n
		e.column[columnKeyLists] = append(e.column[columnKeyLists], encoded...)
	}
	return n
}

func (e *encoder) service(s *Service) {
	e.line(s.Prefix, s.Title)
	e.number(columnCounts, len(s.Types))
	e.number(columnCounts, len(s.Actions))
	for i, t := range s.Types {
		if i > 0 && t.Name <= s.Types[i-1].Name {
			e.fail("resource type %q of %s is out of order", t.Name, s.Prefix)
		}
		e.line(append([]string{t.Name}, t.ARNs...)...)
		e.number(columnTypeKeys, e.list(t.Keys))
	}
	written := map[string]int{}
	for i := range s.Actions {
		a := &s.Actions[i]
		if i > 0 && a.Name <= s.Actions[i-1].Name {
			e.fail("action %s:%s is out of order", s.Prefix, a.Name)
		}
		if int(a.Level) >= len(Levels) {
			e.fail("action %s:%s has no level", s.Prefix, a.Name)
		}
		e.line(a.Name)
		e.number(columnLevels, int(a.Level))
		e.number(columnActionKeys, e.list(a.Keys))
		e.number(columnActionLists, e.references(s, a, written))
	}
}

// references numbers an action's resources among the service's distinct lists, writing the list when it is new. The
// reader knows a new list by its number, which is the next one.
func (e *encoder) references(s *Service, a *Action, written map[string]int) int {
	var types, keys []byte
	for _, r := range a.Resources {
		if r.Type < 0 || r.Type >= len(s.Types) {
			e.fail("action %s:%s takes a resource type that the service does not have", s.Prefix, a.Name)
			return 0
		}
		types = binary.AppendUvarint(types, uint64(r.Type<<1|bit(r.Required)))
		keys = binary.AppendUvarint(keys, uint64(e.list(r.Keys)))
	}
	identity := fmt.Sprintf("%d %x %x", len(a.Resources), types, keys)
	n, ok := written[identity]
	if !ok {
		n = len(written)
		written[identity] = n
		e.number(columnListLengths, len(a.Resources))
		e.column[columnReferences] = append(e.column[columnReferences], types...)
		e.column[columnReferenceKeys] = append(e.column[columnReferenceKeys], keys...)
	}
	return n
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
