// Package command is the command function: it takes what people decide about findings, and says what is open. It stores acts and calls,
// and asks for roles to be read again; what an act covers is the watch's to judge. Who may call it is the matter of its resource policy.
package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Store is what the command function needs of the table.
type Store interface {
	Load(ctx context.Context, keys []string) ([]finding.State, error)
	Acts(ctx context.Context, keys []string) (map[string][]finding.Act, error)
	OpenRoles(ctx context.Context) ([]string, error)
	ActedRoles(ctx context.Context) ([]string, error)
	// PutAct stores an act in place of an earlier one about the same finding, with its call in the same transaction. It fails with
	// finding.ErrConflict when another act about the role is stored at the same time.
	PutAct(ctx context.Context, key string, act finding.Act, call finding.Call) error
	PutCall(ctx context.Context, call finding.Call) error
}

// bus asks that a role, by its ARN, is read again.
type bus interface {
	Recheck(ctx context.Context, role string) error
}

// Function is the command function.
type Function struct {
	Store Store
	// Members are the accounts that are watched next to Account, and Of is the store as a member has it, by its account; nil where one
	// account is watched.
	Members func(ctx context.Context) ([]string, error)
	Of      func(account string) Store
	Bus     bus
	// Checks are all there are, by ID.
	Checks map[string]*check.Check
	// Account is the account of the table, and Home the Region.
	Account, Home string
	// Chat says that the calls come from the channel, whose members may not accept risks or list findings: whoever is in the channel
	// can type any call of the function that the channel's role may invoke.
	Chat bool
	// AckCritical says that a critical finding may be acknowledged.
	AckCritical bool
	// NewID makes an ID for a call.
	NewID func() string
	Now   func() time.Time
	Log   *slog.Logger
}

// attempts is how often an act is stored when another one about the role is stored at the same time.
const attempts = 4

// refusal says to the caller why nothing is done.
type refusal struct{ why string }

func (r refusal) Error() string { return r.why }

func refuse(format string, args ...any) error { return refusal{fmt.Sprintf(format, args...)} }

// Handle answers one call. A call that is refused is an answer; an error is what did not work.
func (f *Function) Handle(ctx context.Context, payload []byte) (Answer, error) {
	call := finding.Call{ID: f.NewID(), Account: f.Account, At: f.Now().UTC(), From: "principals"}
	if f.Chat {
		call.From = "chat"
	}
	r, err := parse(payload)
	// What is not of its form is not kept: it may be anything.
	if err == nil {
		call.Act, call.Finding, call.By, call.Reason, call.Until = r.Act, r.Finding, r.By, r.Reason, r.Until
		err = f.permitted(r)
	}
	answer := Answer{}
	if err == nil {
		answer, err = f.do(ctx, r, &call)
	}
	var no refusal
	if errors.As(err, &no) {
		call.Refused = no.why
		answer, err = Answer{Text: "Not done: " + no.why + ".", Refused: true}, f.Store.PutCall(ctx, call)
	}
	f.Log.Info("command", "id", call.ID, "from", call.From, "act", call.Act, "finding", call.Finding, "by", call.By, "refused", call.Refused, "error", text(err))
	return answer, err
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// permitted says why the function does not do what it is asked for; nil where it does.
func (f *Function) permitted(r Request) error {
	if f.Chat && (r.Act == Accept || r.Act == List) {
		return refuse("%s is not possible from chat, because every member of the channel could: use `rolewatch %s`", r.Act, map[string]string{Accept: "accept", List: "findings"}[r.Act])
	}
	return nil
}

// do does what is asked for. The call is stored with it.
func (f *Function) do(ctx context.Context, r Request, call *finding.Call) (Answer, error) {
	if r.Act == List {
		answer, err := f.list(ctx, r.After)
		if err != nil {
			return Answer{}, err
		}
		return answer, f.Store.PutCall(ctx, *call)
	}
	at, err := f.find(ctx, r.Finding)
	if err != nil {
		return Answer{}, err
	}
	switch r.Act {
	case Acknowledge, Accept, Reopen:
		return f.act(ctx, r, at, call)
	}
	if at.stored == nil {
		return Answer{}, refuse("the finding %s is not open", r.Finding)
	}
	if err := f.Store.PutCall(ctx, *call); err != nil {
		return Answer{}, err
	}
	switch r.Act {
	case Recheck:
		if err := f.Bus.Recheck(ctx, at.state.ARN); err != nil {
			return Answer{}, err
		}
		return Answer{Text: fmt.Sprintf("%s: rolewatch reads the role %s again. If the finding is over or has changed, that is reported within a minute; if not, nothing is sent.", at.stored.ID, at.state.ARN)}, nil
	case HowToAccept:
		return Answer{Text: f.howToAccept(at)}, nil
	}
	return Answer{Text: f.show(at)}, nil
}

// act stores what somebody decided, and has the role read again, so that it is posted at once.
func (f *Function) act(ctx context.Context, r Request, at place, call *finding.Call) (Answer, error) {
	act, err := f.newAct(r, at, *call)
	if err != nil {
		return Answer{}, err
	}
	for n := 1; ; n++ {
		err := f.storeOf(at.state.Key).PutAct(ctx, at.state.Key, act, *call)
		if err == nil {
			break
		}
		if !errors.Is(err, finding.ErrConflict) || n == attempts {
			return Answer{}, err
		}
	}
	text := act.Finding + ": " + finding.HandledText(*finding.HandledBy(act, finding.Taken{}))
	if act.Kind != finding.Reopened {
		text += " It is reported again when it becomes more severe, says something else, concerns another function or actor, or at the end."
	}
	if err := f.Bus.Recheck(ctx, at.state.ARN); err != nil {
		f.Log.Error("the next tick takes the act into account", "error", err.Error())
		text += " It is posted within 15 minutes."
	}
	return Answer{Text: text}, nil
}

// newAct makes the act that is asked for, or says why there is none.
func (f *Function) newAct(r Request, at place, call finding.Call) (finding.Act, error) {
	act := finding.Act{ID: call.ID, By: r.By, Reason: r.Reason, At: call.At}
	if act.By == "" && f.Chat {
		act.By = finding.ByChat
	}
	if r.Act == Reopen {
		if at.act == nil || at.act.Kind == finding.Reopened {
			return act, refuse("the finding %s is neither acknowledged nor accepted", r.Finding)
		}
		act.Kind, act.Finding = finding.Reopened, at.act.Finding
		return act, nil
	}
	if at.stored == nil {
		return act, refuse("the finding %s is not open", r.Finding)
	}
	act.Kind, act.Finding, act.Seen = finding.Acknowledged, at.stored.ID, finding.SeenOf(&at.state, *at.stored)
	if r.Act == Accept {
		act.Kind = finding.Accepted
	}
	var err error
	if act.Until, err = r.end(act); err != nil {
		return act, err
	}
	if why := act.Refusal(call.At); why != "" {
		return act, refuse("%s", why)
	}
	if act.Kind == finding.Acknowledged && at.stored.Severity >= check.Critical && !f.AckCritical {
		return act, refuse("the finding %s is critical, and critical findings cannot be acknowledged. The setting slack.ackCritical allows it", r.Finding)
	}
	return act, nil
}
