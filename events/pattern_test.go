package events

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events/patterntest"
)

func TestPatternsFitTheirLimit(t *testing.T) {
	names := make(map[string]bool)
	for _, p := range Patterns() {
		if n := len(p.JSON()); n > 2048 {
			t.Errorf("%s has %d characters", p.Name, n)
		}
		if p.Global != (p.Source == "aws.iam" || p.Source == "aws.organizations") {
			t.Errorf("%s: Global is %v", p.Name, p.Global)
		}
		if names[p.Name] {
			t.Errorf("there are two patterns %s", p.Name)
		}
		names[p.Name] = true
	}
	if len(names) < 2 {
		t.Errorf("there are %d patterns", len(names))
	}
}

// A long table is spread over several patterns, none too long, and no name is lost.
func TestPatternsAreSplit(t *testing.T) {
	var names []string
	for i := range 200 {
		names = append(names, lambdaNames(fmt.Sprintf("Call%03d", i)))
	}
	split := patterns("lambda", sourceLambda, "", names)
	if len(split) < 2 {
		t.Fatalf("200 names make %d patterns", len(split))
	}
	for i := range 200 {
		body := fmt.Sprintf(`{"source":"aws.lambda","detail":{"eventSource":"lambda.amazonaws.com","eventName":"Call%03d20150331"}}`, i)
		if n := len(selecting(t, split, []byte(body))); n != 1 {
			t.Errorf("call %d is selected by %d patterns", i, n)
		}
	}
	for i, p := range split {
		if len(p.JSON()) > patternLimit || p.Name != fmt.Sprintf("lambda-%d", i+1) {
			t.Errorf("%s has %d characters", p.Name, len(p.JSON()))
		}
	}
}

// A pattern holds as many names as fit into 2,048 characters. The names of rules go by those of the patterns.
func TestAPatternIsFilledToItsLimit(t *testing.T) {
	room := patternLimit - len(patterns("lambda", sourceLambda, "", []string{`"a"`, `""`})[0].JSON())
	for more, want := range map[int][]string{0: {"lambda"}, 1: {"lambda-1", "lambda-2"}} {
		var got []string
		for _, p := range patterns("lambda", sourceLambda, "", []string{`"a"`, `"` + strings.Repeat("b", room+more) + `"`}) {
			got = append(got, p.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("names of %d characters more than fit make the patterns %v, want %v", more, got, want)
		}
	}
}

func TestEachSampleWithALookIsSelectedOnce(t *testing.T) {
	selected := 0
	for name, body := range sampleFiles(t) {
		c := parse(t, body)
		want := 0
		if c.Event.Look && (c.Event.Source == sourceLambda || !c.Failed()) {
			want = 1
		}
		got := selecting(t, Patterns(), body)
		if len(got) != want {
			t.Errorf("%s is selected by %v, want %d", name, got, want)
		}
		selected += len(got)
	}
	if selected < 30 {
		t.Errorf("only %d samples were selected", selected)
	}
}

func TestPatternsLeaveOthersAlone(t *testing.T) {
	const event = `{"source":%q,"detail":{"eventSource":%q,"eventName":%q}}`
	tests := []struct {
		source, eventSource, eventName string
		want                           int
	}{
		{"aws.lambda", sourceLambda, "CreateFunction20150331", 1},
		{"aws.lambda", sourceLambda, "CreateFunction", 1},
		{"aws.lambda", sourceLambda, "CreateFunction20301231v9", 1},
		{"aws.lambda", sourceLambda, "CreateFunctionUrlConfig", 1},
		{"aws.lambda", sourceLambda, "CreateFunctionCodeSigningConfig", 0},
		{"aws.lambda", sourceLambda, "GetFunction20150331v2", 0},
		{"aws.iam", sourceIAM, "CreateRole", 1},
		{"aws.iam", sourceIAM, "CreatePolicy", 0},
		{"aws.iam", sourceIAM, "CreateUser", 1},
		{"aws.iam", sourceIAM, "CreateAccessKey", 0},
		{"aws.iam", sourceIAM, "CreateInstanceProfile", 0},
		{"aws.organizations", "organizations.amazonaws.com", "CreatePolicyVersion", 0},
		{"example.shop", sourceIAM, "CreateRole", 0},
		{"aws.iam", "sts.amazonaws.com", "CreateRole", 0},
	}
	for _, tt := range tests {
		body := fmt.Appendf(nil, event, tt.source, tt.eventSource, tt.eventName)
		if got := selecting(t, Patterns(), body); len(got) != tt.want {
			t.Errorf("%s is selected by %v, want %d", body, got, tt.want)
		}
	}
}

// selecting gives the names of the patterns that select an event.
func selecting(t *testing.T, of []Pattern, body []byte) []string {
	t.Helper()
	var event any
	if err := json.Unmarshal(body, &event); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range of {
		var pattern object
		if err := json.Unmarshal([]byte(p.JSON()), &pattern); err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if patterntest.Matches(t, pattern, event) {
			names = append(names, p.Name)
		}
	}
	return names
}
