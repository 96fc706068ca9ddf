package interpreter_test

import (
	"errors"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/interpreter"
)

// scenarioCallers are the principals that the scenarios of package policy call by a short name.
var scenarioCallers = map[string]string{
	"user": "arn:aws:iam::111111111111:user/team/ann", "role": "arn:aws:iam::111111111111:role/app/worker",
	"session": "arn:aws:sts::111111111111:assumed-role/worker/run-1", "federated": "arn:aws:sts::111111111111:federated-user/guest",
	"root": "arn:aws:iam::111111111111:root", "account": "111111111111", "stranger": "arn:aws:iam::999999999999:user/eve",
	"lambda": "lambda.amazonaws.com", "anonymous": "*",
	"github":      "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com",
	"okta":        "arn:aws:iam::111111111111:saml-provider/okta",
	"cloudfront":  "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
	"slr":         "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
	"slr-session": "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/run-2",
}

// story is where a scenario has got to.
type story struct {
	policies interpreter.Policies
	unread   bool
}

// tally counts what the scenarios asked.
type tally struct {
	asked   int
	skipped map[string]int // by reason
}

var section = regexp.MustCompile(`^(identity|resource|trust|boundary|session|endpoint|scp|rcp)(?:/(\d+))?$`)

// TestScenarios asks every concrete question of package policy's scenarios. What a service understands in its own way, or what is
// not known, is unknown there; this package answers neither.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../../policy/testdata/evaluate/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("find scenarios: %d files, %v", len(files), err)
	}
	count := tally{skipped: map[string]int{}}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tell(t, filepath.Base(file), archive, &count)
	}
	if count.asked < 400 {
		t.Errorf("asked only %d questions", count.asked)
	}
	t.Logf("asked %d questions", count.asked)
	for _, reason := range slices.Sorted(maps.Keys(count.skipped)) {
		t.Logf("skipped %d: %s", count.skipped[reason], reason)
	}
}

func tell(t *testing.T, file string, archive *txtar.Archive, count *tally) {
	t.Helper()
	var s story
	title := ""
	for _, f := range archive.Files {
		if rest, ok := strings.CutPrefix(f.Name, "case "); ok {
			s, title = story{}, rest
			continue
		}
		if f.Name != "ask" {
			s.add(t, f.Name, strings.TrimSpace(string(f.Data)))
			continue
		}
		for line := range strings.Lines(string(f.Data)) {
			if strings.HasPrefix(line, "\t") || strings.TrimSpace(line) == "" {
				continue
			}
			if reason := s.ask(t, file+": "+title, strings.TrimSuffix(line, "\n")); reason != "" {
				count.skipped[reason]++
			} else {
				count.asked++
			}
		}
	}
}

// add takes a policy, or "unread", "missing" or "none".
func (s *story) add(t *testing.T, name, text string) {
	t.Helper()
	m := section.FindStringSubmatch(name)
	if m == nil {
		t.Fatalf("unknown section %q", name)
	}
	if text == "unread" || text == "missing" {
		s.unread = true
		return
	}
	if text != "none" && !strings.Contains(text, `"Statement"`) {
		text = `{"Version":"2012-10-17","Statement":` + text + `}`
	}
	level, _ := strconv.Atoi(m[2])
	switch p := &s.policies; m[1] {
	case "identity":
		p.Identity = append(p.Identity, text)
	case "resource", "trust":
		p.Resource = text
	case "boundary":
		p.Boundaries = append(p.Boundaries, text)
	case "session":
		p.Session = text
	case "endpoint":
		p.Endpoint = append(p.Endpoint, text)
	case "scp":
		p.SCPs = atLevel(p.SCPs, level, text)
	case "rcp":
		p.RCPs = atLevel(p.RCPs, level, text)
	}
}

func atLevel(levels [][]string, level int, text string) [][]string {
	for len(levels) <= level {
		levels = append(levels, nil)
	}
	if text != "none" {
		levels[level] = append(levels[level], text)
	}
	return levels
}

// ask compares the answer to one question, and says why it was skipped.
func (s *story) ask(t *testing.T, title, line string) (skipped string) {
	t.Helper()
	want, text, ok := strings.Cut(line, ": ")
	if !ok {
		t.Fatalf("%s: not a question: %q", title, line)
	}
	req, concrete := readQuestion(text)
	switch {
	case s.unread:
		return "a policy was not read"
	case !concrete:
		return "a key is not known, or not exactly"
	}
	policies := s.policies
	policies.RCPServices = rcpServices(req.Action)
	asked, err := interpreter.New(policies)
	if err != nil {
		t.Fatalf("%s: %v", title, err)
	}
	got, err := asked.Allowed(req)
	switch {
	case errors.Is(err, interpreter.ErrUndefined):
		return "an answer that the language does not define"
	case err != nil:
		t.Fatalf("%s: %v", title, err)
	case want == "unknown":
		return "unknown to the engine"
	case got != (want == "allowed"):
		t.Errorf("%s: %s: allowed %t", title, line, got)
	}
	return ""
}

// rcpServices is the action's service if RCPs apply to it.
func rcpServices(action string) []string {
	service, _, _ := strings.Cut(strings.ToLower(action), ":")
	if aws.SupportsRCPs(service) {
		return []string{service}
	}
	return nil
}

// readQuestion reads "caller action resource key=value owner=account by=user", and reports whether all of it is concrete.
func readQuestion(text string) (interpreter.Request, bool) {
	fields := strings.Fields(text)
	named := func(text string) string {
		if arn, ok := scenarioCallers[text]; ok {
			return arn
		}
		return text
	}
	req := interpreter.Request{Principal: named(fields[0]), Action: fields[1], Resource: fields[2], Keys: map[string][]string{}}
	for _, field := range fields[3:] {
		key, value, ok := strings.Cut(field, "=")
		switch {
		case !ok || strings.ContainsAny(key, "~^"):
			return req, false
		case key == "owner":
			req.ResourceAccount = value
		case key == "by":
			req.FederatedBy = named(value)
		case value == "":
			req.Keys[key] = nil
		default:
			req.Keys[key] = strings.Split(value, ",")
		}
	}
	return req, true
}
