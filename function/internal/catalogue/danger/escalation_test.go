package danger

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// escalationSets are sets of actions that are known to be ways to more.
func escalationSets(t *testing.T) [][]string {
	t.Helper()
	var out [][]string
	for _, s := range externaldata.List[struct {
		Actions []string `json:"actions"`
	}](t, "risk/escalation-paths.json") {
		out = append(out, s.Actions)
	}
	return out
}

func actionsOf(steps []step) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.action)
	}
	return distinct(out)
}

// pathOf is the path that has a way of exactly these actions.
func pathOf(set []string) (path, []step, bool) {
	set = distinct(slices.Clone(set))
	for _, p := range paths {
		for _, steps := range p.ways {
			if slices.Equal(actionsOf(steps), set) {
				return p, steps, true
			}
		}
	}
	return path{}, nil, false
}

// taken are the paths that a role can take.
func taken(s *check.Subject) []found {
	return slices.DeleteFunc(slices.Clone(judgeOf(s).escalations()), func(f found) bool { return !f.Allowed() })
}

// waysWithin says whether there are ways that can be taken with some actions and no others.
func waysWithin(set []string) bool {
	for _, p := range paths {
		for _, steps := range p.ways {
			if !slices.ContainsFunc(actionsOf(steps), func(a string) bool { return !slices.Contains(set, a) }) {
				return true
			}
		}
	}
	return false
}

func without(set []string, action string) []string {
	return slices.DeleteFunc(slices.Clone(set), func(a string) bool { return a == action })
}

// TestEscalationSets gives a role exactly the actions of each set, then all but one of them, by leaving it out, by a
// boundary, and by a deny, and then all of them on what makes no way work.
func TestEscalationSets(t *testing.T) {
	sets := escalationSets(t)
	removed := 0
	for _, set := range sets {
		name := strings.Join(set, "+")
		p, steps, ok := pathOf(set)
		if !ok {
			t.Errorf("%s: no path has this way", name)
			continue
		}
		full := taken(subject(allowing(t, "*", set...)))
		told := slices.ContainsFunc(full, func(f found) bool {
			return f.id == p.id || found{path: f.path, steps: f.steps, Answer: f.Answer}.implies(found{path: p, steps: steps, Answer: f.Answer})
		})
		if !told || slices.ContainsFunc(full, func(f found) bool { return f.severity() != check.Critical && !f.elsewhere }) {
			t.Errorf("%s: not told: %v", name, ids(full))
		}
		for _, action := range set {
			removed++
			rest := without(set, action)
			for how, s := range map[string]*check.Subject{
				"left out": subject(allowing(t, "*", append(rest, "sts:GetCallerIdentity")...)),
				"bounded":  bounded(subject(allowing(t, "*", set...)), `{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"`+action+`","Resource":"*"}}`),
				"denied":   subject(allowing(t, "*", set...), `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"`+action+`","Resource":"*"}}`),
			} {
				got := taken(s)
				if (len(got) > 0) != waysWithin(rest) {
					t.Errorf("%s: %s %s: %v", name, action, how, ids(got))
				}
				for _, f := range got {
					if slices.Contains(actionsOf(f.steps), action) {
						t.Errorf("%s: %s %s, and yet a step of %s", name, action, how, f.id)
					}
				}
			}
		}
		for _, resource := range []string{"arn:aws:sqs:us-east-1:" + account + ":orders", "arn:aws:s3:::orders/*", "arn:aws:iam::aws:policy/ReadOnlyAccess"} {
			if got := taken(subject(allowing(t, resource, set...))); len(got) > 0 {
				t.Errorf("%s on %s: %v", name, resource, ids(got))
			}
		}
	}
	if len(sets) == 0 || removed == 0 {
		t.Fatal("nothing was tried")
	}
	t.Logf("%d sets, %d removals in three ways", len(sets), removed)
}

// TestPassingItselfIsNoGain gives each set that passes a role only the role itself to pass.
func TestPassingItselfIsNoGain(t *testing.T) {
	tried := 0
	for _, set := range escalationSets(t) {
		if !slices.Contains(set, "iam:PassRole") {
			continue
		}
		tried++
		rest := without(set, "iam:PassRole")
		got := taken(subject(allowing(t, ownRole, "iam:PassRole"), allowing(t, "*", rest...)))
		if (len(got) > 0) != waysWithin(rest) {
			t.Errorf("%v: %v", set, ids(got))
		}
		other := taken(subject(allowing(t, "arn:aws:iam::"+account+":role/reports", "iam:PassRole"), allowing(t, "*", rest...)))
		if len(other) == 0 {
			t.Errorf("%v with another role by its name: nothing", set)
		}
	}
	if tried == 0 {
		t.Fatal("no set passes a role")
	}
	t.Logf("%d sets", tried)
}

func ids(all []found) []string {
	var out []string
	for _, f := range all {
		out = append(out, f.id)
	}
	return out
}

func TestPathsAreWellFormed(t *testing.T) {
	seen, steps := map[string]bool{}, 0
	for _, p := range paths {
		if p.id == "" || p.does == "" || len(p.ways) == 0 || seen[p.id] {
			t.Errorf("path %q is empty or there twice", p.id)
		}
		seen[p.id] = true
		for _, w := range p.ways {
			for _, s := range w {
				steps++
				for _, name := range append(slices.Clone(s.each), s.action) {
					a, known := actions.Lookup(name)
					if !known && !strings.Contains(name, "*") && s.unlisted == "" || known && a.String() != name {
						t.Errorf("%s: AWS has no action %s", p.id, name)
					}
					if known && s.unlisted != "" {
						t.Errorf("%s: the list of actions has %s by now, with its resources", p.id, name)
					}
					for _, typ := range s.types {
						if !slices.ContainsFunc(a.ResourceTypes, func(r actions.ResourceType) bool { return r.Name == typ }) {
							t.Errorf("%s: %s takes no %s", p.id, name, typ)
						}
					}
				}
				if (s.action == "iam:PassRole") != (len(s.services) > 0) {
					t.Errorf("%s: %s and its services do not fit", p.id, s.action)
				}
			}
		}
	}
	if steps == 0 {
		t.Fatal("no step was looked at")
	}
	t.Logf("%d paths, %d steps", len(paths), steps)
}

// TestNoPathHidesOneThatRequiresLess compares all ways with each other: a path that requires something never stands for one that does
// not require it.
func TestNoPathHidesOneThatRequiresLess(t *testing.T) {
	yes := ask.Answer{Decision: policy.Allowed}
	hidden, kept := 0, 0
	for _, p := range paths {
		for _, o := range paths {
			for _, way := range p.ways {
				for _, longer := range o.ways {
					switch implied := (found{p, yes, way}).implies(found{o, yes, longer}); {
					case implied && p.requires != "" && p.requires != o.requires:
						t.Errorf("%s, which requires %s, hides %s", p.id, p.requires, o.id)
					case implied:
						hidden++
					case p.id != o.id && p.requires != "" && p.requires != o.requires && isPart(way, longer):
						kept++
					}
				}
			}
		}
	}
	if hidden == 0 || kept == 0 {
		t.Fatalf("%d ways hide another one, and %d do not because of what they require", hidden, kept)
	}
	t.Logf("%d ways hide another one, and %d do not because of what they require", hidden, kept)
}

// isPart reports whether all actions of a way are some of another one's.
func isPart(way, longer []step) bool {
	return len(way) < len(longer) && !slices.ContainsFunc(actionsOf(way), func(a string) bool { return !slices.Contains(actionsOf(longer), a) })
}

// actionsNeeded are the actions of a way, those that stand for a pattern in its place.
func actionsNeeded(steps []step) []string {
	var out []string
	for _, s := range steps {
		if len(s.each) > 0 {
			out = append(out, s.each...)
		} else {
			out = append(out, s.action)
		}
	}
	return distinct(out)
}

// TestEveryWayCanBeTaken gives a role the actions of each way on everything: the way can be taken, and its path is reported, or one that
// stands for it. Without one of the actions, the way cannot be taken.
func TestEveryWayCanBeTaken(t *testing.T) {
	ways, removed, hidden := 0, 0, 0
	for _, p := range paths {
		for i, steps := range p.ways {
			ways++
			set := actionsNeeded(steps)
			var more []string
			if slices.ContainsFunc(steps, isThrough) {
				more = append(more, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":"false"}}}}`)
			}
			s := subject(append(more, allowing(t, "*", set...))...)
			if got := judgeOf(s).take(steps); !got.Allowed() {
				t.Errorf("%s: way %d: %v: %v", p.id, i, set, got.Decision)
			}
			all := taken(s)
			if !slices.Contains(ids(all), p.id) {
				hidden++
				if !slices.ContainsFunc(all, func(f found) bool { return f.requires == "" || f.requires == p.requires }) {
					t.Errorf("%s: way %d: not reported, but %v", p.id, i, ids(all))
				}
			}
			for _, action := range set {
				removed++
				if got := judgeOf(subject(append(more, allowing(t, "*", append(without(set, action), "sts:GetCallerIdentity")...))...)).take(steps); got.Possible() {
					t.Errorf("%s: way %d without %s: %v", p.id, i, action, got.Decision)
				}
			}
		}
	}
	if ways == 0 || removed == 0 || hidden == ways {
		t.Fatal("nothing was tried")
	}
	t.Logf("%d ways of %d paths, %d of them reported as another path; %d actions removed", ways, len(paths), hidden, removed)
}

// TestPathsAndTrustPoliciesShareTheirServices holds that each service that a path passes a role to is in the table that the check of trust
// policies reads, and that each service of the table has a path, or a reason why not.
func TestPathsAndTrustPoliciesShareTheirServices(t *testing.T) {
	passed := map[string]bool{}
	for _, p := range paths {
		for _, steps := range p.ways {
			for _, s := range steps {
				for _, principal := range s.services {
					passed[aws.ServiceName(principal)] = true
					if _, known := PassedTo(principal); !known && principal != aws.LambdaService {
						t.Errorf("%s passes a role to %s, of which nothing is known", p.id, principal)
					}
				}
			}
		}
	}
	for name, s := range recipients {
		if s.does == "" || passed[name] == (s.noPath != "") {
			t.Errorf("%s: what is done with a role is %q, a path passes one: %v, and why none does is %q", name, s.does, passed[name], s.noPath)
		}
	}
	if len(passed) == 0 || len(recipients) == 0 {
		t.Fatal("no service was looked at")
	}
	t.Logf("paths pass roles to %d services; %d are known", len(passed), len(recipients))
}
