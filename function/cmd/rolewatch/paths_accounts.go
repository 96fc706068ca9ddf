package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/settings"
)

// folder opens the folder of exports of the accounts of an organization; nil for anything else.
func (f *graphFlags) folder(command string) (*organization.Folder, error) {
	if f.dir == "" {
		return nil, nil
	}
	folder, ok, err := organization.OpenFolder(f.dir)
	if !ok || err != nil {
		return nil, err
	}
	return folder, f.live.refuse(command)
}

// pathsOfAccounts prints the paths of the accounts of a folder, one account after another.
func pathsOfAccounts(ctx context.Context, w *world, folder *organization.Folder, from, to string, f graphFormat) error {
	all, err := folder.Choose(organization.Choice{})
	if err != nil {
		return err
	}
	accounts := exported(folder, all).Accounts
	t := newTracker(w, len(accounts))
	rules, open, err := together(ctx, &folder.Organization, accounts, 1, exportsOf(folder), rulingOf(w, settings.Rules{}), t)
	if err != nil {
		return err
	}
	p := accountsPaths{world: w, format: f, from: from, to: to}
	for _, a := range accounts {
		if account := aws.AccountOf(from); account != "" && account != a.ID || p.started {
			continue
		}
		t.tell(a, "looking for paths")
		g, err := graphOfOne(ctx, w, a, open, rules)
		t.clear()
		if err != nil {
			fmt.Fprintf(w.err, "rolewatch: account %s is not read: %v\n", a.String(), err)
			p.unread++
			continue
		}
		if err := p.print(g); err != nil {
			return err
		}
	}
	return p.finish(len(accounts))
}

// graphOfOne builds the graph of one of several accounts.
func graphOfOne(ctx context.Context, w *world, a organization.Account, open opener, rules ruling) (*reach.Graph, error) {
	account, err := open(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	l, err := scan.List(ctx, account, func(string) {})
	if err != nil {
		return nil, err
	}
	for _, line := range notListed(l) {
		fmt.Fprintf(w.err, "rolewatch: account %s: %s\n", a.String(), line)
	}
	if rules.others != nil {
		l.Others = rules.others(a.ID)
	}
	return rules.scanning(func(string) {}).Graph(l), nil
}

// accountsPaths prints the paths of several accounts.
type accountsPaths struct {
	*world
	format   graphFormat
	from, to string
	// started is set once the role or user was found that paths are to start from, and ended once the one was that they are to lead to.
	started, ended              bool
	paths, nodes, drawn, unread int
}

func (p *accountsPaths) print(g *reach.Graph) error {
	if p.from != "" {
		if _, err := findNode(g.Account, p.from); err != nil {
			return nil // It is in another account.
		}
		p.started = true
	}
	p.nodes += len(g.Nodes)
	if p.to != "" && p.to != adminEnd {
		if _, ok := g.End(p.to); !ok {
			return nil
		}
		p.ended = true
	}
	list, err := pathsOf(g, p.from, p.to)
	if err != nil || len(list) == 0 {
		return err
	}
	p.paths += len(list)
	switch p.format {
	case formatDot, formatMermaid, formatSVG:
		if p.drawn++; p.drawn > 1 {
			return usagef("paths: several accounts have paths: name one role with --from for a picture")
		}
		text, err := pictureOf(g, p.format, list)
		if err != nil {
			return err
		}
		return writeText(p.out, text)
	case graphFormat(formatJSON):
		for i := range list {
			if err := writeJSON(p.out, lineOf(g, &list[i])); err != nil {
				return err
			}
		}
		return nil
	}
	return writeText(p.out, pathLines(g, list))
}

// finish says how many paths there are.
func (p *accountsPaths) finish(accounts int) error {
	switch {
	case p.from != "" && !p.started:
		return fmt.Errorf("no account has a role or user %s", p.from)
	case p.to != "" && p.to != adminEnd && !p.ended:
		return fmt.Errorf("no account has a role or user %s that can be got into from where the paths start", p.to)
	}
	if !slices.Contains([]graphFormat{formatDot, formatMermaid, formatSVG, graphFormat(formatJSON)}, p.format) {
		line := fmt.Sprintf("%s in %s of %s and users", words.Count(p.paths, "path"), words.Count(accounts-p.unread, "account"), words.Count(p.nodes, "role"))
		if p.unread > 0 {
			line += fmt.Sprintf("; %s not read", words.Count(p.unread, "account"))
		}
		if err := writeText(p.out, line+"\n"); err != nil {
			return err
		}
	}
	if p.paths > 0 {
		return errFound
	}
	return nil
}
