package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/settings"
)

type sampleEvent struct {
	name   string
	body   []byte
	look   bool
	global bool
}

// everyEvent is a sample of each event of the catalogue.
func everyEvent(t *testing.T) (out []sampleEvent) {
	t.Helper()
	for _, e := range events.Catalog() {
		body, ok := events.Sample(e.Source, e.Name)
		if !ok {
			t.Fatalf("%s %s has no sample", e.Source, e.Name)
		}
		out = append(out, sampleEvent{e.Name, body, e.Look, e.Source != "lambda.amazonaws.com"})
	}
	return out
}

func stackOf(t *testing.T, context string) settings.Stack {
	t.Helper()
	set, err := settings.FromContext([]byte(context), settings.Known())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// memberOf gives the template of a member, as a StackSet gets it.
func memberOf(t *testing.T, context string) *template {
	t.Helper()
	body, err := memberTemplate(stackOf(t, context))
	if err != nil {
		t.Fatal(err)
	}
	tm := &template{t: t, name: deploy.MemberStack, file: filepath.Join(t.TempDir(), "member.json")}
	if err := os.WriteFile(tm.file, body, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &tm.root); err != nil {
		t.Fatal(err)
	}
	return tm
}

// in is the template as CloudFormation deploys it in a Region: without what belongs in others.
func (d deployedAs) in(region string) deployedAs {
	d.region = region
	resources := object{}
	for id, r := range d.root["Resources"].(object) {
		name, conditional := at(r, "Condition").(string)
		if !conditional || d.holds(at(d.root, "Conditions", name)) {
			resources[id] = r
		}
	}
	root := maps.Clone(d.root)
	root["Resources"] = resources
	tm := *d.template
	tm.root = root
	d.template = &tm
	return d
}

// hubIn is a hub in a home Region that watches Regions.
func hubIn(home string, regions ...string) string {
	set := object{"home": home, "regions": regions, "organization": object{"id": hubOrg, "hub": object{"account": hubAccount, "root": "r-ab12"}}}
	text, err := json.Marshal(set)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// The template needs nothing but itself, names neither account nor Region, and is small enough for a request, whatever is watched.
func TestTheTemplateOfAMemberStandsAlone(t *testing.T) {
	var all []string
	for _, r := range defaultRegions() {
		all = append(all, r.(string))
	}
	for name, context := range map[string]string{"three Regions": inHub, "one": hubIn("us-east-1", "us-east-1"), "all": hubIn("us-east-1", all...)} {
		tm := memberOf(t, context)
		for section := range tm.root {
			if !slices.Contains([]string{"Conditions", "Description", "Resources"}, section) {
				t.Errorf("%s: the template has %s", name, section)
			}
		}
		body := text(t, tm.root)
		if len(body) > 51_200 || strings.Contains(body, "cdk-") || strings.Contains(body, "bootstrap") || strings.Contains(body, memberAccount) {
			t.Errorf("%s: %d bytes", name, len(body))
		}
		t.Logf("%s: %d bytes", name, len(body))
		for _, kind := range []string{"AWS::CloudWatch::Alarm", "AWS::Lambda::Function", "AWS::SNS::Topic", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::DynamoDB::Table"} {
			if n := len(tm.find(kind)); n > 0 {
				t.Errorf("%s: %d of %s", name, n, kind)
			}
		}
	}
	dir := t.TempDir()
	made, err := newApp(options{Known: settings.Known(), Account: memberAccount, Context: object{contextKey: inHub}, Outdir: dir})
	if err != nil {
		t.Fatal(err)
	}
	made.Synth(nil)
	manifest, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil || strings.Contains(string(manifest), "requiresBootstrapStackVersion") || strings.Contains(string(manifest), "cdk-hnb659fds") || !strings.Contains(string(manifest), "rolewatch-member") {
		t.Errorf("the stack needs a bootstrap: %v %s", err, manifest)
	}
}

// Each record that leads to a look is sent by exactly one rule, in the Region in which CloudTrail records it, and none of another account.
// The roles are in the global Region alone.
func TestAMemberSendsEachRecordOnce(t *testing.T) {
	regional := 0
	for _, tt := range []struct {
		context string
		// functions are the Regions in which functions are watched, of those that the member is deployed in.
		regions, functions []string
	}{
		{inHub, []string{"us-east-1", "eu-central-1", "eu-west-1"}, []string{"eu-central-1", "eu-west-1"}},
		{hubIn("us-east-1", "us-east-1", "eu-west-1"), []string{"us-east-1", "eu-west-1"}, []string{"us-east-1", "eu-west-1"}},
		{hubIn("us-gov-east-1", "us-gov-east-1"), []string{"us-gov-west-1", "us-gov-east-1"}, []string{"us-gov-east-1"}},
	} {
		if got := memberRegions(stackOf(t, tt.context)); !slices.Equal(got, tt.regions) {
			t.Errorf("Regions %v, want %v", got, tt.regions)
		}
		tm := memberOf(t, tt.context)
		for i, region := range tt.regions {
			d := deployedAs{tm, memberAccount, region}.in(region)
			regional++
			if roles := slices.Sorted(maps.Keys(d.find("AWS::IAM::Role"))); (i == 0) != slices.Equal(roles, []string{"Reader", "Sender"}) || i > 0 && len(roles) > 0 {
				t.Errorf("%s has the roles %v", region, roles)
			}
			patterns := map[string]object{}
			for id, p := range d.properties("AWS::Events::Rule") {
				patterns[id] = d.concrete(p["EventPattern"]).(object)
			}
			for _, e := range everyEvent(t) {
				var event object
				if err := json.Unmarshal(e.body, &event); err != nil {
					t.Fatal(err)
				}
				want := 0
				if e.look && (e.global && i == 0 || !e.global && slices.Contains(tt.functions, region)) {
					want = 1
				}
				event["account"] = memberAccount
				if got := selecting(t, patterns, []byte(text(t, event))); len(got) != want {
					t.Errorf("%s: %s is selected by %v, want %d", region, e.name, got, want)
				}
				event["account"] = foreignAccount
				if got := selecting(t, patterns, []byte(text(t, event))); len(got) != 0 {
					t.Errorf("%s: %s of another account is selected by %v", region, e.name, got)
				}
			}
			// What cannot be sent is kept, and the rules that there are may keep it there.
			dead, _ := d.only("AWS::SQS::Queue")
			for id, p := range d.properties("AWS::Events::Rule") {
				target := list(p["Targets"])[0]
				arn := "arn:aws:events:" + region + ":" + memberAccount + ":rule/" + p["Name"].(string)
				keeps := asRule(arn).asks("sqs:SendMessage", d.arn(dead), policy.Set{Resource: d.queuePolicy(dead)}, nil)
				if referred(at(target, "DeadLetterConfig", "Arn")) != dead || keeps != policy.Allowed {
					t.Errorf("%s: %s keeps nothing: %v", region, id, keeps)
				}
			}
		}
	}
	if regional != 7 {
		t.Errorf("%d Regions", regional)
	}
}

// The heartbeat of each Region passes the rules of the member and those of the hub's bus, and says which rules there are and which
// version the member has.
func TestTheHeartbeatOfAMemberArrives(t *testing.T) {
	hub := deployedHub(t)
	arrives := map[string]object{}
	for id, p := range hub.properties("AWS::Events::Rule") {
		if referred(p["EventBusName"]) == deploy.HubBusID {
			arrives[id] = hub.concrete(p["EventPattern"]).(object)
		}
	}
	tm := memberOf(t, inHub)
	for _, region := range []string{"us-east-1", "eu-central-1", "eu-west-1"} {
		d := deployedAs{tm, memberAccount, region}.in(region)
		_, schedule := d.only("AWS::Scheduler::Schedule")
		target := at(schedule, "Target")
		sends := map[string]object{}
		var names []string
		for id, p := range d.properties("AWS::Events::Rule") {
			sends[id], names = d.concrete(p["EventPattern"]).(object), append(names, p["Name"].(string))
		}
		event := text(t, object{
			"source": at(target, "EventBridgeParameters", "Source"), "detail-type": at(target, "EventBridgeParameters", "DetailType"),
			"account": memberAccount, "region": region, "time": "2026-10-02T17:00:00Z", "detail": detailOf(t, d.concrete(at(target, "Input")).(string)),
		})
		if sent, got := selecting(t, sends, []byte(event)), selecting(t, arrives, []byte(event)); len(sent) != 1 || len(got) != 1 {
			t.Errorf("%s: sent by %v, received by %v", region, sent, got)
		}
		signal, ok, err := deploy.ParseSignal([]byte(event))
		if !ok || err != nil || signal.Heartbeat == nil {
			t.Fatalf("%s: %v, %v", region, ok, err)
		}
		slices.Sort(names)
		rules := slices.Sorted(slices.Values(signal.Heartbeat.Rules))
		if signal.Account != memberAccount || signal.Heartbeat.Version != deploy.MemberVersion || !slices.Equal(rules, names) || signal.Heartbeat.DeadLetters == "" {
			t.Errorf("%s: %+v, rules %v", region, signal.Heartbeat, names)
		}
		role := d.concrete(at(target, "RoleArn"))
		if schedule["ScheduleExpression"] != "rate(1 hour)" || role != "arn:aws:iam::222233334444:role/rolewatch-sender" || d.concrete(at(target, "Arn")) != "arn:aws:events:"+region+":222233334444:event-bus/default" {
			t.Errorf("%s: the schedule is %s", region, text(t, schedule))
		}
	}
}

// The reader allows what the function reads of its own account; it changes nothing, and reads no policy of the organization.
func TestTheReaderReadsWhatTheFunctionReads(t *testing.T) {
	tm := memberOf(t, inHub)
	reader := tm.properties("AWS::IAM::Role")["Reader"]
	got, want := map[string]bool{}, map[string]bool{}
	for _, s := range list(at(list(reader["Policies"])[0], "PolicyDocument", "Statement")) {
		sid, _ := at(s, "Sid").(string)
		if everywhere := slices.Contains(list(at(s, "Resource")), any("*")); everywhere != slices.Contains([]string{"Watched", "EventHistory"}, sid) {
			t.Errorf("%s is on %v", sid, at(s, "Resource"))
		}
		for _, action := range list(at(s, "Action")) {
			got[sid+" "+action.(string)] = true
		}
	}
	for _, p := range readerPermissions() {
		want[string(p.Resource)+" "+p.Action] = true
		_, verb, _ := strings.Cut(p.Action, ":")
		if !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "List") && !strings.HasPrefix(verb, "Describe") && verb != "LookupEvents" || p.Reason == "" {
			t.Errorf("%s does not read, or has no reason", p.Action)
		}
	}
	for _, p := range permissions {
		if of := string(p.Resource) + " " + p.Action; slices.Contains(readParts, p.Resource) && strings.HasPrefix(p.Action, "organizations:") == got[of] {
			t.Errorf("%s: %v", of, got[of])
		}
	}
	if !maps.Equal(got, want) || len(want) < 20 {
		t.Errorf("the role may %v, want %v", got, want)
	}
	tags := list(reader["Tags"])
	if len(tags) != 1 || at(tags[0], "Key") != deploy.MemberVersionTag || at(tags[0], "Value") != fmt.Sprint(deploy.MemberVersion) {
		t.Errorf("tags %v", tags)
	}
}

// TestTheTemplateOfAMemberHasItsVersion compares the template with that of its version: a change of it that the hub depends on raises
// deploy.MemberVersion.
func TestTheTemplateOfAMemberHasItsVersion(t *testing.T) {
	tm := memberOf(t, inHub)
	var b strings.Builder
	for _, section := range slices.Sorted(maps.Keys(tm.root)) {
		part, _ := tm.root[section].(object)
		for _, id := range slices.Sorted(maps.Keys(part)) {
			b.WriteString(section + " " + id + " " + text(t, part[id]) + "\n")
		}
	}
	file := filepath.Join("testdata", fmt.Sprintf("member-%d.txt", deploy.MemberVersion))
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != b.String() {
		t.Errorf("the template differs from %s: raise deploy.MemberVersion if the hub depends on the change, and write it with go test ./infra -run Version -update (%v)", file, err)
	}
}
