package watch_test

import (
	"bytes"
	"errors"
	"io"
	"runtime/debug"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/deploy"
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

// BenchmarkLook is one look at a role in memory, a trust policy's edit from record to commit, by turns breaking and fixing it. The records
// are made beforehand, each with an ID and a time of its own. The garbage collector runs as it does in the deployed function.
func BenchmarkLook(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(deploy.GCPercent))
	l := newLab(b)
	l.role("orders", goodTrust).inline["logs"] = harmless
	l.function("checkout", "orders")
	l.swept()
	trusts := [2]string{badTrust, goodTrust}
	records := make([][]byte, 4096)
	prepare := func() {
		defer func(now time.Time) { l.now = now }(l.now)
		for i := range records {
			l.now = l.now.Add(time.Hour)
			records[i] = l.setTrust("orders", trusts[i%2])
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(records) == 0 {
			b.StopTimer()
			prepare()
			b.StartTimer()
		}
		l.now = l.now.Add(time.Hour)
		l.cloud.roles["orders"].trust = trusts[i%2]
		l.must(records[i%len(records)])
	}
}
