package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/largeaccount"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// BenchmarkScan scans an account of 10,000 roles and 20,000 functions, from its files to what is told. Its yardstick is the
// bare token scan of the same files.
func BenchmarkScan(b *testing.B) {
	dir := b.TempDir()
	if err := largeaccount.Write(dir, 10_000, 20_000, 1); err != nil {
		b.Fatal(err)
	}
	rules := ruling{set: inforce.New(catalogue.Checks(), inforce.Rules{}), now: func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }}
	b.Run("scan", func(b *testing.B) {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(memoryLimit))
		var peak uint64
		for b.Loop() {
			account, err := export.Read(dir)
			if err != nil {
				b.Fatal(err)
			}
			found, err := scan.Run(b.Context(), account, rules.scanning(func(string) {}))
			if err != nil || found.Tally.Functions != 20_000 || found.Tally.Findings == 0 {
				b.Fatalf("%+v, %v", found.Tally, err)
			}
			w := world{out: io.Discard, err: io.Discard}
			if err := (&scanPrinter{world: &w}).writeJSON(found, nil); err != nil {
				b.Fatal(err)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
		b.ReportMetric(float64(peak)/(1<<20), "MiB-heap")
	})
	b.Run("tokens", func(b *testing.B) {
		for b.Loop() {
			if read := readTokens(b, dir); read < 50<<20 {
				b.Fatalf("read %d bytes", read)
			}
		}
	})
}

// readTokens reads every token of every file, and gives how many bytes they have.
func readTokens(b *testing.B, dir string) (read int) {
	b.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read += len(text)
		for dec := jsontext.NewDecoder(bytes.NewBuffer(text)); ; {
			if _, err := dec.ReadToken(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	return read
}
