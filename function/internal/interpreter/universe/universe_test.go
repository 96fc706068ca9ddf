package universe_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/interpreter"
	"github.com/rolewatch/rolewatch/function/internal/interpreter/universe"
)

// everything says that every request carries every key.
func everything(string, string) bool { return true }

// TestRequestsAreAllThereAre counts the requests of an action under policies that mention a tag of the request, which has three
// choices with two lists of tags each, and a tag of the resource, which has three; the role's own tags are known, and those of its
// function are not.
func TestRequestsAreAllThereAre(t *testing.T) {
	d := universe.Default()
	p := interpreter.Policies{
		Identity: []string{`{"Condition":{"StringEquals":{"AWS:requestTag/team":"x"}}}`}, SCPs: [][]string{{`{"Condition":{"Null":{"aws:ResourceTag/team":"true"}}}`}},
	}
	for _, action := range d.Actions {
		seen, tagged, want, wantTagged := map[string]bool{}, 0, 0, 0
		for _, r := range action.Resources {
			if want += 6; r.ARN != universe.Role {
				want += 12
			}
			if r.ARN != universe.Role && r.ARN != universe.Function {
				wantTagged += 12
			}
		}
		for c := range d.Requests(action, p, everything) {
			seen[fmt.Sprintf("%+v", c.Request)] = true
			if len(c.Tags) > 0 {
				tagged++
			}
			if c.On.ARN != c.Request.Resource || c.Uncertain != (c.On.ARN == universe.Function) {
				t.Errorf("%+v", c)
			}
		}
		if len(seen) != want || tagged != wantTagged {
			t.Errorf("%s: %d requests, %d of them on tagged resources; want %d and %d", action.Name, len(seen), tagged, want, wantTagged)
		}
		for c := range d.Requests(action, p, func(_, key string) bool { return key == "aws:PrincipalArn" }) {
			if len(c.Keys) != 1 {
				t.Errorf("%+v carries keys that the request does not carry", c)
			}
			break
		}
	}
}

// TestPoliciesMeetTheRequests holds that random policies are neither all open nor all shut, and that each element that they can
// have decides something.
func TestPoliciesMeetTheRequests(t *testing.T) {
	d := universe.Default()
	generator := d.Worlds()
	texts := strings.Builder{}
	allowed, asked, open := 0, 0, 0
	const cases = 100
	for seed := range cases {
		p := generator.Example(seed).Policies()
		fmt.Fprintln(&texts, p)
		i, err := interpreter.New(p)
		if err != nil {
			t.Fatal(err)
		}
		some := false
		for _, action := range d.Actions {
			n := 0
			for c := range d.Requests(action, p, everything) {
				ok, _ := i.Allowed(c.Request)
				asked++
				if ok {
					allowed, some = allowed+1, true
				}
				if n++; n == 100 {
					break
				}
			}
		}
		if some {
			open++
		}
	}
	t.Logf("%d policies, %d of them allow something; %d of %d requests are allowed", cases, open, allowed, asked)
	if open*4 < cases || open == cases || allowed*50 < asked {
		t.Errorf("%d of %d policies allow something, %d of %d requests", open, cases, allowed, asked)
	}
	for _, part := range []string{"NotAction", "NotResource", "IfExists", "Null", "ForAllValues:", "ForAnyValue:", "Deny", "${aws:PrincipalTag/team}"} {
		if !strings.Contains(texts.String(), part) {
			t.Errorf("no policy has %s", part)
		}
	}
}

// TestShrinkKeepsWhatFails shrinks worlds to the one statement that a failure needs.
func TestShrinkKeepsWhatFails(t *testing.T) {
	generator := universe.Default().Worlds()
	shrunk := 0
	for seed := range 50 {
		fails := func(w universe.World) bool { return strings.Contains(fmt.Sprint(w.Policies()), "iam:PassRole") }
		w := generator.Example(seed)
		if !fails(w) {
			continue
		}
		shrunk++
		small := universe.Shrink(w, fails)
		if text := fmt.Sprint(small.Policies()); !fails(small) || strings.Count(text, "Effect") != 1 || strings.Contains(text, "Condition") {
			t.Errorf("seed %d: %s", seed, text)
		}
	}
	if shrunk == 0 {
		t.Fatal("no world had anything to shrink to")
	}
}
