package watch_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// BenchmarkLookTokens is the yardstick of BenchmarkLook: reading every token of the record, and of the trust policy in it.
func BenchmarkLookTokens(b *testing.B) {
	l := newLab(b)
	l.role("orders", goodTrust)
	texts := [][]byte{l.setTrust("orders", badTrust), []byte(badTrust)}
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			dec := jsontext.NewDecoder(bytes.NewBuffer(text))
			for {
				if _, err := dec.ReadToken(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

// BenchmarkLook is one look at a role in memory, a trust policy's edit from record to commit, by turns breaking and fixing it.
func BenchmarkLook(b *testing.B) {
	l := newLab(b)
	l.role("orders", goodTrust).inline["logs"] = harmless
	l.function("checkout", "orders")
	l.swept()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.now = l.now.Add(time.Hour)
		trust := goodTrust
		if i%2 == 0 {
			trust = badTrust
		}
		l.must(l.setTrust("orders", trust))
	}
}
