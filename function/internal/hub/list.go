package hub

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/organization"
)

const (
	// scopeList is what is tried where the organization is listed, and scopeChoice where its accounts are chosen.
	scopeList   = "organization"
	scopeChoice = "organization:choice"
	// tagsEvery is how old the tags of an account may be.
	tagsEvery = 24 * time.Hour
)

// list lists the organization, and has new accounts ticked and the findings of those that left resolved at once.
func (h *Hub) list(ctx context.Context) error {
	began := h.Now()
	listed, err := h.listAll(ctx, began)
	own := h.own()
	if err != nil && !errors.As(err, new(*unlistedError)) {
		return err
	}
	if err != nil {
		_, noted := own.Tried(ctx, scopeList, episode.Trouble{
			Key: "organization", Subject: "rolewatch cannot list the accounts of the organization", Over: "rolewatch can list the accounts of the organization again",
			Text: "The hub of rolewatch in account " + h.Account + " cannot " + err.Error() + ". The accounts that it knows are watched meanwhile; new ones are not, and ones that leave are not noticed. " +
				"The account of the hub has to be the management account of the organization or a delegated administrator.",
		})
		if noted != nil {
			return errors.Join(err, noted)
		}
		h.Log.Error("organization not listed", "error", err.Error())
		return nil
	}
	if listed == nil {
		return nil // A work item goes on.
	}
	if _, err := own.Tried(ctx, scopeList); err != nil {
		return err
	}
	var m merged
	err = h.changeDirectory(ctx, func(d *Directory) bool {
		m = h.merge(d, listed, h.Now())
		return true
	})
	if err != nil {
		return err
	}
	errs := []error{h.noteChoice(ctx, m.wrong), h.readTags(ctx, began), h.checkMembers(ctx)}
	for _, account := range m.added {
		h.Log.Info("an account is watched", "account", account)
		errs = append(errs, h.Queue(account).Send(ctx, []byte(deploy.Tick), 0))
	}
	for _, account := range m.left {
		errs = append(errs, h.Queue(h.Account).Send(ctx, job{Job: jobGone, Account: account}.body(), 0))
	}
	if m.awaited {
		// AWS Organizations may answer with what was before the change.
		errs = append(errs, h.Queue(h.Account).Send(ctx, job{Job: jobList}.body(), listAgain))
	}
	return errors.Join(errs...)
}

// whyLeft says why an account is not watched any more.
func whyLeft(o *organization.Organization, id string) string {
	a, listed := o.Find(id)
	switch {
	case !listed:
		return "it is not in the organization any more"
	case !a.IsUsable():
		return "its state is " + a.State
	}
	return "the settings do not name it any more"
}

// choose gives the accounts that are to be watched; nil where that cannot be told. Names of the settings that the organization does not have are
// left out, and reported.
func (h *Hub) choose(listed *organization.Organization) (ids []string, wrong string) {
	choice := h.Choice
	var unknown []string
	has := func(id string) bool { return listed.Has(id) }
	for _, list := range []*[]string{&choice.Accounts, &choice.Units, &choice.Except} {
		kept := slices.DeleteFunc(slices.Clone(*list), func(id string) bool { return !has(id) })
		for _, id := range *list {
			if !has(id) {
				unknown = append(unknown, id)
			}
		}
		if len(*list) > 0 && len(kept) == 0 && list != &choice.Except {
			return nil, "the organization has none of " + strings.Join(*list, ", ")
		}
		*list = kept
	}
	chosen, err := listed.Choose(choice)
	if err != nil {
		return nil, err.Error()
	}
	for _, a := range chosen.Accounts {
		ids = append(ids, a.ID)
	}
	for _, id := range h.Named {
		if !has(id) {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		wrong = "the organization does not have " + strings.Join(unknown, ", ")
	}
	return ids, wrong
}

// noteChoice reports that the settings name what the organization does not have.
func (h *Hub) noteChoice(ctx context.Context, wrong string) error {
	var seen []episode.Trouble
	if wrong != "" {
		seen = append(seen, episode.Trouble{
			Key: "organization:choice", Subject: "The setting organization names what the organization does not have", Over: "the organization has all that the setting organization names",
			Text: "By the settings organization.hub.watch, organization.hub.except and organization.overrides: " + wrong + ". The other accounts are watched. Correct the setting and deploy rolewatch again.",
		})
	}
	_, err := h.own().Tried(ctx, scopeChoice, seen...)
	return err
}

// readTags reads the tags of accounts of which they are not known, or were read longest ago. What the invocation has no time for, and what AWS
// Organizations throttles, is left to a work item. Began is when the invocation began with it, or with the listing.
func (h *Hub) readTags(ctx context.Context, began time.Time) error {
	if !h.Tags {
		return nil
	}
	d, err := h.known(ctx, directoryFor)
	if err != nil {
		return err
	}
	now := h.Now()
	read := map[string]map[string]string{}
	rest, delay := false, time.Duration(0)
	for _, id := range d.untagged(now) {
		if rest = !h.mayList(ctx, began); rest {
			break
		}
		tags, err := h.Lister.Tags(ctx, id)
		if rest = organization.IsThrottled(err); rest {
			delay = throttledFor
			break
		}
		if err != nil {
			h.Log.Warn("tags of an account are not read", "account", id, "error", err.Error())
			break // The next listing tries again.
		}
		read[id] = tags
	}
	err = h.changeDirectory(ctx, func(d *Directory) bool {
		for id, tags := range read {
			if n, ok := d.Notes[id]; ok {
				n.Tags, n.TagsRead = tags, now
				d.Notes[id] = n
			}
		}
		return len(read) > 0
	})
	if err != nil || !rest {
		return err
	}
	return h.Queue(h.Account).Send(ctx, job{Job: jobTags}.body(), delay)
}

// untagged are the accounts whose tags are to be read, those first that were read longest ago.
func (d *Directory) untagged(now time.Time) (ids []string) {
	for _, id := range d.Watched {
		if now.Sub(d.Notes[id].TagsRead) >= tagsEvery {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return d.Notes[a].TagsRead.Compare(d.Notes[b].TagsRead) })
	return ids
}
