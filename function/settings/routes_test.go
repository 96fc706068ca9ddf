package settings_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/settings"
)

const people = `"emails":["ops@example.com"],"slack":{"workspace":"T0AB12CD3","channel":"C0DEFAULT1"},"owners":["team"],`

// Each mistake in a route is an error that names its key.
func TestWrongRoutesAreErrors(t *testing.T) {
	tests := 0
	for name, tt := range map[string]struct{ context, key, says string }{
		"no default":                     {`{"routes":[{"name":"a","to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes", "there is no default"},
		"no workspace":                   {`{"emails":["ops@example.com"],"routes":[{"name":"a","to":{"slack":["C0AAAAAAA1"]}}]}`, "rolewatch.routes[0].to.slack[0]", "no workspace is set"},
		"another workspace":              {`{` + people + `"routes":[{"name":"a","to":{"slack":["T0OTHER/C0AAAAAAA1"]}}]}`, "rolewatch.routes[0].to.slack[0]", `the workspace "T0OTHER" is not set`},
		"the default's channel":          {`{` + people + `"routes":[{"name":"a","to":{"slack":["C0DEFAULT1"]}}]}`, "rolewatch.routes[0].to.slack[0]", "which is the default"},
		"topics of two accounts":         {`{` + people + `"routes":[{"name":"a","to":{"topics":["arn:aws:sns:us-east-1:111122223333:a","arn:aws:sns:us-east-1:444455556666:a"]}}]}`, "rolewatch.routes[0].to.topics[1]", "policyAllowsPublish"},
		"a topic of another Region":      {`{` + people + `"routes":[{"name":"a","to":{"topics":["arn:aws:sns:eu-west-1:111122223333:a"]}}]}`, "rolewatch.routes[0].to.topics[0]", `must be in the home Region "us-east-1"`},
		"a FIFO topic":                   {`{` + people + `"routes":[{"name":"a","to":{"topics":["arn:aws:sns:us-east-1:111122223333:a.fifo"]}}]}`, "rolewatch.routes[0].to.topics[0]", "FIFO"},
		"no topic":                       {`{` + people + `"routes":[{"name":"a","to":{"topics":[{"topic":"findings"}]}}]}`, "rolewatch.routes[0].to.topics[0].topic", "it is not the ARN of a topic"},
		"nowhere":                        {`{` + people + `"routes":[{"name":"a","to":{}}]}`, "rolewatch.routes[0].to", "it leads nowhere"},
		"a check that there is not":      {`{` + people + `"routes":[{"name":"a","match":{"checks":["RW999"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.checks[0]", "is not a check"},
		"a check that is off":            {`{` + people + `"routes":[{"name":"a","match":{"checks":["RW501"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.checks[0]", "RW501 does not run"},
		"a severity that never is":       {`{` + people + `"routes":[{"name":"a","match":{"checks":["RW301"],"severities":["low"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.checks[0]", "findings of RW301 are never low"},
		"a severity by the settings":     {`{` + people + `"checks":{"RW301":{"severity":"high"}},"routes":[{"name":"a","match":{"checks":["RW301"],"severities":["critical"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.checks[0]", "findings of RW301 are never critical"},
		"no severity":                    {`{` + people + `"routes":[{"name":"a","match":{"severities":["urgent"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.severities[0]", "must be low, medium, high or critical"},
		"a Region that is not watched":   {`{` + people + `"routes":[{"name":"a","match":{"regions":["eu-west-1"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.regions[0]", "the Region is not watched"},
		"a tag that is not an owner tag": {`{` + people + `"routes":[{"name":"a","match":{"tags":{"squad":"x"}},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.tags.squad", `owners does not name the tag "squad"`},
		"no value of a tag":              {`{` + people + `"routes":[{"name":"a","match":{"tags":{"team":"pay*"}},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.tags.team", `no tag can have the value "pay*"`},
		"an empty list":                  {`{` + people + `"routes":[{"name":"a","match":{"kinds":[]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.kinds", "nothing can match an empty list"},
		"an empty list with a space":     {`{` + people + `"routes":[{"name":"a","match":{"accounts":[ ]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.accounts", "nothing can match an empty list"},
		"no tag":                         {`{` + people + `"routes":[{"name":"a","match":{"tags":{}},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.tags", "it names no tag"},
		"tags of another form":           {`{` + people + `"routes":[{"name":"a","match":{"tags":["team"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.tags", "it must be an object"},
		"no value of a tag at all":       {`{` + people + `"routes":[{"name":"a","match":{"tags":{"team":[ ]}},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.tags.team", "nothing can match an empty list"},
		"a blank value of a tag":         {`{` + people + `"routes":[{"name":"a","match":{"tags":{"team":" "}},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.tags.team", "it is empty"},
		"an unknown key with no value":   {`{` + people + `"routes":[{"name":"a","match":{"check":[]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.check", "did you mean checks?"},
		"no kind":                        {`{` + people + `"routes":[{"name":"a","match":{"kinds":["fixed"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.kinds[0]", "must be opened, changed or resolved"},
		"an account that is not an ID":   {`{` + people + `"routes":[{"name":"a","match":{"accounts":["prod"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.accounts[0]", "12 digits"},
		"one name twice":                 {`{` + people + `"routes":[{"name":"a","to":{"emails":["a@example.com"]}},{"name":"a","to":{"emails":["b@example.com"]}}]}`, "rolewatch.routes[1].name", "two routes have this name"},
		"names that differ in hyphens":   {`{` + people + `"routes":[{"name":"a-b","to":{"emails":["a@example.com"]}},{"name":"ab","to":{"emails":["b@example.com"]}}]}`, "rolewatch.routes[1].name", "differ in hyphens alone"},
		"the name of the default":        {`{` + people + `"routes":[{"name":"default","to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].name", "always exists"},
		"not a name":                     {`{` + people + `"routes":[{"name":"Team A","to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].name", "it is not the name of a route"},
		"no name":                        {`{` + people + `"routes":[{"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0]", `it lacks "name"`},
		"an unknown key of a route":      {`{` + people + `"routes":[{"name":"a","filter":{},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].filter", "there is no such key"},
		"an unknown key of a match":      {`{` + people + `"routes":[{"name":"a","match":{"check":["RW301"]},"to":{"emails":["a@example.com"]}}]}`, "rolewatch.routes[0].match.check", "did you mean checks?"},
		"an unknown key of a place":      {`{` + people + `"routes":[{"name":"a","to":{"email":["a@example.com"]}}]}`, "rolewatch.routes[0].to.email", "did you mean emails?"},
		"a route that nothing reaches":   {`{` + people + `"routing":"first","routes":[{"name":"a","match":{"tags":{"team":"*"}},"to":{"emails":["a@example.com"]}},{"name":"b","match":{"tags":{"team":"pay"},"checks":["RW3"]},"to":{"emails":["b@example.com"]}}]}`, "rolewatch.routes[1].match", `route "a" before it matches all of it`},
		"no way of routing":              {`{` + people + `"routing":"last"}`, "rolewatch.routing", `it must be "all" or "first"`},
		"no privacy":                     {`{` + people + `"privacy":"yes"}`, "rolewatch.privacy", `it must be "mask" or "none"`},
		"an owner tag that cannot be":    {`{"owners":["te*m"]}`, "rolewatch.owners[0]", "cannot be the key of a tag"},
	} {
		tests++
		_, err := settings.FromContext([]byte(tt.context), settings.Known())
		if err == nil || !strings.Contains(err.Error(), tt.key+" ") || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v lacks %q and %q", name, err, tt.key, tt.says)
		}
		if err != nil && strings.Count(err.Error(), "\n") > 0 && name != "topics of two accounts" {
			t.Errorf("%s: more than one error: %v", name, err)
		}
	}
	if tests < 30 {
		t.Errorf("%d tests", tests)
	}
}

const whole = `{` + people + `"account":{"name":"payments","tags":{"team":"platform"}},"privacy":"mask","routing":"first","routes":[
	{"name":"pay","match":{"tags":{"team":["pay","cart"]},"regions":["us-east-1"],"checks":["RW3"],"severities":["high","critical"],"kinds":["opened","resolved"]},
	 "to":{"slack":["T0AB12CD3/C0PAY00001"],"emails":["pay@example.com"],"topics":["arn:aws:sns:us-east-1:111122223333:pay"]}},
	{"name":"rest","match":{"accounts":["111122223333"]},"to":{"topics":[{"topic":"arn:aws:sns:us-east-1:444455556666:rest","policyAllowsPublish":true}]}}]}`

// What the deployment writes into the environment of the function is what the function reads.
func TestRoutesReachTheFunction(t *testing.T) {
	stack, err := settings.FromContext([]byte(whole), settings.Known())
	if err != nil {
		t.Fatal(err)
	}
	f := settings.Function{
		Table: "t", QueueURL: "q", DeadLetterURL: "d", FindingsTopic: "arn:aws:sns:us-east-1:111122223333:findings", OperationsTopic: "o", Settle: stack.Settle, Regions: stack.Regions,
		Rules: stack.Rules, PlaceTopics: map[string]string{"chat-C0PAY00001": "rolewatch-chat", "mail-pay": "rolewatch-mail"},
	}
	env := f.Environment()
	file, _ := f.File()
	read := func(string) ([]byte, error) { return file, nil }
	got, err := settings.FromEnvironment(func(name string) string { return env[name] }, read, settings.Known())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Rules, stack.Rules) {
		t.Errorf("rules\n%+v, want\n%+v", got.Rules, stack.Rules)
	}
	var names []string
	for _, p := range got.Places() {
		names = append(names, p.Name)
	}
	if len(names) != 4 || got.PlaceTopics["mail-pay"] != "arn:aws:sns:us-east-1:111122223333:rolewatch-mail" || got.PlaceTopics[names[3]] == "" {
		t.Errorf("places %v, topics %v", names, got.PlaceTopics)
	}
	r := got.Router(settings.Known())
	if !r.First || !slices.Equal(r.Always, []string{danger.BlindTheWatch}) || len(r.Routes) != 2 || len(r.Routes[0].Places) != 3 || len(r.Routes[0].Match.Checks) < 20 {
		t.Errorf("router %+v", r)
	}
	keys, account := got.Owning()
	if !slices.Equal(keys, []string{"team"}) || account["team"] != "platform" || !got.Mask() || got.Account.Name != "payments" {
		t.Errorf("owners %v of the account %v, mask %v", keys, account, got.Mask())
	}
	delete(env, "ROLEWATCH_PLACE_TOPICS")
	if _, err := settings.FromEnvironment(func(name string) string { return env[name] }, read, settings.Known()); err == nil || !strings.Contains(err.Error(), "it lacks the topic of mail-pay") {
		t.Errorf("without topics: %v", err)
	}
}
