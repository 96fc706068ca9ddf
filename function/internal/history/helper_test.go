package history_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

const account = "111122223333"

type object = map[string]any

// record is one CloudTrail record of that second, on one line.
func record(second int, name string, parameters object, more ...object) string {
	source := "iam.amazonaws.com"
	if strings.HasSuffix(name, "20150331") || strings.HasSuffix(name, "v2") {
		source = "lambda.amazonaws.com"
	}
	at := start.Add(time.Duration(second) * time.Second)
	r := object{
		"eventVersion": "1.09", "eventTime": at.Format(time.RFC3339), "eventSource": source, "eventName": name,
		"awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15",
		"userIdentity":      object{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/anna", "accountId": account, "userName": "anna"},
		"requestParameters": parameters, "responseElements": nil,
		"eventID":   fmt.Sprintf("%s-%d-%x", name, second, len(fmt.Sprint(parameters))),
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
	}
	for _, m := range more {
		maps.Copy(r, m)
	}
	text, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return string(text)
}

func parsed(t *testing.T, text string) *events.Change {
	t.Helper()
	c, err := events.Parse([]byte(text))
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return c
}

// log is a log of files, by name.
func log(t *testing.T, files map[string]string) *history.Log {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := history.Open([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// drain reads a log to its end: the seconds of its records in order (negative for those that come late), and the errors.
func drain(l *history.Log) (seconds []int, errs []string) {
	for r := range l.Records(func(err error) { errs = append(errs, err.Error()) }) {
		s := int(r.Change.Time.Sub(start) / time.Second)
		if r.Late {
			s = -s
		}
		seconds = append(seconds, s)
	}
	return seconds, errs
}

// told is an account that has taken in records.
func told(t *testing.T, base history.Base, records ...string) *history.Account {
	t.Helper()
	a := history.New(base)
	for _, r := range records {
		if err := a.Apply(ctx, parsed(t, r)); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func snapshot(t *testing.T, a *history.Account, name string) role.Snapshot {
	t.Helper()
	s, err := a.Role(ctx, role.Ref{Partition: "aws", Account: account, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
