package format

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxSize bounds the decompressed data, which is under one megabyte, so that damaged data cannot fill the memory.
const maxSize = 16 << 20

var errTruncated = errors.New("the data ends early")

// Decode reads what Encode wrote. Data that is damaged gives an error.
func Decode(data []byte) (Catalogue, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return Catalogue{}, fmt.Errorf("decompress catalogue: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxSize+1))
	if err != nil {
		return Catalogue{}, fmt.Errorf("decompress catalogue: %w", err)
	}
	if len(raw) > maxSize {
		return Catalogue{}, fmt.Errorf("decompress catalogue: more than %d bytes", maxSize)
	}
	c, err := decode(raw)
	if err != nil {
		return Catalogue{}, fmt.Errorf("decode catalogue: %w", err)
	}
	return c, nil
}

type decoder struct {
	text   string
	column [columns][]byte
	keys   []Key
	// lists are the distinct lists of keys.
	lists [][]string
	err   error
}

func decode(raw []byte) (Catalogue, error) {
	rest, ok := bytes.CutPrefix(raw, []byte(magic))
	if !ok {
		return Catalogue{}, errors.New("the data does not begin as a catalogue does")
	}
	d := decoder{}
	keys, services := d.uvarint(&rest), d.uvarint(&rest)
	d.text = string(d.part(&rest))
	for i := range d.column {
		d.column[i] = d.part(&rest)
	}
	if d.err == nil && len(rest) > 0 {
		d.fail(fmt.Errorf("%d bytes follow the last column", len(rest)))
	}
	c := Catalogue{Source: d.line()}
	d.keyTable(keys)
	d.keyLists()
	c.Keys = d.keys
	for range services {
		if d.err != nil {
			break
		}
		c.Services = append(c.Services, d.service())
	}
	if d.err == nil {
		d.checkEmpty()
	}
	return c, d.err
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) checkEmpty() {
	if d.text != "" {
		d.fail(fmt.Errorf("%d bytes of text are left over", len(d.text)))
	}
	for i, c := range d.column {
		if len(c) > 0 {
			d.fail(fmt.Errorf("%d bytes of column %d are left over", len(c), i))
		}
	}
}

// uvarint takes a number from the front of b. No number in a catalogue exceeds maxSize.
func (d *decoder) uvarint(b *[]byte) int {
	if d.err != nil {
		return 0
	}
	n, size := binary.Uvarint(*b)
	if size <= 0 {
		d.fail(errTruncated)
		return 0
	}
	if n > maxSize {
		d.fail(fmt.Errorf("the number %d is too large", n))
		return 0
	}
	*b = (*b)[size:]
	return int(n)
}

func (d *decoder) part(b *[]byte) []byte {
	n := d.uvarint(b)
	if n > len(*b) {
		d.fail(errTruncated)
	}
	if d.err != nil {
		return nil
	}
	part := (*b)[:n]
	*b = (*b)[n:]
	return part
}

func (d *decoder) number(column int) int { return d.uvarint(&d.column[column]) }

// index takes a number that must be less than limit.
func (d *decoder) index(column, limit int) int {
	n := d.number(column)
	if d.err == nil && n >= limit {
		d.fail(fmt.Errorf("column %d names item %d of %d", column, n, limit))
	}
	if d.err != nil {
		return 0
	}
	return n
}

// count takes the length of a list that has at least one byte for each of its items among those that are left in
// items, and so cannot ask for more memory than the data is worth.
func (d *decoder) count(column, items int) int {
	n := d.number(column)
	if d.err == nil && n > items {
		d.fail(errTruncated)
	}
	if d.err != nil {
		return 0
	}
	return n
}

func (d *decoder) line() string {
	line, rest, ok := strings.Cut(d.text, "\n")
	if !ok {
		d.fail(errTruncated)
		return ""
	}
	d.text = rest
	return line
}

func (d *decoder) keyTable(n int) {
	for range n {
		name, kind := d.line(), d.index(columnKinds, 2*len(KeyTypes))
		if d.err != nil {
			return
		}
		d.keys = append(d.keys, Key{Name: name, Type: uint8(kind >> 1), Multi: kind&1 == 1})
	}
}

func (d *decoder) keyLists() {
	for d.err == nil && len(d.column[columnKeyLists]) > 0 {
		var list []string
		if n := d.count(columnKeyLists, len(d.column[columnKeyLists])); n > 0 {
			list = make([]string, 0, n)
			for range n {
				if i := d.index(columnKeyLists, len(d.keys)); d.err == nil {
					list = append(list, d.keys[i].Name)
				}
			}
		}
		d.lists = append(d.lists, list)
	}
}

// list takes the number of a list of keys and gives the list.
func (d *decoder) list(column int) []string {
	i := d.index(column, len(d.lists))
	if d.err != nil {
		return nil
	}
	return d.lists[i]
}

func (d *decoder) service() Service {
	var s Service
	s.Prefix, s.Title, _ = strings.Cut(d.line(), "\t")
	types := d.count(columnCounts, len(d.column[columnTypeKeys]))
	actions := d.count(columnCounts, len(d.column[columnLevels]))
	if types > 0 {
		s.Types = make([]ResourceType, types)
	}
	for i := range s.Types {
		name, arns, ok := strings.Cut(d.line(), "\t")
		s.Types[i] = ResourceType{Name: name, Keys: d.list(columnTypeKeys)}
		if ok {
			s.Types[i].ARNs = strings.Split(arns, "\t")
		}
	}
	if actions > 0 {
		s.Actions = make([]Action, actions)
	}
	var known [][]Reference
	for i := range s.Actions {
		a := Action{Name: d.line(), Level: uint8(d.index(columnLevels, len(Levels))), Keys: d.list(columnActionKeys)}
		n := d.index(columnActionLists, len(known)+1)
		if d.err != nil {
			return s
		}
		if n == len(known) {
			known = append(known, d.references(len(s.Types)))
		}
		a.Resources = known[n]
		s.Actions[i] = a
	}
	return s
}

func (d *decoder) references(types int) []Reference {
	n := d.count(columnListLengths, len(d.column[columnReferences]))
	if n == 0 {
		return nil
	}
	list := make([]Reference, n)
	for i := range list {
		t := d.index(columnReferences, 2*types)
		list[i] = Reference{Type: t >> 1, Required: t&1 == 1, Keys: d.list(columnReferenceKeys)}
	}
	return list
}
