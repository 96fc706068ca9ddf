package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// aheadOf is how many accounts for each that is read at the same time may wait for one before them.
const aheadOf = 4

// outcome is what became of an account.
type outcome struct {
	organization.Account
	result scan.Result
	// trouble is set where the account was not read, or not to its end.
	trouble *trouble
}

// scanAccounts scans accounts, several at a time, and delivers what becomes of each in their order. A failure of one ends no other.
func scanAccounts(ctx context.Context, accounts []organization.Account, workers int, open func(context.Context, string) (scan.Account, error), rules ruling, t *tracker, deliver func(*outcome)) {
	parallel.Ordered(len(accounts), workers, aheadOf*workers, func(i int) *outcome {
		o := &outcome{Account: accounts[i]}
		if ctx.Err() != nil {
			o.trouble = troubleOf(ctx, ctx.Err(), false)
			return o
		}
		t.tell(o.Account, "opening")
		defer t.end()
		account, err := open(ctx, o.ID)
		if err == nil {
			makeRoom()
			options := rules.scanning(func(text string) { t.tell(o.Account, text) })
			if rules.others != nil {
				options.Others = rules.others(o.ID)
			}
			o.result, err = scan.Run(ctx, account, options)
		}
		if err != nil {
			o.trouble = troubleOf(ctx, err, o.result.Tally.Roles > 0)
		}
		return o
	}, func(_ int, o *outcome) { deliver(o) })
}

// scanOrganization scans the accounts of the organization of the credentials at hand.
func scanOrganization(ctx context.Context, w *world, live liveFlags, flags accountsFlags, choice organization.Choice, rules ruling, printer *scanPrinter) error {
	m, err := openMembers(ctx, w, "scan", live, flags, choice)
	if err != nil {
		return err
	}
	p := newAccountsPrinter(printer, m.chosen)
	t := newTracker(w, len(m.chosen.Accounts))
	open := m.open(rules)
	if rules, open, err = together(ctx, m.organization, m.chosen.Accounts, flags.parallel, open, rules, t); err != nil {
		return err
	}
	scanAccounts(ctx, m.chosen.Accounts, flags.parallel, open, rules, t, func(o *outcome) {
		t.aside(func() { p.take(o) })
	})
	t.clear()
	return p.finish(ctx)
}

// scanFolder scans the accounts of a folder of exports.
func scanFolder(ctx context.Context, w *world, f *organization.Folder, choice organization.Choice, flags accountsFlags, rules ruling, printer *scanPrinter) error {
	c, err := f.Choose(choice)
	if err != nil {
		return chosen("scan", err)
	}
	c = exported(f, c)
	if len(c.Accounts)+len(c.Skipped) == 0 {
		return usagef("scan: %s has none of the accounts that are chosen", f.Dir)
	}
	p := newAccountsPrinter(printer, c)
	open := exportsOf(f)
	t := newTracker(w, len(c.Accounts))
	workers := min(flags.parallel, runtime.GOMAXPROCS(0))
	if rules, open, err = together(ctx, &f.Organization, c.Accounts, workers, open, rules, t); err != nil {
		return err
	}
	scanAccounts(ctx, c.Accounts, workers, open, rules, t, func(o *outcome) {
		t.aside(func() { p.take(o) })
	})
	t.clear()
	return p.finish(ctx)
}

// exported leaves out the accounts that were never to be in the folder. One that is there is read whatever its state is by now.
func exported(f *organization.Folder, c organization.Chosen) organization.Chosen {
	selected := map[string]bool{}
	for _, id := range f.Selected {
		selected[id] = true
	}
	out := organization.Chosen{Others: c.Others}
	for _, a := range c.Accounts {
		if selected[a.ID] {
			out.Accounts = append(out.Accounts, a)
		} else {
			out.Others++
		}
	}
	for _, a := range c.Skipped {
		if f.Has(a.ID) {
			out.Accounts = append(out.Accounts, a)
		} else {
			out.Skipped = append(out.Skipped, a)
		}
	}
	slices.SortFunc(out.Accounts, func(a, b organization.Account) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// notExportedError says why the export of an account is not in a folder.
type notExportedError organization.Unread

func (e *notExportedError) Error() string { return e.Why }

// exportsOf opens the exports of a folder.
func exportsOf(f *organization.Folder) opener {
	return func(_ context.Context, id string) (scan.Account, error) {
		if !f.Has(id) {
			why := notExportedError(f.WhyNot(id))
			return nil, &why
		}
		return openExported(f, id)
	}
}

// openExported reads the export of one account of a folder.
func openExported(f *organization.Folder, id string) (scan.Account, error) {
	account, err := export.Read(f.Path(id))
	if err != nil {
		return nil, err
	}
	if account.ID() != "" && account.ID() != id {
		return nil, fmt.Errorf("read account export: %s is of account %s, not of %s", f.Path(id), account.ID(), id)
	}
	return account, nil
}
