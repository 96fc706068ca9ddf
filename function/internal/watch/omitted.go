package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// statesAtOnce is how many states are loaded in one call.
const statesAtOnce = 100

// resolveOmitted adds the roles that are other than they were, for a record that does not name what it acted on: CloudTrail leaves
// out parameters of more than 100 KB (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html),
// and IAM does not count white space, so that whoever pads a policy hides which one it is. Where the roles cannot be listed, those
// with findings are added. In an account with more roles than one invocation can read, a sweep reads them.
func (w *Watch) resolveOmitted(ctx context.Context, e *entry) error {
	for marker, more := "", true; more; more = marker != "" {
		if marker != "" && !hasTime(ctx, deploy.ReconcileMargin) {
			w.Log.Warn("no time left to look at all roles: a sweep does", "roles", len(e.roles))
			return w.sweepNow(ctx, sweepStep{Step: stepFunctions})
		}
		page, next, err := w.Account.RolePage(ctx, marker)
		if errors.Is(err, role.ErrUnread) {
			w.awaits(e, role.WhyUnread(err, "iam:GetAccountAuthorizationDetails"))
			return w.addOpen(ctx, e)
		}
		unlisted, err := w.unlistedRoles(err)
		if err != nil {
			return err
		}
		for _, ref := range unlisted {
			e.add(ref)
		}
		for len(page) > 0 {
			n := min(len(page), statesAtOnce)
			if err := w.addMoved(ctx, e, page[:n]); err != nil {
				return err
			}
			page = page[n:]
		}
		marker = next
	}
	return nil
}

// addMoved adds those roles of which a part is another one than when they were last observed, and those whose state cannot be read.
func (w *Watch) addMoved(ctx context.Context, e *entry, page []role.Snapshot) error {
	keys := make([]string, len(page))
	for i := range page {
		keys[i] = page[i].Ref.Key()
	}
	states, _, err := w.loadReadable(ctx, keys)
	if err != nil {
		return err
	}
	for i := range page {
		if reconcile.Moved(&states[i], &page[i]) {
			e.add(page[i].Ref)
		}
	}
	return nil
}

// addOpen adds the roles that have findings.
func (w *Watch) addOpen(ctx context.Context, e *entry) error {
	open, err := w.Store.OpenRoles(ctx)
	if err != nil {
		return fmt.Errorf("list roles with findings: %w", err)
	}
	for _, key := range open {
		if ref, err := role.ParseRef(key); err == nil {
			e.add(ref)
		}
	}
	return nil
}

// resolveOmittedFunctions reads functions anew, for a record of Lambda that does not name the one that it acted on. A sweep does that
// where the functions of the Region can be listed; else those are read that are known of.
func (w *Watch) resolveOmittedFunctions(ctx context.Context, e *entry, c *events.Change) error {
	if slices.Contains(w.Regions, c.Region) {
		return w.sweepNow(ctx, sweepStep{Step: stepFunctions})
	}
	for marker, more := "", true; more; more = marker != "" {
		page, next, err := w.Account.FunctionPage(ctx, c.Region, marker)
		if err != nil && !errors.Is(err, role.ErrUnread) {
			return fmt.Errorf("list functions: %w", err)
		}
		for _, versions := range role.ByFunction(page) {
			if err := w.addRead(ctx, e, versions); err != nil {
				return err
			}
		}
		marker = next
	}
	return nil
}

// addRead adds the roles of a function's versions, as they were just read.
func (w *Watch) addRead(ctx context.Context, e *entry, versions []role.Function) error {
	arn := versions[0].ARN
	if aws.AccountOf(arn) != w.AccountID {
		return nil
	}
	before, err := w.Store.Versions(ctx, arn)
	if err != nil {
		return fmt.Errorf("read the index of %s: %w", arn, err)
	}
	e.functions = append(e.functions, refreshed{arn: arn, versions: versions, before: before})
	for _, f := range slices.Concat(before, versions) {
		if ref, err := role.ParseRef(f.Role); err == nil {
			e.add(ref)
		}
	}
	return nil
}
