package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

	// unreadable is the episode in which it cannot be read; nil while it can be.
	unreadable *episode.Episode
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
	// fewMembers is how many members a notice names.
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

// scopeBehind is what is looked at in all members.
const scopeBehind = "members:behind"

// checkMembers reports the members that cannot be read, those that are silent, and those whose stack is of another version than the hub.
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
	_, err = h.own().Tried(ctx, scopeBehind, behindTroubles(behind)...)
	return errors.Join(h.checkReaders(ctx, d), h.own().Folded(ctx, silentKind(d), silentTroubles(silent)...), err)
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
	for _, s := range list {
		names = append(names, s.String())
	}
	return namedFew(names)
}
