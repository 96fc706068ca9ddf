package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/history"
)

const benchRequests = 100_000

// benchSuite is requests about the same few policies, as suites have them: in every line an identity policy, a boundary, an
// SCP for each of two levels, and in every other one a resource's policy.
func benchSuite() []byte {
	var b bytes.Buffer
	for i := range benchRequests {
		n := i % 50
		resource := ""
		if i%2 == 0 {
			resource = fmt.Sprintf(`,"resourcePolicy":{"Version":"2012-10-17","Statement":[{"Sid":"Team","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/team-%d"},"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::bucket-%d","arn:aws:s3:::bucket-%d/*"]},{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, n, n, n)
		}
		fmt.Fprintf(&b, `{"principal":"arn:aws:iam::111122223333:user/user-%d","action":"s3:GetObject","resource":"arn:aws:s3:::bucket-%d/key-%d","resourceAccount":"111122223333","context":{"aws:SourceIp":"192.0.2.%d","aws:SecureTransport":true,"aws:PrincipalTag/team":["blue"],"aws:username":"user-%d"},"unknown":["aws:SourceVpc"]`, i%200, n, i, i%250, i%200)
		fmt.Fprintf(&b, `,"identity":[{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"arn:aws:s3:::bucket-%d/*","Condition":{"StringLike":{"aws:PrincipalTag/team":["red","bl*"]},"IpAddress":{"aws:SourceIp":"192.0.2.0/25"}}},{"Effect":"Deny","NotAction":["s3:*","logs:*"],"Resource":"*"}]}]`, n)
		b.WriteString(`,"boundaries":[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*","logs:*","sqs:*"],"Resource":"*"}}]`)
		b.WriteString(`,"scps":[[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}],[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}]]`)
		b.WriteString(resource + "}\n")
	}
	return b.Bytes()
}

// BenchmarkEval answers a suite of requests. The yardstick is reading every token of it, and nothing else.
func BenchmarkEval(b *testing.B) {
	suite := benchSuite()
	b.Run("eval", func(b *testing.B) {
		b.SetBytes(int64(len(suite)))
		b.ReportAllocs()
		for b.Loop() {
			var out counting
			if err := newEvaluating(bytes.NewReader(suite), &out, false).run([]string{history.Stdin}); err != nil {
				b.Fatal(err)
			}
			if out.lines != benchRequests {
				b.Fatalf("%d answers", out.lines)
			}
		}
		b.ReportMetric(float64(benchRequests)*float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	})
	b.Run("scan", func(b *testing.B) {
		b.SetBytes(int64(len(suite)))
		b.ReportAllocs()
		for b.Loop() {
			dec, tokens := jsontext.NewDecoder(bytes.NewReader(suite)), 0
			for {
				if _, err := dec.ReadToken(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				tokens++
			}
			if tokens < benchRequests {
				b.Fatalf("%d tokens", tokens)
			}
		}
	})
}

// counting counts the lines that are written to it.
type counting struct{ lines int }

func (c *counting) Write(p []byte) (int, error) {
	c.lines += bytes.Count(p, []byte("\n"))
	return len(p), nil
}
