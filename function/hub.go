package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/intake"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
	"github.com/rolewatch/rolewatch/function/internal/watch"
	"github.com/rolewatch/rolewatch/function/settings"
)

// policiesFor is how long policies of the organization are used that were read for another account, unless they changed.
const policiesFor = 15 * time.Minute

// organizationHub is what the parts of a hub share.
type organizationHub struct {
	*wiring
	hub         *hub.Hub
	credentials *organization.Credentials
	policies    *organization.Renewed
	client      *organizations.Client
}

// hub puts the parts together for the hub of an organization.
func (w *wiring) hub() *intake.Intake {
	h := &organizationHub{wiring: w, client: organizations.NewFromConfig(w.cfg)}
	h.credentials = organization.NewCredentials(sts.NewFromConfig(w.cfg), organization.CredentialsOptions{
		Partition: w.partition, Role: deploy.ReaderRole, OwnAccount: w.account, Own: w.cfg.Credentials, Actions: deploy.ReaderActions(),
	})
	h.policies = organization.NewRenewed(h.client, func() *organization.Organization { return h.hub.Organization() }, policiesFor, time.Now)
	owners, _ := w.set.Owning()
	h.hub = hub.New(hub.Config{
		Account: w.account, Choice: choiceOf(w.set.Organization.Hub), Watch: h.watchOf, Access: h.access, Store: w.store, Named: w.set.Organization.Overridden(),
		Queue: func(account string) hub.Queue { return w.queue.Of(account) }, Lister: h, Tags: len(owners) > 0,
		Metrics: w.metrics, Now: time.Now, Log: w.log,
	})
	url := w.set.RecordsQueueURL
	return &intake.Intake{
		Watch: h.hub, Queue: w.queue, Records: sqsqueue.New(sqs.NewFromConfig(w.cfg), url, w.set.DeadLetterURL), RecordsName: url[strings.LastIndexByte(url, '/')+1:],
		Log: w.log, Flush: w.metrics.Flush,
	}
}

// choiceOf is which accounts the settings have watched.
func choiceOf(h *settings.Hub) organization.Choice {
	return organization.Choice{Accounts: h.Watch.Accounts, Units: h.Watch.OUs, Except: h.Except}
}

// watchOf makes the watch of an account. It calls nothing.
func (h *organizationHub) watchOf(m hub.Member) *watch.Watch {
	rules := h.rulesOf(m)
	log := h.log.With(slog.String("account", m.ID))
	if m.ID == h.account {
		c, reader := h.ownWatch(rules, h.policies, h.queue.Of(m.ID))
		c.Account, c.Log, c.OU, c.Units, c.Others = member{reader, h.policies}, log, m.OU, m.Units, h.hub.Elsewhere(m.ID)
		return watch.New(c)
	}
	cfg := h.cfg.Copy()
	cfg.Credentials = h.credentials.Of(m.ID)
	reader := h.reader(cfg, m.ID, rules, h.policies)
	c := h.watch(cfg, m.ID, rules, reader)
	c.OU, c.Units, c.Others = m.OU, m.Units, h.hub.Elsewhere(m.ID)
	c.Account, c.Store, c.Queue, c.Log = member{reader, h.policies}, h.store.Of(m.ID), h.queue.Of(m.ID), log
	c.MaySweep, c.SweepDone = h.hub.SweepDue(m.ID), h.hub.SweepDone(m.ID)
	return watch.New(c)
}

// rulesOf are the settings for an account. All accounts of the organization are known. What the settings do not say of the account is what
// AWS Organizations says.
func (h *organizationHub) rulesOf(m hub.Member) settings.Rules {
	rules, from := h.set.Rules.For(m.ID, m.Units)
	if len(m.Others) > 0 {
		rules.Organization.Accounts = m.Others
	}
	if m.ID != h.account && from["account"] == "" {
		rules.Account = settings.Account{} // It is that of the hub.
	}
	rules.Account.Name = cmp.Or(rules.Account.Name, m.Name)
	if rules.Account.Tags == nil {
		rules.Account.Tags = m.Tags
	}
	return rules
}

// member reads a member. The policies of the organization are shared by all.
type member struct {
	*awsaccount.Account
	policies *organization.Renewed
}

// ForgetOrganization has the policies of the organization read anew that were read before a time. The sweeps that follow from one change share
// what the first of them reads.
func (m member) ForgetOrganization(before time.Time) {
	m.policies.Forget(before)
	m.Account.ForgetOrganization(before)
}

// access tries whether the role of an account can be assumed. Credentials that are kept are valid.
func (h *organizationHub) access(ctx context.Context, account string) error {
	_, err := h.credentials.Of(account).Retrieve(ctx)
	var failed *organization.AssumeError
	if errors.As(err, &failed) && failed.Denied {
		return &hub.UnreadableError{Why: failed.Why, SettledBy: "Deploy the stack " + deploy.MemberStack + " in the account, or look at its role " + deploy.ReaderRole +
			": STS gives the same answer where the role does not exist and where its trust policy does not allow the role " + deploy.HubRole + " of the hub."}
	}
	return err
}

// Next makes the next call of a listing of the organization.
func (h *organizationHub) Next(ctx context.Context, l *organization.Listing) error {
	return l.Next(ctx, h.client)
}

// Tags reads the tags of an account.
func (h *organizationHub) Tags(ctx context.Context, account string) (map[string]string, error) {
	return organization.Tags(ctx, h.client, account)
}
