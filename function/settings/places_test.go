package settings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/settings"
)

// leadingTo are settings with one route to what a JSON object names.
func leadingTo(to string) []byte {
	return []byte(`{` + people + `"routes":[{"name":"a","to":` + to + `}]}`)
}

// A route leads to channels, addresses and topics, each alone and all together.
func TestARouteLeadsToEachPlaceThatItNames(t *testing.T) {
	const (
		slack  = `"slack":["C0PAY00001","T0AB12CD3/C0PAY00002"]`
		emails = `"emails":["pay@example.com"]`
		topics = `"topics":["arn:aws:sns:us-east-1:111122223333:pay",{"topic":"arn:aws:sns:us-east-1:444455556666:pay","policyAllowsPublish":true}]`
	)
	for to, want := range map[string][]string{
		slack:                {"Slack channel C0PAY00001", "Slack channel C0PAY00002"},
		emails:               {"e-mail to pay@example.com"},
		topics:               {"topic arn:aws:sns:us-east-1:111122223333:pay", "topic arn:aws:sns:us-east-1:444455556666:pay"},
		slack + "," + emails: {"Slack channel C0PAY00001", "Slack channel C0PAY00002", "e-mail to pay@example.com"},
		`"slack":["C0PAY00001"],"topics":["arn:aws:sns:us-east-1:111122223333:pay"]`: {"Slack channel C0PAY00001", "topic arn:aws:sns:us-east-1:111122223333:pay"},
		emails + `,"topics":["arn:aws:sns:us-east-1:111122223333:pay"]`:              {"e-mail to pay@example.com", "topic arn:aws:sns:us-east-1:111122223333:pay"},
		`"slack":["C0PAY00001"],` + emails:                                           {"Slack channel C0PAY00001", "e-mail to pay@example.com"},
	} {
		s, err := settings.FromContext(leadingTo("{"+to+"}"), settings.Known())
		var got []string
		for _, p := range s.Places() {
			got = append(got, p.String())
			if isChat := strings.HasPrefix(p.String(), "Slack"); p.Chat() != isChat {
				t.Errorf("%s: %s is a channel of chat: %v", to, p, p.Chat())
			}
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: places %q, %v, want %q", to, got, err, want)
		}
	}
}

func TestAPlaceThatCannotBeIsAnError(t *testing.T) {
	const noChannel, noTopic = "is not the ID of a channel", "it is not the ARN of a topic"
	for to, want := range map[string]string{
		`{"slack":["C0 PAY"]}`:                                  noChannel,
		`{"slack":["T0AB12CD3/"]}`:                              noChannel,
		`{"slack":["/C0PAY00001"]}`:                             noChannel,
		`{"slack":["my-team/C0PAY00001"]}`:                      noChannel,
		`{"slack":["T0AB12CD3/C0PAY00001/x"]}`:                  noChannel,
		`{"slack":["C0PAY00001","C0PAY00001"]}`:                 "to.slack[1] \"C0PAY00001\": it is named twice",
		`{"emails":["pay"]}`:                                    "is not an e-mail address",
		`{"topics":["pay"]}`:                                    noTopic,
		`{"topics":["arn:aws:sqs:us-east-1:111122223333:pay"]}`: noTopic,
		`{"topics":["arn:aws:sns:us-east-1:111122223333:a b"]}`: noTopic,
		`{"topics":["arn:aws:sns:us-east-1:111122223333:pay","arn:aws:sns:us-east-1:111122223333:pay"]}`:           "to.topics[1] \"arn:aws:sns:us-east-1:111122223333:pay\": it is named twice",
		`{"topics":["arn:aws:sns:us-east-1:111122223333:pay",{"topic":"arn:aws:sns:us-east-1:111122223333:pay"}]}`: "to.topics[1].topic \"arn:aws:sns:us-east-1:111122223333:pay\": it is named twice",
		`{"topics":[{}]}`: "to.topics[0] {}: it does not say which topic",
		`{"topics":[{"policyAllowsPublish":true}]}`: "it does not say which topic",
		`{"topics":[{"arn":"x"}]}`:                  "to.topics[0].arn \"x\": there is no such key",
		`{"slack":[],"emails":[],"topics":[]}`:      "it leads nowhere",
	} {
		_, err := settings.FromContext(leadingTo(to), settings.Known())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q alone", to, err, want)
		}
	}
}

// What is limited may be as much as the limit, and no more.
func TestRoutesAreHeldToTheirLimits(t *testing.T) {
	routes := func(n int) string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf(`{"name":"r%d","to":{"emails":["a@example.com"]}}`, i))
		}
		return `{` + people + `"routes":[` + strings.Join(out, ",") + `]}`
	}
	owners := func(n int) string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf(`"tag%d"`, i))
		}
		return `{"owners":[` + strings.Join(out, ",") + `]}`
	}
	name := func(n int) string {
		return `{` + people + `"routes":[{"name":"` + strings.Repeat("r", n) + `","to":{"emails":["a@example.com"]}}]}`
	}
	for _, tt := range []struct {
		context func(int) string
		most    int
		says    string
	}{
		{routes, 12, "they lead to 13 places, and 12 is the limit"}, {owners, 10, "it names 11 tags, and 10 is the limit"}, {name, 24, "at most 24 lowercase letters"},
	} {
		if _, err := settings.FromContext([]byte(tt.context(tt.most)), settings.Known()); err != nil {
			t.Errorf("%d: %v", tt.most, err)
		}
		if _, err := settings.FromContext([]byte(tt.context(tt.most+1)), settings.Known()); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%d: error %v lacks %q", tt.most+1, err, tt.says)
		}
	}
}

// One error does not hide the next one.
func TestEveryErrorOfARouteIsReported(t *testing.T) {
	_, err := settings.FromContext([]byte(`{`+people+`"routes":[{
		"name": "a", "colour": "red",
		"match": {"alpha": 1, "beta": 2, "checks": ["RW999"], "kinds": [], "tags": {"squad": "x", "team": [], "zone": "a*"}, "zulu": 3},
		"to": {"slack": ["C0DEFAULT1"], "topics": ["findings", "arn:aws:sns:eu-west-1:111122223333:a"]}
	}]}`), settings.Known())
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{
		"colour", "match.alpha", "match.beta", "match.checks[0]", "match.kinds", "match.tags.squad", "match.tags.team", "match.tags.zone", "match.zulu",
		"to.slack[0]", "to.topics[0]", "to.topics[1]",
	} {
		if !strings.Contains(err.Error(), "rolewatch.routes[0]."+key+" ") {
			t.Errorf("%s is not reported:\n%v", key, err)
		}
	}
}

// Organizational units are known in the hub of an organization alone.
func TestARouteOfAnOrganizationalUnitNeedsAHub(t *testing.T) {
	const route = `"routes":[{"name":"a","match":{"ous":["ou-ab12-c3d4e5f6"]},"to":{"emails":["a@example.com"]}}]}`
	if _, err := settings.FromContext([]byte(`{`+people+route), settings.Known()); err == nil || !strings.Contains(err.Error(), `rolewatch.routes[0].match.ous ["ou-ab12-c3d4e5f6"]: nothing can match it`) {
		t.Errorf("without a hub: %v", err)
	}
	hub := `"organization":{"id":"o-a1b2c3d4e5","hub":{"account":"111122223333","root":"r-ab12"}},`
	if _, err := settings.FromContext([]byte(`{`+people+hub+route), settings.Known()); err != nil {
		t.Errorf("with a hub: %v", err)
	}
}

// A topic of another account has to allow publishing by its policy, and a route by account is for the account that is watched.
func TestRoutesFitTheAccount(t *testing.T) {
	s, err := settings.FromContext([]byte(`{`+people+`"routes":[
		{"name":"a","to":{"topics":["arn:aws:sns:us-east-1:111122223333:a",{"topic":"arn:aws:sns:us-east-1:777788889999:a","policyAllowsPublish":true}]}},
		{"name":"b","match":{"accounts":["111122223333","777788889999"]},"to":{"emails":["b@example.com"]}}]}`), settings.Known())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ForAccount("111122223333"); err != nil {
		t.Errorf("in their account: %v", err)
	}
	err = s.ForAccount("444455556666")
	for _, want := range []string{
		`rolewatch.routes[0].to.topics[0] "arn:aws:sns:us-east-1:111122223333:a": the topic is in another account, 111122223333.`,
		`rolewatch.routes[1].match.accounts ["111122223333" "777788889999"]: nothing can match it: rolewatch watches account 444455556666`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("in another account: error %v lacks %q", err, want)
		}
	}
	if err != nil && strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("in another account: not two errors: %v", err)
	}
}

func TestTheDefaultIsNamedInWords(t *testing.T) {
	for context, want := range map[string]string{
		`{}`: "whoever subscribes to the topic Findings",
		`{"emails":["ops@example.com","sec@example.com"]}`:                                        "e-mail to ops@example.com, sec@example.com",
		`{"slack":{"workspace":"T0AB12CD3","channel":"C0DEFAULT1"}}`:                              "Slack channel C0DEFAULT1",
		`{"emails":["ops@example.com"],"slack":{"workspace":"T0AB12CD3","channel":"C0DEFAULT1"}}`: "Slack channel C0DEFAULT1; e-mail to ops@example.com",
	} {
		if s, err := settings.FromContext([]byte(context), settings.Known()); err != nil || s.DefaultPlaces() != want {
			t.Errorf("%s: %q, %v, want %q", context, s.DefaultPlaces(), err, want)
		}
	}
}

// A severity of the settings replaces a check's own. A check with several severities keeps those that are as far as the setting goes.
func TestSeveritiesThatFindingsCanHave(t *testing.T) {
	known := settings.Catalogue{
		{ID: "RW304", Slug: "one", Severity: check.High},
		{ID: "RW308", Slug: "some", Severity: check.High, Severities: []check.Severity{check.Low, check.High, check.Critical}},
	}
	for _, tt := range []struct {
		id, set string
		want    []check.Severity
	}{
		{"RW304", "", []check.Severity{check.High}}, {"RW304", "low", []check.Severity{check.Low}}, {"RW304", "critical", []check.Severity{check.Critical}},
		{"RW308", "", []check.Severity{check.Low, check.High, check.Critical}}, {"RW308", "high", []check.Severity{check.Low, check.High, check.Critical}},
		{"RW308", "medium", []check.Severity{check.Low, check.Medium, check.Medium}}, {"RW308", "critical", []check.Severity{check.Critical, check.Critical, check.Critical}},
		{"RW999", "", nil},
	} {
		rules := settings.Rules{Checks: map[string]settings.Check{tt.id: {Severity: tt.set}}}
		if got := rules.SeveritiesOf(tt.id, known); !slices.Equal(got, tt.want) {
			t.Errorf("%s set to %q: %v, want %v", tt.id, tt.set, got, tt.want)
		}
	}
}
