package watch

import (
	"context"
	"time"

	"github.com/rolewatch/rolewatch/events"
)

// forgetful is an account that keeps the policies of its organization for a while, and can forget them.
type forgetful interface{ ForgetOrganization(before time.Time) }

// resolveOrganization starts a sweep: a policy of the organization, or where the account stands in it, bears on every role. Events of
// AWS Organizations arrive in the management account, and in an account that joins or leaves an organization.
func (w *Watch) resolveOrganization(ctx context.Context, c *events.Change) error {
	if !c.Organization.Binds() {
		return nil
	}
	w.Log.Info("the organization changed", "event", c.Name, "eventId", c.ID, "actor", c.Actor.ARN)
	if err := w.policiesChanged(ctx); err != nil {
		return err
	}
	return w.sweepNow(ctx, sweepStep{Step: stepFunctions, Organization: true})
}

// forgetOrganization has the account read the policies of its organization anew, unless it has read them since a time.
func (w *Watch) forgetOrganization(before time.Time) {
	if a, ok := w.Account.(forgetful); ok {
		a.ForgetOrganization(before)
	}
}
