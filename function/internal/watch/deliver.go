package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

const (
	// outboxLease is how long whoever committed a message has for publishing it before somebody else does, and deliverFor how long it
	// tries: nobody else begins before it has ended.
	outboxLease = time.Minute
	deliverFor  = 45 * time.Second
	// deliverAgain is when what is left in the outbox is published: a little after its lease is over.
	deliverAgain = outboxLease + 15*time.Second
	// deliveries is how often that is tried by an item of its own; then the ticks do it.
	deliveries = 4
	// undeliveredFor is how long a topic may fail before operations are told, where it does not say that it refuses.
	undeliveredFor = 30 * time.Minute
	// failuresInARow is how many messages in a row a topic may fail before the others wait.
	failuresInARow = 5
)

// leased is until when what is committed now is left to whoever commits it.
func (w *Watch) leased() time.Time { return w.Now().Add(outboxLease) }

// insure sees to it that a message is published even if this invocation does not live to do it, or fails: a delayed work item has the
// outbox looked at. Where that cannot be sent, a tick publishes the message.
func (w *Watch) insure(ctx context.Context, out []message.Outgoing) {
	if slices.ContainsFunc(out, func(o message.Outgoing) bool { return o.Kind != message.KindWork && o.Kind != message.KindDigest }) {
		w.deliverLater(ctx, 1)
	}
}

func (w *Watch) deliverLater(ctx context.Context, attempt int) {
	body, err := work{Job: jobTick, Deliver: attempt}.body()
	if err == nil {
		err = w.Queue.Send(ctx, body, min(deliverAgain<<(attempt-1), deploy.MaxDelay))
	}
	if err != nil {
		w.Log.Warn("a tick will deliver what is left in the outbox", "error", err.Error())
	}
}

// deliverAll sends what was just committed, or leased. What cannot be sent stays in the outbox; it gives what was sent.
func (w *Watch) deliverAll(ctx context.Context, out []message.Outgoing) (sent []message.Outgoing) {
	if len(out) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, deliverFor)
	defer cancel()
	held := heldFrom(w.Now())
	for _, o := range out {
		if o.Kind == message.KindDigest {
			continue // The digest takes it.
		}
		if o.Kind == message.KindFindings {
			w.deliverEarlier(ctx, o)
		}
		if err := w.deliver(ctx, o); err != nil {
			w.Log.Error("left in the outbox", "id", o.ID, "error", err.Error())
			if o.Kind == message.KindFindings {
				w.unsent.add(unsentMessage{Outgoing: o, held: held})
			}
			continue
		}
		sent = append(sent, o)
	}
	return sent
}

// deliver sends one thing that was committed to the outbox, and takes it out.
func (w *Watch) deliver(ctx context.Context, o message.Outgoing) error {
	err := w.send(ctx, o)
	if o.Kind == message.KindFindings {
		// Whether that can be noted has no bearing on the message.
		if noted := w.triedTopic(ctx, o, err); noted != nil {
			w.Log.Error("how a topic took a message is not noted", "id", o.ID, "error", noted.Error())
		}
	}
	if err != nil {
		return err
	}
	if err := w.Store.Delivered(ctx, o.ID); err != nil {
		return fmt.Errorf("take %s out of the outbox: %w", o.ID, err)
	}
	return nil
}

// triedTopic notes how a topic took a message. Operations are told of a topic that refuses, and of one that has failed for a while.
func (w *Watch) triedTopic(ctx context.Context, o message.Outgoing, err error) error {
	name := cmp.Or(o.Topic, message.TopicFindings)
	if err == nil {
		return w.tried(ctx, scopeTopic+name)
	}
	var refused *message.RefusedError
	trouble := episode.Trouble{
		Key: "topic:" + name, Subject: "rolewatch cannot publish to its topic " + name, Over: "rolewatch can publish to its topic " + name + " again",
		Text: "rolewatch cannot publish to the topic " + name + " in account " + w.AccountID + ": " + err.Error() + ". ",
	}
	switch {
	case errors.As(err, &refused):
		trouble.Text = "The topic " + refused.Topic + " " + refused.What + ". " + refused.Fix + " "
	case w.Now().Sub(o.Created) < undeliveredFor:
		return nil
	}
	trouble.Text += fmt.Sprintf("Messages wait until then, for up to %d days. Other topics receive them.", int(keptFor.Hours()/24))
	return w.tried(ctx, scopeTopic+name, trouble)
}

// retryTopic ends the episode of a topic for which nothing waits any more: its messages were published, and that could not be noted. An
// episode that is nearly as old as messages become may have none because they were given up, and stays: it began up to a day after the
// first of them was committed.
func (w *Watch) retryTopic(ctx context.Context, scope, name string) error {
	known, _ := w.episodes.get(w.Now())
	for _, ep := range known.Open {
		if slices.Contains(ep.Scopes, scope) && w.Now().Sub(ep.Since) >= keptFor-24*time.Hour {
			return nil
		}
	}
	all, err := w.Store.Outbox(ctx, w.Now().Add(2*outboxLease)) // By then no lease that there is now still holds.
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	if slices.ContainsFunc(all, func(o message.Outgoing) bool {
		return o.Kind == message.KindFindings && cmp.Or(o.Topic, message.TopicFindings) == name
	}) {
		return nil
	}
	return w.tried(ctx, scope)
}

func (w *Watch) send(ctx context.Context, o message.Outgoing) error {
	if o.Kind == message.KindWork {
		delay := max(0, o.Due.Sub(w.Now()))
		if err := w.Queue.Send(ctx, o.Work, delay); err != nil {
			return fmt.Errorf("send work item %s: %w", o.ID, err)
		}
		return nil
	}
	if err := w.Publisher.Publish(ctx, o); err != nil {
		return fmt.Errorf("publish %s: %w", o.ID, err)
	}
	w.Log.Info("published", "id", o.ID, "kind", string(o.Kind), "subject", o.Rendered.Subject)
	return nil
}

// drain sends what was left in the outbox by an invocation that did not live to send it, or could not. A topic that refuses keeps
// nothing from the others. Attempt is that of an item that was sent for this; zero for a tick.
func (w *Watch) drain(ctx context.Context, attempt int) error {
	left, unread := w.Store.Outbox(ctx, w.Now())
	failed, old := map[string]int{}, map[string][]message.Outgoing{}
	for _, o := range left {
		topic := string(o.Kind) + " " + o.Topic
		if failed[topic] >= failuresInARow && !w.tooOld(o) {
			continue
		}
		if !hasTime(ctx, deploy.ReconcileMargin) {
			failed[topic]++
			break
		}
		mine, err := w.Store.Lease(ctx, o.ID, w.Now(), w.leased())
		if err != nil {
			return errors.Join(unread, fmt.Errorf("lease %s: %w", o.ID, err))
		}
		if !mine {
			continue
		}
		if failed[topic] < failuresInARow {
			failed[topic]++
			if len(w.deliverAll(ctx, []message.Outgoing{o})) > 0 {
				failed[topic] = 0
				continue
			}
		}
		if w.tooOld(o) {
			old[topic] = append(old[topic], o)
		}
	}
	for _, list := range old {
		unread = errors.Join(unread, w.giveUp(ctx, list))
	}
	for _, n := range failed {
		if n > 0 && attempt > 0 && attempt < deliveries {
			w.deliverLater(ctx, attempt+1)
			break
		}
	}
	if unread != nil {
		return fmt.Errorf("read the outbox: %w", unread)
	}
	return nil
}

// sweepEvery is how old the last sweep may be before a tick starts another.
const sweepEvery = 24 * time.Hour

// tick sends what the outbox still holds, and starts a sweep when the last one is over a day old. The sweep goes through
// the queue from its first step on, which brings a step that failed again.
func (w *Watch) tick(ctx context.Context) error {
	// A sweep starts also where something of this cannot be sent.
	err := errors.Join(w.drain(ctx, 0), w.reportUpgrade(ctx), w.reportDigest(ctx), w.noticeAge(ctx), w.endActs(ctx), w.retryEpisodes(ctx), w.startSweep(ctx))
	if search := w.Store.Search(ctx); search != nil {
		w.Log.Info("the search for items that are no longer used goes on with the next tick", "error", search.Error())
	}
	return err
}

// startSweep starts a sweep when the last one is over a day old.
func (w *Watch) startSweep(ctx context.Context) error {
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil {
		return fmt.Errorf("read the sweep's state: %w", err)
	}
	due := state.Complete == 0 || w.Now().Sub(state.CompletedAt) >= sweepEvery
	if w.MaySweep != nil && !state.LeasedUntil.After(w.Now()) {
		if due, err = w.MaySweep(ctx, state); err != nil {
			return err
		}
	}
	if !due {
		return nil
	}
	if !w.Digest.Daily {
		// What is left of a time in which there was a digest.
		if _, err := w.takeDigest(ctx, w.Now()); err != nil {
			w.Log.Error("the digest is left to the next sweep", "error", err.Error())
		}
	}
	return w.sweepNow(ctx, sweepStep{Step: stepFunctions})
}

// sweepNow starts a sweep, unless one is under way.
func (w *Watch) sweepNow(ctx context.Context, s sweepStep) error {
	now := w.Now()
	generation, mine, err := w.Store.StartSweep(ctx, w.AccountID, now, now.Add(sweepLease))
	if err != nil || !mine {
		return err
	}
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil {
		return fmt.Errorf("read the sweep's state: %w", err)
	}
	w.Log.Info("sweep starts", "generation", generation)
	s.Generation, s.Started, s.Previous = generation, now, state.CompletedAt
	// The sweep before may not have lived to its end.
	return errors.Join(w.handOver(ctx, s, 0), w.closeSweep(ctx, generation-1))
}
