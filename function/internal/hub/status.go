package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// Status is what the table says of a member.
type Status struct {
	Member
	// Record, Heartbeat and Sweep are when the last record arrived, to ten minutes, when the last heartbeat was sent, and when the last complete
	// sweep began; zero where there was none.
	Record, Heartbeat, Sweep time.Time
	// Late are the Regions whose heartbeats came and do not come any more, in order.
	Late []string
	// Version is that of the member's template; zero where no heartbeat has said it.
	Version int
	// Trouble is what is wrong with it; empty where nothing is.
	Trouble []string
}

// StatusStore is what is read of the table for that.
type StatusStore interface {
	Keeper
	Marks(ctx context.Context, account string) (map[string]time.Time, error)
	SweepState(ctx context.Context, account string) (finding.Sweep, error)
	Episodes(ctx context.Context, account string) (episode.Episodes, error)
}

const (
	// silentFor is how long a member may send nothing: its stack sends a heartbeat each hour.
	silentFor = 24 * time.Hour
	// statusAtOnce is how many members are looked up at the same time.
	statusAtOnce = 16
	// fewMembers is how many members a notice of their own have; of more, one notice names the first.
	fewMembers = 10
)

// Statuses reads what the table says of the members, in the order of their IDs. The hub's own account is not among them.
func Statuses(ctx context.Context, s StatusStore, own string, now time.Time) ([]Status, *Directory, error) {
	d, _, err := ReadDirectory(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	out, err := eachMember(d, own, func(m Member) (Status, error) {
		marks, err := s.Marks(ctx, m.ID)
		if err != nil {
			return Status{}, err
		}
		sweep, err := s.SweepState(ctx, m.ID)
		if err != nil {
			return Status{}, err
		}
		episodes, err := s.Episodes(ctx, m.ID)
		if err != nil {
			return Status{}, err
		}
		st := statusOf(m, marks, now)
		st.Sweep = sweep.CompletedAt
		for _, e := range episodes.Open {
			st.Trouble = append(st.Trouble, e.Subject)
		}
		return st, nil
	})
	return out, d, err
}

// eachMember does something for each member, some at the same time, in the order of their IDs.
func eachMember(d *Directory, own string, do func(Member) (Status, error)) ([]Status, error) {
	ids := slices.DeleteFunc(slices.Clone(d.Watched), func(id string) bool { return id == own })
	out, errs := make([]Status, len(ids)), make([]error, len(ids))
	parallel.AtMost(len(ids), statusAtOnce, func(i int) { out[i], errs[i] = do(d.member(ids[i])) })
	return out, errors.Join(errs...)
}

// statusOf is what the times that are noted for a member say of it.
func statusOf(m Member, marks map[string]time.Time, now time.Time) Status {
	s := Status{Member: m, Record: marks[markRecord], Version: selfcheck.MemberVersion(marks)}
	for region, at := range selfcheck.Heartbeats(marks) {
		if at.After(s.Heartbeat) {
			s.Heartbeat = at
		}
		if now.Sub(at) >= silentFor {
			s.Late = append(s.Late, region)
		}
	}
	slices.Sort(s.Late)
	switch {
	case s.silent(now):
		s.Trouble = append(s.Trouble, s.silence())
	case len(s.Late) > 0:
		s.Trouble = append(s.Trouble, "no heartbeat has arrived from "+words.List(s.Late)+" for a day")
	}
	if s.Version > 0 && s.Version < deploy.MemberVersion {
		s.Trouble = append(s.Trouble, fmt.Sprintf("its stack has version %d, and the hub has version %d", s.Version, deploy.MemberVersion))
	}
	return s
}

// silent says that nothing has arrived from a member for a day. A member that was just added has that time.
func (s *Status) silent(now time.Time) bool {
	last := s.Since
	for _, at := range []time.Time{s.Record, s.Heartbeat} {
		if at.After(last) {
			last = at
		}
	}
	return now.Sub(last) >= silentFor
}

func (s *Status) silence() string {
	if s.Record.IsZero() && s.Heartbeat.IsZero() {
		return "nothing has ever arrived from it"
	}
	return "nothing has arrived from it for a day"
}

// The scopes of what is looked at in all members.
const (
	scopeSilent = "members:silent"
	scopeBehind = "members:behind"
)

// checkMembers reports the members that are silent, and those whose stack is of another version than the hub.
func (h *Hub) checkMembers(ctx context.Context) error {
	d, err := h.known(ctx, directoryFor)
	if err != nil {
		return err
	}
	now := h.Now()
	all, err := eachMember(d, h.Account, func(m Member) (Status, error) {
		marks, err := h.Store.Marks(ctx, m.ID)
		return statusOf(m, marks, now), err
	})
	if err != nil {
		return err
	}
	var silent, behind []Status
	for _, s := range all {
		if s.silent(now) || len(s.Late) > 0 {
			silent = append(silent, s)
		}
		if s.Version > 0 && s.Version < deploy.MemberVersion {
			behind = append(behind, s)
		}
	}
	_, err = h.own().Tried(ctx, scopeSilent, silentTroubles(silent)...)
	_, other := h.own().Tried(ctx, scopeBehind, behindTroubles(behind)...)
	return errors.Join(err, other)
}

// silentFix is what to do about a silent member.
const silentFix = "The hub learns of changes there by its daily sweep alone. Look at the stack " + deploy.MemberStack + " in the account and in each watched Region: its rules, its schedule, " +
	"its dead-letter queue, and the role " + deploy.SenderRole + "; and whether a trail records management events there. A StackSet does not reach the management account: deploy the member there by hand."

func silentTroubles(silent []Status) (out []episode.Trouble) {
	if len(silent) > fewMembers {
		return []episode.Trouble{{
			Key: "silent", Subject: "Nothing arrives from " + words.Count(len(silent), "member") + " of the organization", Over: "records and heartbeats arrive from most members again",
			Text: "For a day, nothing has arrived from " + named(silent) + ". " + silentFix,
		}}
	}
	for _, s := range silent {
		out = append(out, episode.Trouble{
			Key: "silent:" + s.ID, Subject: "Nothing arrives from account " + s.String(), Over: "records and heartbeats arrive from account " + s.String(),
			Text: "Account " + s.String() + ": " + s.Trouble[0] + ". " + silentFix,
		})
	}
	return out
}

func behindTroubles(behind []Status) []episode.Trouble {
	if len(behind) == 0 {
		return nil
	}
	old := episode.Trouble{
		Key: "behind", Subject: "The stacks of " + words.Count(len(behind), "member") + " are older than the hub", Over: "the stacks of all members are of the hub's version",
		Text: fmt.Sprintf("The hub has version %d of the stack %s. Older are those of %s. They are watched as far as their version goes. Update the StackSet %s, or deploy the stack again where no StackSet does.",
			deploy.MemberVersion, deploy.MemberStack, named(behind), deploy.MembersStackSet),
	}
	return []episode.Trouble{old}
}

// named names the first of some members, and counts the others.
func named(list []Status) string {
	var names []string
	for _, s := range list[:min(len(list), fewMembers)] {
		names = append(names, s.String())
	}
	if more := len(list) - fewMembers; more > 0 {
		return strings.Join(names, ", ") + fmt.Sprintf(" and %d more (`rolewatch doctor` lists all)", more)
	}
	return words.List(names)
}
