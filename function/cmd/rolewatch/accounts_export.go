package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/rolewatch/rolewatch/function/internal/capture"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// exportOrganization writes the accounts of the organization of the credentials at hand into a folder.
func exportOrganization(ctx context.Context, w *world, live liveFlags, flags accountsFlags, choice organization.Choice, refresh bool, dir string) error {
	folder, err := openExportFolder(dir)
	if err != nil {
		return err
	}
	m, err := openMembers(ctx, w, "export", live, flags, choice)
	if err != nil {
		return err
	}
	if folder.ID != "" && folder.ID != m.organization.ID {
		return fmt.Errorf("export: %s has the accounts of the organization %s, and your credentials are of %s", dir, folder.ID, m.organization.ID)
	}
	folder.Organization = *m.organization
	e := exporting{world: w, members: m, folder: folder}
	for _, a := range m.chosen.Accounts {
		folder.Select(a.ID)
		if folder.Has(a.ID) && !refresh {
			e.before++
			continue
		}
		e.accounts = append(e.accounts, a)
	}
	for _, a := range m.chosen.Skipped {
		folder.Select(a.ID)
		fmt.Fprintf(w.err, "rolewatch: skipped: %s is in the state %s\n", accountLine(&a), message.Line(a.State))
	}
	// Who reads the folder of an export that was interrupted knows from this which accounts it lacks.
	if err := folder.Write(); err != nil {
		return err
	}
	return e.run(ctx, flags.parallel)
}

// openExportFolder opens a folder of exports to add to it; it may be empty, or not exist.
func openExportFolder(dir string) (*organization.Folder, error) {
	folder, ok, err := organization.OpenFolder(dir)
	if err != nil || ok {
		return folder, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("export: %w", err)
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("export: %s is not empty, and is not a folder of accounts that export --%s wrote", dir, flagOrganization)
	}
	return &organization.Folder{Dir: dir}, nil
}

// exporting is an export of many accounts under way.
type exporting struct {
	*world
	*members
	folder   *organization.Folder
	accounts []organization.Account
	// before counts the accounts that were there already, done those that were written, and failed those that were not.
	before, done, failed int
}

// exportOutcome is what became of an account.
type exportOutcome struct {
	missing []string
	trouble *trouble
}

func (e *exporting) run(ctx context.Context, workers int) error {
	t := newTracker(e.world, len(e.accounts))
	parallel.Ordered(len(e.accounts), workers, aheadOf*workers, func(i int) exportOutcome {
		return e.one(ctx, e.accounts[i], t)
	}, func(i int, o exportOutcome) {
		t.aside(func() { e.report(e.accounts[i], o) })
	})
	t.clear()
	saved := e.folder.Write()
	fmt.Fprintf(e.err, "rolewatch: %s exported, %d there before, %d not read, %d skipped, %d not selected\n",
		words.Count(e.done, "account"), e.before, e.failed, len(e.chosen.Skipped), e.chosen.Others)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the export stopped after %d of %d accounts; run the command again to go on: %w", e.done+e.before, e.before+len(e.accounts), ctx.Err())
	case saved != nil:
		return saved
	case e.failed > 0:
		return errTold
	}
	return nil
}

// one writes one account.
func (e *exporting) one(ctx context.Context, a organization.Account, t *tracker) (o exportOutcome) {
	if ctx.Err() != nil {
		return exportOutcome{trouble: troubleOf(ctx, ctx.Err(), false)}
	}
	t.tell(a, "opening")
	defer t.end()
	who, err := e.identityOf(ctx, a.ID)
	if err == nil {
		source := who.source(e.world, func(text string) { t.tell(a, text) })
		o.missing, err = capture.Replace(ctx, source, e.folder.Path(a.ID))
	}
	if err != nil {
		o.trouble = troubleOf(ctx, err, false)
	}
	return o
}

// report says what became of an account, and notes it in the list of accounts.
func (e *exporting) report(a organization.Account, o exportOutcome) {
	switch {
	case o.trouble == nil:
		e.done++
		e.folder.Note(a.ID, "", "")
	case o.trouble.interrupted:
		e.failed++
		return
	default:
		e.failed++
		e.folder.Note(a.ID, o.trouble.Why, o.trouble.SettledBy)
		fmt.Fprintf(e.err, "rolewatch: not read: %s: %s. %s\n", accountLine(&a), message.Line(o.trouble.Why), message.Line(o.trouble.SettledBy))
	}
	for _, what := range o.missing {
		fmt.Fprintf(e.err, "rolewatch: %s: not written: %s\n", accountLine(&a), message.Line(what))
	}
}
