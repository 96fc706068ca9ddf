package interpreter_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/internal/interpreter"
)

// newAccess is a case of AWS's: a policy, and an edit of it that grants new access if PASS is not expected.
type newAccess struct {
	File     string          `json:"file"`
	Title    string          `json:"title"`
	Kind     string          `json:"kind"`
	Existing json.RawMessage `json:"existing"`
	New      json.RawMessage `json:"new"`
	Expected string          `json:"expected"`
}

// TestNewAccess looks for a request that the new policy allows and the old one does not, among those that can be made of what the
// policies name. Where AWS finds new access there is one, and nowhere else.
func TestNewAccess(t *testing.T) {
	counts := map[string]int{}
	asked := 0
	for _, c := range externaldata.List[newAccess](t, "new-access/cases.json") {
		before, after := interpreterOf(t, c.Kind, string(c.Existing)), interpreterOf(t, c.Kind, string(c.New))
		var witness *interpreter.Request
		for _, req := range requestsAbout(t, c) {
			asked++
			if ask(t, after, req) && !ask(t, before, req) {
				witness = &req
				break
			}
		}
		counts[c.Expected]++
		if (witness != nil) != (c.Expected == "FAIL") {
			t.Errorf("%s: %s: want %s, found %+v", c.File, c.Title, c.Expected, witness)
		}
	}
	if counts["PASS"] == 0 || counts["FAIL"] == 0 {
		t.Fatalf("cases: %v", counts)
	}
	t.Logf("%v, %d requests", counts, asked)
}

func interpreterOf(t *testing.T, kind, text string) *interpreter.Interpreter {
	t.Helper()
	p := interpreter.Policies{Identity: []string{text}}
	if kind == "resource" {
		p = interpreter.Policies{Resource: text, Identity: []string{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`}}
	}
	i, err := interpreter.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func ask(t testing.TB, i *interpreter.Interpreter, req interpreter.Request) bool {
	t.Helper()
	allowed, err := i.Allowed(req)
	if err != nil {
		t.Fatalf("%+v: %v", req, err)
	}
	return allowed
}

// requestsAbout are the requests that can be made of what two policies name: an instance of each pattern, and of none.
func requestsAbout(t *testing.T, c newAccess) []interpreter.Request {
	t.Helper()
	const account = "111111111111"
	actions, resources, callers, keys := []string{"other:Action"}, []string{"*"}, []string{"arn:aws:sts::" + account + ":assumed-role/worker/run-1"}, map[string][]string{}
	if c.Kind == "resource" {
		actions = []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"}
		resources = []string{"arn:aws:iam::" + account + ":role/r"}
		callers = append(callers, "*", "arn:aws:iam::444444444444:role/stranger", "other.amazonaws.com",
			"arn:aws:iam::111111111111:oidc-provider/o", "arn:aws:iam::111111111111:saml-provider/o")
	}
	for _, text := range []json.RawMessage{c.Existing, c.New} {
		for _, s := range statementsOf(t, text) {
			for _, pattern := range slices.Concat(list(s["Action"]), list(s["NotAction"])) {
				actions = append(actions, strings.ReplaceAll(pattern, "*", ""), strings.ReplaceAll(pattern, "*", "Zz"))
			}
			for _, pattern := range list(s["Resource"]) {
				resources = append(resources, instances(pattern, account)...)
			}
			for _, name := range namedBy(s["Principal"]) {
				callers = append(callers, name)
				if len(name) == 12 {
					callers = append(callers, "arn:aws:iam::"+name+":role/any")
				}
			}
			operators, _ := s["Condition"].(map[string]any)
			for _, block := range operators {
				for key, value := range block.(map[string]any) {
					keys[key] = append(keys[key], list(value)...)
				}
			}
		}
	}
	var out []interpreter.Request
	for _, principal := range unique(callers) {
		for _, action := range unique(actions) {
			for _, resource := range unique(resources) {
				for _, chosen := range choices(keys) {
					out = append(out, interpreter.Request{Principal: principal, Action: action, Resource: resource, ResourceAccount: account, Keys: chosen})
				}
			}
		}
	}
	return out
}

// instances are ARNs that a pattern matches.
func instances(pattern, account string) []string {
	segments := strings.SplitN(pattern, ":", 6)
	if len(segments) == 6 && segments[4] == "*" {
		segments[4] = account
	}
	pattern = strings.Join(segments, ":")
	return []string{strings.ReplaceAll(pattern, "*", "z"), strings.ReplaceAll(pattern, "*", "y/x")}
}

// choices is the product of each key's values, another value, and none.
func choices(keys map[string][]string) []map[string][]string {
	out := []map[string][]string{{}}
	for key, values := range keys {
		var next []map[string][]string
		for _, chosen := range out {
			next = append(next, chosen)
			for _, value := range unique(append(values, "other")) {
				with := map[string][]string{key: {value}}
				for k, v := range chosen {
					with[k] = v
				}
				next = append(next, with)
			}
		}
		out = next
	}
	return out
}

func statementsOf(t *testing.T, text json.RawMessage) []map[string]any {
	t.Helper()
	var d struct{ Statement []map[string]any }
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d.Statement
}

// namedBy are the principals that a Principal element names.
func namedBy(principal any) []string {
	if groups, ok := principal.(map[string]any); ok {
		var out []string
		for _, names := range groups {
			out = append(out, list(names)...)
		}
		return out
	}
	return list(principal)
}

// list reads a text or a list of texts.
func list(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			out = append(out, list(one)...)
		}
		return out
	}
	return nil
}

func unique(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}
