package ask_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/interpreter"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

var taggings = flag.Int("taggings", 400, "how many random policies about tags the prober is asked about")

// The user whose tags the role changes, what it wants of the user, and what it changes them with.
const (
	taggedUser = "arn:aws:iam::" + account + ":user/boss"
	wanted     = "iam:CreateAccessKey"
	setting    = "iam:TagUser"
)

// tagWorld is a policy about tags of a user, and the tags that the user has.
type tagWorld struct {
	statements []string
	tags       map[string]string
}

// Values of tags and conditions in a tagWorld. A value is among those that conditions compare with, or none of them.
var (
	tagValues     = []string{"1", "2", "12", "21", "z"}
	tagConditions = []string{
		`"StringEquals":{"%s":["1","2"]}`, `"StringEquals":{"%s":["2","1"]}`, `"StringEquals":{"%s":"2"}`, `"StringEquals":{"%s":["12","1"]}`,
		`"StringLike":{"%s":"1*"}`, `"StringLike":{"%s":["*2"]}`, `"StringLike":{"%s":"*"}`, `"Null":{"%s":"false"}`, `"Null":{"%s":"true"}`,
		`"StringNotEquals":{"%s":"1"}`, `"StringNotLike":{"%s":"1*"}`,
	}
	keysConditions = []string{
		`"ForAnyValue:StringEquals":{"aws:TagKeys":["team"]}`, `"ForAnyValue:StringEquals":{"aws:TagKeys":["owner","team"]}`,
		`"ForAllValues:StringEquals":{"aws:TagKeys":["mine","owner"]}`, `"ForAllValues:StringEquals":{"aws:TagKeys":["owner"]}`,
		`"ForAllValues:StringNotEquals":{"aws:TagKeys":["owner"]}`,
	}
)

func tagWorlds() *rapid.Generator[tagWorld] {
	return rapid.Custom(func(t *rapid.T) tagWorld {
		of := func(key string) string {
			return fmt.Sprintf(rapid.SampledFrom(tagConditions).Draw(t, "condition"), key+rapid.SampledFrom([]string{"mine", "mine", "owner"}).Draw(t, "tag"))
		}
		with := func(actions string, conditions ...string) string {
			if len(conditions) == 2 && strings.SplitN(conditions[0], ":", 2)[0] == strings.SplitN(conditions[1], ":", 2)[0] {
				conditions = conditions[:1] // A document has each operator once.
			}
			if actions == "deny" {
				return deny(`"`+setting+`"`, strings.Join(conditions, ","))
			}
			return allow(`"`+actions+`"`, strings.Join(conditions, ","))
		}
		keys := func() string { return rapid.SampledFrom(keysConditions).Draw(t, "keys") }
		w := tagWorld{statements: []string{with(wanted, of("aws:ResourceTag/")), with(setting, of("aws:RequestTag/"))}, tags: map[string]string{}}
		for _, extra := range rapid.SliceOfN(rapid.IntRange(0, 7), 0, 2).Draw(t, "more") {
			w.statements = append(w.statements, []string{
				with(wanted, of("aws:ResourceTag/")), with(setting, of("aws:RequestTag/"), keys()), with(setting, keys()), with("deny", keys()),
				with("deny", of("aws:RequestTag/")), with("iam:UntagUser", keys()), with("iam:UntagUser", `"Null":{"aws:RequestTag/mine":"true"}`), with(setting, of("aws:RequestTag/"), of("aws:RequestTag/")),
			}[extra])
		}
		if rapid.Bool().Draw(t, "tagged") {
			w.tags["mine"] = rapid.SampledFrom(tagValues).Draw(t, "value")
		}
		return w
	})
}

// answer is the prober's.
func (w tagWorld) answer() ask.Answer {
	return sessionOf(nil, w.statements...).Ask(ask.Question{
		Action: wanted, Resource: taggedUser, Target: &ask.Target{ARN: taggedUser, Tags: role.Have(w.tags)},
	})
}

// reachable is the interpreter's answer: whether the role can get to what it wants by requests of the small world that set or remove tags.
func (w tagWorld) reachable(t *testing.T) bool {
	t.Helper()
	i, err := interpreter.New(interpreter.Policies{Identity: []string{`{"Version":"2012-10-17","Statement":[` + strings.Join(w.statements, ",") + `]}`}})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for todo := []map[string]string{w.tags}; len(todo) > 0; todo = todo[1:] {
		tags := todo[0]
		if seen[fmt.Sprint(tags)] {
			continue
		}
		seen[fmt.Sprint(tags)] = true
		if allowedWith(i, wanted, tags, nil, nil) {
			return true
		}
		for _, request := range tagRequests() {
			if allowedWith(i, setting, tags, request, slices.Sorted(maps.Keys(request))) {
				after := maps.Clone(tags)
				maps.Copy(after, request)
				todo = append(todo, after)
			}
		}
		for _, names := range [][]string{{"mine"}, {"owner"}, {"mine", "owner"}, {"mine", "team"}, {"owner", "team"}} {
			if allowedWith(i, "iam:UntagUser", tags, nil, names) {
				after := maps.Clone(tags)
				maps.DeleteFunc(after, func(name, _ string) bool { return slices.Contains(names, name) })
				todo = append(todo, after)
			}
		}
	}
	return false
}

// tagRequests are the tags of all requests that set some.
func tagRequests() (list []map[string]string) {
	for _, mine := range append(tagValues, "") {
		for _, owner := range append(tagValues, "") {
			for _, team := range []string{"x", ""} {
				request := map[string]string{"mine": mine, "owner": owner, "team": team}
				maps.DeleteFunc(request, func(_, value string) bool { return value == "" })
				if len(request) > 0 {
					list = append(list, request)
				}
			}
		}
	}
	return list
}

func allowedWith(i *interpreter.Interpreter, action string, tags, request map[string]string, names []string) bool {
	keys := map[string][]string{}
	for name, value := range tags {
		keys["aws:ResourceTag/"+name] = []string{value}
	}
	for name, value := range request {
		keys["aws:RequestTag/"+name] = []string{value}
	}
	if len(names) > 0 {
		keys["aws:TagKeys"] = names
	}
	ok, err := i.Allowed(interpreter.Request{
		Principal: "arn:aws:sts::" + account + ":assumed-role/orders/rolewatch", Action: action, Resource: taggedUser, ResourceAccount: account, Keys: keys,
	})
	return ok && err == nil
}

// isPlayed plays the steps of a yes to the interpreter: each is allowed on the tags that those before it left.
func (w tagWorld) isPlayed(t *testing.T, a ask.Answer) bool {
	t.Helper()
	i, err := interpreter.New(interpreter.Policies{Identity: []string{`{"Version":"2012-10-17","Statement":[` + strings.Join(w.statements, ",") + `]}`}})
	if err != nil {
		t.Fatal(err)
	}
	tags, last := maps.Clone(w.tags), a.Steps[len(a.Steps)-1]
	for _, step := range a.Steps {
		names := step.Request.Context.Keys["aws:tagkeys"].Values
		request := valuesOf(step, "aws:requesttag/")
		if step.Action == setting {
			// A witness has the keys that bear on the answer.
			for name, value := range valuesOf(last, "aws:resourcetag/") {
				if _, ok := request[name]; !ok && tags[name] != value && (len(names) == 0 || slices.Contains(names, name)) {
					request[name] = value
				}
			}
			for _, name := range names {
				request[name] = cmp.Or(request[name], "anything")
			}
			names = slices.Sorted(maps.Keys(request))
		}
		if !allowedWith(i, step.Action, tags, request, names) {
			return false
		}
		maps.Copy(tags, request)
		if step.Action == "iam:UntagUser" {
			maps.DeleteFunc(tags, func(name, _ string) bool { return len(names) == 0 || slices.Contains(names, name) })
		}
	}
	return true
}

// valuesOf are the tags of a step's request under keys that begin so.
func valuesOf(step ask.Step, prefix string) map[string]string {
	out := map[string]string{}
	for key, v := range step.Request.Context.Keys {
		if name, ok := strings.CutPrefix(key, prefix); ok && len(v.Values) == 1 {
			out[name] = v.Values[0]
		}
	}
	return out
}

// played are the steps of an answer, with the keys of their requests.
func played(a ask.Answer) (text string) {
	for _, step := range a.Steps {
		text += fmt.Sprintf("%s %v; ", step.Action, step.Request.Context.Keys)
	}
	return text
}

// TestTagsThatTheRoleSets holds the search for tags against all requests of a small world: what can be reached is no no.
func TestTagsThatTheRoleSets(t *testing.T) {
	generator, yes, unknown := tagWorlds(), 0, 0
	for seed := *firstSeed; seed < *firstSeed+*taggings; seed++ {
		w := generator.Example(seed)
		a, reachable := w.answer(), w.reachable(t)
		switch {
		case reachable && !a.Possible():
			t.Errorf("seed %d: no, although a request is allowed, with the tags %v\n%s", seed, w.tags, strings.Join(w.statements, "\n"))
		case a.Allowed() && !w.isPlayed(t, a):
			t.Errorf("seed %d: a step is not allowed, with the tags %v: %s\n%s", seed, w.tags, played(a), strings.Join(w.statements, "\n"))
		case reachable && !a.Allowed():
			unknown++
		case reachable:
			yes++
		}
	}
	t.Logf("%d policies, %d yes, %d unknown although a request is allowed", *taggings, yes, unknown)
	if yes*4 < *taggings || unknown*50 > yes {
		t.Errorf("of %d policies %d were yes, and %d unknown although a request is allowed", *taggings, yes, unknown)
	}
}
