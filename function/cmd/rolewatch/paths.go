package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const aboutPaths = `paths prints how the roles and users of an account can obtain the permissions of others that have more: by assuming a role, by passing one to a
service that runs code with it, by changing the code of a function that runs as it, by changing its policies, its boundary or its
trust policy, by making a role, or by making credentials of a user. For each statement that a path begins with it prints the shortest
path to the most powerful end.

  rolewatch paths --account DIR                        all that leads to more power
  rolewatch paths --from orders --to admin             the shortest path of one role to an administrator
  rolewatch paths --to deploy --format svg -o to.svg   who can obtain the permissions of one role, as a picture

A role or user is given by its name or its ARN. A path of which a step is not certain is marked: a condition is not known, or a policy
was not read. What the listing of the account does not have, such as a role of another account, ends a path.

  rolewatch paths --account accounts/                  the paths of all accounts that 'export --organization' wrote

With a folder of the accounts of an organization, paths also lead from one account to another: both the policies of whoever assumes a
role and the role's trust policy have to allow it. A role of another account is printed with that account's ID and name. A name that
several accounts have is the role of the first one; give its ARN for another.

A picture (dot, mermaid or svg) of more steps than can be read is an error that says how many there are.

The exit code is 3 when there is a path.`

// adminEnd is what --to calls any administrator.
const adminEnd = "admin"

// graphFormat is how paths are written.
type graphFormat string

var graphFormats = []string{string(formatText), string(formatJSON), formatDot, formatMermaid, formatSVG}

// The formats of pictures.
const (
	formatDot     = "dot"
	formatMermaid = "mermaid"
	formatSVG     = "svg"
)

// String, Set and Type make a format a flag.
func (f *graphFormat) String() string { return string(*f) }

func (f *graphFormat) Set(s string) error {
	if !slices.Contains(graphFormats, s) {
		return errors.New("want text, json, dot, mermaid or svg")
	}
	*f = graphFormat(s)
	return nil
}

func (f *graphFormat) Type() string { return strings.Join(graphFormats, "|") }

func newPaths(w *world) *cobra.Command {
	var flags graphFlags
	var from, to string
	f := graphFormat(formatText)
	cmd := &cobra.Command{
		Use: "paths [--from ROLE] [--to ROLE|admin]", Short: "print how roles can obtain the permissions of others that have more", Long: aboutPaths, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := flags.folder("paths")
			if err != nil {
				return err
			}
			if folder != nil {
				return pathsOfAccounts(cmd.Context(), w, folder, from, to, f)
			}
			listing, err := flags.list(cmd.Context(), w, "paths")
			if err != nil {
				return err
			}
			g := newGraph(w, listing)
			list, err := pathsOf(g, from, to)
			if err != nil {
				return err
			}
			return printPaths(w, g, f, list)
		},
	}
	flags.bind(cmd)
	cmd.Flags().StringVar(&from, "from", "", "only paths of this role or user")
	cmd.Flags().StringVar(&to, "to", "", "only the shortest path of each to this role or user, or to any administrator (admin)")
	cmd.Flags().VarP(&f, "format", "f", "how paths are written; json is one object a line")
	return cmd
}

// pathsOf are the paths that somebody asked for.
func pathsOf(g *reach.Graph, from, to string) ([]reach.Found, error) {
	var starts []int32
	for i := range g.Nodes {
		starts = append(starts, int32(i))
	}
	if from != "" {
		at, err := findNode(g.Account, from)
		if err != nil {
			return nil, err
		}
		starts = []int32{at}
	}
	end := int32(-1)
	if to != "" && to != adminEnd {
		at, ok := g.End(to)
		if !ok {
			var err error
			if at, err = findNode(g.Account, to); err != nil {
				return nil, err
			}
		}
		end = at
	}
	var out []reach.Found
	for _, at := range starts {
		if to == "" {
			for _, p := range g.Of(g.ARNOf(at)).Paths {
				out = append(out, reach.Found{End: p.End, Certain: true})
			}
			continue
		}
		if !g.HasEdges(at) || at == end {
			continue
		}
		found, ok := g.To(at, func(node int32, s *reach.Standing) bool {
			if end >= 0 {
				return node == end
			}
			return s.Power.IsAdministrator()
		})
		if ok {
			out = append(out, found)
		}
	}
	return out, nil
}

// pathLine is a path in JSON.
type pathLine struct {
	From    string      `json:"from"`
	To      string      `json:"to"`
	Power   reach.Power `json:"power"`
	Certain bool        `json:"certain"`
	Path    string      `json:"path"`
	Steps   []stepLine  `json:"steps"`
}

// stepLine is a step of a path: the ARNs of who takes it, what leads on and where it leads, its kind and its requests.
type stepLine struct {
	From     string        `json:"from"`
	To       string        `json:"to"`
	Kind     reach.Kind    `json:"kind"`
	Through  string        `json:"through,omitzero"`
	Certain  bool          `json:"certain"`
	Requests []requestLine `json:"requests"`
}

// requestLine is a request of a step, with the statements that allow it.
type requestLine struct {
	Action     string               `json:"action"`
	Resource   string               `json:"resource"`
	Statements []role.StatementName `json:"statements"`
}

func lineOf(g *reach.Graph, p *reach.Found) pathLine {
	out := pathLine{From: g.ARNOf(p.Hops[0].From), To: g.ARNOf(p.At), Power: p.Standing.Power, Certain: p.Certain, Path: g.Line(p.Hops)}
	for i := range p.Hops {
		h := &p.Hops[i]
		s := stepLine{From: g.ARNOf(h.From), To: g.ARNOf(h.To), Kind: h.Edge.Kind, Through: h.Through, Certain: reach.IsCertain(p.Hops[i : i+1])}
		for _, r := range h.Edge.Requests {
			resource := calledBy(&r)
			switch {
			case r.Resource != h.Edge.Sample || h.IsGuess():
			case h.Through != "":
				resource = h.Through
			default:
				resource = g.ARNOf(h.To)
			}
			s.Requests = append(s.Requests, requestLine{r.Action, resource, append([]role.StatementName{}, role.Gap{}.In(r.Statements...).Statements...)})
		}
		out.Steps = append(out.Steps, s)
	}
	return out
}

func printPaths(w *world, g *reach.Graph, f graphFormat, list []reach.Found) error {
	switch f {
	case formatDot, formatMermaid, formatSVG:
		text, err := pictureOf(g, f, list)
		if err != nil {
			return err
		}
		if err := writeText(w.out, text); err != nil {
			return err
		}
	case graphFormat(formatJSON):
		for i := range list {
			if err := writeJSON(w.out, lineOf(g, &list[i])); err != nil {
				return err
			}
		}
	default:
		if err := writeText(w.out, pathsText(g, list)); err != nil {
			return err
		}
	}
	if len(list) > 0 {
		return errFound
	}
	return nil
}

func pathsText(g *reach.Graph, list []reach.Found) string {
	return pathLines(g, list) + fmt.Sprintf("%s in an account of %s\n", words.Count(len(list), "path"), words.Count(len(g.Nodes), "role")+" and users")
}

// pathLines are paths, one a line.
func pathLines(g *reach.Graph, list []reach.Found) string {
	var b strings.Builder
	for i := range list {
		power := list[i].Standing.Power.String()
		if !list[i].Certain {
			power += ", not certain"
		}
		fmt.Fprintf(&b, "%s: %s\n", power, g.Line(list[i].Hops))
	}
	return b.String()
}
