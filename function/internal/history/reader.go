package history

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/events"
)

// raw is one record as a file holds it.
type raw struct {
	// body is valid until the reader goes on.
	body jsontext.Value
	// source and name are what events.Peek tells; known is whether it tells anything.
	source, name string
	known        bool
	at           Place
}

// Place is where a record stands.
type Place struct {
	File string
	// Line and Number count from 1; Number counts the records of the file.
	Line, Number int
}

func (p Place) String() string { return fmt.Sprintf("%s:%d: record %d", p.File, p.Line, p.Number) }

// errDigest says that a file is a digest of log files and holds no records.
var errDigest = errors.New("a digest of log files")

// readSource hands out the records of a source until yield returns false. What cannot be read is told to bad, and
// reading goes on behind it as far as that can be found.
func readSource(s source, yield func(raw) bool, bad func(error)) error {
	in, err := s.open()
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	defer in.Close()
	plain, err := uncompressed(in)
	if err != nil {
		return fmt.Errorf("read %s: %w", s.name, err)
	}
	r := &reader{name: s.name, in: &input{from: plain}, yield: yield, bad: bad}
	r.restart("")
	for !r.stopped && r.value() {
	}
	if r.number == 0 && !r.stopped && !r.failed && !r.bundled {
		return fmt.Errorf("read %s: it is empty, expected CloudTrail records", s.name)
	}
	return r.err
}

// uncompressed reads through gzip where the input is compressed, whatever its name says.
func uncompressed(in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(buffered)
	}
	return buffered, nil
}

// reader takes one input apart into records. It is lenient about what it passes over: only records that are listed are
// held to the letter, by events.Parse.
type reader struct {
	name string
	in   *input
	dec  *jsontext.Decoder
	// base is where in the input the decoder's offset 0 is.
	base   int64
	number int
	// bundled says that a value was a bundle of records, be it empty; failed that something was told to bad.
	bundled, failed, stopped bool
	err                      error
	yield                    func(raw) bool
	bad                      func(error)
}

// restart reads on from where the input stands, as if prefix came before it.
func (r *reader) restart(prefix string) {
	r.base = r.in.offset() - int64(len(prefix))
	r.in.fill(minAhead)
	r.in.ahead = append([]byte(prefix), r.in.ahead...)
	r.dec = jsontext.NewDecoder(r.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// value reads one value at the top of the input; false at its end.
func (r *reader) value() bool {
	kind := r.dec.PeekKind()
	if kind == '[' {
		_, _ = r.dec.ReadToken()
		r.bundled = true
		return r.elements("[0", 2)
	}
	if kind == '{' && bundleAhead(r.dec.UnreadBuffer()) {
		for range 3 {
			_, _ = r.dec.ReadToken()
		}
		r.bundled = true
		return r.elements(`{"":[0`, 4) && r.members()
	}
	body, err := r.dec.ReadValue()
	if err == io.EOF {
		return false
	}
	if err != nil {
		r.number++
		r.report(err)
		return r.nextLine(err)
	}
	start := r.dec.InputOffset() - int64(len(body))
	source, name, known := events.Peek(body)
	if !known && body.Kind() == '{' {
		if inside, is := bundle(body); is {
			return r.inside(inside, start)
		}
	}
	return r.record(body, start, source, name, known)
}

// elements reads an array's elements and its end. An element that is no JSON is passed over, and the decoder started
// again behind it, with reopen to stand for what came before, which is that many tokens.
func (r *reader) elements(reopen string, tokens int) bool {
	for {
		if r.dec.PeekKind() == ']' {
			_, err := r.dec.ReadToken()
			return err == nil
		}
		body, err := r.dec.ReadValue()
		if err != nil {
			r.number++
			r.report(err)
			if !r.skipElement(err, reopen, tokens) {
				return false
			}
			continue
		}
		source, name, known := events.Peek(body)
		if !r.record(body, r.dec.InputOffset()-int64(len(body)), source, name, known) {
			return false
		}
	}
}

// members reads what follows the records in their bundle, and its end.
func (r *reader) members() bool {
	for r.dec.PeekKind() != '}' {
		if err := r.dec.SkipValue(); err != nil {
			r.report(err)
			return r.nextLine(err)
		}
	}
	_, err := r.dec.ReadToken()
	return err == nil
}

// inside hands out the records of a bundle that was read whole, and starts at that offset.
func (r *reader) inside(records jsontext.Value, start int64) bool {
	r.bundled = true
	if records == nil {
		r.err = errDigest
		return true
	}
	dec := jsontext.NewDecoder(bytes.NewReader(records), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := dec.ReadToken(); err != nil || token.Kind() != '[' {
		r.report(fmt.Errorf("Records is %s, expected an array", kindName(records.Kind())))
		return true
	}
	for dec.PeekKind() != ']' {
		body, err := dec.ReadValue()
		if err != nil {
			r.report(err)
			return true
		}
		source, name, known := events.Peek(body)
		if !r.record(body, start, source, name, known) {
			return false
		}
	}
	return true
}

// record hands out one record, which starts at that offset of the decoder.
func (r *reader) record(body jsontext.Value, start int64, source, name string, known bool) bool {
	r.number++
	line := r.in.line(r.base + start)
	ok := r.yield(raw{body: body, source: source, name: name, known: known, at: Place{File: r.name, Line: line, Number: r.number}})
	r.stopped = !ok
	return ok
}

// report tells what cannot be read, with the number of the record that was being read and the line that it begins on.
func (r *reader) report(err error) {
	r.failed = true
	unread := r.dec.UnreadBuffer()
	begins := r.dec.InputOffset() + int64(len(unread)-len(bytes.TrimLeft(unread, between)))
	line := r.in.line(r.base + begins)
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("the input ends in the middle of it")
	case errors.As(err, &syntactic):
		err = fmt.Errorf("not JSON at offset %d: %w", r.base+syntactic.ByteOffset, syntactic.Err)
	}
	r.bad(fmt.Errorf("read %s:%d: record %d: %w", r.name, line, max(r.number, 1), err))
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '[':
		return "an array"
	}
	return "an object"
}
