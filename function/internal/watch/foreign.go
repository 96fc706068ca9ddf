package watch

import (
	"cmp"
	"slices"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
)

// foreign says that a record is of another account, or of Lambda in a Region that is not watched, and what is misconfigured then; an
// empty outcome is for any other. IAM and AWS Organizations record in one Region of the partition, whatever Regions are watched.
func (w *Watch) foreign(c *events.Change) (outcome string, t episode.Trouble) {
	about := c.Event.Name + " (event ID " + cmp.Or(c.ID, "none") + ")"
	for _, account := range []string{c.Account, c.Sender} {
		if account == "" || account == w.AccountID {
			continue
		}
		return "otherAccount", episode.Trouble{
			Key: "account:" + account, Region: c.Region,
			Subject: "rolewatch receives records of account " + account, Over: "no records of account " + account + " have arrived for a day",
			Text: "A record of account " + account + ", " + about + ", arrived in the queue of rolewatch, which watches account " + w.AccountID + ". It was not judged. " +
				"A rule of that account sends its events to an event bus or a queue of this account: delete that rule, or take the permission from that account in the policy of the event bus " +
				deploy.BusName + " (aws events describe-event-bus --name " + deploy.BusName + ") and in the policy of the queue.",
		}
	}
	ofLambda := c.Event.Subject == events.SubjectFunction || c.Event.Subject == events.SubjectMapping
	if !ofLambda || c.Region == "" || slices.Contains(w.Regions, c.Region) {
		return "", t
	}
	return "otherRegion", episode.Trouble{
		Key: "region:" + c.Region, Region: c.Region,
		Subject: "rolewatch receives records of " + c.Region + ", which it does not watch", Over: "no records of " + c.Region + " have arrived for a day",
		Text: "A record of Lambda in the Region " + c.Region + ", " + about + ", arrived in the queue of rolewatch in account " + w.AccountID + ", which does not watch that Region. It was not judged. " +
			"Add the Region to the setting regions and deploy rolewatch again, or delete the rules in that Region that send to the event bus " + deploy.BusName + ".",
	}
}
