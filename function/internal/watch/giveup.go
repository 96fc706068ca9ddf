package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// keptFor is how long a message that its topic does not take stays in the outbox: as long as a dead letter.
const keptFor = deploy.DeadLetterRetention

// tooOld says that a message has waited for its topic for as long as it is kept. A work item waits for the queue, and goes on waiting.
func (w *Watch) tooOld(o message.Outgoing) bool {
	return o.Kind != message.KindWork && w.Now().Sub(o.Created) >= keptFor
}

// giveUp takes messages of one topic out of the outbox that are too old, the oldest first, and tells operations how many: once a day, so
// that what becomes too old until the next day waits for that. Nothing is taken out before the notice is in the outbox; where this ends
// in between, the rest is in the notice of the next day again.
func (w *Watch) giveUp(ctx context.Context, old []message.Outgoing) error {
	topic := string(message.KindOperations)
	if old[0].Kind == message.KindFindings {
		topic = cmp.Or(old[0].Topic, message.TopicFindings)
	}
	day, days := w.Now().UTC().Format(time.DateOnly), int(keptFor.Hours()/24)
	w.Log.Error("messages that a topic does not take", "topic", topic, "messages", len(old), "oldest", old[0].ID)
	text := fmt.Sprintf("In account %s, %s for the topic %s could not be published for %d days. rolewatch has deleted %s, the oldest of %s. "+
		"What is open now is listed by `rolewatch scan`, and in the table.", w.AccountID, words.Count(len(old), "message"), topic, days, words.Either(len(old), "it", "them"), old[0].Created.UTC().Format(time.DateOnly))
	first, err := w.firstTime(ctx, "given-up:"+topic+":"+day, "given-up-"+w.AccountID+"-"+topic+"-"+day, "",
		fmt.Sprintf("rolewatch gave up %s for its topic %s", words.Count(len(old), "message"), topic), text)
	if err != nil || !first {
		return err
	}
	var errs []error
	for _, o := range old {
		if err := w.Store.Delivered(ctx, o.ID); err != nil {
			errs = append(errs, fmt.Errorf("take %s out of the outbox: %w", o.ID, err))
		}
	}
	return errors.Join(errs...)
}
