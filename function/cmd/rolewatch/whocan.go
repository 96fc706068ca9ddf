package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

const aboutCan = `The answer is allowed, implicitDeny, explicitDeny or unknown, with the statements that decide: with what a caller may choose, such as an
external ID or the tags of a request, and within permissions boundaries and service control policies. Without a resource it is about
some resource: any that no policy names, or one that policies name. A resource's own policy counts where it is the trust policy of a
role of the account; a bucket's or a key's is not read, and is taken to leave the answer to the account.`

const aboutWhoCan = `who-can prints, for every role and user of an account, whether it can call an action on a resource. Roles and users that cannot are
counted, and printed with --all.

` + aboutCan

func newWhoCan(w *world, f *format) *cobra.Command {
	var flags graphFlags
	var all bool
	cmd := &cobra.Command{
		Use: "who-can ACTION [RESOURCE]", Short: "print which roles and users can call an action", Long: aboutWhoCan, Args: between(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkCall("who-can", args); err != nil {
				return err
			}
			listing, err := flags.list(cmd.Context(), w, "who-can")
			if err != nil {
				return err
			}
			c := calling{world: w, format: *f, account: reach.NewAccount(listing)}
			return c.everybody(all, append(args, "")[0], append(args, "")[1])
		},
	}
	flags.bind(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also print the roles and users that cannot")
	return cmd
}

func newCan(w *world, f *format) *cobra.Command {
	var flags graphFlags
	cmd := &cobra.Command{
		Use: "can ROLE ACTION [RESOURCE]", Short: "print whether a role or user can call an action", Args: between(2, 3),
		Long: "can prints whether a role or user of an account, by its name or ARN, can call an action on a resource.\n\n" + aboutCan,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkCall("can", args[1:]); err != nil {
				return err
			}
			listing, err := flags.list(cmd.Context(), w, "can")
			if err != nil {
				return err
			}
			c := calling{world: w, format: *f, account: reach.NewAccount(listing)}
			at, err := findNode(c.account, args[0])
			if err != nil {
				return err
			}
			return c.print(c.ask(c.account.Nodes[at], args[1], append(args, "")[2]))
		},
	}
	flags.bind(cmd)
	return cmd
}

// checkCall refuses what is no action, or no resource.
func checkCall(command string, args []string) error {
	r := policy.Request{Principal: "*", Action: args[0], Resource: "*"}
	if len(args) > 1 {
		r.Resource = args[1]
	}
	if err := r.Validate(); err != nil {
		return usagef("%s: %w", command, err)
	}
	return nil
}

// allowed is a yes, as eval has it.
var allowed = policy.Allowed.String()

// calling answers whether roles and users can call an action.
type calling struct {
	*world
	format  format
	account *reach.Account
}

// canLine is an answer in JSON. Principal is an ARN.
type canLine struct {
	Principal  string               `json:"principal"`
	Action     string               `json:"action"`
	Resource   string               `json:"resource"`
	Decision   string               `json:"decision"`
	Statements []role.StatementName `json:"statements"`
	DependsOn  []string             `json:"dependsOn"`

	name string
}

func (c *calling) ask(n *reach.Node, action, resource string) canLine {
	got := danger.Can(n, c.account, action, resource, graphNow(c.world), check.Parameters{})
	line := canLine{Principal: n.ARN(), name: n.Name(), Action: action, Resource: resource, Decision: got.Decision.String(), Statements: []role.StatementName{}, DependsOn: []string{}}
	refs := got.Statements()
	if !got.Possible() {
		refs = got.Denies
	}
	line.Statements = append(line.Statements, role.Gap{}.In(refs...).Statements...)
	line.DependsOn = append(line.DependsOn, role.GapTexts(role.DistinctGaps(got.DependsOn))...)
	line.Resource = resourceOf(&got, resource)
	return line
}

// resourceOf is the resource of the last request of an answer.
func resourceOf(a *ask.Answer, asked string) string {
	if asked != "" || len(a.Steps) == 0 {
		return asked
	}
	return calledBy(&a.Steps[len(a.Steps)-1])
}

// calledBy is the resource of a request: what stands for any of its type is called by the type.
func calledBy(s *ask.Step) string {
	switch {
	case s.Type != "":
		return "any " + s.Type
	case s.Pattern != "":
		return s.Pattern
	}
	return s.Resource
}

func (c *calling) everybody(all bool, action, resource string) error {
	counts := map[string]int{}
	if _, known := actions.Lookup(action); !known {
		fmt.Fprintf(c.err, "rolewatch: %s is not an action that this version knows; policies are read as they are\n", action)
	}
	for _, n := range c.account.Nodes {
		line := c.ask(n, action, resource)
		counts[line.Decision]++
		if line.Decision != allowed && line.Decision != policy.Unknown.String() && !all {
			continue
		}
		if err := c.print(line); err != nil {
			return err
		}
	}
	if c.format == formatJSON {
		return nil
	}
	return writeText(c.out, fmt.Sprintf("%d of %s and users can call %s, for %d it is not known\n", counts[allowed],
		words.Count(len(c.account.Nodes), "role"), action, counts[policy.Unknown.String()]))
}

func (c *calling) print(line canLine) error {
	if c.format == formatJSON {
		return writeJSON(c.out, line)
	}
	var parts []string
	for _, s := range line.Statements {
		parts = append(parts, s.InWords())
	}
	text := fmt.Sprintf("%s: %s", line.Decision, line.name)
	switch {
	case len(line.DependsOn) > 0:
		text += ", depends on: " + strings.Join(line.DependsOn, "; ")
	case len(parts) > 0:
		text += ", by " + strings.Join(parts, " and ")
	case line.Decision != allowed:
		text += ", no policy allows it"
	}
	if line.Resource != "" && line.Decision == allowed {
		text += " (on " + line.Resource + ")"
	}
	return writeText(c.out, text+"\n")
}
