package hub

import (
	"cmp"
	"context"
	"fmt"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// setAside drops what cannot have come from where it says that it does, and reports that. It is not kept as a dead letter: whoever redrives
// those would have it handled.
func (h *Hub) setAside(ctx context.Context, item watch.Item, account string, t episode.Trouble) error {
	h.Log.Error("set aside", "item", item.ID, "account", account, "key", t.Key, "body", string(item.Body[:min(len(item.Body), asideLogged)]))
	_, err := h.own().Tried(ctx, "", t)
	return err
}

// asideLogged is how much of what is set aside is in the log.
const asideLogged = 4 << 10

// whoSends is what to do about what is set aside.
const whoSends = "It was not judged. Find out who may send to the queue " + deploy.RecordsID + " and to the event bus " + deploy.HubBusName +
	": the policy of the bus allows the roles " + deploy.SenderRole + " of the organization alone, and that of the queue allows Amazon EventBridge alone."

func forgedWork() episode.Trouble {
	return episode.Trouble{
		Key: "aside:work", Subject: "rolewatch set a work item aside that somebody else sent", Over: "no work item of somebody else has arrived for a day",
		Text: "A work item, which only rolewatch sends, arrived in the queue that takes what Amazon EventBridge sends. " + whoSends,
	}
}

func forgedAccount(c *events.Change) episode.Trouble {
	return episode.Trouble{
		Key: "aside:" + c.Sender, Region: c.Region,
		Subject: "rolewatch set a record aside that account " + c.Sender + " sent as one of account " + cmp.Or(c.Account, "none"),
		Over:    "no records of other accounts have arrived from account " + c.Sender + " for a day",
		Text: fmt.Sprintf("A record of account %s, %s (event ID %s), was sent by account %s. An account sends its own records alone. %s", cmp.Or(c.Account, "none"), c.Event.Name,
			cmp.Or(c.ID, "none"), c.Sender, whoSends),
	}
}

func forgedCommand(s deploy.Signal) episode.Trouble {
	return episode.Trouble{
		Key: "aside:command:" + s.Account, Region: s.Region,
		Subject: "rolewatch set a command aside that account " + s.Account + " sent", Over: "no commands have arrived from account " + s.Account + " for a day",
		Text: "A command about the role " + s.Command.Role + " was sent by account " + s.Account + ". Only the command function in the account of the hub sends commands. " + whoSends,
	}
}

// unwatched reports that an account of the organization sends records that is not watched.
func (h *Hub) unwatched(ctx context.Context, account, what string) error {
	_, err := h.own().Tried(ctx, "", episode.Trouble{
		Key: "account:" + account, Subject: "rolewatch receives records of account " + account + ", which it does not watch",
		Over: "no records of account " + account + " have arrived for a day",
		Text: "From account " + account + ", " + what + " arrived in the hub, which does not watch that account. It was not judged. Watch the account by the settings organization.hub.watch and " +
			"organization.hub.except, or delete the stack " + deploy.MemberStack + " in that account.",
	})
	return err
}

// strange is what becomes of an item of an account that is not watched. A record may be of an account that was created since the organization
// was listed: it waits for the next listing.
func (h *Hub) strange(ctx context.Context, item watch.Item) watch.Outcome {
	if watch.KindOf(item.Body) != watch.KindRecord {
		h.Log.Info("left: the account is not watched", "item", item.ID, "account", item.Account)
		return watch.Outcome{}
	}
	d, err := h.known(ctx, 0)
	if err == nil {
		err = h.listSoon(ctx, d)
	}
	if err != nil {
		return h.own().Failed(ctx, item, err)
	}
	if item.Since.IsZero() {
		item.Since, item.Attempt = h.Now(), 1
	}
	if !d.Listed.After(item.Since) {
		return h.postponed(ctx, item)
	}
	h.Log.Warn("left: the account is not in the organization", "item", item.ID, "account", item.Account)
	_, err = h.own().Tried(ctx, "", episode.Trouble{
		Key: "account:" + item.Account, Subject: "rolewatch receives records of account " + item.Account + ", which is not in the organization",
		Over: "no records of account " + item.Account + " have arrived for a day",
		Text: "A record of account " + item.Account + " arrived in the hub, and AWS Organizations does not list that account. " + whoSends,
	})
	if err != nil {
		return h.own().Failed(ctx, item, err)
	}
	return watch.Outcome{}
}

// postponed puts a record back into the queue until the organization is listed again.
func (h *Hub) postponed(ctx context.Context, item watch.Item) watch.Outcome {
	if err := h.Queue(item.Account).Resend(ctx, item.Body, unlistedDelay, item.Since, item.Attempt); err != nil {
		return h.again(item, err)
	}
	return watch.Outcome{}
}
