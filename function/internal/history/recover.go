package history

import (
	"bytes"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// between is what stands between values.
const between = " \t\r\n,:"

// stepBack puts the input back to where the value that failed begins; false when it was the input itself that failed,
// not what it holds.
func (r *reader) stepBack(err error) bool {
	var syntactic *jsontext.SyntacticError
	if !errors.As(err, &syntactic) {
		return false
	}
	r.in.ahead = append(bytes.Clone(bytes.TrimLeft(r.dec.UnreadBuffer(), between)), r.in.ahead...)
	return true
}

// nextLine starts again at the next line that begins an object, as lines of JSON do; false when there is none.
func (r *reader) nextLine(err error) bool {
	if !r.stepBack(err) {
		return false
	}
	for {
		b, ok := r.in.next()
		if !ok {
			return false
		}
		if b == '\n' && r.in.fill(1) && r.in.ahead[0] == '{' {
			r.restart("")
			return true
		}
	}
}

// skipElement passes over an array's element by its brackets and starts again behind it; false when it has no end.
func (r *reader) skipElement(err error, reopen string, tokens int) bool {
	if !r.stepBack(err) || !skipBrackets(r.in) {
		return false
	}
	r.restart(reopen)
	for range tokens {
		if _, err := r.dec.ReadToken(); err != nil {
			return false
		}
	}
	return true
}

// skipBrackets reads up to the comma or bracket behind a value, going by its brackets and strings alone. It fails where
// brackets do not match, where there is no value, and where the input ends.
func skipBrackets(in *input) bool {
	var open []byte
	quoted, escaped := false, false
	for first := true; ; first = false {
		if !in.fill(1) {
			return false
		}
		b := in.ahead[0]
		switch {
		case escaped:
			escaped = false
		case quoted:
			quoted, escaped = b != '"', b == '\\'
		case b == '"':
			quoted = true
		case b == '{' || b == '[':
			open = append(open, b+2)
		case len(open) == 0 && (b == ',' || b == ']' || b == '}'):
			return b != '}' && !first
		case b == '}' || b == ']':
			if open[len(open)-1] != b {
				return false
			}
			open = open[:len(open)-1]
		}
		in.next()
	}
}

// bundleAhead tells whether what follows is {"Records":[.
func bundleAhead(b []byte) bool {
	for _, token := range []string{"{", `"Records"`, ":", "["} {
		rest, ok := bytes.CutPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte(token))
		if !ok {
			return false
		}
		b = rest
	}
	return true
}

// bundle tells whether an object is a bundle of records, and gives them; nil for a digest of log files.
func bundle(body jsontext.Value) (records jsontext.Value, is bool) {
	each(body, func(name string, value jsontext.Value) bool {
		switch name {
		case "Records":
			records, is = value.Clone(), true
		case "digestStartTime", "digestS3Object":
			is = true
		}
		return records == nil
	})
	return records, is
}

// eventTime is a record's time, in an envelope or bare; zero when it has none.
func eventTime(body jsontext.Value) time.Time {
	var at time.Time
	each(body, func(name string, value jsontext.Value) bool {
		switch {
		case name == "eventTime":
			at = timeOf(value)
		case name == "detail" && value.Kind() == '{':
			at = eventTime(value)
		}
		return at.IsZero()
	})
	return at
}

func timeOf(value jsontext.Value) time.Time {
	text, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return time.Time{}
	}
	at, _ := time.Parse(time.RFC3339, string(text))
	return at
}

// each hands out an object's members until f returns false.
func each(body jsontext.Value, f func(name string, value jsontext.Value) bool) {
	dec := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := dec.ReadToken(); err != nil || token.Kind() != '{' {
		return
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return
		}
		name := token.String()
		value, err := dec.ReadValue()
		if err != nil || !f(name, value) {
			return
		}
	}
}
