package jsontoken

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// TestStart reads a document and holds each token's start against its text.
func TestStart(t *testing.T) {
	const text = " { \"a\" :\t[ 1 ,\r\n true , null ] , \"b\" : \"x y\" } "
	dec := jsontext.NewDecoder(strings.NewReader(text))
	end, read := 0, 0
	for {
		token, err := dec.ReadToken()
		if err != nil {
			break
		}
		start := Start(text, end)
		if inBytes := Start([]byte(text), end); inBytes != start {
			t.Errorf("a token begins at %d of the string and at %d of the bytes", start, inBytes)
		}
		end = int(dec.InputOffset())
		want := token.String()
		if token.Kind() == '"' {
			want = `"` + want + `"`
		}
		if got := text[start:end]; got != want {
			t.Errorf("token %d is %q, want %q", read, got, want)
		}
		read++
	}
	if read != 10 {
		t.Fatalf("read %d tokens", read)
	}
	if got := Start(text, end); got != len(text) {
		t.Errorf("after the last token: %d, want %d", got, len(text))
	}
}

func TestKindName(t *testing.T) {
	for kind, want := range map[jsontext.Kind]string{
		'{': "an object", '[': "a list", 'n': "null", '0': "a number", 't': "a boolean", 'f': "a boolean", '"': "a string", '}': `"}"`,
	} {
		if got := KindName(kind); got != want {
			t.Errorf("%v is %s, want %s", kind, got, want)
		}
	}
}
