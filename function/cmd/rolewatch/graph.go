package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// graphFlags say which account a graph is built from.
type graphFlags struct {
	dir  string
	live liveFlags
}

func (f *graphFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "account", "", "folder with the account's export; without it the live account is read")
	f.live.bind(cmd, "Regions of the live account whose functions are listed; all that are enabled without it")
}

// list lists the account.
func (f *graphFlags) list(ctx context.Context, w *world, command string) (reach.Listing, error) {
	var account scan.Account
	if f.dir != "" {
		if err := f.live.refuse(command); err != nil {
			return reach.Listing{}, err
		}
		exported, err := export.Read(f.dir)
		if err != nil {
			return reach.Listing{}, err
		}
		makeRoom()
		account = exported
	} else {
		opened, err := openLive(ctx, w, f.live, rulingOf(w, settings.Rules{}))
		if err != nil {
			return reach.Listing{}, err
		}
		account = opened
	}
	bar, tell := newSpinner(w)
	l, err := scan.List(ctx, account, tell)
	bar.clear()
	if err != nil {
		return reach.Listing{}, err
	}
	for _, line := range notListed(l) {
		fmt.Fprintf(w.err, "rolewatch: %s\n", line)
	}
	return l, nil
}

// notListed says what the answers about an account leave out, or assume.
func notListed(l reach.Listing) (lines []string) {
	if l.NoUsers != "" {
		lines = append(lines, "users are not known: "+l.NoUsers)
	}
	if l.NoFunctions != "" {
		lines = append(lines, "functions are not known: "+l.NoFunctions)
	}
	if len(l.Roles) > 0 {
		for name, levels := range map[string]role.Maybe[[][]policy.Part]{"service control policies": l.Roles[0].SCPs, "resource control policies": l.Roles[0].RCPs} {
			if levels.State() == role.Unknown {
				lines = append(lines, levels.Gap(name).What+"; the answers assume that they allow everything")
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// graphNow is the time of the requests that a graph asks for.
func graphNow(w *world) time.Time { return w.now().UTC().Truncate(time.Second) }

func newGraph(w *world, l reach.Listing) *reach.Graph {
	return danger.NewGraph(l, graphNow(w), check.Parameters{})
}

// findNode finds a role or user by its ARN or its name. A name that a role and a user have is the role's.
func findNode(a *reach.Account, text string) (int32, error) {
	if at, ok := a.Find(text); ok {
		return at, nil
	}
	for i, n := range a.Nodes {
		if n.Name() == text {
			return int32(i), nil
		}
	}
	var similar []string
	for _, n := range a.Nodes {
		if strings.Contains(strings.ToLower(n.Name()), strings.ToLower(text)) && len(similar) < 3 {
			similar = append(similar, n.Name())
		}
	}
	if len(similar) > 0 {
		slices.Sort(similar)
		return 0, fmt.Errorf("the account has no role or user %s; did you mean %s?", text, strings.Join(similar, " or "))
	}
	return 0, fmt.Errorf("the account has no role or user %s", text)
}
