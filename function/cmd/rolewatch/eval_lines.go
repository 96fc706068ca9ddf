package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxRequest is the longest request that is read, in bytes. Each of its policies may have 1 MiB.
const maxRequest = 16 << 20

var errTooLong = fmt.Errorf("the request is longer than %d bytes", maxRequest)

// requestLines cuts an input into requests, each a line. A line that is nothing but an opening brace begins an object that
// was printed for people, which goes on to where it is closed. The next line that begins with a brace ends it as well, so
// that an object that is never closed does not cost the requests behind it their answers.
type requestLines struct {
	in *bufio.Reader
	// number is that of the line that was read last, from 1.
	number int
	// held is a line that was read and has to be read again; it still stands in the reader's buffer, or in long.
	held        []byte
	long, whole []byte
}

func newRequestLines(in io.Reader) *requestLines {
	return &requestLines{in: bufio.NewReaderSize(in, 64<<10)}
}

// next gives a request's text and the number of its first line, and io.EOF at the end. After errTooLong it can go on. The
// text is good until the next call.
func (l *requestLines) next() (text []byte, number int, err error) {
	for {
		text, err := l.read()
		if err != nil {
			return nil, l.number, err
		}
		switch blank := bytes.Trim(text, " \t\r\n"); {
		case len(blank) == 0:
		case string(blank) == "{":
			return l.object(text)
		default:
			return text, l.number, nil
		}
	}
}

// object gives an object whose first line is text.
func (l *requestLines) object(text []byte) ([]byte, int, error) {
	first, tooLong := l.number, false
	l.whole = append(l.whole[:0], text...)
	for open := 1; open > 0; {
		text, err := l.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errTooLong) {
			tooLong = true
			continue
		}
		if err != nil {
			return nil, first, err
		}
		if text[0] == '{' {
			l.held = text
			break
		}
		open += nesting(text)
		if tooLong = tooLong || len(l.whole)+len(text) > maxRequest; !tooLong {
			l.whole = append(l.whole, text...)
		}
	}
	if tooLong {
		return nil, first, errTooLong
	}
	return l.whole, first, nil
}

// nesting says how many more braces and brackets a line opens than it closes. No string goes on over a line's end.
func nesting(line []byte) int {
	n, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			n++
		case c == '}' || c == ']':
			n--
		}
	}
	return n
}

// read gives a line with its end. One that is too long is passed over, and is errTooLong.
func (l *requestLines) read() ([]byte, error) {
	if text := l.held; text != nil {
		l.held = nil
		return text, nil
	}
	l.number++
	l.long = l.long[:0]
	tooLong := false
	for {
		piece, err := l.in.ReadSlice('\n')
		if l.number == 1 && len(l.long) == 0 && !tooLong {
			piece = bytes.TrimPrefix(piece, []byte("\xef\xbb\xbf"))
		}
		tooLong = tooLong || len(l.long)+len(piece) > maxRequest
		switch {
		case err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read line %d: %w", l.number, err)
		case tooLong && !errors.Is(err, bufio.ErrBufferFull):
			return nil, errTooLong
		case err == nil && len(l.long) == 0:
			return piece, nil
		case !tooLong:
			l.long = append(l.long, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if len(l.long) == 0 {
			return nil, io.EOF
		}
		return l.long, nil
	}
}

// flushing is an input that has all output written before it is waited for, so that whoever asks one request after another
// gets each answer.
type flushing struct {
	in  io.Reader
	out *bufio.Writer
}

func (f flushing) Read(p []byte) (int, error) {
	if err := f.out.Flush(); err != nil {
		return 0, fmt.Errorf("write results: %w", err)
	}
	return f.in.Read(p)
}
