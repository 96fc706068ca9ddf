package danger

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// A path that the graph does not ask for is reported by what it is: with a graph that follows it nothing would be reported.
func TestAPathWithoutEdgesIsNotFollowed(t *testing.T) {
	edges := map[string]bool{
		"assume-role": true, "role-trust": true, "policy-version": true,
		"role-inline-policy": true, "role-attach-policy": true, "role-boundary": true,
		"user-inline-policy": true, "user-attach-policy": true, "user-boundary": true, "group-inline-policy": true, "group-attach-policy": true,
		"user-access-key": true, "user-password": true, "user-new-password": true,
	}
	for _, p := range functionPaths() {
		edges[p.id] = true
	}
	e := &ending{View: &reach.View{Graph: &reach.Graph{Account: &reach.Account{}}}}
	follows, others := 0, 0
	for _, p := range paths {
		for _, way := range p.tried {
			f := &found{path: p, steps: way, Answer: ask.Answer{Steps: []ask.Step{{Named: true, Pattern: "arn:aws:iam::111122223333:role/one"}}}}
			passes := false
			for _, s := range way {
				passes = passes || s.on == passedRole
			}
			switch got := e.follows(f); {
			case f.isOfItself() || !f.isChosen():
			case got && !edges[p.id] && !passes:
				t.Errorf("%s is followed, and has no edge", p.id)
			case got:
				follows++
			default:
				others++
			}
		}
	}
	t.Logf("%d ways are followed, %d are not", follows, others)
	if follows == 0 || others == 0 {
		t.Error("the walk does not see the paths")
	}
}
