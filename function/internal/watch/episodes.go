package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// What can be tried again is named by a kind and, after it, a name.
const (
	scopeRole     = "role:"
	scopePolicy   = "attachments:"
	scopeFunction = "versions:"
	scopeMapping  = "mapping:"
	scopeState    = "state:"
	scopeTopic    = "topic:"
	scopeLookup   = "lookup:"
	scopeMissed   = "missed"
	scopeSweep    = "sweep"
	// scopeInventory is what is known of the roles, users and functions of the account.
	scopeInventory = "inventory"
)

const (
	// episodesKept is how long the open episodes are taken from memory, so that a reconcile does not read them each time. One that
	// another execution environment has begun since is over a little later.
	episodesKept = time.Minute
	// retriedAtOnce is how many scopes a tick tries again.
	retriedAtOnce = 20
)

// knownEpisodes are the open episodes as they were read last. It is safe for concurrent use.
type knownEpisodes struct {
	mu       sync.Mutex
	episodes episode.Episodes
	read     time.Time
}

func (k *knownEpisodes) get(now time.Time) (episode.Episodes, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.episodes, !k.read.IsZero() && now.Sub(k.read) < episodesKept
}

func (k *knownEpisodes) set(episodes episode.Episodes, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.episodes, k.read = episodes, now
}

// tried notes what was seen wrong when something was tried, nothing included, and tells operations of an episode that begins, that
// lasts for another day, or that is over.
func (w *Watch) tried(ctx context.Context, scope string, seen ...episode.Trouble) error {
	return w.updateEpisodes(ctx, func(e episode.Episodes, now time.Time) (episode.Episodes, []episode.Report, bool) {
		return e.Tried(scope, seen, now)
	})
}

func (w *Watch) updateEpisodes(ctx context.Context, update func(episode.Episodes, time.Time) (episode.Episodes, []episode.Report, bool)) error {
	now := w.Now()
	if known, fresh := w.episodes.get(now); fresh {
		if _, _, changed := update(known, now); !changed {
			return nil
		}
	}
	for range attempts {
		stored, err := w.Store.Episodes(ctx, w.AccountID)
		if err != nil {
			return err
		}
		next, reports, changed := update(stored, now)
		if !changed {
			w.episodes.set(stored, now)
			return nil
		}
		out := make([]message.Outgoing, len(reports))
		for i, r := range reports {
			out[i] = w.report(r, now)
		}
		w.insure(ctx, out)
		err = w.Store.CommitEpisodes(ctx, next, out, w.leased())
		if errors.Is(err, finding.ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("note what keeps rolewatch from its work: %w", err)
		}
		w.episodes.set(next, now)
		w.deliverAll(ctx, out)
		return nil
	}
	return fmt.Errorf("note what keeps rolewatch from its work: %w", finding.ErrConflict)
}

// report is what operations are told of an episode.
func (w *Watch) report(r episode.Report, now time.Time) message.Outgoing {
	n := message.Notice{
		Account: w.AccountID, Region: r.Region, Subject: r.Subject, Text: r.Text,
		Episode: &message.Episode{Key: r.Key, Phase: string(r.Phase), Since: r.Since},
	}
	since := r.Since.UTC().Format(time.DateTime) + " UTC"
	switch r.Phase {
	case episode.Began:
		n.Text += " This is reported once a day until it is over."
	case episode.Continues:
		n.Subject = "Still: " + r.Subject
		n.Text = "This has lasted since " + since + ". " + r.Text
	case episode.Over:
		n.Subject = "Resolved: " + r.Over
		if r.Count > 1 {
			n.Text = r.Text + " The first of these episodes began on " + since + "."
			break
		}
		n.Text = "The episode lasted from " + since + " to " + now.UTC().Format(time.DateTime) + " UTC, " + now.Sub(r.Since).Round(time.Second).String() + "."
	}
	rendered := message.Operations(n, w.Channels)
	return message.Outgoing{ID: r.ID, Kind: message.KindOperations, Rendered: &rendered, Created: now}
}

// retryEpisodes tries again what episodes were seen at, so that one that is over is reported as such although nothing changes
// there, and drops those that nothing can be tried for.
func (w *Watch) retryEpisodes(ctx context.Context) error {
	lapsed := w.updateEpisodes(ctx, episode.Episodes.Lapsed)
	known, _ := w.episodes.get(w.Now())
	due := slices.DeleteFunc(known.Due(w.Now()), selfcheck.IsScope)
	errs := []error{lapsed}
	for _, scope := range due[:min(len(due), retriedAtOnce)] {
		errs = append(errs, w.retry(ctx, scope))
	}
	return errors.Join(errs...)
}

// retry tries again what a scope names. What has a try of its own, such as a sweep, is left to that.
func (w *Watch) retry(ctx context.Context, scope string) error {
	kind, name, _ := strings.Cut(scope, ":")
	switch kind + ":" {
	case scopeRole, scopeState:
		ref, err := role.ParseRef(name)
		if err != nil {
			return w.tried(ctx, scope)
		}
		body, err := work{Job: jobLook, Roles: []string{arnOf(ref)}}.body()
		if err != nil {
			return fmt.Errorf("write work item: %w", err)
		}
		return w.Queue.Send(ctx, body, 0)
	case scopePolicy:
		_, err := w.Account.PolicyRoles(ctx, name)
		return w.triedRead(ctx, scope, "", err, "iam:ListEntitiesForPolicy")
	case scopeFunction:
		_, err := w.Account.Function(ctx, name)
		return w.triedRead(ctx, scope, "", err, "lambda:ListVersionsByFunction")
	case scopeLookup:
		return w.retryLookup(ctx, name)
	case scopeTopic:
		return w.retryTopic(ctx, scope, name)
	case scopeMapping:
		region, id, _ := strings.Cut(name, "/")
		_, err := w.Account.MappingFunction(ctx, region, id)
		return w.triedRead(ctx, scope, region, err, "lambda:GetEventSourceMapping")
	}
	return nil
}

// triedRead notes how a read of the account went that scope names. An error that says nothing of a permission notes nothing, and is
// the caller's to retry.
func (w *Watch) triedRead(ctx context.Context, scope, region string, err error, call string) error {
	if err != nil && !errors.Is(err, role.ErrUnread) {
		return err
	}
	if err == nil {
		return w.tried(ctx, scope)
	}
	return w.unread(ctx, scope, region, role.WhyUnread(err, call))
}
