package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// newPlaces makes the topics of the places that routes lead to, and subscribes the addresses of each. The Slack channels are connected with the
// default's. A topic that is there already is left as it is.
func (t *topics) newPlaces(stack awscdk.Stack, set settings.Stack, encrypt encryption) {
	t.places = map[string]awssns.Topic{}
	for _, place := range set.Places() {
		switch {
		case place.Chat():
			t.places[place.Name] = newTopic(stack, deploy.PlaceChatID+place.Channel, "rolewatch findings", encrypt)
		case len(place.Emails) > 0:
			topic := newTopic(stack, deploy.PlaceMailID+strings.TrimPrefix(logicalName(place.Name), "Mail"), "rolewatch findings", encrypt)
			t.places[place.Name] = topic
			subscribeAll(topic, place.Emails, nil)
		default:
			t.others = append(t.others, place.Topic.ARN)
		}
	}
}
