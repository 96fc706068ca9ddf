package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy"
)

const aboutDiff = `diff tells what a policy allows that its former version did not, without calling AWS. Each grant comes with a witness: a
request that the new policy allows and the old one does not. Where the compared policy does not decide alone, the witness says
what policy is assumed beside it. The kind is what the documents are used as: an identity policy, a role's trust policy, or any
other resource's policy; a trust policy that is called resource is taken for what it is. One of the two files may be - for the
standard input.

With --format json the witness is a request as 'rolewatch eval' reads it, without the compared policy: add that one as
"identity": [POLICY] or "resourcePolicy": POLICY. newAccess is true, false, or null when it could not be decided; then unknown
says what and why. more is true when there are more grants than are listed.

What breaks the grammar is warned of, and judged as far as it is in force. The exit code is 3 when something is newly allowed,
or when that could not be decided.`

// policyKind is what the compared documents are used as.
type policyKind string

var policyKinds = map[policyKind]policy.Kind{"identity": policy.Identity, "trust": policy.Trust, "resource": policy.Resource}

// String, Set and Type make a kind a flag.
func (k *policyKind) String() string { return string(*k) }

func (k *policyKind) Set(s string) error {
	if _, ok := policyKinds[policyKind(s)]; !ok {
		return errors.New("want identity, trust or resource")
	}
	*k = policyKind(s)
	return nil
}

func (k *policyKind) Type() string { return "identity|trust|resource" }

// set is what the document alone makes up.
func (k policyKind) set(d *policy.Document) policy.Set {
	part := policy.Part{Name: string(k), Document: d}
	if k == "identity" {
		return policy.Set{Identity: []policy.Part{part}}
	}
	return policy.Set{Resource: &part}
}

// differing is one run of diff.
type differing struct {
	*world
	kind     policyKind
	explain  bool
	old, new policy.Set
}

func newDiff(w *world, f *format) *cobra.Command {
	d := differing{world: w}
	cmd := &cobra.Command{
		Use: "diff --kind identity|trust|resource OLD NEW", Short: "tell what a policy newly allows", Long: aboutDiff,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := between(2, 2)(cmd, args); err != nil {
				return err
			}
			return oneStdin("diff", args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if d.kind == "" {
				return usagef("diff: --kind says what the policies are used as: identity, trust or resource")
			}
			if d.explain && *f == formatJSON {
				return usagef("diff: --explain is for people to read; it has no --format json")
			}
			return interruptible(cmd.Context(), func() error { return d.run(cmd.Context(), args[0], args[1], *f) })
		},
	}
	cmd.Flags().Var(&d.kind, "kind", "what the policies are used as")
	cmd.Flags().BoolVar(&d.explain, "explain", false, "quote the statements, and say why the old policy did not allow it")
	return cmd
}

func (d *differing) run(ctx context.Context, oldPath, newPath string, f format) error {
	sides := [2]side{}
	for i, path := range []string{oldPath, newPath} {
		var err error
		if sides[i], err = d.read(path); err != nil {
			return err
		}
	}
	if d.kind == "resource" && areTrust(sides[0].document, sides[1].document) {
		d.kind = "trust"
		for i := range sides {
			if err := sides[i].parse(policy.Trust); err != nil {
				return err
			}
		}
	}
	for _, s := range sides {
		for _, v := range s.document.Violations {
			fmt.Fprintf(d.err, "rolewatch: warning: %s\n", message.Line(faultLine(s.name, v)))
		}
	}
	d.old, d.new = d.kind.set(sides[0].document), d.kind.set(sides[1].document)
	c, err := policy.Compare(ctx, d.old, d.new)
	if err != nil {
		return err
	}
	return d.tell(c, f)
}

// tell writes a comparison.
func (d *differing) tell(c policy.Comparison, f format) error {
	var err error
	if f == formatJSON {
		err = writeJSON(d.out, differenceOf(c))
	} else {
		err = writeText(d.out, d.text(c))
	}
	if err == nil && c.NothingNew() != policy.True {
		err = errFound
	}
	return err
}

// side is one of the two policies.
type side struct {
	name     string
	text     []byte
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
	var err error
	if s.text, err = io.ReadAll(io.LimitReader(in, maxRequest)); err != nil {
		return s, fmt.Errorf("read policy %s: %w", s.name, err)
	}
	return s, s.parse(policyKinds[d.kind])
}

// parse parses the text. What breaks the grammar is no error.
func (s *side) parse(kind policy.Kind) error {
	var err error
	s.document, err = policy.Parse(s.text, kind)
	var broken *policy.ParseError
	if s.document == nil && errors.As(err, &broken) {
		return fmt.Errorf("read policy: %s", message.Line(faultLine(s.name, broken.Violations[0])))
	}
	return nil
}

// areTrust says whether resources' policies are a role's trust policies, which IAM Access Analyzer takes under the same
// name: none of their statements has a Resource, and the new one is about AWS STS.
func areTrust(old, new *policy.Document) bool {
	sts := false
	for _, d := range []*policy.Document{old, new} {
		for _, s := range d.Statements {
			if s.HasResource {
				return false
			}
			isSTS := func(v policy.Value) bool { return strings.HasPrefix(strings.ToLower(v.Text), "sts:") }
			sts = sts || d == new && slices.ContainsFunc(s.Actions, isSTS)
		}
	}
	return sts
}

// faultLine tells of a fault in the form in which editors find the place.
func faultLine(file string, v policy.Violation) string {
	text := fmt.Sprintf("%s:%d:%d: ", file, v.Line, v.Column)
	if v.Path != "" {
		text += v.Path + ": "
	}
	text += v.Message
	if v.Rule != 0 {
		text += fmt.Sprintf(" (rule %d)", v.Rule)
	}
	return text
}
