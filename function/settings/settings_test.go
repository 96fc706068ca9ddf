package settings

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

var known = Catalogue{
	{ID: "RW109", Slug: "trust-condition-unknown", Severity: check.Low}, {ID: "RW304", Slug: "pass-role-star", Severity: check.High},
	{ID: "RW308", Slug: "escalation", Severity: check.Critical}, {ID: "RW501", Slug: "shared-role", Severity: check.Low, OptIn: true},
	{ID: "RW502", Slug: "unused-role", Severity: check.Low, OptIn: true},
}

func complete() Function {
	return Function{
		Table: "table", QueueURL: "https://sqs.us-east-1.amazonaws.com/111122223333/queue",
		DeadLetterURL: "https://sqs.us-east-1.amazonaws.com/111122223333/dead",
		FindingsTopic: "arn:aws:sns:us-east-1:111122223333:findings", ChannelTopics: map[string]string{"chat": "arn:aws:sns:us-east-1:111122223333:chat"},
		OperationsTopic: "arn:aws:sns:us-east-1:111122223333:operations",
		Settle:          90 * time.Second, Regions: []string{"us-east-1", "eu-central-1"},
		Canary: 7 * 24 * time.Hour, Digest: Digest{Daily: true, At: 6*time.Hour + 30*time.Minute}, DocsURL: "https://docs.example.com/{check}",
		Rules: Rules{Checks: map[string]Check{"RW109": {Off: true}, "RW304": {Severity: "medium"}}},
	}
}

func TestEnvironmentReadsBackAsItWasWritten(t *testing.T) {
	bare := complete()
	bare.ChannelTopics, bare.Rules, bare.Digest, bare.DocsURL = nil, Rules{}, Digest{}, ""
	full, long, hub := complete(), complete(), complete()
	hub.RecordsQueueURL = "https://sqs.us-east-1.amazonaws.com/111122223333/records"
	full.Rules = wholeRules(t)
	for i := range 500 {
		long.LayerAccounts = append(long.LayerAccounts, fmt.Sprintf("%012d", 7919*(i+1)))
	}
	for name, want := range map[string]Function{"complete": complete(), "without options": bare, "all rules": full, "in a file": long, "of a hub": hub} {
		env := want.Environment()
		got, err := FromEnvironment(func(name string) string { return env[name] }, fileOf(want.Rules), known)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEnvironmentErrorsNameVariableAndValue(t *testing.T) {
	tests := map[string]struct{ variable, value, want string }{
		"settle is no duration": {variableSettle, "60", "not a duration"},
		"settle is zero":        {variableSettle, "0s", "more than 0"},
		"settle is negative":    {variableSettle, "-1s", "more than 0"},
		"settle is too long":    {variableSettle, "15m1s", "at most 15m"},
		"a Region is none":      {variableRegions, "us-east-1,moon", `"moon" is not a Region`},
		"a Region is another's": {variableRegions, "europe-west-1", `"europe-west-1" is not a Region`},
		"a Region is empty":     {variableRegions, "us-east-1,", `"" is not a Region`},
		"a Region is doubled":   {variableRegions, "us-east-1,us-east-1", "named twice"},
		"partitions are mixed":  {variableRegions, "us-east-1,cn-north-1", "different partitions"},
		"canary is none":        {variableCanary, "hourly", `must be "weekly" or "never"`},
		"digest is none":        {variableDigest, "weekly", `not "never", "daily"`},
		"docs are not of https": {variableDocs, "http://docs.example.com", "begins with https://"},
		"rules are no JSON":     {variableRules, "RW109", "it must be a JSON object"},
		"rules are a list":      {variableRules, "[]", "it must be a JSON object"},
		"rules are elsewhere":   {variableRules, "@/etc/passwd", "it names another file than rules.json"},
		"rules are not there":   {variableRules, "@rules.json", "no rules.json"},
		"table is missing":      {variableTable, "", "must be set"},
		"settle is missing":     {variableSettle, "", "must be set"},
		"regions are missing":   {variableRegions, "", "must be set"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := complete().Environment()
			env[tt.variable] = tt.value
			_, err := FromEnvironment(func(name string) string { return env[name] }, noFile, known)
			if err == nil {
				t.Fatal("no error")
			}
			quoted := strings.ReplaceAll(tt.value, `"`, `\"`)
			for _, want := range []string{tt.variable + ` "` + quoted + `": `, tt.want} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if n := strings.Count(err.Error(), "ROLEWATCH_"); n != 1 {
				t.Errorf("%d variables are named: %v", n, err)
			}
		})
	}
}

func TestEmptyEnvironmentTellsEachRequiredVariable(t *testing.T) {
	_, err := FromEnvironment(func(string) string { return "" }, noFile, known)
	if err == nil {
		t.Fatal("no error")
	}
	env := complete().Environment()
	delete(env, "ROLEWATCH_CHAT_TOPIC")
	delete(env, variableRules)
	delete(env, variableCanary)
	delete(env, variableDigest)
	delete(env, variableDocs)
	if len(env) != 7 {
		t.Fatalf("%d variables are required", len(env))
	}
	for name := range maps.Keys(env) {
		if !strings.Contains(err.Error(), name+` "": it must be set`) {
			t.Errorf("error %q lacks %s", err, name)
		}
	}
}

func TestContextDefaults(t *testing.T) {
	want := Stack{
		Home: "us-east-1", Regions: []string{"us-east-1"}, Settle: time.Minute, LogRetentionDays: 30, Architecture: "arm64",
		// A deployment that was made before the setting keeps its key.
		Key: true,
	}
	for _, text := range []string{"", "{}"} {
		got, err := FromContext([]byte(text), known)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
	got, err := FromContext([]byte(`{"home":"eu-west-1"}`), known)
	if err != nil || !cmp.Equal(got.Regions, []string{"eu-west-1"}) {
		t.Errorf("the Regions of another home are %v, %v", got.Regions, err)
	}
}

const (
	tableKey = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	logKey   = "arn:aws:kms:eu-central-1:444455556666:key/mrk-1234abcd12ab34cd56ef1234567890ab"
)

func TestContextTakesEveryKey(t *testing.T) {
	got, err := FromContext([]byte(`{
		"home": "eu-central-1", "regions": ["eu-central-1", "eu-west-1"], "emails": ["ops@example.com"],
		"slack": {"workspace": "T0AB12CD3", "channel": "C0EF45GH6"}, "settle": "2m", "logRetentionDays": 90,
		"table": "rolewatch-Table0ABC-1DEF", "key": false, "tableKey": "`+tableKey+`", "logKey": "`+logKey+`", "dashboard": true,
		"architecture": "x86_64", "checks": {"RW109": {"off": true}, "RW304": {"severity": "medium"}}
	}`), known)
	want := Stack{
		Home: "eu-central-1", Regions: []string{"eu-central-1", "eu-west-1"}, Emails: []string{"ops@example.com"},
		ChannelSettings: ChannelSettings{Slack: &Slack{Workspace: "T0AB12CD3", Channel: "C0EF45GH6"}}, Settle: 2 * time.Minute, LogRetentionDays: 90,
		Table: "rolewatch-Table0ABC-1DEF", TableKey: tableKey, LogKey: logKey, Dashboard: true,
		Architecture: "x86_64", Rules: Rules{Checks: map[string]Check{"RW109": {Off: true}, "RW304": {Severity: "medium"}}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestContextErrorsNameKeyAndValue(t *testing.T) {
	tests := []struct{ key, value, want string }{
		{"region", `"us-east-1"`, "no such key"},
		{"home", `"moon"`, "not a Region"},
		{"home", `7`, "string"},
		{"home", `null`, "omit the key"},
		{"home", `"cn-north-1"`, ""},
		{"regions", `[]`, "no Region is set"},
		{"regions", `"us-east-1"`, "[]string"},
		{"regions", `["us-east-1","moon"]`, `"moon"`},
		{"emails", `["nobody"]`, `"nobody" is not an e-mail address`},
		{"emails", `["a@b","a@b"]`, "named twice"},
		{"slack", `{"workspace":"T1"}`, `slack.channel ""`},
		{"slack", `{"workspace":"my team","channel":"C1"}`, `slack.workspace "my team"`},
		{"slack", `{"workspace":"T1","channel":"C1","topic":"x"}`, "topic"},
		{"settle", `60`, "string"},
		{"settle", `"1h"`, "at most 15m"},
		{"logRetentionDays", `31`, "CloudWatch Logs takes 1 3 5"},
		{"logRetentionDays", `"30"`, "int"},
		{"key", `"no"`, "bool"},
		{"dashboard", `1`, "bool"},
		{"tableKey", `""`, "not the ARN of a key"},
		{"tableKey", `"alias/tables"`, "not the ARN of a key"},
		{"tableKey", `"arn:aws:kms:us-east-1:111122223333:alias/tables"`, "not the ARN of a key"},
		{"logKey", `"arn:aws:kms:eu-west-1:111122223333:key/1"`, `must be in the home Region "us-east-1"`},
		{"logKey", `"arn:aws:kms:us-east-1:alias:key/1"`, "not the ARN of a key"},
		{"logKey", `"arn:aws:s3:us-east-1:111122223333:key/1"`, "not the ARN of a key"},
		{"logKey", `"arn:aws:iam::111122223333:role/key"`, "not the ARN of a key"},
		{"architecture", `"amd64"`, "must be arm64 or x86_64"},
		{"table", `""`, "not the name of a table"},
		{"table", `"t1"`, "not the name of a table"},
		{"table", `"my table"`, "not the name of a table"},
		{"table", `"é-table"`, "not the name of a table"},
		{"table", `7`, "string"},
		{"table", `"arn:aws:dynamodb:us-east-1:111122223333:table/rolewatch-Table0ABC"`, `only the name of the table, "rolewatch-Table0ABC"`},
		{"table", `"arn:aws:s3:::table"`, "not the name of a table"},
		{"table", `"a.b-c_D9"`, ""},
	}
	refused := 0
	for _, tt := range tests {
		text := `{"` + tt.key + `":` + tt.value + `}`
		_, err := FromContext([]byte(text), known)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		refused++
		for _, want := range []string{"rolewatch." + tt.key + " " + tt.value, tt.want} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v lacks %q", text, err, want)
			}
		}
	}
	if refused < 15 {
		t.Errorf("only %d values were tried", refused)
	}
}

func TestATableOfAnotherNameIsAWarning(t *testing.T) {
	for table, want := range map[string]int{"": 0, "rolewatch-Table0ABC-1DEF": 0, "rolewatch-restored": 1, "Rolewatch-Table0ABC": 1} {
		got := Stack{Table: table, Emails: []string{"ops@example.com"}}.Warnings(time.Unix(0, 0))
		if len(got) != want || want > 0 && (!strings.Contains(got[0], `"`+table+`"`) || !strings.Contains(got[0], "RW314")) {
			t.Errorf("table %q: %q", table, got)
		}
	}
}

func TestContextTellsAllErrorsAtOnce(t *testing.T) {
	_, err := FromContext([]byte(`{"settle":"1h","emails":["x"],"colour":"red"}`), known)
	for _, key := range []string{"rolewatch.settle", "rolewatch.emails", "rolewatch.colour"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("error %v lacks %s", err, key)
		}
	}
	for _, text := range []string{"[]", "null", "{", `{"home":"us-east-1","regions":["cn-north-1"]}`, `{"home":"a","home":"b"}`} {
		if _, err := FromContext([]byte(text), known); err == nil {
			t.Errorf("%s is no error", text)
		}
	}
}

func TestKnownIsOrderedAndWithoutDoubles(t *testing.T) {
	checks := Known()
	if len(checks) < 20 {
		t.Fatalf("%d checks are known", len(checks))
	}
	for i := 1; i < len(checks); i++ {
		if checks[i].ID <= checks[i-1].ID {
			t.Errorf("%s follows %s", checks[i].ID, checks[i-1].ID)
		}
	}
}

// On the operations topic, the notices for channels are told apart by the protocol of their subscriptions.
func TestChannelsAreToldApart(t *testing.T) {
	keys, names, protocols := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range channels {
		keys[c.key], names[c.Name], protocols[c.Protocol] = true, true, true
	}
	if n := len(channels); n == 0 || len(keys) != n || len(names) != n || len(protocols) != n {
		t.Errorf("%d channels have the keys %v, the names %v and the protocols %v", n, keys, names, protocols)
	}
}

// A message is rendered for the channels that have a topic.
func TestChannelsOfTheFunction(t *testing.T) {
	if got := (Function{}).Channels(); len(got) != 0 {
		t.Errorf("without a topic there are %d channels", len(got))
	}
	got := (Function{ChannelTopics: map[string]string{"chat": "arn:aws:sns:us-east-1:111122223333:chat"}}).Channels()
	if len(got) != 1 || got[0].Name != "chat" {
		t.Errorf("channels %v", got)
	}
}

// A deployment without subscriptions reports to nobody, and says so before it is made.
func TestADeploymentThatNobodySubscribesToWarns(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, `{"emails":[]}`: true, `{"emails":["ops@example.com"]}`: false, `{"slack":{"workspace":"T1","channel":"C1"}}`: false,
	} {
		stack, err := FromContext([]byte(text), known)
		if err != nil {
			t.Fatal(err)
		}
		warnings := strings.Join(stack.Warnings(time.Now()), "\n")
		if got := strings.HasPrefix(warnings, "emails: neither emails nor slack is set"); got != want {
			t.Errorf("%s: warnings %q", text, warnings)
		}
	}
}
