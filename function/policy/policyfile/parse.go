package policyfile

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Parse finds the policy in a text as Unwrap does, and parses it as a policy of a kind. The error is always a
// *NotAPolicyError: for a text that Unwrap refuses, and for a document that is not a policy of that kind, see
// File.Parse. A document that only breaks the grammar comes without an error; its Violations say where.
func Parse(src []byte, kind policy.Kind) (*policy.Document, error) {
	// A text that parses without a fault is a bare document, as it is most often.
	if d, err := policy.Parse(src, kind); err == nil {
		if err := (File{Text: src, source: src}).check(d); err != nil {
			return nil, err
		}
		return d, nil
	}
	f, err := Unwrap(src)
	if err != nil {
		return nil, err
	}
	return f.Parse(kind)
}

// Parse parses the policy. It refuses a document that cannot be in force as a policy of the kind: one with a statement
// that is not an object or an element of another JSON type than it takes, with an intrinsic function of CloudFormation, with
// a placeholder of Terraform or another tool, and one of another kind: a principal in an identity policy, a boundary, a
// session policy or an SCP; a resource in a trust policy; no principal at all in a trust policy, a resource policy or an
// RCP; and an output of the AWS CLI that holds a policy of another kind.
func (f File) Parse(kind policy.Kind) (*policy.Document, error) {
	d, err := policy.Parse(f.Text, kind)
	if d == nil {
		return nil, f.refuseParse(err)
	}
	if err := f.check(d); err != nil {
		return nil, err
	}
	return d, nil
}

// usable are the kinds as which a policy can be used that a form says to be of a kind. A permissions boundary is a managed
// policy, and a role's trust policy is the role's resource policy.
var usable = map[policy.Kind][]policy.Kind{
	policy.Identity: {policy.Identity, policy.Boundary, policy.Session},
	policy.Session:  {policy.Identity, policy.Boundary, policy.Session},
	policy.Trust:    {policy.Trust, policy.Resource},
	policy.Resource: {policy.Resource},
	policy.SCP:      {policy.SCP},
	policy.RCP:      {policy.RCP},
}

func (f File) check(d *policy.Document) error {
	for _, v := range d.Violations {
		if err := f.refuseViolation(d, v); err != nil {
			return err
		}
	}
	if err := f.checkTexts(d); err != nil {
		return err
	}
	return f.checkKind(d)
}

// refuseViolation refuses what is not a fault in a policy, but says that the document is none.
func (f File) refuseViolation(d *policy.Document, v policy.Violation) error {
	for _, name := range strings.Split(v.Path, ".") {
		if isFunction(name) {
			return f.refuse(v.Offset, v.Path, "%s", aboutFunction(name))
		}
	}
	if !v.WrongType {
		return nil
	}
	if name := firstName(d.Text(policy.Span{Start: v.Offset, End: len(f.Text)})); isFunction(name) {
		return f.refuse(v.Offset, v.Path, "%s", aboutFunction(name))
	}
	return f.refuse(v.Offset, v.Path, "%s", v.Message)
}

// firstName is the first name of the object that a text begins with.
func firstName(text string) string {
	dec := jsontext.NewDecoder(bytes.NewBufferString(text), jsontext.AllowInvalidUTF8(true))
	if open, err := dec.ReadToken(); err != nil || open.Kind() != '{' {
		return ""
	}
	name, err := dec.ReadToken()
	if err != nil || name.Kind() != '"' {
		return ""
	}
	return name.String()
}

// checkKind refuses a policy of another kind.
func (f File) checkKind(d *policy.Document) error {
	if f.HasKind && !slices.Contains(usable[f.Kind], d.Kind) {
		form := f.Form + " returns"
		if !strings.HasPrefix(form, "aws ") {
			form = "an output of the AWS CLI with " + f.Form + " contains"
		}
		return f.refuse(0, "", "%s %s; want %s", form, f.Kind.Short(), d.Kind.Short())
	}
	want := d.Kind.Short()
	switch d.Kind {
	case policy.Identity, policy.Boundary, policy.Session, policy.SCP:
		for i := range d.Statements {
			if s := &d.Statements[i]; s.HasPrincipal {
				return f.refuse(s.PrincipalSpan.Start, element{statement: i, name: "Principal", not: s.NotPrincipal}.String(),
					"%s has no principals; this is a resource policy or a trust policy", want)
			}
		}
		return nil
	case policy.Trust:
		for i := range d.Statements {
			if s := &d.Statements[i]; s.HasResource {
				return f.refuse(s.ResourceSpan.Start, element{statement: i, name: "Resource", not: s.NotResource}.String(), "a trust policy has no resources; this is another policy")
			}
		}
	}
	hasPrincipal := func(s policy.Statement) bool { return s.HasPrincipal }
	if len(d.Statements) > 0 && !slices.ContainsFunc(d.Statements, hasPrincipal) {
		return f.refuse(d.Statements[0].Span.Start, "Statement[0]", "%s has principals, but no statement of this policy does; it may be an identity policy", want)
	}
	return nil
}

// Recognize says what kind of policy a file holds, by its form where that says so, and otherwise as Recognize does for the
// document.
func (f File) Recognize() (policy.Kind, bool) {
	if f.HasKind {
		return f.Kind, true
	}
	d, _ := policy.Parse(f.Text, policy.Resource)
	if d == nil {
		return 0, false
	}
	return Recognize(d)
}

// Recognize says what kind of policy a document is, by its elements, whatever kind it was parsed as.
// A policy all of whose statements have principals is a trust policy when none of them has a resource and an action is one
// of AWS STS, and otherwise a resource policy; one without principals, and with resources, is an identity policy, though a
// boundary, a session policy and an SCP look the same. Anything else is not recognized.
func Recognize(d *policy.Document) (policy.Kind, bool) {
	principals, resources, sts := 0, 0, false
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.HasPrincipal {
			principals++
		}
		if s.HasResource {
			resources++
		}
		sts = sts || slices.ContainsFunc(s.Actions, isSTS)
	}
	switch {
	case len(d.Statements) == 0 || principals != 0 && principals != len(d.Statements) || principals == 0 && resources == 0:
		return 0, false
	case principals == 0:
		return policy.Identity, true
	case resources == 0 && sts:
		return policy.Trust, true
	}
	return policy.Resource, true
}

func isSTS(action policy.Value) bool {
	service, _, _ := strings.Cut(action.Text, ":")
	return strings.EqualFold(service, "sts")
}
