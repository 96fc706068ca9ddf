package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyfile"
)

const aboutDiff = `diff lists the access that the new version of a policy allows and the old version does not. It does not call AWS. The most
severe access comes first: permissions management, credentials and passing roles, then writes, then reads. Each grant has an example:
a request that the new policy allows and the old policy does not.

OLD and NEW are policy documents, or AWS CLI output that contains one, such as the output of aws iam get-role-policy,
get-policy-version and get-role, aws lambda get-policy, aws s3api get-bucket-policy and aws sqs get-queue-attributes. One of the two
can be - for the standard input. A file that is not a policy is an error: a template, a CloudFormation intrinsic function, a Terraform
placeholder, or a policy of another kind. In the new policy, elements that IAM rejects and values that no request can match, such as
an invalid account ID, are errors too. In the old policy, they cause a warning, and diff compares what is in force.

The kind is how both policies are used: identity, trust (of a role), resource (any other), boundary, session, scp or rcp. By default,
diff recognizes the kind by the AWS CLI output, or by whether statements have a Principal and a Resource.

What diff assumes of other policies:
  identity                The resource's account and policy leave the decision to the identity's own policies, and the identity has no
                          other policies. Removing a Deny opens only what the compared policy allows.
  trust, resource         The own policies of principals of other accounts allow everything. Naming a principal of an account that
                          was already named as a whole is not new access. Removing a Deny makes what it denied available to any
                          principal that another policy of the account allows.
  boundary, session, scp  All other policies allow everything. FullAWSAccess is attached next to an SCP that allows nothing.
  rcp                     The resource's policy and the principal's own policies allow everything.
--with FILE adds a policy to both sides instead of an assumed policy. Use KIND=FILE if the kind is not recognized, with the kinds above
or endpoint. Each SCP and RCP is a separate level. Grants that another policy on the new side blocks are listed as having no effect.

With --format json, the example ("witness") is a request that 'rolewatch eval' can read. It contains the assumed policies, but not the
compared policies: add these as "identity", "resourcePolicy", "boundaries", "session", "scps" or "rcps". An SCP goes into the level of the
assumed FullAWSAccess. newAccess is true, false, or null if it could not be decided; then unknown says what, why, and how to find out.
more is true if there are more grants than are listed.

The exit code is 3 if something is newly allowed or if that could not be decided, and 0 if nothing is newly allowed.`

// differing is one run of diff.
type differing struct {
	*world
	kind policyKind
	// guessed is set where the kind was recognized.
	guessed          bool
	with             []string
	explain, details bool
	old, new         policy.Set
	// lifted are the Deny statements that an identity policy no longer holds.
	lifted []policy.StatementRef
}

func newDiff(w *world, f *format) *cobra.Command {
	d := differing{world: w}
	cmd := &cobra.Command{
		Use: "diff [--kind KIND] [--with [KIND=]FILE]... OLD NEW", Short: "list what a policy newly allows", Long: aboutDiff,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := between(2, 2)(cmd, args); err != nil {
				return err
			}
			return oneStdin("diff", args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if (d.explain || d.details) && *f == formatJSON {
				return usagef("diff: --explain and --details are for text output only; --format json contains everything")
			}
			return interruptible(cmd.Context(), func() error { return d.run(cmd.Context(), args[0], args[1], *f) })
		},
	}
	cmd.Flags().Var(&d.kind, "kind", "how the policies are used")
	cmd.Flags().StringArrayVar(&d.with, "with", nil, "another policy on both sides; can be repeated")
	cmd.Flags().BoolVar(&d.details, "details", false, "list every grant, with an example")
	cmd.Flags().BoolVar(&d.explain, "explain", false, "like --details; also print the statements, and explain why the old policy did not allow the access")
	return cmd
}

func (d *differing) run(ctx context.Context, oldPath, newPath string, f format) error {
	old, err := d.read(oldPath)
	if err != nil {
		return err
	}
	new, err := d.read(newPath)
	if err != nil {
		return err
	}
	if err := d.recognize(&old, &new); err != nil {
		return err
	}
	for _, s := range []*side{&old, &new} {
		if err := s.parse(policyKinds[d.kind]); err != nil {
			return err
		}
	}
	if err := new.refuseFaults(); err != nil {
		return err
	}
	old.warn(d.err)
	if err := d.place(&old, &new); err != nil {
		return err
	}
	c, err := policy.Compare(ctx, d.old, d.new)
	if err != nil {
		return err
	}
	if d.kind == "identity" {
		if d.lifted, err = policy.Lifted(ctx, d.old, d.new); err != nil {
			return err
		}
	}
	idle, err := policy.WithoutEffect(ctx, d.old, d.new, c)
	if err != nil {
		return err
	}
	return d.report(c, idle, f)
}

// report writes a comparison.
func (d *differing) report(c policy.Comparison, idle []policy.Ineffective, f format) error {
	changes := policy.Review(d.old, d.new, c)
	var err error
	switch {
	case f == formatJSON:
		var out difference
		if out, err = d.difference(c, changes, idle); err == nil {
			err = writeJSON(d.out, out)
		}
	case d.details || d.explain:
		err = writeText(d.out, d.detailed(c, changes, idle))
	default:
		err = writeText(d.out, d.summary(c, changes, idle))
	}
	if err == nil && c.NothingNew() != policy.True {
		err = errFound
	}
	return err
}

// side is one of the two policies, or one that stands next to both.
type side struct {
	name     string
	file     policyfile.File
	document *policy.Document
}

func (d *differing) read(path string) (side, error) {
	s, in := side{name: "standard input"}, d.in
	if path != history.Stdin {
		f, err := os.Open(path)
		if err != nil {
			return s, fmt.Errorf("read policy: %w", err)
		}
		defer f.Close()
		s.name, in = path, f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxRequest))
	if err != nil {
		return s, fmt.Errorf("read policy %s: %w", s.name, err)
	}
	s.file, err = policyfile.Unwrap(text)
	return s, s.refused(err)
}

// parse parses the policy. A violation of the grammar is not an error.
func (s *side) parse(kind policy.Kind) (err error) {
	s.document, err = s.file.Parse(kind)
	return s.refused(err)
}

// refused says of which file an error is, in the form in which editors find the place.
func (s *side) refused(err error) error {
	var not *policyfile.NotAPolicyError
	if !errors.As(err, &not) {
		return err
	}
	return fmt.Errorf("read policy: %s", message.Line(placed(s.name, not.Encoded, not.Line, not.Column, not.Path, not.What)))
}

// refuseFaults takes what IAM would refuse, and what no request can match, for an error: it says nothing of what will be in
// force.
func (s *side) refuseFaults() error {
	faults, why := s.document.Violations, "IAM rejects this policy"
	if len(faults) == 0 {
		faults, why = s.document.Unmatchable(), "no request matches it"
	}
	if len(faults) == 0 {
		return nil
	}
	text := s.fault(faults[0], policy.Citations(faults)[0])
	if more := len(faults) - 1; more > 0 {
		text += fmt.Sprintf(", and %s more", words.Count(more, "violation"))
	}
	return fmt.Errorf("read policy: %s: %s", text, why)
}

// warn reports violations of the grammar.
func (s *side) warn(w io.Writer) {
	citations := policy.Citations(s.document.Violations)
	for i, v := range s.document.Violations {
		fmt.Fprintf(w, "rolewatch: warning: %s\n", s.fault(v, citations[i]))
	}
}

// fault describes a violation and its place; the citation of its rule follows.
func (s *side) fault(v policy.Violation, citation string) string {
	v = s.file.Violation(v)
	return message.Line(placed(s.name, s.file.Encoded, v.Line, v.Column, v.Path, v.Message+citation))
}

// placed describes a fault and its place.
func placed(file string, encoded bool, line, column int, path, what string) string {
	text := fmt.Sprintf("%s:%d:%d: ", file, line, column)
	if encoded {
		text = fmt.Sprintf("%s: the policy's own text, line %d, column %d: ", file, line, column)
	}
	if path != "" {
		text += path + ": "
	}
	return text + what
}
