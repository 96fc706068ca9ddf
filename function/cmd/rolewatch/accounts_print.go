package main

import (
	"context"
	"fmt"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// accountName names an account in JSON.
type accountName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	OU   string `json:"ou,omitzero"`
}

func nameOfAccount(a *organization.Account) accountName { return accountName{a.ID, a.Name, a.OU} }

// inAccount is one line of JSON about an account. Exactly one of the fields behind the account is there.
type inAccount struct {
	Account  accountName    `json:"account"`
	Excepted *scan.Excepted `json:"excepted,omitzero"`
	Unknown  *scan.Unknown  `json:"unknown,omitzero"`
	Summary  *scanSummary   `json:"summary,omitzero"`
	NotRead  *trouble       `json:"notRead,omitzero"`
	Skipped  *skipped       `json:"skipped,omitzero"`
}

// findingIn is a finding with its account.
type findingIn struct {
	Account accountName `json:"account"`
	finding.Finding
}

// skipped says in which state an account is that is not read because of it.
type skipped struct {
	State string `json:"state"`
}

// accountsSummary is the last line in JSON of a scan of many accounts: the sums over all, and what became of the accounts.
type accountsSummary struct {
	scan.Tally
	Hidden *hidden `json:"hidden,omitzero"`
	// Accounts are those that were scanned to the end, NotRead those that were not, Skipped those whose states forbid it, and NotSelected
	// those that were not chosen.
	Accounts    int `json:"accounts"`
	NotRead     int `json:"accountsNotRead"`
	Skipped     int `json:"accountsSkipped"`
	NotSelected int `json:"accountsNotSelected"`
}

// accountsPrinter prints the results of many accounts, each when it comes, and what they come to at the end. It keeps of them what a
// bounded text needs.
type accountsPrinter struct {
	*scanPrinter
	chosen  organization.Chosen
	summary accountsSummary
	text    accountsText
	// found is set once something was found that counts for the exit code, and broken by a failure to write.
	found  bool
	broken error
}

func newAccountsPrinter(p *scanPrinter, c organization.Chosen) *accountsPrinter {
	return &accountsPrinter{scanPrinter: p, chosen: c, text: newAccountsText()}
}

// take prints or keeps what became of an account.
func (p *accountsPrinter) take(o *outcome) {
	r := o.result
	p.found = p.found || p.fails(r)
	hidden := p.hide(&r)
	p.count(o, hidden)
	if p.broken != nil {
		return
	}
	switch {
	case p.format == formatJSON:
		p.broken = p.writeAccount(o, r, hidden)
	case p.details && (o.trouble == nil || o.trouble.Partial):
		p.broken = writeText(p.out, "== "+accountLine(&o.Account)+"\n\n")
		if p.broken == nil {
			p.broken = p.writeText(r, hidden)
		}
		if p.broken == nil {
			p.broken = writeText(p.out, "\n")
		}
	}
	p.text.take(o, r, !p.details && p.format != formatJSON)
}

func (p *accountsPrinter) count(o *outcome, h *hidden) {
	s, t := &p.summary, o.result.Tally
	s.Functions += t.Functions
	s.Roles += t.Roles
	s.Findings += t.Findings
	s.Unknown += t.Unknown
	s.Excepted += t.Excepted
	if h != nil {
		if s.Hidden == nil {
			s.Hidden = &hidden{}
		}
		s.Hidden.Findings += h.Findings
		s.Hidden.Excepted += h.Excepted
	}
	if o.trouble == nil {
		s.Accounts++
	} else {
		s.NotRead++
	}
}

// writeAccount writes the lines of one account.
func (p *accountsPrinter) writeAccount(o *outcome, r scan.Result, hidden *hidden) error {
	name := nameOfAccount(&o.Account)
	findings := make([]findingIn, len(r.Findings))
	for i, f := range r.Findings {
		findings[i] = findingIn{name, f}
	}
	if err := writeAllJSON(p.out, findings); err != nil {
		return err
	}
	for i := range r.Excepted {
		if err := writeJSON(p.out, inAccount{Account: name, Excepted: &r.Excepted[i]}); err != nil {
			return err
		}
	}
	for i := range r.Unknowns {
		if err := writeJSON(p.out, inAccount{Account: name, Unknown: &r.Unknowns[i]}); err != nil {
			return err
		}
	}
	if o.trouble != nil {
		if err := writeJSON(p.out, inAccount{Account: name, NotRead: o.trouble}); err != nil || !o.trouble.Partial {
			return err
		}
	}
	return writeJSON(p.out, inAccount{Account: name, Summary: &scanSummary{r.Tally, hidden}})
}

// finish prints what the accounts come to. Its error is the command's: something was found, or not every account was read.
func (p *accountsPrinter) finish(ctx context.Context) error {
	if p.broken != nil {
		return p.broken
	}
	p.summary.Skipped, p.summary.NotSelected = len(p.chosen.Skipped), p.chosen.Others
	p.summary.Partial = ctx.Err() != nil
	write := p.writeTotals
	if p.format == formatJSON {
		write = p.writeSummary
	}
	if err := write(); err != nil {
		return err
	}
	total := len(p.chosen.Accounts)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the scan stopped after %d of %d accounts, and there may be more to find: %w", p.summary.Accounts, total, ctx.Err())
	case p.found:
		return errFound
	case p.summary.NotRead > 0:
		return errTold
	}
	return nil
}

func (p *accountsPrinter) writeSummary() error {
	for i := range p.chosen.Skipped {
		a := &p.chosen.Skipped[i]
		if err := writeJSON(p.out, inAccount{Account: nameOfAccount(a), Skipped: &skipped{a.State}}); err != nil {
			return err
		}
	}
	return writeJSON(p.out, map[string]accountsSummary{"summary": p.summary})
}
