package settings

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
)

// noFile is a function's folder without rules.
func noFile(name string) ([]byte, error) { return nil, errors.New("no " + name) }

// fileOf is a function's folder as the deployment fills it.
func fileOf(r Rules) func(name string) ([]byte, error) {
	text, ok := r.File()
	return func(name string) ([]byte, error) {
		if !ok || name != RulesFile {
			return nil, errors.New("no " + name)
		}
		return text, nil
	}
}

// TestThousandsOfAccountsFit trusts each account of a large organization.
func TestThousandsOfAccountsFit(t *testing.T) {
	context := func(accounts int) []byte {
		var b bytes.Buffer
		b.WriteString(`{"home":"us-gov-west-1","regions":["us-gov-west-1","us-gov-east-1"],"trustedAccounts":["000000000000"`)
		for i := range accounts {
			fmt.Fprintf(&b, `,"%012d"`, (i+1)*982451653%1000000000000)
		}
		b.WriteString(`]}`)
		return b.Bytes()
	}
	stack, err := FromContext(context(5000), known)
	if err != nil {
		t.Fatal(err)
	}
	f := complete()
	f.Rules = stack.Rules
	env := f.Environment()
	got, err := FromEnvironment(func(name string) string { return env[name] }, fileOf(f.Rules), known)
	if err != nil || len(got.TrustedAccounts) != 5001 {
		t.Errorf("%d accounts, %v", len(got.TrustedAccounts), err)
	}
	_, err = FromEnvironment(func(name string) string { return env[name] }, noFile, known)
	if err == nil || !strings.Contains(err.Error(), `ROLEWATCH_RULES "@rules.json": no rules.json`) {
		t.Errorf("without the file: %v", err)
	}
	if _, err := FromContext(context(80_000), known); err == nil || !strings.Contains(err.Error(), "and 1048576 is the limit") {
		t.Errorf("error %v", err)
	}
}

// Rules of up to 1,024 bytes are in their variable, longer ones and those with routes in the file.
func TestLongRulesAreInTheFile(t *testing.T) {
	rules := func(size int) Rules {
		const frame = `{"account":{"name":""}}`
		return Rules{Routed: Routed{Account: Account{Name: strings.Repeat("n", size-len(frame))}}}
	}
	routed := rules(100)
	routed.Routes = []Route{{Name: "a"}}
	for _, tt := range []struct {
		rules Rules
		want  bool
	}{{Rules{}, false}, {rules(1024), false}, {rules(1025), true}, {routed, true}} {
		text, inFile := tt.rules.File()
		if variable := tt.rules.pack(); inFile != tt.want || (variable == fileMark) != tt.want || !inFile && variable != string(text) {
			t.Errorf("%d bytes: in the file: %v, and the variable has %q", len(text), inFile, variable)
		}
	}
}

// TestTheLongestEnvironmentFits has names that are as long as CloudFormation makes them, every Region, and rules that are
// just short enough for their variable.
func TestTheLongestEnvironmentFits(t *testing.T) {
	queue := "https://sqs.ap-southeast-2.amazonaws.com.cn/111122223333/" + strings.Repeat("q", 80)
	topic := "arn:aws-us-gov:sns:ap-southeast-2:111122223333:" + strings.Repeat("t", 80)
	f := Function{
		Table: strings.Repeat("t", 80), QueueURL: queue, RecordsQueueURL: queue, DeadLetterURL: queue, FindingsTopic: topic, ChannelTopics: map[string]string{"chat": topic}, OperationsTopic: topic,
		Settle: time.Minute, Canary: 7 * 24 * time.Hour, Digest: Digest{Daily: true, At: 23*time.Hour + 59*time.Minute}, DocsURL: "https://" + strings.Repeat("d", maxDocs-8),
	}
	for range 40 {
		f.Regions = append(f.Regions, "ap-southeast-2")
	}
	for len(f.Rules.text()) <= inVariable-15 {
		f.TrustedAccounts = append(f.TrustedAccounts, "111122223333")
	}
	if _, inFile := f.Rules.File(); inFile {
		t.Fatal("the rules are in the file")
	}
	text, err := json.Marshal(f.Environment(), jsontext.EscapeForHTML(false))
	if err != nil || len(text) > 4096 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// With as many places as there may be, whose names and topics are as long as can be, the rules are in the file.
func TestTheLongestEnvironmentWithRoutesFits(t *testing.T) {
	queue := "https://sqs.ap-southeast-2.amazonaws.com.cn/111122223333/" + strings.Repeat("q", 80)
	topic := "arn:aws-us-gov:sns:ap-southeast-2:111122223333:" + strings.Repeat("t", 80)
	f := Function{
		Table: strings.Repeat("t", 80), QueueURL: queue, RecordsQueueURL: queue, DeadLetterURL: queue, FindingsTopic: topic, ChannelTopics: map[string]string{"chat": topic}, OperationsTopic: topic,
		Settle: time.Minute, Canary: 7 * 24 * time.Hour, Digest: Digest{Daily: true, At: 23*time.Hour + 59*time.Minute}, DocsURL: "https://" + strings.Repeat("d", maxDocs-8),
		PlaceTopics: map[string]string{},
	}
	for range 40 {
		f.Regions = append(f.Regions, "ap-southeast-2")
	}
	for i := range maxPlaces {
		route := Route{Name: fmt.Sprintf("%s%02d", strings.Repeat("r", maxRouteName-2), i), To: To{Emails: []string{"a@example.com"}}}
		f.Routes = append(f.Routes, route)
		f.PlaceTopics[route.places()[0].Name] = strings.Repeat("t", 80)
	}
	text, err := json.Marshal(f.Environment(), jsontext.EscapeForHTML(false))
	if err != nil || len(text) > 4096 || f.Environment()[variableRules] != fileMark {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// The documentation's example is read with the checks that there are, and does something with every key.
func TestTheDocumentedExampleIsRead(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```json\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("there is no example")
	}
	rules, err := FromFile([]byte(example), Known())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range ruleKeys {
		if !strings.Contains(example, `"`+key+`"`) || !strings.Contains(string(text), "| `"+key+"` |") {
			t.Errorf("%s is not documented", key)
		}
	}
	in := rules.InForce(Known())
	for id, want := range map[string]inforce.Change{
		"RW203": {Off: true}, "RW311": {Severity: check.Low}, "RW501": {On: true}, "RW507": {Off: true},
	} {
		if in.Changes[id] != want {
			t.Errorf("%s is %+v", id, in.Changes[id])
		}
	}
	if len(in.Exceptions.List) != 1 || len(in.Exceptions.ByTag) != 2 || len(rules.Warnings(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))) > 0 {
		t.Errorf("exceptions %+v, warnings %v", in.Exceptions, rules.Warnings(time.Unix(0, 0)))
	}
	if _, err := inforce.ParseTag("RW303 RW313 until 2026-12-31 moves to its own table in Q4", func(string) bool { return true }); err != nil ||
		!strings.Contains(string(text), "Value=RW303 RW313 until 2026-12-31 moves to its own table in Q4'") {
		t.Errorf("the documented tag: %v", err)
	}
}
