package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/largeaccount"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// BenchmarkScan scans accounts of 10,000 roles and 20,000 functions, from their files to what is printed. Its yardstick is the
// bare token scan of the same files; a scan takes at most 1.3 times as long as one without the graph of the account. MiB-heap is the highest sample of the heap, and MiB-rss the most memory that a process
// which runs the command has at a time.
func BenchmarkScan(b *testing.B) {
	for name, profile := range map[string]largeaccount.Profile{"dense": largeaccount.Dense, "sparse": largeaccount.Sparse} {
		dir := b.TempDir()
		if err := largeaccount.Write(dir, profile, 10_000, 20_000, 1); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/scan", func(b *testing.B) { benchScan(b, dir, true) })
		b.Run(name+"/scan-without-graph", func(b *testing.B) { benchScan(b, dir, false) })
		b.Run(name+"/tokens", func(b *testing.B) {
			for b.Loop() {
				if read := readTokens(b, dir); read < 20<<20 {
					b.Fatalf("read %d bytes", read)
				}
			}
		})
	}
}

func benchScan(b *testing.B, dir string, withGraph bool) {
	b.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memoryLimit))
	rss := peakOfProcess(b, "scan", "--account", dir, "--format", "json")
	rules := ruling{set: inforce.New(catalogue.Checks(), inforce.Rules{}), now: func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }}
	peak := watchHeap()
	for b.Loop() {
		account, err := export.Read(dir)
		if err != nil {
			b.Fatal(err)
		}
		options := rules.scanning(func(string) {})
		if !withGraph {
			options.Graph = nil
		}
		found, err := scan.Run(b.Context(), account, options)
		if err != nil || found.Tally.Functions != 20_000 || found.Tally.Findings == 0 {
			b.Fatalf("%+v, %v", found.Tally, err)
		}
		w := world{out: io.Discard, err: io.Discard}
		if err := (&scanPrinter{world: &w}).writeJSON(found, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(peak())/(1<<20), "MiB-heap")
	b.ReportMetric(float64(rss)/(1<<20), "MiB-rss")
}

// peakCommand is the command in a process that prints at the end, on its error output, the most memory that it had.
const peakCommand = "rolewatch-peak"

// startAndPeak takes the memory from the process itself: the rusage of a child includes what its parent had before exec.
func startAndPeak() {
	start()
	status, err := os.ReadFile("/proc/self/status") // proc_pid_status(5)
	if err != nil {
		return // It is not Linux.
	}
	if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
		kilobytes, _, _ := strings.Cut(after, "kB")
		fmt.Fprint(os.Stderr, "\n"+strings.TrimSpace(kilobytes))
	}
}

// peakOfProcess runs a command line in a process of its own, and gives the most memory that it had, in bytes; 0 where the
// system does not tell.
func peakOfProcess(b *testing.B, args ...string) int {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), self)
	cmd.Args = append([]string{peakCommand}, args...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		b.Fatalf("%v: %s", err, said.String())
	}
	kilobytes, _ := strconv.Atoi(said.String()[strings.LastIndex(said.String(), "\n")+1:])
	return kilobytes << 10
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
