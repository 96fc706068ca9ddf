package watch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// actsPerTick is how many roles one tick reconciles because acts about their findings have ended.
const actsPerTick = sliceRoles

// acts reads what people decided about the findings of roles. What cannot be read covers nothing.
func (w *Watch) acts(ctx context.Context, refs []roleRef) (map[string][]finding.Act, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	keys := make([]string, len(refs))
	for i, ref := range refs {
		keys[i] = ref.Key()
	}
	acts, err := w.Store.Acts(ctx, keys)
	if acts == nil {
		return nil, err
	}
	if err != nil {
		w.Log.Error("acts not read: what they cover is reported again", "error", err.Error())
	}
	return acts, nil
}

// acceptCommand has a role read again because the command function asks for it. The signal names the role and nothing else: what was
// decided is in the table.
func (w *Watch) acceptCommand(s deploy.Signal) (*entry, error) {
	if s.Account != w.AccountID {
		return nil, errDead{fmt.Errorf("command of account %s: this is account %s", s.Account, w.AccountID)}
	}
	ref, err := role.ParseRef(s.Command.Role)
	if err != nil {
		return nil, errDead{fmt.Errorf("command: field role: %w", err)}
	}
	if ref.Account != w.AccountID {
		return nil, errDead{fmt.Errorf("command: the role %s is of another account", s.Command.Role)}
	}
	e := &entry{roles: map[string]roleRef{}}
	e.add(ref)
	return e, nil
}

// endActs has the roles read again of whose findings an act has ended, so that what it covered is reported again.
func (w *Watch) endActs(ctx context.Context) error {
	keys, err := w.Store.ActedRoles(ctx)
	if err != nil || len(keys) == 0 {
		return err
	}
	all, err := w.Store.Acts(ctx, keys)
	if all == nil {
		return err
	}
	states, unread, err := w.loadReadable(ctx, keys)
	if err != nil {
		return err
	}
	job := work{Job: jobLook}
	for i, key := range keys {
		if unread[key] == nil && ended(all[key], states[i], w.Now()) && len(job.Roles) < actsPerTick {
			job.Roles = append(job.Roles, states[i].ARN)
		}
	}
	if len(job.Roles) == 0 {
		return nil
	}
	body, err := job.body()
	if err == nil {
		err = w.Queue.Send(ctx, body, 0)
	}
	if err != nil {
		return fmt.Errorf("send the roles with acts that have ended: %w", err)
	}
	return nil
}

// ended reports whether one of the acts has ended, or is new, and the state does not show that yet.
func ended(acts []finding.Act, state finding.State, now time.Time) bool {
	if state.ARN == "" {
		return false
	}
	shown := map[string]finding.Taken{}
	for _, t := range state.Acts {
		shown[t.Finding] = t
	}
	for _, a := range acts {
		t, ok := shown[a.Finding]
		if !ok || t.Act != a.ID || t.Ended.IsZero() && !now.Before(a.Until) {
			return true
		}
	}
	return false
}

// actNotices is what operations are told of the acts that a commit takes into account: one notice for all of them.
func (w *Watch) actNotices(roles []decided, now time.Time) []message.Outgoing {
	var lines []string
	first := finding.ActNews{}
	for _, d := range roles {
		for _, n := range d.Acts {
			if lines = append(lines, actLine(n)); len(lines) == 1 {
				first = n
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	const most = 20
	subject := "A finding was " + string(first.Act.Kind) + ": " + first.Act.Finding
	switch {
	case len(lines) > 1:
		subject = words.Count(len(lines), "act") + " about findings"
	case refused(first):
		subject = "An act about the finding " + first.Act.Finding + " was not taken"
	}
	text := strings.Join(lines[:min(len(lines), most)], "\n")
	if more := len(lines) - most; more > 0 {
		text += "\n" + words.Count(more, "more act") + words.Either(more, " is", " are") + " in the table."
	}
	text += "\n`rolewatch findings` lists what is acknowledged and accepted, `rolewatch reopen` ends it. " +
		"If nobody of your team did this, find out who invoked rolewatch's command function and who can write its table: RW314 lists the roles that can."
	rendered := message.Operations(message.Notice{Account: w.AccountID, Subject: subject, Text: text}, w.Channels)
	return []message.Outgoing{{ID: "acts-" + w.messageID(roles), Kind: message.KindOperations, Rendered: &rendered, Created: now}}
}

func refused(n finding.ActNews) bool {
	return n.Taken.Why == finding.EndInvalid || n.Taken.Why == finding.EndCritical
}

func actLine(n finding.ActNews) string {
	what := n.Act.Finding
	if n.Finding.Title != "" {
		what += " (" + n.Finding.Title + ")"
	}
	return what + ", role " + n.Finding.Role + ": " + finding.HandledText(*finding.HandledBy(n.Act, n.Taken))
}
