package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyfile"
)

// policyKind is what compared documents are used as.
type policyKind string

// policyKinds are the kinds by name. The policy of a VPC endpoint is one that only --with takes.
var policyKinds = func() map[policyKind]policy.Kind {
	kinds := map[policyKind]policy.Kind{"endpoint": policy.Resource}
	for _, kind := range policy.Kinds() {
		kinds[kindOf(kind)] = kind
	}
	return kinds
}()

// kindsInWords is the list "identity, trust, ... or rcp".
var kindsInWords = func() string {
	var names []string
	for _, kind := range policy.Kinds() {
		names = append(names, kind.String())
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}()

// String, Set and Type make a kind a flag.
func (k *policyKind) String() string { return string(*k) }

func (k *policyKind) Set(s string) error {
	if _, ok := policyKinds[policyKind(s)]; !ok || s == "endpoint" {
		return errors.New("want " + kindsInWords)
	}
	*k = policyKind(s)
	return nil
}

func (k *policyKind) Type() string {
	return strings.NewReplacer(", ", "|", " or ", "|").Replace(kindsInWords)
}

// inWords is what a policy of the kind is called.
func (k policyKind) inWords() string {
	switch k {
	case "boundary":
		return "permissions boundary"
	case "scp", "rcp":
		return strings.ToUpper(string(k))
	}
	return string(k) + " policy"
}

// kindOf is the name of a kind.
func kindOf(kind policy.Kind) policyKind { return policyKind(kind.String()) }

// recognize sets the kind, where it is not given, as the two documents tell it. One without statements is of any kind.
func (d *differing) recognize(old, new *side) error {
	a, aKnown := old.file.Recognize()
	b, bKnown := new.file.Recognize()
	switch {
	case d.kind == "resource" && (a == policy.Trust || !aKnown) && b == policy.Trust && bKnown:
		// IAM Access Analyzer calls a trust policy a resource policy, too.
		d.kind = "trust"
	case d.kind != "":
	case aKnown && bKnown && a == b && a == policy.Identity && !old.file.HasKind && !new.file.HasKind && onlyDeny(old, new):
		// Most SCPs look so, and as an identity policy neither allows anything.
		return usagef("diff: neither document allows anything; it may be an SCP, a permissions boundary or an identity policy. Specify --kind")
	case aKnown && bKnown && a == b, bKnown && !aKnown && isEmpty(old):
		d.kind, d.guessed = kindOf(b), true
	case aKnown && !bKnown && isEmpty(new):
		d.kind, d.guessed = kindOf(a), true
	case aKnown && bKnown:
		return usagef("diff: %s is of the kind %s, but %s is of the kind %s; specify with --kind how both are used", old.name, kindOf(a), new.name, kindOf(b))
	default:
		for _, s := range []*side{old, new} {
			// What is wrong with a document comes before how it is used.
			if err := s.parse(policy.Resource); err != nil && s.parse(policy.Identity) != nil {
				return err
			}
		}
		return usagef("diff: the documents do not show how the policies are used; specify --kind: %s", kindsInWords)
	}
	return nil
}

// onlyDeny reports whether no document allows anything.
func onlyDeny(sides ...*side) bool {
	return !slices.ContainsFunc(sides, func(s *side) bool {
		d, _ := policy.Parse(s.file.Text, policy.Identity)
		return d == nil || len(d.Statements) == 0 || allowsSomething(d)
	})
}

// isEmpty reports whether a document has no statements.
func isEmpty(s *side) bool {
	d, _ := policy.Parse(s.file.Text, policy.Resource)
	return d != nil && len(d.Statements) == 0
}

// place makes the two sets, with the policies that stand next to both.
func (d *differing) place(old, new *side) error {
	parts := [2]policy.Part{{Name: string(d.kind), Document: old.document}, {Name: string(d.kind), Document: new.document}}
	for i, set := range []*policy.Set{&d.old, &d.new} {
		if err := add(set, d.kind, parts[i], isOpen(d.kind, parts[i].Document)); err != nil {
			return err
		}
	}
	for _, given := range d.with {
		kind, part, err := d.readWith(given)
		if err != nil {
			return err
		}
		for _, set := range []*policy.Set{&d.old, &d.new} {
			if err := add(set, kind, part, isOpen(kind, part.Document)); err != nil {
				return usagef("diff: --with %s: %v", given, err)
			}
		}
	}
	return nil
}

// readWith reads a policy that stands next to both.
func (d *differing) readWith(given string) (kind policyKind, part policy.Part, err error) {
	name, path, named := strings.Cut(given, "=")
	if _, known := policyKinds[policyKind(name)]; !named || !known {
		if _, err := os.Stat(given); named && err != nil {
			return "", part, usagef("diff: --with %s: %s is not a kind of policy; use %s, or endpoint", given, name, kindsInWords)
		}
		name, path = "", given
	}
	s, err := d.read(path)
	if err != nil {
		return "", part, err
	}
	if kind = policyKind(name); kind == "" {
		recognized, ok := s.file.Recognize()
		if !ok {
			return "", part, usagef("diff: --with %s: the document does not show how the policy is used; write KIND=%s", given, path)
		}
		kind = kindOf(recognized)
	}
	if err := s.parse(policyKinds[kind]); err != nil {
		return "", part, err
	}
	if err := s.refuseFaults(); err != nil {
		return "", part, err
	}
	return kind, policy.Part{Name: fmt.Sprintf("the %s in %s", kind.inWords(), s.name), Document: s.document}, nil
}

// isOpen reports whether FullAWSAccess is assumed next to an SCP: where it allows nothing itself.
func isOpen(kind policyKind, d *policy.Document) bool { return kind == "scp" && !allowsSomething(d) }

// add puts a policy where its kind belongs. With open, FullAWSAccess is attached next to an SCP.
func add(set *policy.Set, kind policyKind, part policy.Part, open bool) error {
	switch kind {
	case "identity":
		set.Identity = append(slices.Clip(set.Identity), part)
	case "boundary":
		set.Boundaries = append(slices.Clip(set.Boundaries), part)
	case "endpoint":
		set.Endpoint = append(slices.Clip(set.Endpoint), part)
	case "scp":
		level := []policy.Part{part}
		if open {
			level = append(level, fullAWSAccess)
		}
		set.SCPs = append(slices.Clip(set.SCPs), level)
	case "rcp":
		set.RCPs = append(slices.Clip(set.RCPs), []policy.Part{part})
	case "session":
		if set.Session != nil {
			return errors.New("there is already a session policy")
		}
		set.Session = &part
	default:
		if set.Resource != nil {
			return errors.New("there is already a resource-based policy")
		}
		set.Resource = &part
	}
	return nil
}

func allowsSomething(d *policy.Document) bool {
	return slices.ContainsFunc(d.Statements, func(s policy.Statement) bool { return s.Effect == policy.Allow })
}

// fullAWSAccess is the SCP that AWS attaches everywhere until it is detached.
var fullAWSAccess = func() policy.Part {
	d, err := policyfile.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), policy.SCP)
	if err != nil {
		panic(err)
	}
	return policy.Part{Name: "FullAWSAccess", Document: d}
}()
