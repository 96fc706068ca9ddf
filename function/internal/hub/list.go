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
	// tagsEvery is how old the tags of an account may be, and tagsAtOnce how many accounts' tags one listing reads: AWS Organizations
	// throttles the call.
	tagsEvery  = 24 * time.Hour
	tagsAtOnce = 100
)

// list lists the organization, and has new accounts ticked at once.
func (h *Hub) list(ctx context.Context) error {
	listed, err := h.Lister.List(ctx)
	own := h.own()
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
	if _, err := own.Tried(ctx, scopeList); err != nil {
		return err
	}
	now := h.Now()
	var added []string
	var wrong string
	err = h.changeDirectory(ctx, func(d *Directory) bool {
		before := d.Listed.IsZero()
		added, wrong = h.merge(d, listed, now)
		if before {
			added = nil // The tick goes to all.
		}
		return true
	})
	if err != nil {
		return err
	}
	errs := []error{h.noteChoice(ctx, wrong), h.readTags(ctx), h.checkMembers(ctx)}
	for _, account := range added {
		h.Log.Info("an account is watched", "account", account)
		errs = append(errs, h.Queue(account).Send(ctx, []byte(deploy.Tick), 0))
	}
	return errors.Join(errs...)
}

// merge takes a listing into the directory. It gives the accounts that are watched and were not, and what is wrong with the choice of accounts.
func (h *Hub) merge(d *Directory, listed *organization.Organization, now time.Time) (added []string, wrong string) {
	chosen, wrong := h.choose(listed)
	before, former := d.Watched, d.Organization
	if d.Listed.IsZero() {
		before = nil
	}
	d.Organization, d.Listed = *listed, now
	if d.Notes == nil {
		d.Notes = map[string]Note{}
	}
	if chosen != nil {
		d.Watched = h.alwaysWatched(chosen)
	}
	for _, id := range d.Watched {
		n, there := d.Notes[id]
		if !there || !n.Left.IsZero() {
			n.Since = now
			n.Left, n.Why, n.Was = time.Time{}, "", organization.Account{}
			d.Notes[id] = n
		}
		if !slices.Contains(before, id) {
			added = append(added, id)
		}
	}
	for _, id := range before {
		if n := d.Notes[id]; !d.watches(id) && n.Left.IsZero() {
			n.Left, n.Why = now, whyLeft(listed, id)
			n.Was, _ = former.Find(id)
			d.Notes[id] = n
		}
	}
	return added, wrong
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

// readTags reads the tags of accounts of which they are not known, or were read longest ago.
func (h *Hub) readTags(ctx context.Context) error {
	if !h.Tags {
		return nil
	}
	d, err := h.known(ctx, directoryFor)
	if err != nil {
		return err
	}
	now := h.Now()
	read := map[string]map[string]string{}
	for _, id := range d.untagged(now) {
		if len(read) >= tagsAtOnce {
			break
		}
		tags, err := h.Lister.Tags(ctx, id)
		if err != nil {
			h.Log.Warn("tags of an account are not read", "account", id, "error", err.Error())
			break
		}
		read[id] = tags
	}
	return h.changeDirectory(ctx, func(d *Directory) bool {
		for id, tags := range read {
			if n, ok := d.Notes[id]; ok {
				n.Tags, n.TagsRead = tags, now
				d.Notes[id] = n
			}
		}
		return len(read) > 0
	})
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
