package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

const benchRecords = 100_000

// benchFile is the log in a file, so that the heap holds none of it.
func benchFile(b *testing.B) string {
	path := filepath.Join(b.TempDir(), "log.json")
	if err := os.WriteFile(path, benchLog(), 0o644); err != nil {
		b.Fatal(err)
	}
	return path
}

// benchLog is a bundle of generated records over four days: nine in ten are not listed, the tenth edits one of 200 roles
// that 200 functions use.
func benchLog() []byte {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	const inline = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f%d:*"},{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem"],"Resource":"arn:aws:dynamodb:us-east-1:111122223333:table/orders"}]}`
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	listed := 0
	for i := range benchRecords {
		at := start.Add(time.Duration(i) * 3456 * time.Millisecond).Format(time.RFC3339)
		name, values := "ListRolePolicies", map[string]string{"role": fmt.Sprintf("role-%d", i%200)}
		if i%10 == 0 {
			n := listed % 200
			values = map[string]string{"role": fmt.Sprintf("role-%d", n), "function": fmt.Sprintf("f%d", n), "name": "work", "policy": fmt.Sprintf(inline, listed)}
			switch step := listed / 200; {
			case step == 0:
				name, values["policy"] = "CreateRole", trust
			case step == 1:
				name = "CreateFunction"
			case step%5 == 4:
				name, values["policy"] = "UpdateAssumeRolePolicy", trust
			case step%5 == 3:
				name = "UpdateFunctionConfiguration"
			default:
				name = "PutRolePolicy"
			}
			listed++
		}
		r := storyRecord(at, name, values)
		r["eventID"] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		r["requestID"] = fmt.Sprintf("00000000-0000-4000-9000-%012d", i)
		r["tlsDetails"] = object{"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": "iam.amazonaws.com"}
		r["userIdentity"] = object{
			"type": "AssumedRole", "principalId": "AROAEXAMPLEDEPLOY001:ci", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci", "accountId": "111122223333",
			"accessKeyId": "ASIAEXAMPLEDEPLOY001", "sessionContext": object{"sessionIssuer": object{"type": "Role", "principalId": "AROAEXAMPLEDEPLOY001",
				"arn": "arn:aws:iam::111122223333:role/deploy", "accountId": "111122223333", "userName": "deploy"},
				"attributes": object{"creationDate": at, "mfaAuthenticated": "false"}},
		}
		text, err := json.Marshal(r, json.Deterministic(true))
		if err != nil {
			panic(err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(text)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// BenchmarkTokenScan is the yardstick: reading every token of the log, and nothing else.
func BenchmarkTokenScan(b *testing.B) {
	path := benchFile(b)
	for b.Loop() {
		in, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		dec := jsontext.NewDecoder(in)
		tokens := 0
		for {
			if _, err := dec.ReadToken(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			tokens++
		}
		if tokens < benchRecords {
			b.Fatalf("%d tokens", tokens)
		}
		b.SetBytes(dec.InputOffset())
		in.Close()
	}
}

// BenchmarkReplay runs the whole watch over the log. It reports the peak of the heap beside the log, and beside what the
// account and the watch's memory of it hold at the end.
func BenchmarkReplay(b *testing.B) {
	path := benchFile(b)
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	var above uint64
	for b.Loop() {
		b.StopTimer()
		before := settledHeap()
		peak := watchHeap()
		b.StartTimer()
		source, err := history.Open([]string{path}, nil)
		if err != nil {
			b.Fatal(err)
		}
		fail := func(err error) { b.Error(err) }
		s := newSimulation(nil, time.Minute, ruling{set: inforce.New(catalogue.Checks(), inforce.Rules{})}, func(message.Outgoing) error { return nil }, fail)
		for r := range source.Records(fail) {
			if err := s.record(context.Background(), r); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.finish(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		top, account := peak(), settledHeap()
		if source.Counts.Records != benchRecords || source.Counts.Listed != benchRecords/10 {
			b.Fatalf("counts %+v", source.Counts)
		}
		above = max(above, top-min(top, account))
		b.Logf("heap: %d kB before, at most %d kB, %d kB at the end", before>>10, top>>10, account>>10)
		runtime.KeepAlive(s)
		b.StartTimer()
	}
	b.ReportMetric(float64(above)/1e6, "MB-above-account")
}

func settledHeap() uint64 {
	runtime.GC()
	return liveHeap()
}

func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watchHeap samples the heap until the function that it gives is called, which gives the highest sample.
func watchHeap() func() uint64 {
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var top uint64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				done <- top
				return
			case <-tick.C:
				top = max(top, liveHeap())
			}
		}
	}()
	return func() uint64 { close(stop); return <-done }
}
