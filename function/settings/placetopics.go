package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// variablePlaces is the variable of the function's environment that names the topics of the places that routes lead to, but for those that
// are there already: NAME=TOPIC, with commas between. A topic is named without the beginning of its ARN, which is that of the findings topic.
const variablePlaces = "ROLEWATCH_PLACE_TOPICS"

// placesVariable is the value that readPlaces reads.
func (f Function) placesVariable() string {
	var out []string
	for _, p := range f.Places() {
		if p.Topic.ARN == "" {
			out = append(out, p.Name+"="+f.PlaceTopics[p.Name])
		}
	}
	return strings.Join(out, ",")
}

// readPlaces reads the topics of places, and notes one that is missing.
func (f *Function) readPlaces(getenv func(string) string, wrong func(name, value string, err error)) {
	value := getenv(variablePlaces)
	named := map[string]string{}
	for _, one := range split(value) {
		name, topic, ok := strings.Cut(one, "=")
		if !ok || topic == "" {
			wrong(variablePlaces, value, fmt.Errorf("%q is not of the form NAME=TOPIC", one))
			return
		}
		named[name] = topic
	}
	findings, err := aws.ParseARN(f.FindingsTopic)
	for _, p := range f.Places() {
		if f.PlaceTopics == nil {
			f.PlaceTopics = map[string]string{}
		}
		switch topic := named[p.Name]; {
		case p.Topic.ARN != "":
			f.PlaceTopics[p.Name] = p.Topic.ARN
		case topic == "":
			wrong(variablePlaces, value, errors.New("it lacks the topic of "+p.Name))
		case err != nil:
			wrong(variablePlaces, value, fmt.Errorf("the findings topic has no ARN: %w", err))
		default:
			own := findings
			own.Resource = topic
			f.PlaceTopics[p.Name] = own.String()
		}
	}
}
