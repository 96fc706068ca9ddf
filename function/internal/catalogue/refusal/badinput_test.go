package refusal_test

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/refusal"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

type object = map[string]any

// lacking is a message that names no permission: what is missing is then looked for in all that the call asked for.
const lacking = "The function's execution role doesn't have permission to perform this operation."

const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

type absent struct{}

// substitutes are what every value of every refused call is replaced by. The last is how CloudTrail writes what it has cut.
var substitutes = []any{
	absent{}, nil, 17, "text", "", true, []any{}, []any{nil}, []any{17}, object{}, object{"x": 1}, hidden, []any{hidden},
	object{"omitted": true, "originalSize": 102401, "reason": "requestParameters exceeds the limit"},
}

// freeTexts are the parameters that take any text.
var freeTexts = []string{"logGroup", "localMountPath", "consumerGroupId", "functionName", "qualifier", "uUID", "topics.0", "role"}

// required are the parameters, and members of lists, that a call does not leave out.
var required = []string{"eventSourceArn", "selfManagedEventSource", "arn", "type", "uRI", "sourceAccessConfigurations.0", "layers.0", "fileSystemConfigs.0", "topics.0"}

// refusedCall is the record of a refused call, as an object that a test edits.
type refusedCall struct {
	name   string
	record object
	intact role.Asked
}

func (c *refusedCall) parameters() object { return c.record["requestParameters"].(object) }

func (c *refusedCall) creates() bool {
	return strings.HasPrefix(c.name, "Create") || strings.HasPrefix(c.name, "Put")
}

// refusedCalls are the calls of the testdata. Each event that configures something has one.
func refusedCalls(t testing.TB) (calls []*refusedCall) {
	t.Helper()
	archive, err := txtar.ParseFile("../../../../events/testdata/refused-calls.txtar")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, file := range archive.Files {
		name, _, _ := strings.Cut(file.Name, ".")
		have[name] = true
		body, _ := events.Sample("lambda.amazonaws.com", name)
		var event, parameters object
		if err := errors.Join(json.Unmarshal(body, &event), json.Unmarshal(file.Data, &parameters)); err != nil {
			t.Fatalf("%s: %v", file.Name, err)
		}
		c := &refusedCall{name: file.Name, record: event["detail"].(object)}
		c.record["errorCode"], c.record["errorMessage"] = "InvalidParameterValueException", lacking
		c.record["requestParameters"], c.record["responseElements"] = parameters, nil
		change, err := c.parse(t)
		if err != nil || change.Asked == nil || !change.Refused {
			t.Fatalf("%s: %+v, %v", file.Name, change, err)
		}
		c.intact = *change.Asked
		calls = append(calls, c)
	}
	for _, row := range events.Catalog() {
		if row.Configures != events.ConfiguresNothing && !have[row.Name] {
			t.Errorf("events/testdata/refused-calls.txtar has no %s", row.Name)
		}
	}
	return calls
}

func (c *refusedCall) parse(t testing.TB) (reconcile.Change, error) {
	t.Helper()
	body, err := json.Marshal(c.record, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	record, err := events.Parse(body)
	if err != nil {
		return reconcile.Change{}, err
	}
	if record.Failed() == (record.ErrorCode == "" && record.ErrorMessage == "") {
		t.Errorf("%s: a refused call counts as %+v", c.name, record)
	}
	return reconcile.NewChange(record), nil
}

// replaced replaces each value under v, one at a time, by each substitute, and calls test with its path.
func replaced(v any, path []string, set func(any), test func(path []string, by any)) {
	switch v := v.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			replaced(v[name], append(slices.Clone(path), name), func(by any) {
				if v[name] = by; by == any(absent{}) {
					delete(v, name)
				}
			}, test)
		}
	case []any:
		for i := range v {
			replaced(v[i], append(slices.Clone(path), strconv.Itoa(i)), func(by any) { v[i] = by }, test)
		}
	}
	if len(path) == 0 {
		return
	}
	for _, by := range substitutes {
		if _, isGone := by.(absent); isGone && path[len(path)-1] == "0" {
			continue
		}
		set(by)
		test(path, by)
	}
	set(v)
}

// legal reports whether what replaced a value makes another call that AWS describes: one that leaves a setting at its default,
// removes it, or has another text.
func (c *refusedCall) legal(path []string, by any) bool {
	whole := strings.Join(path[1:], ".")
	is := func(name string) bool { return whole == name || strings.HasSuffix(whole, "."+name) }
	switch v := by.(type) {
	case absent, nil:
		return is("localMountPath") || !slices.ContainsFunc(required, is) && (c.creates() || len(path) == 2 || strings.Contains(c.name, "Mapping"))
	case string:
		return v == "text" && slices.ContainsFunc(freeTexts, is) || v == "" && !slices.ContainsFunc(required, is) && !is("logGroup") && !is("mode")
	case bool:
		return is("enabled")
	case []any:
		return len(v) == 0 && (is("layers") || is("fileSystemConfigs") || is("topics") || is("sourceAccessConfigurations"))
	case object:
		return v["omitted"] == nil && (is("environment") || is("durableConfig") || is("selfManagedEventSource")) ||
			v["omitted"] == nil && (c.creates() || strings.Contains(c.name, "Mapping")) && len(path) > 1 && !slices.ContainsFunc(required, is)
	}
	return false
}

// TestARefusedCallWithBadParametersIsMalformedOrUnknown replaces each value of each refused call. The record is then malformed,
// with the field's name; or what the call asked for is as before, unknown with a reason, or as AWS describes it.
func TestARefusedCallWithBadParametersIsMalformedOrUnknown(t *testing.T) {
	paths, outcomes := map[string]bool{}, map[string]int{}
	for _, c := range refusedCalls(t) {
		want := fields(t, c.intact)
		replaced(c.record, nil, nil, func(path []string, by any) {
			at := c.name + ": " + strings.Join(path, ".")
			paths[at] = true
			change, err := c.parse(t)
			var bad *events.MalformedError
			switch {
			case errors.Is(err, events.ErrNotListed):
				outcomes["not listed"]++
			case errors.As(err, &bad):
				outcomes["malformed"]++
				if !related(bad.Field, strings.Join(path, ".")) {
					t.Errorf("%s = %v: malformed at %q", at, by, bad.Field)
				}
			case err != nil:
				t.Errorf("%s = %v: %v", at, by, err)
			case change.Asked == nil:
				outcomes["unknown as a whole"]++
				if len(path) > 1 && path[0] == "requestParameters" {
					t.Errorf("%s = %v: nothing is known of the call", at, by)
				}
			case path[0] == "requestParameters" && len(path) == 1 && change.Function == "":
				outcomes["names nothing"]++
			default:
				outcomes["a change"]++
				got := fields(t, *change.Asked)
				for name := range want {
					if got[name] == want[name] || strings.Contains(got[name], `{"why":`) {
						continue
					}
					if path[0] != "requestParameters" || !c.legal(path, by) {
						t.Errorf("%s = %v: %s is %s, want it unknown or as before, %s", at, by, name, got[name], want[name])
					}
				}
			}
		})
	}
	t.Logf("%d paths: %v", len(paths), outcomes)
	if len(paths) < 200 || outcomes["malformed"] < 200 || outcomes["a change"] < 200 {
		t.Errorf("%d paths: %v", len(paths), outcomes)
	}
}

// fields are the settings that a call asks for, as JSON by name.
func fields(t testing.TB, a role.Asked) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, of := range map[string]any{
		"logGroup": a.LogGroup, "network": a.Network, "deadLetter": a.DeadLetter, "tracing": a.Tracing, "layers": a.Layers, "mounts": a.Mounts,
		"durable": a.Durable, "snapStart": a.SnapStart, "image": a.Image, "environment": a.Environment, "kmsKey": a.KMSKey, "source": a.Source,
		"destinations": a.Destinations,
	} {
		text, err := json.Marshal(of, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	return out
}

// related reports whether the field that an error names is at, above or below the one that was replaced, or is one that had to
// stand in for it.
func related(field, path string) bool {
	above := func(a, b string) bool { return a == b || strings.HasPrefix(b, a+".") }
	return above(field, path) || above(path, field)
}

// TestAParameterThatIsNotClearDecidesNothing has refused calls that ask for one thing each, which the role lacks. Where the
// parameter is replaced, the explanation is that it is lacking, or undecided: never that nothing is missing.
func TestAParameterThatIsNotClearDecidesNothing(t *testing.T) {
	explained, undecided := 0, 0
	for _, c := range refusedCalls(t) {
		all := c.parameters()
		for _, name := range slices.Sorted(maps.Keys(all)) {
			c.record["requestParameters"] = object{"functionName": "orders", "role": "arn:aws:iam::111122223333:role/orders", name: all[name]}
			if strings.HasPrefix(c.name, "CreateEvent") && name == "sourceAccessConfigurations" {
				c.record["requestParameters"] = object{"functionName": "orders", "selfManagedEventSource": object{}, name: all[name]}
			}
			intact := c.explain(t)
			if intact == nil || intact.Undecided || len(intact.Fix.Document) == 0 {
				continue
			}
			explained++
			replaced(c.parameters()[name], []string{"requestParameters", name}, func(by any) { c.parameters()[name] = by }, func(path []string, by any) {
				e := c.explain(t)
				if e == nil || c.legal(path, by) || e.Why == intact.Why {
					return
				}
				if undecided++; !e.Undecided {
					t.Errorf("%s: %s = %v: %s", c.name, strings.Join(path, "."), by, e.Why)
				}
			})
		}
		c.record["requestParameters"] = all
	}
	t.Logf("%d parameters, %d explanations that are undecided", explained, undecided)
	if explained < 4 || undecided < 100 {
		t.Errorf("%d parameters, %d explanations that are undecided", explained, undecided)
	}
}

// explain explains the call for a role that Lambda can assume and that allows writing logs alone; nil where the record is
// malformed.
func (c *refusedCall) explain(t testing.TB) *refusal.Explanation {
	change, err := c.parse(t)
	if err != nil {
		return nil
	}
	e := refusal.Explain(bareRole(), check.Refusal{
		Function: change.Function, EventID: "e1", Event: change.EventName, Time: change.Time, ErrorCode: change.ErrorCode, Error: change.ErrorMessage,
		Configures: change.Configures, Asked: change.Asked,
	})
	return &e
}

func bareRole() *check.Subject {
	const (
		trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
		logs  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*"],"Resource":"*"}]}`
	)
	ref := role.Ref{Partition: "aws", Account: "111122223333", Name: "orders", ARN: "arn:aws:iam::111122223333:role/orders"}
	return &check.Subject{Role: &role.Snapshot{
		Ref: ref, Identity: role.Have(role.Identity{ARN: ref.ARN, ID: "AROAORDERS"}), Trust: role.Have(role.NewPolicy("trust", trust, policy.Trust)),
		Inline: role.Have([]role.Policy{role.NewPolicy(role.InlinePart("logs"), logs, policy.Identity)}), Attached: role.Have([]role.Policy(nil)),
		Boundary: role.None[role.Policy](), Tags: role.Have(map[string]string{}), SCPs: role.None[[][]policy.Part](), RCPs: role.None[[][]policy.Part](),
	}}
}
