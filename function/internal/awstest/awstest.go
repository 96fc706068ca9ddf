// Package awstest starts emulators of AWS for tests, and ends them with the test. It owns the processes; what a test
// puts into an emulator is the test's own.
package awstest

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

const (
	// Region is where everything in the tests is.
	Region = "us-east-1"
	// MotoAccount and MinistackAccount are the account IDs that the emulators give to the caller.
	MotoAccount      = "123456789012"
	MinistackAccount = "000000000000"
)

//go:embed launch.py
var launcher []byte

// Option changes how an emulator is started.
type Option func(*exec.Cmd)

// Env sets an environment variable of the emulator.
func Env(name, value string) Option {
	return func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, name+"="+value) }
}

// Moto starts a moto server and gives its endpoint. Where ROLEWATCH_TEST_VENV is not set, the test is skipped; where it is set and
// names no virtual environment, the test fails.
func Moto(t testing.TB, opts ...Option) string {
	t.Helper()
	return start(t, "moto", "/moto-api/", opts)
}

// Ministack starts a ministack whose default event bus takes events in the name of AWS's services too, so that a test
// can play CloudTrail. It is skipped or fails as Moto is.
func Ministack(t testing.TB, opts ...Option) string {
	t.Helper()
	return start(t, "ministack", "/_ministack/health", opts)
}

// Config is the configuration of SDK clients that talk to an emulator.
func Config(t testing.TB, endpoint string) aws.Config {
	t.Helper()
	// An emulator drops a connection that is idle when it likes, be it under a request that the SDK then sends twice.
	client := &http.Client{Transport: wholeAnswers{&http.Transport{DisableKeepAlives: true}}}
	return aws.Config{
		Region: Region, HTTPClient: client, BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer:     func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), 2) },
	}
}

// wholeAnswers reads an answer before it hands it on. The SDK closes a request's body once it has the head of the answer. Where
// the transport has not seen the end of that body by then, it closes the connection under the rest of the answer, and the SDK
// sends a request again that was carried out.
type wholeAnswers struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w wholeAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := w.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(text))
	return answer, nil
}

// python gives the virtual environment's interpreter.
func python(t testing.TB) string {
	t.Helper()
	venv := os.Getenv("ROLEWATCH_TEST_VENV")
	if venv == "" {
		t.Skip("ROLEWATCH_TEST_VENV is not set: make test sets it to a virtual environment with moto and ministack")
	}
	file := filepath.Join(venv, "bin", "python")
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("ROLEWATCH_TEST_VENV (%q) names no virtual environment: %v", venv, err)
	}
	return file
}

// Model gives AWS's model of an API as botocore of the virtual environment has it, by its folder there ("iam"): the newest version
// of service-2.json. It skips or fails as Moto does; a model that is not there is a failure.
func Model(t testing.TB, service string) []byte {
	t.Helper()
	venv := filepath.Dir(filepath.Dir(python(t)))
	files, err := filepath.Glob(filepath.Join(venv, "lib", "python3*", "site-packages", "botocore", "data", service, "*", "service-2.json.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("botocore in %s has no model %s: %v", venv, service, err)
	}
	// The folders of the versions are dates.
	file, err := os.Open(slices.Max(files))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatalf("decompress %s: %v", file.Name(), err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatalf("read %s: %v", file.Name(), err)
	}
	return text
}

func start(t testing.TB, name, health string, opts []Option) string {
	t.Helper()
	interpreter := python(t)
	dir := t.TempDir()
	script := filepath.Join(dir, "launch.py")
	if err := os.WriteFile(script, launcher, 0o600); err != nil {
		t.Fatalf("write the launcher: %v", err)
	}
	port := freePort(t)
	// The CDK's template URLs resolve with localhost, not with 127.0.0.1.
	endpoint := "http://localhost:" + port
	cmd := exec.Command(interpreter, script, name, port)
	cmd.Dir = dir
	cmd.Env = append(environment(), "GATEWAY_PORT="+port, "AWS_ENDPOINT_URL="+endpoint, "TMPDIR="+dir,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION="+Region, "AWS_DEFAULT_REGION="+Region)
	for _, opt := range opts {
		opt(cmd)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out := &log{}
	cmd.Stdout, cmd.Stderr = out, out
	// What the emulator has started itself may hold its output open: it dies with the group, but not by being waited for.
	cmd.WaitDelay = time.Second
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		_ = hold.Close()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, out.String())
		}
	})
	if err := healthy(t, endpoint+health, ended); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	t.Logf("%s answers at %s after %s", name, endpoint, time.Since(began).Round(100*time.Millisecond))
	return endpoint
}

// environment is ours without what would lead the emulator, or the functions that it runs, elsewhere.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return len(pair) > 4 && pair[:4] == "AWS_"
	})
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// healthy waits until the emulator answers.
func healthy(t testing.TB, url string, ended <-chan struct{}) error {
	ctx, cancel := Patience(t)
	defer cancel()
	for !answers(ctx, url) {
		select {
		case <-ended:
			return errors.New("it ended before it answered at " + url)
		case <-ctx.Done():
			return fmt.Errorf("no answer from %s within the test's time", url)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// log keeps the last of what an emulator writes.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const logLimit = 64 << 10

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Write(p)
	if over := l.buf.Len() - logLimit; over > 0 {
		l.buf.Next(over)
	}
	return len(p), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
