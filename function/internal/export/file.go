package export

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unicode/utf16"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// file is one JSON object of a file of an export, taken apart at its top. Most files have one; a loop over the pages of a
// list leaves several, one after another or in a list.
type file struct {
	path string
	body []byte
	// line is where in the file the object begins, from 1.
	line int
	// has are the members of the object, and lists where in it the elements are of those that are lists.
	has   map[string]bool
	lists map[string][]span
}

// span is a half-open range of bytes.
type span struct{ start, end int }

// openFile reads a file, and gives the objects in it.
func openFile(path string) ([]*file, error) {
	body, err := readText(path)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, fmt.Errorf("%s: the file is empty, expected JSON", path)
	}
	whole := &file{path: path, body: body, line: 1}
	if first := bytes.TrimSpace(body)[0]; first != '{' && first != '[' {
		if json.Unmarshal(body, new(jsontext.Value), lenient) == nil {
			return nil, fmt.Errorf("%s: expected a JSON object", path)
		}
		return nil, fmt.Errorf("%s: not JSON: expected the output of the AWS command line with --output json", path)
	}
	var files []*file
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), lenient)
	for {
		one, err := nextObject(dec, whole)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, whole.fault(err)
		}
		files = append(files, one)
	}
	if len(files) == 0 {
		return nil, whole.fault(errNoObject)
	}
	return files, nil
}

var errNoObject = errors.New("expected a JSON object")

// nextObject takes apart the next object at its top, be it in a list or not; io.EOF at the end.
func nextObject(dec *jsontext.Decoder, whole *file) (*file, error) {
	for kind := dec.PeekKind(); kind == '[' && dec.StackDepth() == 0 || kind == ']'; kind = dec.PeekKind() {
		if _, err := dec.ReadToken(); err != nil {
			return nil, err
		}
	}
	token, err := dec.ReadToken()
	if err != nil {
		return nil, err
	}
	if token.Kind() != '{' {
		return nil, errNoObject
	}
	from := int(dec.InputOffset()) - 1
	one := &file{path: whole.path, has: map[string]bool{}, lists: map[string][]span{}}
	for dec.PeekKind() != '}' {
		token, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		one.has[name] = true
		delete(one.lists, name) // Of members of one name the last one counts.
		if dec.PeekKind() != '[' {
			err = dec.SkipValue()
		} else {
			one.lists[name], err = elements(dec, whole.body[from:], from)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	one.body, one.line = whole.body[from:dec.InputOffset()], 1+bytes.Count(whole.body[:from], []byte("\n"))
	return one, nil
}

// elements passes over a list, and gives where in the object its elements are, which begins at an offset of the decoder.
func elements(dec *jsontext.Decoder, object []byte, from int) (out []span, err error) {
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	for dec.PeekKind() != ']' {
		start := int(dec.InputOffset()) - from
		if err := dec.SkipValue(); err != nil {
			return nil, err
		}
		end := int(dec.InputOffset()) - from
		for bytes.IndexByte([]byte(" \t\r\n,"), object[start]) >= 0 {
			start++
		}
		out = append(out, span{start, end})
	}
	_, err = dec.ReadToken()
	return out, err
}

// readText reads a file as Plain does.
func readText(path string) ([]byte, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if body, err = Plain(body, math.MaxInt64-1); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return body, nil
}

// Plain gives a text that may be compressed with gzip as UTF-8 without a byte order mark: Windows PowerShell writes UTF-16. A
// text that is longer than most, in bytes, is an error.
func Plain(body []byte, most int64) ([]byte, error) {
	if bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, err = io.ReadAll(io.LimitReader(z, most+1))
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case int64(len(body)) > most:
		return nil, fmt.Errorf("the text has more than %d bytes", most)
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return fromUTF16(body[2:], binary.LittleEndian)
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return fromUTF16(body[2:], binary.BigEndian)
	}
	return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), nil
}

func fromUTF16(body []byte, order binary.ByteOrder) ([]byte, error) {
	if len(body)%2 != 0 {
		return nil, errors.New("the file is UTF-16 and ends in the middle of a character")
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	return []byte(string(utf16.Decode(units))), nil
}
