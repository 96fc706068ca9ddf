package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// template is one synthesized template.
type template struct {
	t    *testing.T
	file string
	name string
	root object
}

// Three ways of setting rolewatch up that the tests look at.
const (
	oneRegion = `{"regions":["us-east-1"],"key":false}`
	// severalRegions has its home outside of the global Region, and does not watch functions there.
	severalRegions = `{"home":"eu-central-1","regions":["eu-central-1","eu-west-1"],"emails":["ops@example.com","dev@example.com"],
		"slack":{"workspace":"T0AB12CD3","channel":"C0EF45GH6"},"ackPrincipals":["arn:aws:iam::111122223333:role/security","arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Security_*"],"architecture":"x86_64","logRetentionDays":90,"dashboard":true,"canary":"weekly","digest":"daily at 06:30","docsUrl":"https://docs.example.com/rolewatch/{check}",
		"tableKey":"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
		"logKey":"arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321",
		"checks":{"RW109":{"off":true},"RW304":{"severity":"medium"}}}`
	// withKey says nothing of the key, as the settings of the release before.
	withKey    = `{"regions":["us-east-1"],"emails":["ops@example.com"]}`
	globalHome = `{"home":"us-east-1","regions":["us-east-1","ap-southeast-2"]}`
)

// bootstrap makes a folder that stands for the built function.
func bootstrap(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// synthesize gives the templates of a context by their stacks' names.
func synthesize(t *testing.T, context any) map[string]*template {
	t.Helper()
	return synthesizeWith(t, context, bootstrap(t, "#!/bin/sh\n"))
}

func synthesizeWith(t *testing.T, context any, code string) map[string]*template {
	t.Helper()
	return synthesizeApp(t, options{Known: settings.Known(), Bootstrap: code, Context: object{contextKey: context}})
}

func synthesizeApp(t *testing.T, o options) map[string]*template {
	t.Helper()
	dir := t.TempDir()
	o.Outdir = dir
	app, err := newApp(o)
	if err != nil {
		t.Fatal(err)
	}
	app.Synth(nil)
	files, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d templates in %s: %v", len(files), dir, err)
	}
	out := make(map[string]*template)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tm := &template{t: t, file: file, name: strings.TrimSuffix(filepath.Base(file), ".template.json")}
		if err := json.Unmarshal(text, &tm.root); err != nil {
			t.Fatal(err)
		}
		out[tm.name] = tm
	}
	return out
}

// homeOf gives the home stack's template.
func homeOf(t *testing.T, context string) *template {
	t.Helper()
	tm := synthesize(t, context)[deploy.StackName]
	if tm == nil {
		t.Fatalf("there is no stack %s", deploy.StackName)
	}
	return tm
}

// properties gives the properties of every resource of a type, by logical ID. There must be one at least.
func (tm *template) properties(kind string) map[string]object {
	tm.t.Helper()
	out := tm.find(kind)
	if len(out) == 0 {
		tm.t.Fatalf("%s has no %s", tm.name, kind)
	}
	return out
}

func (tm *template) find(kind string) map[string]object {
	out := make(map[string]object)
	resources, _ := tm.root["Resources"].(object)
	for id, r := range resources {
		if r := r.(object); r["Type"] == kind {
			out[id], _ = r["Properties"].(object)
		}
	}
	return out
}

// only gives the one resource of a type.
func (tm *template) only(kind string) (string, object) {
	tm.t.Helper()
	all := tm.properties(kind)
	if len(all) != 1 {
		tm.t.Fatalf("%s has %d of %s", tm.name, len(all), kind)
	}
	for id, p := range all {
		return id, p
	}
	return "", nil
}

// named gives the one resource of a type whose logical ID CDK made of this one.
func (tm *template) named(kind, id string) (string, object) {
	tm.t.Helper()
	form := regexp.MustCompile("^" + id + "[0-9A-F]{8}$")
	for logical, p := range tm.properties(kind) {
		if form.MatchString(logical) {
			return logical, p
		}
	}
	tm.t.Fatalf("%s has no %s %s", tm.name, kind, id)
	return "", nil
}

// at walks into a value by the names of objects' members and gives what is there, or nil.
func at(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

// referred gives the logical ID of {"Ref": ID} and {"Fn::GetAtt": [ID, attribute]}.
func referred(v any) string {
	if id, ok := at(v, "Ref").(string); ok {
		return id
	}
	if att, ok := at(v, "Fn::GetAtt").([]any); ok && len(att) == 2 {
		id, _ := att[0].(string)
		return id
	}
	return ""
}

// resolved writes a value with the logical IDs of what it refers to, as CloudFormation writes it with their names: joined, and with the
// part of an ARN that is selected.
func resolved(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if join, ok := at(v, "Fn::Join").([]any); ok && len(join) == 2 {
		var parts []string
		for _, part := range list(join[1]) {
			parts = append(parts, resolved(part))
		}
		separator, _ := join[0].(string)
		return strings.Join(parts, separator)
	}
	if selection, ok := at(v, "Fn::Select").([]any); ok && len(selection) == 2 {
		if split := list(at(selection[1], "Fn::Split")); len(split) == 2 {
			return referred(split[1])
		}
	}
	return referred(v)
}

// roleOf gives the one role that a service assumes.
func (tm *template) roleOf(service string) (string, object) {
	tm.t.Helper()
	var id string
	for role, p := range tm.properties("AWS::IAM::Role") {
		if len(allowing(p["AssumeRolePolicyDocument"], service, "sts:AssumeRole")) > 0 {
			if id != "" {
				tm.t.Fatalf("%s has several roles for %s", tm.name, service)
			}
			id = role
		}
	}
	if id == "" {
		tm.t.Fatalf("%s has no role for %s", tm.name, service)
	}
	return id, tm.find("AWS::IAM::Role")[id]
}

// list gives a value as a list: policies write one element without the brackets.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// allowing gives the statements of a policy document that allow a service an action.
func allowing(document any, service, action string) []object {
	var out []object
	for _, s := range list(at(document, "Statement")) {
		s := s.(object)
		if s["Effect"] == "Allow" && at(s, "Principal", "Service") == service && slices.Contains(list(s["Action"]), any(action)) {
			out = append(out, s)
		}
	}
	return out
}

// text writes a value for comparison.
func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
