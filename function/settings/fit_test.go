package settings

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
)

// The environment holds what fits, and what does not fit is an error that says how long it is. The names that stand for
// what CloudFormation makes are at least as long as real ones.
func TestSettingsThatDoNotFitAreAnError(t *testing.T) {
	rules := func(accounts int) []byte {
		var b bytes.Buffer
		b.WriteString(`{"home":"us-gov-west-1","regions":["us-gov-west-1","us-gov-east-1"],"trustedAccounts":["000000000000"`)
		for i := range accounts {
			fmt.Fprintf(&b, `,"%012d"`, (i+1)*982451653%1000000000000)
		}
		b.WriteString(`]}`)
		return b.Bytes()
	}
	stack, err := FromContext(rules(350), known)
	if err != nil {
		t.Fatal(err)
	}
	f := Function{
		Table: "rolewatch-Table710B521B-1V6LIIL8HM4CT", QueueURL: "https://sqs.us-gov-west-1.amazonaws.com/111122223333/rolewatch-Queue4A7E3555-Kq3zrN1LPn3J",
		DeadLetterURL: "https://sqs.us-gov-west-1.amazonaws.com/111122223333/rolewatch-DeadLetters1B9A5C6E-Kq3zrN1LPn3J",
		FindingsTopic: "arn:aws-us-gov:sns:us-gov-west-1:111122223333:rolewatch-FindingsB3C5A1AF-1q2w3e4r5t6z", Settle: stack.Settle, Regions: stack.Regions,
		ChatTopic:       "arn:aws-us-gov:sns:us-gov-west-1:111122223333:rolewatch-Chat5D7A1E6B-1q2w3e4r5t6z",
		OperationsTopic: "arn:aws-us-gov:sns:us-gov-west-1:111122223333:rolewatch-OperationsF47CD2B2-1q2w3e4r5t6z", Rules: stack.Rules,
	}
	if real, taken := size(f.Environment()), size(stack.named().Environment()); real > taken || taken > environmentLimit {
		t.Errorf("an environment of %d bytes is taken for one of %d", real, taken)
	}
	_, err = FromContext(rules(900), known)
	if err == nil || !strings.Contains(err.Error(), "Lambda has room for 4096") || !strings.Contains(err.Error(), "shorten it by ") {
		t.Errorf("error %v", err)
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
