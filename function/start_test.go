package main

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// buildBootstrap builds the binary as the CDK app builds it.
func buildBootstrap(tb testing.TB, arch string) string {
	tb.Helper()
	out := filepath.Join(tb.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", out, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if arch != "" {
		cmd.Env = append(cmd.Env, "GOARCH="+arch)
	}
	if text, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("build: %v\n%s", err, text)
	}
	return out
}

// environment is a whole set of settings that reach nothing.
func environment(api string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + api, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_LAMBDA_FUNCTION_NAME=rolewatch", "AWS_ENDPOINT_URL=http://" + api, "AWS_EC2_METADATA_DISABLED=true",
		"ROLEWATCH_TABLE=t", "ROLEWATCH_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/111122223333/q",
		"ROLEWATCH_DEAD_LETTER_URL=https://sqs.us-east-1.amazonaws.com/111122223333/d",
		"ROLEWATCH_FINDINGS_TOPIC=arn:aws:sns:us-east-1:111122223333:f", "ROLEWATCH_OPERATIONS_TOPIC=arn:aws:sns:us-east-1:111122223333:o",
		"ROLEWATCH_SETTLE=60s", "ROLEWATCH_REGIONS=us-east-1",
	}
}

// firstPoll runs the binary against a runtime API that never answers, and gives the time to its first poll.
func firstPoll(tb testing.TB, binary string) time.Duration {
	tb.Helper()
	polled := make(chan time.Time, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/invocation/next") {
			select {
			case polled <- time.Now():
			default:
			}
			<-r.Context().Done()
		}
	}))
	defer api.Close()
	ctx, cancel := awstest.Patience(tb)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = environment(strings.TrimPrefix(api.URL, "http://"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	select {
	case at := <-polled:
		return at.Sub(start)
	case <-ctx.Done():
		tb.Fatalf("no poll: %s", out.String())
		return 0
	}
}

// BenchmarkStart is the time from the process's start to its first poll of the runtime API, beside that of a process that
// does nothing (true), and the sizes of the deployed arm64 binary.
func BenchmarkStart(b *testing.B) {
	host, arm := buildBootstrap(b, ""), buildBootstrap(b, "arm64")
	size, zipped := sizes(b, arm)
	var total, bare time.Duration
	for b.Loop() {
		total += firstPoll(b, host)
		start := time.Now()
		if err := exec.Command("true").Run(); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(start)
	}
	n := float64(b.N)
	b.ReportMetric(float64(total.Microseconds())/1000/n, "ms-to-first-poll")
	b.ReportMetric(float64(bare.Microseconds())/1000/n, "ms-bare-process")
	b.ReportMetric(float64(size)/(1<<20), "MiB-arm64")
	b.ReportMetric(float64(zipped)/(1<<20), "MiB-arm64-zip")
}

func sizes(tb testing.TB, binary string) (size, zipped int) {
	tb.Helper()
	text, err := os.ReadFile(binary)
	if err != nil {
		tb.Fatal(err)
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.Create("bootstrap")
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.Copy(w, bytes.NewReader(text)); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return len(text), buf.Len()
}

// TestAWrongSettingIsNamed starts the binary with one setting missing: it must say which, and stop.
func TestAWrongSettingIsNamed(t *testing.T) {
	binary := buildBootstrap(t, "")
	for _, name := range []string{"ROLEWATCH_TABLE", "ROLEWATCH_QUEUE_URL", "ROLEWATCH_SETTLE"} {
		var env []string
		for _, pair := range environment("127.0.0.1:1") {
			if !strings.HasPrefix(pair, name+"=") {
				env = append(env, pair)
			}
		}
		env = append(env, name+"=")
		ctx, cancel := awstest.Patience(t)
		cmd := exec.CommandContext(ctx, binary)
		cmd.Env = env
		text, err := cmd.CombinedOutput()
		cancel()
		if err == nil || !strings.Contains(string(text), name) {
			t.Errorf("without %s: %v, %s", name, err, text)
		}
	}
}
