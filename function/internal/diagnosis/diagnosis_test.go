package diagnosis_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/diagnosis"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/policy"
)

const (
	account  = "111122223333"
	roleARN  = "arn:aws:iam::" + account + ":role/orders"
	checkout = "arn:aws:lambda:us-east-1:" + account + ":function:checkout"
)

// fake is an account with functions by ARN, and with roles that trust Lambda and allow nothing.
type fake struct {
	regions   []string
	functions map[string][]role.Function
	mappings  map[string]string
	err       error
	// read are the names of the roles that were read.
	read []string
}

func (f *fake) Regions() []string { return f.regions }

func (f *fake) Role(_ context.Context, ref role.Ref) (role.Snapshot, error) {
	f.read = append(f.read, ref.Name)
	s := role.Snapshot{Ref: ref, Identity: role.Have(role.Identity{ID: "AROA" + ref.Name, ARN: ref.ARN, Created: role.Have(now.Add(-time.Hour))})}
	s.Trust = role.Have(role.NewPolicy(role.PartTrust,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, policy.Trust))
	s.Inline, s.Attached, s.Boundary = role.Have[[]role.Policy](nil), role.Have[[]role.Policy](nil), role.None[role.Policy]()
	s.SCPs, s.RCPs = role.NotRead[[][]policy.Part](role.Denied("organizations:DescribeOrganization")), role.Have[[][]policy.Part](nil)
	return s, nil
}

func (f *fake) Function(_ context.Context, arn string) ([]role.Function, error) {
	return f.functions[arn], f.err
}

func (f *fake) MappingFunction(_ context.Context, region, id string) (string, error) {
	return f.mappings[region+" "+id], nil
}

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// function is a version that is configured with nothing.
func function(arn, version, roleARN string) role.Function {
	f := role.Function{ARN: arn, Version: version, Role: roleARN, Environment: role.Have(false), KMSKey: role.None[string](), Edge: role.Have(false)}
	f.Config = role.UnreadConfig(role.Because("not asked for"))
	c := &f.Config
	c.Network, c.DeadLetter, c.Tracing, c.LogGroup = role.None[role.Network](), role.None[string](), role.Have(false), role.None[string]()
	c.Layers, c.Mounts, c.Sources = role.Have[[]string](nil), role.Have[[]role.Mount](nil), role.Have[[]role.Source](nil)
	return f
}

func ask(t *testing.T, f *fake, q diagnosis.Question) (diagnosis.Answer, error) {
	t.Helper()
	q.AccountID, q.Partition = account, "aws"
	return diagnosis.Ask(t.Context(), f, q, scan.Options{
		Rules: inforce.New(catalogue.Checks(), inforce.Rules{}), Now: now, Progress: func(string) {},
	})
}

func named(t *testing.T, name string) aws.FunctionName {
	t.Helper()
	f, ok := aws.ParseFunctionName(name)
	if !ok {
		t.Fatalf("%q is no function", name)
	}
	return f
}

func call(t *testing.T, text string) *diagnosis.Call {
	t.Helper()
	c, err := diagnosis.ReadCall([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func checks(a diagnosis.Answer) (ids []string) {
	for _, f := range a.Findings {
		ids = append(ids, f.Check)
	}
	return ids
}

// TestOnlyTheFunctionAndItsRolesAreRead asks about a function whose published version has another role.
func TestOnlyTheFunctionAndItsRolesAreRead(t *testing.T) {
	other := "arn:aws:iam::" + account + ":role/former"
	f := &fake{regions: []string{"us-east-1"}, functions: map[string][]role.Function{
		checkout:                               {function(checkout, aws.LatestVersion, roleARN), function(checkout, "3", other)},
		strings.ReplaceAll(checkout, "c", "d"): {function(checkout, aws.LatestVersion, "arn:aws:iam::"+account+":role/unrelated")},
	}}
	a, err := ask(t, f, diagnosis.Question{Function: named(t, "checkout")})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(f.read)
	if got := fmt.Sprint(f.read, a.Roles, a.Tally.Roles); got != "[former orders] ["+roleARN+" "+other+"] 2" {
		t.Errorf("read %s", got)
	}
	if !slices.ContainsFunc(a.Unknowns, func(u scan.Unknown) bool { return strings.HasPrefix(u.Missing, "service control policies: ") }) {
		t.Errorf("what could not be read of the organization is not said: %v", a.Unknowns)
	}
	// The role that is asked about is the only one that is read.
	f.read = nil
	if a, err = ask(t, f, diagnosis.Question{Function: named(t, "checkout"), Role: other}); err != nil || fmt.Sprint(f.read) != "[former]" || a.Tally.Roles != 1 {
		t.Errorf("read %v, %d roles, %v", f.read, a.Tally.Roles, err)
	}
}

// TestAFunctionIsFoundByItsName looks in the Regions of the account, and does not choose between two.
func TestAFunctionIsFoundByItsName(t *testing.T) {
	in := func(region string) string { return strings.Replace(checkout, "us-east-1", region, 1) }
	f := &fake{regions: []string{"eu-west-1", "us-east-1"}, functions: map[string][]role.Function{checkout: {function(checkout, aws.LatestVersion, roleARN)}}}
	if a, err := ask(t, f, diagnosis.Question{Function: named(t, "checkout")}); err != nil || a.Function != checkout {
		t.Errorf("found %q: %v", a.Function, err)
	}
	if _, err := ask(t, f, diagnosis.Question{Function: named(t, "nobody")}); !errors.Is(err, diagnosis.ErrNoFunction) {
		t.Errorf("a function that is not there: %v", err)
	}
	f.functions[in("eu-west-1")] = []role.Function{function(in("eu-west-1"), aws.LatestVersion, roleARN)}
	if _, err := ask(t, f, diagnosis.Question{Function: named(t, "checkout")}); err == nil || !strings.Contains(err.Error(), "several Regions have a function checkout") {
		t.Errorf("two functions of one name: %v", err)
	}
	if a, err := ask(t, f, diagnosis.Question{Function: named(t, in("eu-west-1"))}); err != nil || a.Function != in("eu-west-1") {
		t.Errorf("found %q: %v", a.Function, err)
	}
}

// TestAFunctionThatCannotBeReadIsUnknown asks about a role whose function the credentials may not read.
func TestAFunctionThatCannotBeReadIsUnknown(t *testing.T) {
	f := &fake{regions: []string{"us-east-1"}, err: &role.UnreadError{Why: role.Denied("lambda:ListVersionsByFunction")}}
	q := diagnosis.Question{Function: named(t, "checkout"), Message: "The role defined for the function cannot be assumed by Lambda."}
	if _, err := ask(t, f, q); !errors.Is(err, diagnosis.ErrNoRole) || !strings.Contains(err.Error(), "lambda:ListVersionsByFunction") {
		t.Errorf("which call was denied is not said: %v", err)
	}
	q.Role = roleARN
	a, err := ask(t, f, q)
	if err != nil || !slices.Contains(checks(a), "RW117") {
		t.Fatalf("%v: %v", checks(a), err)
	}
	if !slices.ContainsFunc(a.Unknowns, func(u scan.Unknown) bool { return strings.Contains(u.Missing, "lambda:ListVersionsByFunction") }) {
		t.Errorf("that the function was not read is not said: %v", a.Unknowns)
	}
}

// TestACallIsJudgedAsItWouldConfigure gives the input of each command that configures something, without a message.
func TestACallIsJudgedAsItWouldConfigure(t *testing.T) {
	with := function(checkout, aws.LatestVersion, roleARN)
	with.Config.Sources = role.Have([]role.Source{{UUID: "u-1", ARN: "arn:aws:sqs:us-east-1:" + account + ":a", Kind: role.SourceSQS, State: "Disabled"}})
	f := &fake{
		regions: []string{"us-east-1"}, functions: map[string][]role.Function{checkout: {with}}, mappings: map[string]string{"us-east-1 u-1": checkout},
	}
	for _, one := range []struct{ input, check string }{
		{`{"FunctionName":"checkout","VpcConfig":{"SubnetIds":["subnet-1"],"SecurityGroupIds":["sg-1"]}}`, "RW202"},
		{`{"FunctionName":"checkout","TracingConfig":{"Mode":"Active"}}`, "RW203"},
		{`{"FunctionName":"checkout","DeadLetterConfig":{"TargetArn":"arn:aws:sqs:us-east-1:111122223333:dead"}}`, "RW204"},
		{`{"FunctionName":"checkout","DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:111122223333:failed"}}}`, ""},
		{`{"FunctionName":"checkout","EventSourceArn":"arn:aws:sqs:us-east-1:111122223333:orders"}`, "RW206"},
		{`{"UUID":"u-1","Enabled":true}`, "RW206"},
		{`{"FunctionName":"fresh","Role":"` + roleARN + `","Code":{"ZipFile":"AA=="},"VpcConfig":{"SubnetIds":["subnet-1"],"SecurityGroupIds":["sg-1"]}}`, "RW202"},
	} {
		a, err := ask(t, f, diagnosis.Question{Call: call(t, one.input)})
		if err != nil || !a.Planned {
			t.Errorf("%s: planned %v: %v", one.input, a.Planned, err)
		}
		if one.check != "" && !slices.Contains(checks(a), one.check) {
			t.Errorf("%s: want %s, got %v", one.input, one.check, checks(a))
		}
	}
	// What else is configured need not be known to judge the call.
	with.Config.Sources, with.Config.Destinations = role.NotRead[[]role.Source](role.Because("mappings: not read")), role.NotRead[[]role.Destinations](role.Because("destinations: not read"))
	f.functions[checkout] = []role.Function{with}
	for input, id := range map[string]string{
		`{"FunctionName":"checkout","EventSourceArn":"arn:aws:sqs:us-east-1:111122223333:orders"}`:                                  "RW206",
		`{"FunctionName":"checkout","DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:111122223333:failed"}}}`: "RW205",
	} {
		a, err := ask(t, f, diagnosis.Question{Call: call(t, input)})
		if err != nil || !slices.Contains(checks(a), id) || !slices.ContainsFunc(a.Unknowns, func(u scan.Unknown) bool { return strings.HasSuffix(u.Missing, ": not read") }) {
			t.Errorf("%s: %v, %v: %v", input, checks(a), a.Unknowns, err)
		}
	}
	// What is there stays as it is: the call is not made.
	if a, err := ask(t, f, diagnosis.Question{Function: named(t, "checkout")}); err != nil || slices.Contains(checks(a), "RW202") || slices.Contains(checks(a), "RW206") {
		t.Errorf("%v: %v", checks(a), err)
	}
}

// TestEveryMessageOfTheTableIsAnswered asks with each example of the table, as a new user would: with the function alone.
func TestEveryMessageOfTheTableIsAnswered(t *testing.T) {
	f := &fake{regions: []string{"us-east-1"}, functions: map[string][]role.Function{checkout: {function(checkout, aws.LatestVersion, roleARN)}}}
	table := aws.Refusals()
	for _, row := range table {
		a, err := ask(t, f, diagnosis.Question{Function: named(t, "checkout"), Message: "Error: " + row.Example})
		if err != nil {
			t.Errorf("%s: %v", row.Example, err)
			continue
		}
		if !a.Known || a.Message.Meaning != row.Meaning {
			t.Errorf("%s: it means %q, want %q", row.Example, a.Message.Meaning, row.Meaning)
		}
		if explained := slices.Contains(checks(a), "RW117"); explained != (row.Meaning != aws.NotTheRole) {
			t.Errorf("%s: explained %v by %v", row.Example, explained, checks(a))
		}
	}
	if len(table) < 15 {
		t.Errorf("the table has %d rows", len(table))
	}
}

// FuzzReadCall reads any text as a call, and asks about it. It fails cleanly or is answered.
func FuzzReadCall(f *testing.F) {
	paths, err := filepath.Glob("../../../events/samples/*.json")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no sample: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "")
	}
	f.Add(`{"FunctionName":"checkout","EventSourceArn":"arn:aws:sqs:us-east-1:111122223333:orders","Enabled":false}`, "ReceiveMessage on SQS")
	f.Add(`{"UUID":"u","DestinationConfig":{"OnFailure":{"Destination":"x"}}}`, "denied by EC2, please make sure your function execution role have permission to X")
	for _, row := range aws.Refusals() {
		f.Add(`{"FunctionName":"checkout","Role":"`+roleARN+`","VpcConfig":{"SubnetIds":["s"]},"Environment":{"Variables":{"A":"b"}}}`, row.Example)
	}
	rules := inforce.New(catalogue.Checks(), inforce.Rules{})
	f.Fuzz(func(t *testing.T, text, message string) {
		c, err := diagnosis.ReadCall([]byte(text))
		if err != nil {
			if c != nil || err.Error() == "" {
				t.Errorf("a call and the error %q", err)
			}
			return
		}
		a := &fake{regions: []string{"us-east-1"}, functions: map[string][]role.Function{checkout: {function(checkout, aws.LatestVersion, roleARN)}}}
		q := diagnosis.Question{Message: message, Call: c, AccountID: account, Partition: "aws"}
		answer, err := diagnosis.Ask(t.Context(), a, q, scan.Options{Rules: rules, Now: now, Progress: func(string) {}})
		if err == nil && len(answer.Roles) == 0 {
			t.Error("an answer about no role")
		}
		if err == nil && answer.Known && answer.Message.Meaning != aws.NotTheRole && !slices.Contains(checks(answer), "RW117") {
			t.Errorf("%q is known and not explained: %v", cmpMessage(message, c), checks(answer))
		}
	})
}

func cmpMessage(message string, c *diagnosis.Call) string {
	if message != "" {
		return message
	}
	return c.Message
}

// TestACallOfAnAliasIsAboutTheVersionThatItLeadsTo gives calls for an alias whose version has another role than $LATEST.
func TestACallOfAnAliasIsAboutTheVersionThatItLeadsTo(t *testing.T) {
	other := "arn:aws:iam::" + account + ":role/former"
	published := function(checkout, "3", other)
	published.Aliases = []string{"live"}
	f := &fake{regions: []string{"us-east-1"}, functions: map[string][]role.Function{checkout: {function(checkout, aws.LatestVersion, roleARN), published}}}
	for _, message := range []string{"", "The function execution role does not have permissions to call ReceiveMessage on SQS"} {
		a, err := ask(t, f, diagnosis.Question{
			Call: call(t, `{"FunctionName":"checkout:live","EventSourceArn":"arn:aws:sqs:us-east-1:111122223333:orders"}`), Message: message,
		})
		i := slices.IndexFunc(a.Findings, func(f finding.Finding) bool { return f.Check == "RW206" || f.Check == "RW117" })
		if err != nil || i < 0 || a.Findings[i].Role != other {
			t.Errorf("%q: %v of %v: %v", message, checks(a), a.Roles, err)
		}
	}
	a, err := ask(t, f, diagnosis.Question{Call: call(t, `{"FunctionName":"checkout:nobody","EventSourceArn":"arn:aws:sqs:us-east-1:111122223333:orders"}`)})
	if err != nil || !slices.ContainsFunc(a.Unknowns, func(u scan.Unknown) bool { return strings.Contains(u.Missing, "nobody") }) {
		t.Errorf("an alias that is not there: %v, %v", a.Unknowns, err)
	}
}

// TestALongCallIsJudgedWhole gives a call that is longer than what is remembered of a refused one.
func TestALongCallIsJudgedWhole(t *testing.T) {
	f := &fake{regions: []string{"us-east-1"}, functions: map[string][]role.Function{checkout: {function(checkout, aws.LatestVersion, roleARN)}}}
	subnets := strings.Repeat(`"subnet-0123456789abcdef0",`, 500)
	a, err := ask(t, f, diagnosis.Question{Call: call(t, `{"FunctionName":"checkout","VpcConfig":{"SubnetIds":[`+subnets[:len(subnets)-1]+`],"SecurityGroupIds":["sg-1"]}}`)})
	if err != nil || !slices.Contains(checks(a), "RW202") {
		t.Errorf("%v: %v", checks(a), err)
	}
}

// TestTwoFunctionsAreNotTakenForOne asks about another function than the call is about, and with a message about the session of
// another role than the function's that the session is named after.
func TestTwoFunctionsAreNotTakenForOne(t *testing.T) {
	f := &fake{regions: []string{"us-east-1"}, functions: map[string][]role.Function{checkout: {function(checkout, aws.LatestVersion, roleARN)}}}
	_, err := ask(t, f, diagnosis.Question{Function: named(t, "checkout"), Call: call(t, `{"FunctionName":"nightly","TracingConfig":{"Mode":"Active"}}`)})
	if err == nil || !strings.Contains(err.Error(), "the call is for the function nightly, but the specified function is checkout") {
		t.Errorf("two functions: %v", err)
	}
	a, err := ask(t, f, diagnosis.Question{Message: "User: arn:aws:sts::111122223333:assumed-role/deploy/checkout is not authorized to perform: sns:Publish on resource: arn:aws:sns:us-east-1:111122223333:x"})
	if err != nil || a.Function != "" || fmt.Sprint(a.Roles) != "[arn:aws:iam::111122223333:role/deploy]" {
		t.Errorf("a session of another role: %q, %v, %v", a.Function, a.Roles, err)
	}
}
