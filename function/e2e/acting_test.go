package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Policies of which the second allows more of the same kind.
const (
	readsObjects = `{"Version":"2012-10-17","Statement":[{"Sid":"Data","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	readsItems   = `{"Version":"2012-10-17","Statement":[{"Sid":"Data","Effect":"Allow","Action":["s3:GetObject","dynamodb:GetItem"],"Resource":"*"}]}`
)

// A finding is acknowledged from the command line, gets worse and is reported again, and is accepted. What was decided is in the table,
// in messages and in lists.
func findingActedOn(t *testing.T, s *stack, all *told) {
	program := buildProgram(t)
	run := s.commandLine(t, program, s.keysOf(t, decides))
	s.put(t, s.inline(t, "acted", "data", readsObjects))
	lines := []string{"opened RW311"}
	f := all.wait(t, "acted", lines...).Opened[0]

	s.refuses(t, program, f.ID)
	if out := run("ack", f.ID, "--reason", "on it"); !strings.Contains(out, "was acknowledged until") {
		t.Errorf("ack: %s", out)
	}
	lines = append(lines, "changed RW311")
	h := all.wait(t, "acted", lines...).Changed[0].Handled
	if !h.Holds() || h.As != finding.Acknowledged || h.Reason != "on it" || h.By != userARN(decides) {
		t.Errorf("acknowledged %+v", h)
	}
	if out := run("findings", "--role", "acted", "--state", "acknowledged"); !strings.Contains(out, f.ID) || !strings.Contains(out, "0 open, 1 acknowledged, 0 accepted") {
		t.Errorf("findings: %s", out)
	}

	s.put(t, s.inline(t, "acted", "data", readsItems))
	lines = append(lines, "changed RW311")
	if h := all.wait(t, "acted", lines...).Changed[0].Handled; h.Holds() || h == nil || h.Why != finding.EndChanged {
		t.Errorf("made worse: %+v", h)
	}

	until := time.Now().UTC().AddDate(0, 0, 30).Format(time.DateOnly)
	run("accept", f.ID, "--reason", "SEC-112", "--until", until)
	lines = append(lines, "changed RW311")
	if h := all.wait(t, "acted", lines...).Changed[0].Handled; !h.Holds() || h.As != finding.Accepted {
		t.Errorf("accepted %+v", h)
	}
	var listed struct{ State, ID string }
	must(t, json.Unmarshal([]byte(run("findings", "--role", "acted", "--format", "json")), &listed, json.MatchCaseInsensitiveNames(true)))
	if listed.State != "accepted" || listed.ID != f.ID {
		t.Errorf("listed %+v", listed)
	}
	run("recheck", f.ID)
	run("reopen", f.ID)
	lines = append(lines, "changed RW311")
	if h := all.wait(t, "acted", lines...).Changed[0].Handled; h == nil || h.As != finding.Reopened {
		t.Errorf("reopened %+v", h)
	}

	// What is stored: one act of the finding, and what became of it in the state.
	acts, err := dynamostore.New(s.dynamodb, s.outputs["TableName"], time.Now).Acts(t.Context(), []string{roleARN("acted")})
	must(t, err)
	if a := acts[roleARN("acted")]; len(a) != 1 || a[0].Kind != finding.Reopened || a[0].Finding != f.ID {
		t.Errorf("acts %+v", acts)
	}
	if a := s.stored(t, "acted").Acts; len(a) != 1 || a[0].Why != finding.EndReopened {
		t.Errorf("the state has %+v", a)
	}
	s.refusesNonsense(t)
}

// refusesNonsense calls the command function with what is no call.
func (s *stack) refusesNonsense(t *testing.T) {
	t.Helper()
	for _, payload := range []string{`{}`, `[]`, `{"act":"acknowledge","finding":"*"}`, `{"Records":[]}`, deploy.Tick} {
		out, err := s.lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(s.outputs[deploy.CommandOutput]), Payload: []byte(payload)})
		must(t, err)
		var answer command.Answer
		if err := json.Unmarshal(out.Payload, &answer); err != nil || out.FunctionError != nil || !answer.Refused {
			t.Errorf("%s: %s, %v", payload, out.Payload, err)
		}
	}
}

// commandLine is the command line in the deployment's Region with an access key.
func (s *stack) commandLine(t *testing.T, program string, keys accessKey) func(args ...string) string {
	t.Helper()
	return func(args ...string) string {
		t.Helper()
		out, errs, err := s.runs(program, keys, args...)
		if err != nil {
			t.Fatalf("rolewatch %s: %v: %s%s", strings.Join(args, " "), err, out, errs)
		}
		return out
	}
}

func (s *stack) runs(program string, keys accessKey, args ...string) (out, errs string, err error) {
	cmd := exec.Command(program, append(args, "--region", region)...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.endpoint, "AWS_ACCESS_KEY_ID="+keys.id, "AWS_SECRET_ACCESS_KEY="+keys.secret, "NO_COLOR=1")
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	return o.String(), e.String(), err
}

// compiling is the environment of what compiles packages: in the way of the function, so that they are compiled once.
func compiling(t *testing.T) []string {
	t.Helper()
	flags, err := exec.Command("go", "env", "GOFLAGS").Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	return append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="+strings.TrimSpace(string(flags))+" -trimpath")
}

// buildProgram builds the command line.
func buildProgram(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rolewatch")
	cmd := exec.Command("go", "build", "-o", file, "../cmd/rolewatch")
	cmd.Env = compiling(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return file
}

// commandPermissions holds the role of the command function against the calls that it made, both ways, and rolewatch's own checks against
// the role.
func commandPermissions(t *testing.T, s *stack) {
	set, snapshot := s.roleOf(t, s.outputs[deploy.CommandOutput])
	used, calls := map[string]bool{}, 0
	for _, c := range s.callsOf(t, deploy.CommandAppID) {
		calls++
		for _, r := range requests(c) {
			r.Principal = "arn:aws:sts::" + account + ":assumed-role/" + snapshot.Ref.Name + "/command"
			r.Context = commandContext(c, s.outputs[deploy.CommandOutput])
			if c.Service == "events" {
				r.Resource = "arn:aws:events:" + region + ":" + account + ":event-bus/default"
			}
			if v := policy.Evaluate(r, set); v.Decision != policy.Allowed {
				t.Errorf("the command function called %s on %s with %v, which its role does not allow: %v", r.Action, r.Resource, r.Context.Keys, v.Decision)
			}
			used[strings.ToLower(r.Action)] = true
		}
	}
	if calls < 10 {
		t.Fatalf("%d calls of the command function were recorded", calls)
	}
	allowed := 0
	for _, p := range set.Identity {
		for _, st := range p.Document.Statements {
			for _, a := range st.Actions {
				allowed++
				if !used[strings.ToLower(a.Text)] && !strings.HasPrefix(a.Text, "logs:") {
					t.Errorf("the role allows %s, which was not used", a.Text)
				}
			}
		}
	}
	for _, d := range check.Run(catalogue.Checks(), &check.Subject{Role: snapshot, Now: started}).Diagnostics {
		t.Errorf("rolewatch finds %s on the role of its command function: %s", d.Check.ID, d.Title)
	}
	if allowed < 8 {
		t.Errorf("the role allows %d actions", allowed)
	}
}

// commandContext are the keys of a call that the conditions of the role ask for.
func commandContext(c call, function string) policy.Context {
	having := func(values ...string) policy.ContextValue {
		return policy.ContextValue{Presence: policy.KeyPresent, Values: values}
	}
	keys := map[string]policy.ContextValue{"lambda:sourcefunctionarn": having(functionARN(function))}
	if leading := leadingKeys(c.Params, c.Name == "Query"); len(leading) > 0 {
		keys["dynamodb:leadingkeys"] = having(leading...)
	}
	if entries, _ := c.Params["Entries"].([]any); len(entries) == 1 {
		entry := entries[0].(map[string]any)
		keys["events:source"], keys["events:detail-type"] = having(entry["Source"].(string)), having(entry["DetailType"].(string))
	}
	return policy.Context{Keys: keys}
}

// leadingKeys are the partition keys that a call of DynamoDB names: those of items and of keys, or what a query asks an index for.
func leadingKeys(params any, query bool) (out []string) {
	switch v := params.(type) {
	case []any:
		for _, one := range v {
			out = append(out, leadingKeys(one, query)...)
		}
	case map[string]any:
		for name, one := range v {
			text, _ := one.(map[string]any)
			if s, ok := text["S"].(string); ok && (query || name == deploy.PartitionKey) {
				out = append(out, s)
				continue
			}
			out = append(out, leadingKeys(one, query)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
