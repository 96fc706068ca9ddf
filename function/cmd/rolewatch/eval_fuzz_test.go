package main

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/history"
)

// FuzzEval gives eval any input: each of its answers is a verdict or an error, and what it tells people holds no character
// that a terminal acts on.
func FuzzEval(f *testing.F) {
	for _, text := range []string{
		question(true), question(false) + "\n" + question(true), "{\n" + question(true)[1:], `{"principal":`, "{", "\xff", "{\n{\n}",
		`{"principal":"*","action":"s3:GetObject","resource":"*","context":{"aws:x":["\u001b",1,true]},"unknown":["aws:y"],"resourcePolicy":` +
			`{"Statement":[{"Sid":"\u001b","Effect":"Allow","NotPrincipal":"*","Action":"*","Condition":{"Null":{"aws:y":true}}}]},"scps":[[],["{}"]]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, explain := range []bool{false, true} {
			var out strings.Builder
			err := newEvaluating(strings.NewReader(text), &out, explain).run([]string{history.Stdin})
			if err != nil && !errors.Is(err, errTold) {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if explain {
					if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), unicode.IsControl) {
						t.Errorf("%q", line)
					}
				} else if v := jsontext.Value(line); !v.IsValid() || !strings.HasPrefix(line, `{"decision":"`) && !strings.HasPrefix(line, `{"error":"`) {
					t.Errorf("%q", line)
				}
			}
		}
	})
}
