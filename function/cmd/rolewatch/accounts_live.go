package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// members are the accounts of the organization of the credentials at hand.
type members struct {
	// caller is whose credentials they are. Its Regions are those that were named; none where each account is asked for its own.
	caller       identity
	organization *organization.Organization
	chosen       organization.Chosen
	credentials  *organization.Credentials
	policies     *organization.Policies
}

// openMembers lists the organization and chooses among its accounts.
func openMembers(ctx context.Context, w *world, command string, live liveFlags, flags accountsFlags, choice organization.Choice) (*members, error) {
	caller, err := whoIs(ctx, w, live)
	if err != nil {
		return nil, err
	}
	if len(live.regions) == 0 {
		caller.regions = nil
	}
	client := organizations.NewFromConfig(caller.cfg)
	bar, tell := newSpinner(w)
	o, err := organization.List(ctx, client, tell)
	bar.clear()
	if err != nil {
		return nil, err
	}
	m := &members{
		caller: caller, organization: o, policies: organization.NewPolicies(client, o),
		credentials: organization.NewCredentials(sts.NewFromConfig(caller.cfg), organization.CredentialsOptions{
			Partition: caller.partition, Role: flags.role, ExternalID: flags.externalID, OwnAccount: caller.account, Own: caller.cfg.Credentials,
			ManagementAccount: o.ManagementAccount,
		}),
	}
	if m.chosen, err = o.Choose(choice); err != nil {
		return nil, chosen(command, err)
	}
	if len(m.chosen.Accounts)+len(m.chosen.Skipped) == 0 {
		return nil, usagef("%s: no account is left: --%s leaves out all that are chosen", command, flagExcept)
	}
	return m, nil
}

// identityOf assumes the role of an account, and finds the Regions of the account, of those that were named if any were.
func (m *members) identityOf(ctx context.Context, account string) (identity, error) {
	who := m.caller
	who.cfg = m.caller.cfg.Copy()
	who.cfg.Credentials, who.account, who.policies = m.credentials.Of(account), account, m.policies
	if _, err := who.cfg.Credentials.Retrieve(ctx); err != nil {
		return who, err
	}
	enabled, err := enabledRegions(ctx, who.cfg)
	if len(who.regions) == 0 {
		who.regions = enabled
		return who, err
	}
	if _, refused := awsaccount.Refused("account:ListRegions", err); refused {
		return who, nil // Which of the named Regions the account has is found out by calling them.
	}
	// An account has no functions in a Region that it has not enabled, and its credentials are not valid there.
	who.regions = slices.DeleteFunc(slices.Clone(who.regions), func(r string) bool { return !slices.Contains(enabled, r) })
	return who, err
}

// open opens an account for a scan.
func (m *members) open(rules ruling) func(context.Context, string) (scan.Account, error) {
	return func(ctx context.Context, account string) (scan.Account, error) {
		who, err := m.identityOf(ctx, account)
		if err != nil {
			return nil, err
		}
		return who.live(rules), nil
	}
}

// trouble is why an account was not read, or not to its end.
type trouble struct {
	Why       string `json:"why"`
	SettledBy string `json:"settledBy"`
	// Partial says that some of the account was read.
	Partial bool `json:"partial,omitzero"`
	// interrupted says that nobody waited for the account any more.
	interrupted bool
}

// troubleOf says what an error of an account means.
func troubleOf(ctx context.Context, err error, partial bool) *trouble {
	t := &trouble{Why: err.Error(), SettledBy: "Run the command again when the cause is resolved.", Partial: partial}
	var assume *organization.AssumeError
	var missing *notExportedError
	switch {
	case ctx.Err() != nil:
		t.Why, t.SettledBy, t.interrupted = "the command was interrupted", "Run the command again.", true
	case errors.As(err, &assume):
		t.Why, t.SettledBy = assume.Why, assume.SettledBy
	case errors.As(err, &missing):
		t.Why, t.SettledBy = missing.Why, missing.SettledBy
	}
	if partial {
		t.Why = fmt.Sprintf("the scan stopped, and there may be more to find: %s", t.Why)
	}
	return t
}
