package policy

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

var casesFile = flag.String("cases", "", "a file that the cases of BenchmarkEvaluate are written to, with all their policies")

// benchCase is policies and what is asked of them, as testdata/benchmark.json has them.
type benchCase struct {
	Name           string         `json:"name"`
	ResourcePolicy *benchPolicy   `json:"resourcePolicy,omitzero"`
	Identity       []benchPolicy  `json:"identity,omitempty"`
	Managed        []string       `json:"managed,omitempty"`
	Requests       []benchRequest `json:"requests"`
}

type benchPolicy struct {
	Name     string         `json:"name"`
	Document jsontext.Value `json:"document"`
}

type benchRequest struct {
	Principal       string            `json:"principal"`
	Action          string            `json:"action"`
	Resource        string            `json:"resource"`
	ResourceAccount string            `json:"resourceAccount"`
	Context         map[string]string `json:"context"`
	Decision        string            `json:"decision"`
}

// benchCases reads the cases.
func benchCases(t testing.TB) []benchCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "benchmark.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []benchCase
	if err := json.Unmarshal(text, &cases, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	return cases
}

// addManaged adds the managed policies that the case names to its identity policies. Without the data that is not in the
// repository it skips the test.
func (c *benchCase) addManaged(t testing.TB) {
	t.Helper()
	if len(c.Managed) == 0 {
		return
	}
	sources := externaldata.ManagedPolicies(t)
	for _, name := range c.Managed {
		if sources[name] == nil {
			t.Fatalf("there is no managed policy %s", name)
		}
		c.Identity = append(c.Identity, benchPolicy{name, sources[name]})
	}
	c.Managed = nil
}

// parse gives the case's policies and requests, and how many bytes the policies have.
func (c *benchCase) parse(t testing.TB) (set Set, requests []Request, size int) {
	t.Helper()
	part := func(p benchPolicy, kind Kind) Part {
		d, err := Parse(p.Document, kind)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		size += len(p.Document)
		return Part{Name: p.Name, Document: d}
	}
	for _, p := range c.Identity {
		set.Identity = append(set.Identity, part(p, Identity))
	}
	if c.ResourcePolicy != nil {
		trust := part(*c.ResourcePolicy, Trust)
		set.Resource = &trust
	}
	for _, r := range c.Requests {
		req := Request{Principal: r.Principal, Action: r.Action, Resource: r.Resource, ResourceAccount: r.ResourceAccount}
		req.Context.Keys = map[string]ContextValue{}
		for key, value := range maps.All(r.Context) {
			req.Context.Keys[strings.ToLower(key)] = present(value)
		}
		requests = append(requests, req)
	}
	return set, requests, size
}

// TestBenchmarkCases holds the decisions that the benchmark's requests get, and that none takes memory. With -cases it
// writes the cases out for another evaluator.
func TestBenchmarkCases(t *testing.T) {
	cases := benchCases(t)
	asked := 0
	for i := range cases {
		c := &cases[i]
		t.Run(c.Name, func(t *testing.T) {
			c.addManaged(t)
			asked += c.hold(t)
		})
	}
	if asked == 0 {
		t.Fatal("nothing was asked")
	}
	if *casesFile == "" {
		return
	}
	for i := range cases {
		cases[i].addManaged(t)
	}
	text, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*casesFile, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// hold holds the decision on each of the case's requests, and that none takes memory. It gives how many there are.
func (c *benchCase) hold(t *testing.T) int {
	t.Helper()
	set, requests, size := c.parse(t)
	for i, req := range requests {
		if v := Evaluate(req, set); decisions[v.Decision] != c.Requests[i].Decision {
			t.Errorf("%s on %s is %s, want %s", req.Action, req.Resource, decisions[v.Decision], c.Requests[i].Decision)
		}
		if n := testing.AllocsPerRun(10, func() {
			if v := Evaluate(req, set); v.Decision == Unknown {
				t.Errorf("%s on %s is unknown", req.Action, req.Resource)
			}
		}); n != 0 {
			t.Errorf("%s on %s takes memory %v times", req.Action, req.Resource, n)
		}
	}
	t.Logf("%d requests, policies of %d bytes", len(requests), size)
	return len(requests)
}

// BenchmarkEvaluate asks requests of policies that are parsed already: of a role's trust policy with two conditions, of
// three small identity policies, and of ten, among them AWS's largest.
func BenchmarkEvaluate(b *testing.B) {
	for _, c := range benchCases(b) {
		b.Run(c.Name, func(b *testing.B) {
			c.addManaged(b)
			set, requests, _ := c.parse(b)
			want := make([]Decision, len(requests))
			for i, req := range requests {
				want[i] = Evaluate(req, set).Decision
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if v := Evaluate(requests[i], set); v.Decision != want[i] {
					b.Fatal(decisions[v.Decision])
				}
				if i++; i == len(requests) {
					i = 0
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "evals/s")
		})
	}
}
