package history

import (
	"bytes"
	"io"
)

// minAhead is how much of an input is looked at to see what it begins with.
const minAhead = 512

// input is what is read from. What a decoder took too much can be put back, and the line of an offset can be asked for:
// line ends are remembered only as far ahead as was read.
type input struct {
	from io.Reader
	err  error
	// ahead is what was read and is to be handed out first.
	ahead []byte
	read  int64
	// ends are the offsets behind line ends; those before number were passed by the last offset asked for.
	ends   []int64
	number int
	lines  int
}

func (in *input) Read(p []byte) (int, error) {
	if len(in.ahead) > 0 {
		n := copy(p, in.ahead)
		in.ahead = in.ahead[n:]
		return n, nil
	}
	return in.pull(p)
}

func (in *input) pull(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	n, err := in.from.Read(p)
	in.err = err
	for at := 0; ; {
		i := bytes.IndexByte(p[at:n], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		in.ends = append(in.ends, in.read+int64(at))
	}
	in.read += int64(n)
	return n, err
}

// fill reads ahead until at least that many bytes wait; false when there are not as many.
func (in *input) fill(n int) bool {
	if len(in.ahead) >= n {
		return true
	}
	chunk := make([]byte, 32<<10)
	for len(in.ahead) < n && in.err == nil {
		got, _ := in.pull(chunk)
		in.ahead = append(in.ahead, chunk[:got]...)
	}
	return len(in.ahead) >= n
}

// next takes one byte; false at the end.
func (in *input) next() (byte, bool) {
	if !in.fill(1) {
		return 0, false
	}
	b := in.ahead[0]
	in.ahead = in.ahead[1:]
	return b, true
}

// offset is how far the input was taken, what waits ahead not counted.
func (in *input) offset() int64 { return in.read - int64(len(in.ahead)) }

// line gives the line of an offset, counted from 1. Offsets are asked for in order; one that is not gets the line of the
// furthest.
func (in *input) line(offset int64) int {
	for in.number < len(in.ends) && in.ends[in.number] <= offset {
		in.number++
		in.lines++
	}
	if in.number > len(in.ends)/2 {
		in.ends = append(in.ends[:0], in.ends[in.number:]...)
		in.number = 0
	}
	return in.lines + 1
}
