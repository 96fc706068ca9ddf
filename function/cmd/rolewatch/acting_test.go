package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// commandDesk is the command function behind Lambda's API, over a store in memory.
type commandDesk struct {
	store  *memory.Store
	invoke func(http.ResponseWriter, []byte)
	names  []string
}

func (d *commandDesk) Recheck(context.Context, string) error { return nil }

// newCommandDesk is a deployment with three findings.
func newCommandDesk(t *testing.T) *commandDesk {
	t.Helper()
	d := &commandDesk{store: memory.NewStore()}
	for role, f := range map[string]finding.Stored{
		"orders":  {ID: "RW301-00000000000a", Check: "RW301", Severity: check.Critical, Total: 2},
		"billing": {ID: "RW303-00000000000b", Check: "RW303", Severity: check.High},
		"reports": {ID: "RW501-00000000000c", Check: "RW501", Severity: check.Low},
	} {
		f.Status, f.Meaning, f.FirstSeen = finding.Open, "m", time.Date(2026, 11, 2, 9, 12, 44, 0, time.UTC)
		arn := "arn:aws:iam::111122223333:role/" + role
		must(t, d.store.Commit(t.Context(), []finding.State{{Key: arn, ARN: arn, Schema: finding.Schema, Exists: true, Findings: []finding.Stored{f}}}, nil, time.Now()))
	}
	calls := 0
	f := command.Function{
		Store: d.store, Bus: d, Account: "111122223333", Home: "us-east-1", Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		NewID: func() string { calls++; return fmt.Sprint(calls) },
	}
	d.invoke = func(w http.ResponseWriter, payload []byte) {
		a, err := f.Handle(context.Background(), payload)
		if err != nil {
			t.Error(err)
		}
		must(t, json.MarshalWrite(w, a))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.HasSuffix(r.URL.Path, "/invocations"):
			d.names = append(d.names, r.URL.Path)
			d.invoke(w, body)
		case strings.Contains(string(body), "GetCallerIdentity"):
			_, _ = io.WriteString(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::111122223333:assumed-role/security/kim</Arn><UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case strings.Contains(string(body), "DescribeStacks"):
			_, _ = io.WriteString(w, `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>rolewatch</StackName><Outputs><member><OutputKey>CommandFunctionName</OutputKey><OutputValue>rolewatch-Command-1</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`)
		default:
			t.Errorf("called %s %s %s", r.Method, r.URL, body)
		}
	}))
	t.Cleanup(server.Close)
	talkTo(t, server.URL)
	return d
}

// Findings are listed, decided about and listed again.
func TestFindingsAreListedAndDecidedAbout(t *testing.T) {
	d := newCommandDesk(t)
	out, errs, code := runLine(t, "findings")
	want := "CRITICAL  RW301-00000000000a  orders (2 functions), since 2026-11-02T09:12:44Z\n"
	if code != exitDone || !strings.HasPrefix(out, want) || !strings.HasSuffix(out, "3 findings: 3 open, 0 acknowledged, 0 accepted\n") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	for _, line := range [][]string{
		{"ack", "RW303-00000000000b", "--reason", "PR 118"},
		{"accept", "00000000000a", "--reason", "SEC-112", "--until", time.Now().UTC().AddDate(0, 0, 100).Format(time.DateOnly)},
		{"recheck", "RW501-00000000000c"},
	} {
		if out, errs, code := runLine(t, line...); code != exitDone || out == "" {
			t.Errorf("%v: exit code %d: %s%s", line, code, out, errs)
		}
	}
	for flags, want := range map[string]string{
		"--state acknowledged":                  "1 finding: 0 open, 1 acknowledged, 0 accepted\n",
		"--state accepted,open":                 "2 findings: 1 open, 0 acknowledged, 1 accepted\n",
		"--role billing":                        "1 finding: 0 open, 1 acknowledged, 0 accepted\n",
		"--check RW3":                           "2 findings: 0 open, 1 acknowledged, 1 accepted\n",
		"--severity high":                       "2 findings: 0 open, 1 acknowledged, 1 accepted\n",
		"--severity high --state open":          "0 findings: 0 open, 0 acknowledged, 0 accepted\n",
		"--function other --state acknowledged": "(as claimed). Reason: PR 118\n1 finding:",
	} {
		if out, errs, code := runLine(t, append([]string{"findings"}, strings.Fields(flags)...)...); code != exitDone || !strings.Contains(out, want) {
			t.Errorf("findings %s: exit code %d: %s%s", flags, code, out, errs)
		}
	}
	out, _, _ = runLine(t, "findings", "--format", "json", "--state", "accepted")
	if !strings.Contains(out, `"state":"accepted"`) || !strings.Contains(out, `"id":"RW301-00000000000a"`) || !strings.Contains(out, `"by":"arn:aws:sts::111122223333:assumed-role/security/kim"`) || strings.Count(out, "\n") != 1 {
		t.Errorf("JSON: %s", out)
	}
	if out, errs, code := runLine(t, "reopen", "00000000000a"); code != exitDone {
		t.Errorf("reopen: exit code %d: %s%s", code, out, errs)
	}
	if out, _, _ := runLine(t, "findings", "--role", "orders"); !strings.Contains(out, "1 finding: 1 open") || !strings.Contains(out, "The finding was reopened by") {
		t.Errorf("reopened: %s", out)
	}
	result := scan.Result{Findings: []finding.Finding{{ID: "RW303-00000000000b"}, {ID: "RW301-00000000000a"}, {ID: "RW301-00000000000d"}}}
	must(t, markDecided(t.Context(), &world{in: strings.NewReader(""), out: io.Discard, err: io.Discard}, liveFlags{}, "us-east-1", &result))
	if h := result.Findings[0].Handled; !h.Holds() || h.As != finding.Acknowledged || result.Findings[1].Handled != nil || result.Findings[2].Handled != nil {
		t.Errorf("a scan shows %+v", result.Findings)
	}
	for _, name := range d.names {
		if !strings.Contains(name, "/rolewatch-Command-1/") && !strings.Contains(name, "/other/") {
			t.Errorf("invoked %s", name)
		}
	}
}

// What the function refuses, and what does not work, is an error that says why.
func TestWhatIsNotDoneIsAnError(t *testing.T) {
	d := newCommandDesk(t)
	for _, tt := range []struct {
		line []string
		code int
		want string
	}{
		{[]string{"ack", "00000000000a"}, exitError, "critical findings cannot be acknowledged"},
		{[]string{"ack", "00000000000b", "--until", "2099-01-01"}, exitError, "7 days at most"},
		{[]string{"reopen", "00000000000b"}, exitError, "neither acknowledged nor accepted"},
		{[]string{"ack", "00000000000f"}, exitError, "no finding that is open has the ID 00000000000f"},
		{[]string{"ack"}, exitUsage, "does not take 0 arguments"},
		{[]string{"ack", "orders"}, exitUsage, `"orders" is not the ID of a finding`},
		{[]string{"ack", "RW301-*"}, exitUsage, `is not the ID of a finding`},
		{[]string{"accept", "00000000000b", "--until", "2026-12-31"}, exitUsage, "--reason and --until are required"},
		{[]string{"accept", "00000000000b", "--reason", " ", "--until", "2026-12-31"}, exitUsage, "--reason and --until are required"},
		{[]string{"findings", "--state", "silent"}, exitUsage, `"silent" is neither open, acknowledged nor accepted`},
		{[]string{"findings", "--region", "us-east-1", "--region", "eu-west-1"}, exitUsage, "--region names one Region"},
		{[]string{"findings", "--region", "moon"}, exitUsage, `"moon" is not a Region`},
	} {
		if out, errs, code := runLine(t, tt.line...); code != tt.code || !strings.Contains(errs, tt.want) || out != "" {
			t.Errorf("%v: exit code %d: %s%s", tt.line, code, out, errs)
		}
	}
	for want, answer := range map[string]func(http.ResponseWriter, []byte){
		"The setting ackPrincipals says who may": func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"Message":"User is not authorized to perform: lambda:InvokeFunction with an explicit deny in a resource-based policy"}`)
		},
		"there is no function rolewatch-Command-1": func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"Message":"Function not found","Type":"User"}`)
		},
		"the command function rolewatch-Command-1 failed": func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorMessage":"timed out"}`)
		},
		"does not answer as rolewatch's command function does": func(w http.ResponseWriter, _ []byte) { _, _ = io.WriteString(w, `null`) },
	} {
		d.invoke = answer
		if out, errs, code := runLine(t, "findings"); code != exitError || !strings.Contains(errs, want) || out != "" {
			t.Errorf("%s: exit code %d: %s%s", want, code, out, errs)
		}
	}
}
