package hub

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// What is wrong with many members for the same reason is reported together.
const (
	// soonAfter is how long the first member that cannot be read waits for others, to be reported with them, and soonEvery how often members
	// are checked for that between two listings of the organization.
	soonAfter = 2 * time.Minute
	soonEvery = 30 * time.Minute
	// markSoon is when that was done last.
	markSoon = "members"
	// keySilent begins the keys of episodes of members that are silent.
	keySilent = "silent:"
	// wholeList is where the list is that a notice has the beginning of.
	wholeList = " (`rolewatch doctor` lists all)"
)

// checkMembersSoon reports the members that cannot be read, and those that can be again, unless that was done a short while ago.
func (h *Hub) checkMembersSoon(ctx context.Context) error {
	marks, err := h.Store.Marks(ctx, h.Account)
	if err != nil {
		return err
	}
	now := h.Now()
	if now.Sub(marks[markSoon]) < soonEvery {
		return nil // The next listing does.
	}
	d, err := h.known(ctx, directoryFor)
	if err != nil {
		return err
	}
	if err := h.checkReaders(ctx, d); err != nil {
		return err
	}
	return h.Store.Mark(ctx, h.Account, markSoon, now)
}

// checkReaders reports the members that cannot be read. Each has its own episode, among those of the account.
func (h *Hub) checkReaders(ctx context.Context, d *Directory) error {
	all, err := eachMember(d, h.Account, func(m Member) (Status, error) {
		episodes, err := h.Store.Episodes(ctx, m.ID)
		s := Status{Member: m}
		for _, e := range episodes.Open {
			if slices.Contains(e.Scopes, scopeReader) {
				s.unreadable = &e
			}
		}
		return s, err
	})
	if err != nil {
		return err
	}
	var seen []episode.Named
	for _, s := range all {
		if s.unreadable != nil {
			seen = append(seen, episode.Named{Trouble: s.unreadable.Trouble, Name: s.String()})
		}
	}
	return h.own().Folded(ctx, episode.Kind{Key: "account:unreadable", Many: unreadableMany, Dropped: unwatchedKey(d, keyAccount)}, seen...)
}

// unwatchedKey reports whether a key is of an account that is not watched any more.
func unwatchedKey(d *Directory, prefix string) func(key string) bool {
	return func(key string) bool { return !d.watches(strings.TrimPrefix(key, prefix)) }
}

func unreadableMany(phase episode.Phase, names []string) episode.Trouble {
	accounts := words.Count(len(names), "account")
	if phase == episode.Over {
		return episode.Trouble{Over: "rolewatch can read " + accounts + " again", Text: "These are " + namedFew(names) + ". A sweep finds what has changed meanwhile."}
	}
	return episode.Trouble{
		Subject: "rolewatch cannot read " + accounts,
		Text: "These are " + namedFew(names) + ". While rolewatch cannot read an account, its findings are neither opened nor resolved, and its records wait for up to four hours; when the account can be read " +
			"again, a sweep finds what has changed meanwhile. Look at the instances of the StackSet " + deploy.MembersStackSet + " and at the role " + deploy.ReaderRole + " in the accounts. " +
			"STS gives the same answer where the role does not exist and where its trust policy does not allow the role " + deploy.HubRole + " of the hub.",
	}
}

func silentKind(d *Directory) episode.Kind {
	return episode.Kind{
		Key: keySilent + "members", Dropped: unwatchedKey(d, keySilent),
		Many: func(phase episode.Phase, names []string) episode.Trouble {
			members := words.Count(len(names), "member")
			if phase == episode.Over {
				return episode.Trouble{Over: "records and heartbeats arrive from " + members, Text: "These are " + namedFew(names) + "."}
			}
			return episode.Trouble{
				Subject: "Nothing arrives from " + members + " of the organization",
				Text:    "For a day, nothing has arrived from one Region of them or from any: " + namedFew(names) + ". " + silentFix,
			}
		},
	}
}

// silentFix is what to do about a silent member.
const silentFix = "The hub learns of changes there by its daily sweep alone. Look at the stack " + deploy.MemberStack + " in the account and in each watched Region: its rules, its schedule, " +
	"its dead-letter queue, and the role " + deploy.SenderRole + "; and whether a trail records management events there. A StackSet does not reach the management account: deploy the member there by hand."

func silentTroubles(silent []Status) (out []episode.Named) {
	for _, s := range silent {
		out = append(out, episode.Named{Name: s.String(), Trouble: episode.Trouble{
			Key: keySilent + s.ID, Subject: "Nothing arrives from account " + s.String(), Over: "records and heartbeats arrive from account " + s.String(),
			Text: "Account " + s.String() + ": " + s.Trouble[0] + ". " + silentFix,
		}})
	}
	return out
}

// namedFew names the first of some members, and counts the others.
func namedFew(names []string) string {
	if more := len(names) - fewMembers; more > 0 {
		return strings.Join(names[:fewMembers], ", ") + " and " + strconv.Itoa(more) + " more" + wholeList
	}
	return words.List(names)
}
