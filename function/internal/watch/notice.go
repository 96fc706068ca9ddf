package watch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// unread tells operations of calls that were refused when something was tried, none included: of one that was denied as an episode,
// and of one that no permission changes once for an account. Any other reason is not reported.
func (w *Watch) unread(ctx context.Context, scope, region string, reasons ...role.Reason) error {
	var seen []episode.Trouble
	for _, why := range reasons {
		call, denied := why.DeniedCall()
		if denied && !strings.HasPrefix(call, organizationCalls) {
			seen = append(seen, w.denied(call, region))
			continue
		}
		if err := w.notice(ctx, why, region); err != nil {
			return err
		}
	}
	return w.tried(ctx, scope, seen...)
}

// organizationCalls begins the calls that only the management account and delegated administrators may make.
const organizationCalls = "organizations:"

// keyDenied begins the key of an episode in which a call is denied.
const keyDenied = "denied:"

// toAllow is what to do about a call that is denied.
const toAllow = "Allow the action in the policies of rolewatch's execution role, and see whether a service control policy or a permissions boundary denies it."

// denied is the trouble that a call is denied.
func (w *Watch) denied(call, region string) episode.Trouble {
	return episode.Trouble{
		Key: keyDenied + call, Region: region, Subject: "rolewatch may not call " + call, Over: "rolewatch may call " + call + " again",
		Text: "rolewatch was denied " + call + " in account " + w.AccountID + ". What the call would have read is unknown: findings that depend on it are neither opened nor resolved. " +
			toAllow,
	}
}

// region is where the newest of the changes was made.
func (g group) region() string {
	if n := len(g.changes); n > 0 {
		return g.changes[n-1].Region
	}
	return ""
}

// notice tells operations, once for an account, of a call that no permission of this account changes: one that the endpoint does
// not support, or one of AWS Organizations that is denied. Any other reason is not reported.
func (w *Watch) notice(ctx context.Context, why role.Reason, region string) error {
	if call, unsupported := why.UnsupportedCall(); unsupported {
		return w.noticeUnsupported(ctx, call, why, region)
	}
	call, denied := why.DeniedCall()
	if !denied {
		return nil
	}
	text := "rolewatch was denied " + call + " in account " + w.AccountID + ". " +
		"The organization's service and resource control policies are unknown: a risk is judged as if they allowed it, and says so. " +
		"Only the management account and delegated administrators may read them; in any other account nothing is to be done. This is said once."
	return w.once(ctx, "denied:"+call, "denied-"+w.AccountID+"-"+strings.ReplaceAll(call, ":", "-"), region, "rolewatch may not call "+call, text)
}

// noticeUnsupported tells operations of a call that the endpoint does not support: no permission changes that.
func (w *Watch) noticeUnsupported(ctx context.Context, call string, why role.Reason, region string) error {
	text := "In account " + w.AccountID + ", " + why.String() + ". "
	if strings.HasPrefix(call, organizationCalls) {
		text += "The organization's service and resource control policies are unknown: a risk is judged as if they allowed it, and says so. "
	} else {
		text += "What the call would have read is unknown: findings that depend on it are neither opened nor resolved. "
	}
	text += "Not every Region supports every call. If the call is supported in this Region, make sure that requests to the service reach AWS: " +
		"look at VPC endpoints, proxies, DNS and AWS_ENDPOINT_URL. This is said once."
	return w.once(ctx, "unsupported:"+call, "unsupported-"+w.AccountID+"-"+strings.ReplaceAll(call, ":", "-"), region, call+" is not available to rolewatch", text)
}

// exceptionNotes tells operations, once, of exceptions that do not hold. Tags that were not read are told as a call that
// was refused.
func (w *Watch) exceptionNotes(ctx context.Context, notes []inforce.Note, region string) error {
	for _, n := range notes {
		_, denied := n.Unread.DeniedCall()
		if _, unsupported := n.Unread.UnsupportedCall(); denied || unsupported {
			continue
		}
		hash := role.HashText(n.Check + " " + n.Text)
		text := "In account " + w.AccountID + ", an exception does not hold: " + n.Text + ". This is said once."
		if err := w.once(ctx, "note:"+hash, "note-"+w.AccountID+"-"+hash, region, "An exception does not hold", text); err != nil {
			return err
		}
	}
	return nil
}

// listAge is how old the list of AWS actions may be before operations are told.
const listAge = selfcheck.ActionsAge

// noticeAge tells operations, once for each list of AWS actions, that it is old: what AWS has added since is unknown to every check.
func (w *Watch) noticeAge(ctx context.Context) error {
	if w.ActionsAsOf.IsZero() || w.Now().Sub(w.ActionsAsOf) <= listAge {
		return nil
	}
	day := w.ActionsAsOf.Format(time.DateOnly)
	text := "The list of AWS actions that rolewatch judges policies by is of " + day + ", and more than 180 days old. Actions and services that AWS has added " +
		"since then are unknown: what they allow is not reported as a risk, and RW503 may report them. Deploy a newer release of rolewatch. This is said once."
	return w.once(ctx, "actions:"+day, "actions-"+w.AccountID+"-"+day, "", "The list of AWS actions is old", text)
}

// once tells operations something, once for an account and a key.
func (w *Watch) once(ctx context.Context, key, id, region, subject, text string) error {
	_, err := w.firstTime(ctx, key, id, region, subject, text)
	return err
}

// firstTime is once, and says whether operations had not been told before.
func (w *Watch) firstTime(ctx context.Context, key, id, region, subject, text string) (bool, error) {
	now := w.Now()
	rendered := message.Operations(message.Notice{Account: w.AccountID, Region: region, Subject: subject, Text: text}, w.Channels)
	out := message.Outgoing{ID: id, Kind: message.KindOperations, Rendered: &rendered, Created: now}
	first, err := w.Store.NoticeOnce(ctx, w.AccountID, key, out, w.leased())
	if err != nil {
		return false, fmt.Errorf("note %s: %w", key, err)
	}
	if !first {
		return false, nil
	}
	if len(w.deliverAll(ctx, []message.Outgoing{out})) == 0 {
		w.deliverLater(ctx, 1)
	}
	return true, nil
}
